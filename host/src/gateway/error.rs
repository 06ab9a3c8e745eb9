//! Why the gateway did not answer as the provider did: data; `api` has the words.

use crate::egress::Refused;
use std::time::Duration;
use windlass_domain::ResourceName;
use windlass_store::StoreError;

/// A call that did not go through.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// Nobody holds such a pass, or nothing of its revision runs any more.
    #[error("no such pass")]
    UnknownPass,
    /// The body is not what the endpoint takes.
    #[error("the body is refused: {0}")]
    Body(String),
    /// The agent is not configured for the model.
    #[error("the agent has no model {asked}")]
    UnknownModel {
        /// What it asked for.
        asked: String,
        /// What it may ask for.
        known: Vec<String>,
    },
    /// Nothing in the workspace serves the model.
    #[error("no model provider serves {model}")]
    NoProvider {
        /// The provider that the agent's configuration names; empty: none.
        provider: String,
        /// The model.
        model: String,
    },
    /// The provider needs a key, and none is stored.
    #[error("{0} has no key")]
    NoKey(ResourceName),
    /// Nothing here speaks the provider's protocol or its authentication.
    #[error("{provider} cannot be called: {what}")]
    Unsupported {
        /// The provider.
        provider: ResourceName,
        /// What is missing here.
        what: String,
    },
    /// The provider's own limit of requests.
    #[error("more than {per_minute} requests a minute to {provider}")]
    TooFast {
        /// The provider.
        provider: ResourceName,
        /// Its `rateLimit.requestsPerMinute`.
        per_minute: u32,
        /// When the next request may pass.
        retry_after: Duration,
    },
    /// The month's budget is spent.
    #[error("the budget of {model} is spent")]
    BudgetReached {
        /// The model.
        model: String,
        /// `monthly_budget_usd`.
        budget_usd: f64,
        /// What was spent.
        spent_usd: f64,
    },
    /// The address is not called.
    #[error("the address of {provider} is refused")]
    Egress {
        /// The provider.
        provider: ResourceName,
        /// Why.
        #[source]
        refused: Refused,
    },
    /// The provider did not take the stored key.
    #[error("{provider} refused its key with {status}")]
    KeyRefused {
        /// The provider.
        provider: ResourceName,
        /// Its status.
        status: u16,
    },
    /// No answer came.
    #[error("{provider} could not be reached: {reason}")]
    Unreachable {
        /// The provider.
        provider: ResourceName,
        /// Why; holds no URL and no key.
        reason: String,
    },
    /// No byte came in time.
    #[error("{provider} was silent for {within:?}")]
    Silent {
        /// The provider.
        provider: ResourceName,
        /// How long was waited.
        within: Duration,
    },
    /// The answer was of no use.
    #[error("{provider} answered what cannot be passed on: {reason}")]
    BadAnswer {
        /// The provider.
        provider: ResourceName,
        /// What was wrong.
        reason: String,
    },
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}
