//! Every named error of the house, turned into the wire's words: full matches, no wildcard.
//!
//! Invariant: what a client did is told to the client; what broke inside goes to the log.

mod deploy;
mod drafts;
mod identity;
mod plugins;
mod probe;
mod runtime;

use super::{ApiError, Facts};
use axum::http::StatusCode;
use windlass_domain::Invalid;
use windlass_store::{Limited, StoreError};

impl From<Invalid> for ApiError {
    fn from(invalid: Invalid) -> Self {
        let Invalid { code, field, message, hint } = invalid;
        let status = match code {
            "too_many_files" | "source_too_large" => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        };
        // The message of a field is a predicate (`is not …`); what names the field, or is a sentence, reads well alone.
        let is_whole = message.starts_with(&field) || message.starts_with(char::is_uppercase);
        let message = if is_whole { message } else { format!("{field}: {message}") };
        Self::new(status, code, message).field(field).hint(hint)
    }
}

impl ApiError {
    /// A 403: the request is sound, and its sender may not have more (as Kubernetes answers past a `ResourceQuota`).
    fn over_limit(what: Limited, limit: u64, used: u64, more: u64) -> Self {
        let field = match what {
            Limited::Agents => "agent_name",
            Limited::Bytes => "source_files",
        };
        let message = format!("the workspace has {used} of at most {limit} {what}, and this would add {more}");
        Self::forbidden("quota_exceeded", message).field(field).hint(
            "delete agents that are not needed, or ask the operator for another limit (/api/workspaces/{ws}/limits)",
        )
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        const SPACE: &str = "free some space in the data directory, then try again";
        match error {
            StoreError::Exists { what, name } => Self::conflict("exists", format!("{what} \"{name}\" exists already")),
            StoreError::NotFound { what: "agent", name } => Self::no_agent(name),
            StoreError::NotFound { what: what @ "build", name: _ } => Self::not_found(format!("{what} not found")),
            StoreError::NotFound { what, name } => Self::not_found(format!("{what} \"{name}\" not found")),
            StoreError::Stale { what, expected, found, name: _ } => {
                Self::conflict("version_conflict", format!("the {what} is at version {found}, not {expected}"))
                    .field("expected_version")
                    .hint("read it again, and send the change with its version")
            }
            StoreError::InUse { what, name, by } => {
                let message = format!("{what} \"{name}\" is in use by {}", by.join(", "));
                let refused = Self::conflict("in_use", message).hint("bind others in its place first");
                Self { facts: Some(Facts { bindings: by, ..Facts::default() }.into()), ..refused }
            }
            StoreError::Gone { what, name } => {
                Self::conflict("gone", format!("{what} \"{name}\" is not installed any more"))
                    .hint("install it again, or take another revision")
            }
            StoreError::OverLimit { what, limit, used, more } => Self::over_limit(what, limit, used, more),
            StoreError::Full => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "insufficient_storage", "no space is left on this server")
                    .hint(SPACE)
            }
            StoreError::Closed => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "shutting_down", "the server is shutting down")
                    .retry_after(std::time::Duration::from_secs(5))
            }
            error @ (StoreError::Corrupt { .. }
            | StoreError::NotJson { .. }
            | StoreError::Database(_)
            | StoreError::File { .. }
            | StoreError::Panicked) => Self::internal("store_failed", "the store failed", &error),
        }
    }
}
