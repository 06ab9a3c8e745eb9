//! Why a tool was not called, or gave no answer: data; `api` has the words.

use crate::egress::Refused;
use crate::gateway::GatewayError;
use std::time::Duration;
use windlass_domain::ResourceName;
use windlass_store::StoreError;

/// A call that did not go through.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// Nobody holds such a pass, or nothing of its revision runs any more.
    #[error("no such pass")]
    UnknownPass,
    /// The agent does not have the tool.
    #[error("the agent does not have the tool {0}")]
    NotBound(String),
    /// What is stored of the tool is no address.
    #[error("the tool {0} has no address")]
    NoAddress(ResourceName),
    /// The path leads out of the tool's base URL.
    #[error("the path is not below that of {0}")]
    Path(ResourceName),
    /// The tool's allow-list has no such operation.
    #[error("{tool} has no capability {operation}")]
    NoCapability {
        /// The tool.
        tool: ResourceName,
        /// Method and path.
        operation: String,
    },
    /// A policy denies it.
    #[error("{policy} denies {operation}")]
    Denied {
        /// The tool.
        tool: ResourceName,
        /// Method and URL.
        operation: String,
        /// The policy.
        policy: String,
    },
    /// A policy wants it approved first.
    #[error("{policy} wants {operation} approved")]
    ApprovalRequired {
        /// The tool.
        tool: ResourceName,
        /// Method and URL.
        operation: String,
        /// The policy.
        policy: String,
    },
    /// The tool's access mode wants an `allow`.
    #[error("{tool} is {mode}, and nothing allows {operation}")]
    NotAllowed {
        /// The tool.
        tool: ResourceName,
        /// Method and URL.
        operation: String,
        /// `Restricted` or `Critical`.
        mode: String,
    },
    /// The tool wants credentials that are not stored, or not of the form that it wants.
    #[error("{tool} lacks credentials: {lacking}")]
    NoCredentials {
        /// The tool.
        tool: ResourceName,
        /// What is missing.
        lacking: &'static str,
    },
    /// The token endpoint gave no token.
    #[error("the token endpoint of {tool} gave no token: {reason}")]
    NoToken {
        /// The tool.
        tool: ResourceName,
        /// Its status, or why none came; no secret.
        reason: String,
    },
    /// The address is not called.
    #[error("the address of {tool} is refused")]
    Egress {
        /// The tool.
        tool: ResourceName,
        /// Why.
        #[source]
        refused: Refused,
    },
    /// No answer came.
    #[error("{tool} could not be reached: {reason}")]
    Unreachable {
        /// The tool.
        tool: ResourceName,
        /// Why; holds no URL and no credential.
        reason: String,
    },
    /// No byte came in time.
    #[error("{tool} was silent for {within:?}")]
    Silent {
        /// The tool.
        tool: ResourceName,
        /// How long was waited.
        within: Duration,
    },
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl ToolError {
    /// What opening a pass can end with.
    pub(super) fn of_pass(error: GatewayError) -> Self {
        match error {
            GatewayError::Store(error) => Self::Store(error),
            _ => Self::UnknownPass,
        }
    }
}
