//! The gateway's errors in words: a full match, no wildcard.

use crate::gateway::GatewayError;
use axum::http::StatusCode;
use std::time::Duration;

/// An error as a client reads it.
pub(super) struct Words {
    pub(super) status: StatusCode,
    /// OpenAI's `type`.
    pub(super) kind: &'static str,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) hint: String,
    pub(super) retry_after: Option<Duration>,
    /// Whether the same request may succeed by itself some moments later.
    pub(super) is_worth_another: bool,
}

impl Words {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        let kind = match status {
            StatusCode::UNAUTHORIZED => "authentication_error",
            StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
            status if status.is_server_error() => "server_error",
            _ => "invalid_request_error",
        };
        let (message, hint) = (message.into(), hint.into());
        Self { status, kind, code, message, hint, retry_after: None, is_worth_another: false }
    }

    fn worth_another(mut self, after: Option<Duration>) -> Self {
        self.retry_after = after;
        self.is_worth_another = true;
        self
    }
}

pub(super) fn of(error: &GatewayError) -> Words {
    const PROVIDERS: &str = "POST /api/model-providers";
    match error {
        GatewayError::UnknownPass => Words::new(
            StatusCode::UNAUTHORIZED,
            "invalid_pass",
            "this is not the gateway's address of a running agent",
            "use OPENAI_BASE_URL of the agent's own environment, at each start anew",
        ),
        GatewayError::Body(what) => Words::new(
            StatusCode::BAD_REQUEST,
            "invalid_body",
            format!("the request is refused: {what}"),
            "send a request of the OpenAI API",
        ),
        GatewayError::UnknownModel { asked, known } => Words::new(
            StatusCode::NOT_FOUND,
            "model_not_found",
            format!("the agent is not configured for the model `{}`", asked.escape_debug()),
            format!("ask for {}, or add it to llm_configs", known.join(" or ")),
        ),
        GatewayError::NoProvider { provider, model } => {
            let what = if provider.is_empty() { model } else { provider };
            Words::new(
                StatusCode::FAILED_DEPENDENCY,
                "no_model_provider",
                format!("no model provider of the workspace serves `{}`", what.escape_debug()),
                format!(
                    "register one that lists `{}` with {PROVIDERS}, or try the playground of POST /api/starter-kit",
                    model.escape_debug()
                ),
            )
        }
        GatewayError::NoKey(provider) => Words::new(
            StatusCode::FAILED_DEPENDENCY,
            "no_provider_key",
            format!("no API key is stored for the model provider {provider}"),
            format!("send it as `credentials.api_key` to {PROVIDERS}"),
        ),
        GatewayError::Unsupported { provider, what } => Words::new(
            StatusCode::NOT_IMPLEMENTED,
            "provider_unsupported",
            format!("the model provider {provider} cannot be called: {what}"),
            "use a provider of the type openai, anthropic or ollama, or any OpenAI-compatible endpoint as openai",
        ),
        GatewayError::TooFast { provider, per_minute, retry_after } => Words::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limited",
            format!("the model provider {provider} takes {per_minute} requests a minute"),
            "wait for the time in Retry-After, or raise spec.rateLimit.requestsPerMinute",
        )
        .worth_another(Some(*retry_after)),
        GatewayError::BudgetReached { model, budget_usd, spent_usd } => Words::new(
            StatusCode::TOO_MANY_REQUESTS,
            "budget_reached",
            format!("the month's budget of {budget_usd} USD for `{model}` is spent ({spent_usd:.6} USD)"),
            "raise monthly_budget_usd with PUT /api/v1/agents/{name}/config, or wait for the next month (UTC)",
        ),
        GatewayError::Egress { provider, refused } => Words::new(
            StatusCode::FORBIDDEN,
            "address_refused",
            format!("the model provider {provider} is not called: {refused}"),
            "the operator may allow the address with --egress-grant",
        ),
        GatewayError::KeyRefused { provider, status } => Words::new(
            StatusCode::FAILED_DEPENDENCY,
            "provider_key_refused",
            format!("the model provider {provider} refused the stored key ({status})"),
            format!("store a valid one as `credentials.api_key` with {PROVIDERS}"),
        ),
        GatewayError::Unreachable { provider, reason } => Words::new(
            StatusCode::BAD_GATEWAY,
            "provider_unreachable",
            format!("the model provider {provider} cannot be reached: {reason}"),
            "check spec.endpoint of the provider, and the network of this server",
        )
        .worth_another(None),
        GatewayError::Silent { provider, within } => Words::new(
            StatusCode::GATEWAY_TIMEOUT,
            "provider_timeout",
            format!("the model provider {provider} sent nothing for {} s", within.as_secs()),
            "stream the answer, or have the operator raise --silent-seconds",
        )
        .worth_another(None),
        GatewayError::BadAnswer { provider, reason } => Words::new(
            StatusCode::BAD_GATEWAY,
            "bad_provider_answer",
            format!("the answer of the model provider {provider} cannot be passed on: {reason}"),
            "check spec.endpoint of the provider",
        ),
        // The caller has words for it already.
        GatewayError::Store(_) => Words::new(StatusCode::INTERNAL_SERVER_ERROR, "store_failed", "the store failed", ""),
    }
}
