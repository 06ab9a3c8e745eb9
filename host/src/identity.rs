//! Identity at the door: who asks an agent that binds an identity provider, by a token (JWT) that the provider has signed.
//!
//! Invariants: what cannot be checked is refused. Keys come from the provider's registered `jwksUri` alone, through the judge
//! of addresses, and never from a token; only algorithms whose verifying key is public count. A token is in no log, no error
//! and no `Debug` output. Nothing here knows HTTP's server side: that is `api`.

mod address;
mod error;
mod fetch;
mod key_set;
mod keys;
mod provider;
mod signatures;
mod token;
mod user;

pub use address::normal_domain;
pub use error::{IdentityError, TokenError};
pub use token::LEEWAY;
pub use user::EndUser;

use crate::app::App;
use crate::egress::Egress;
use keys::{Keys, Source};
use provider::Provider;
use windlass_domain::{ResourceName, WorkspaceName};

/// What checks of tokens share: the keys of the providers.
pub struct Identity {
    keys: Keys,
}

impl Identity {
    /// Fetches keys from where `egress` lets it.
    pub fn start(egress: Egress) -> anyhow::Result<Self> {
        signatures::install();
        Ok(Self { keys: Keys::start(egress)? })
    }
}

/// The end user for whom the identity provider vouches with that token.
pub async fn verify(
    app: &App,
    workspace: &WorkspaceName,
    name: &ResourceName,
    token: Option<&str>,
) -> Result<EndUser, IdentityError> {
    let token = token.ok_or_else(|| IdentityError::NoToken { provider: name.clone() })?;
    let provider = Provider::load(app, workspace, name)?;
    let head = token::Head::read(token)?;
    let source = Source { workspace: workspace.clone(), uri: provider.jwks_uri.clone() };
    let keys = app.identity.keys.find(source, &head).await;
    let keys = keys.map_err(|reason| IdentityError::NoKeys { provider: name.clone(), reason })?;
    let claims = token::verify(token, &head, &keys, &provider)?;
    EndUser::of(&claims, &provider)
}
