//! The door of an agent: where it binds an identity provider, whoever asks it shows a token of an end user, and the agent
//! learns from us who that is.
//!
//! Invariant: behind a bound identity provider, `X-End-User-Id` is what the token says and nothing that a client sent, in no
//! spelling that a server of an agent would take for it.

use super::auth::{Visit, keys_differ};
use super::{ApiError, agents};
use crate::app::App;
use crate::identity::{self, EndUser};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header by which an agent learns who asks.
const END_USER: HeaderName = HeaderName::from_static("x-end-user-id");

/// The end user, where the agent binds an identity provider; what the agent's configuration says counts at once, also while
/// an earlier revision still serves.
pub(super) async fn admit(app: &App, visit: &Visit) -> Result<Option<EndUser>, ApiError> {
    let Visit { agent, token } = visit;
    match (agents::find(app, agent)?.current.spec.settings.identity_provider, token) {
        (Some(provider), token) => {
            Ok(Some(identity::verify(app, &agent.workspace, &provider, token.as_deref()).await?))
        }
        (None, Some(_)) => Err(keys_differ()),
        (None, None) => Ok(None),
    }
}

/// Tells the agent who asks.
pub(super) fn introduce(headers: &mut HeaderMap, user: &EndUser) {
    // Servers that hand headers on as variables (CGI, WSGI) make one of `-` and `_`.
    let alike = |name: &&HeaderName| name.as_str().replace('_', "-") == END_USER.as_str();
    let alike: Vec<HeaderName> = headers.keys().filter(alike).cloned().collect();
    for name in alike {
        headers.remove(name);
    }
    if let Ok(id) = HeaderValue::try_from(user.id()) {
        headers.insert(END_USER, id);
    }
}
