//! What is read of the contract's `IdentityProviderSpec`. `api/identity_providers` has checked it when it was stored.

use super::IdentityError;
use super::address::normal_domain;
use crate::app::App;
use serde::Deserialize;
use url::Url;
use windlass_domain::resource::ResourceKind;
use windlass_domain::{ResourceName, WorkspaceName};

/// An identity provider, as a token is held against it.
#[derive(Debug, Clone)]
pub(super) struct Provider {
    /// What `iss` must be, to the letter.
    pub(super) issuer: String,
    /// Where its keys are published.
    pub(super) jwks_uri: Url,
    /// What `aud` must name one of; empty: anything.
    pub(super) audiences: Vec<String>,
    /// The claim that names the user.
    pub(super) user_id_claim: String,
    /// The domains that users may be of, normal; empty: any.
    pub(super) allowed_domains: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    identity_provider: Settings,
    #[serde(rename = "userIDClaim")]
    user_id_claim: String,
    #[serde(default)]
    allowed_domains: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    issuer: String,
    jwks_uri: Url,
    #[serde(default)]
    audiences: Vec<String>,
}

impl Provider {
    /// The provider as it is registered now.
    pub(super) fn load(app: &App, workspace: &WorkspaceName, name: &ResourceName) -> Result<Self, IdentityError> {
        let stored = app.store.resource(workspace, ResourceKind::IdentityProvider, name)?;
        let spec = stored.and_then(|resource| serde_json::from_value(resource.spec).ok());
        spec.and_then(Self::new).ok_or_else(|| IdentityError::NoProvider(name.clone()))
    }

    /// `None` where a domain is none: an allow-list that lost an entry is not the author's.
    fn new(spec: Spec) -> Option<Self> {
        let Spec { identity_provider: Settings { issuer, jwks_uri, audiences }, user_id_claim, allowed_domains } = spec;
        let allowed_domains = allowed_domains.iter().map(|domain| normal_domain(domain)).collect::<Option<_>>()?;
        Some(Self { issuer, jwks_uri, audiences, user_id_claim, allowed_domains })
    }
}
