//! Why nobody was let in to an agent, in words and in those of RFC 6750.

use super::super::{ApiError, Challenge};
use crate::identity::{IdentityError, TokenError};
use axum::http::StatusCode;

impl From<IdentityError> for ApiError {
    fn from(error: IdentityError) -> Self {
        tracing::info!(%error, "an end user was not let in");
        match error {
            IdentityError::NoToken { provider } => {
                let message = format!("the agent wants a token of the identity provider \"{provider}\"");
                Self::unauthorized("missing_token", message)
                    .hint("send the end user's `Authorization: Bearer <token>` beside `X-RunAgents-API-Key: <key>`")
            }
            IdentityError::Token(error) => error.into(),
            IdentityError::Domain => Self::forbidden("domain_forbidden", "users of that domain may not ask this agent")
                .hint("spec.allowedDomains of the identity provider lists those that may")
                .challenge(Challenge::InsufficientScope),
            IdentityError::Unverified => {
                Self::forbidden("email_unverified", "the identity provider has not verified the user's e-mail address")
                    .hint("the user verifies it there, and signs in again")
                    .challenge(Challenge::InsufficientScope)
            }
            IdentityError::NoKeys { provider, reason } => {
                let message = format!("no keys of the identity provider \"{provider}\": {}", reason.why);
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "identity_provider_unavailable", message)
                    .hint("check its jwksUri; an address that is not called may be granted with --egress-grant")
                    .retry_after(reason.again_in)
            }
            IdentityError::NoProvider(provider) => {
                let message = format!("the identity provider \"{provider}\" of the agent cannot be used");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "identity_provider_missing", message)
                    .hint("register it again with POST /api/identity-providers, or configure the agent without it")
            }
            IdentityError::Store(error) => error.into(),
        }
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        let (code, hint) = match &error {
            TokenError::Malformed => ("malformed_token", "send a JWT as the identity provider gave it"),
            TokenError::Algorithm => {
                ("algorithm_refused", "RS, PS and ES with 256 or 384, RS512, PS512 and EdDSA are taken")
            }
            TokenError::UnknownKey => ("unknown_signing_key", "the key must be among those at the provider's jwksUri"),
            TokenError::Signature => ("invalid_signature", "send the token unchanged"),
            TokenError::NoExpiry => ("token_without_expiry", "the token needs the claim `exp`"),
            TokenError::Expired(_) => ("token_expired", "sign in again, and send the new token"),
            TokenError::NotYet(_) => ("token_not_yet_valid", "compare the clocks of this server and of the provider"),
            TokenError::Issuer => ("wrong_issuer", "`iss` must be the provider's issuer, to the letter"),
            TokenError::Audience => ("wrong_audience", "`aud` must name one of the provider's audiences"),
            TokenError::NoUser(_) => (
                "user_claim_missing",
                "the provider's userIDClaim must be a claim of 1 to 255 printable ASCII characters",
            ),
        };
        Self::unauthorized(code, format!("the token was refused: {error}"))
            .hint(hint)
            .challenge(Challenge::InvalidToken)
    }
}
