//! What one answered call adds to the sums. A call whose usage nobody learnt is counted as unmetered, also when the agent
//! goes away in the middle of a stream.

use super::Tokens;
use crate::app::App;
use crate::spend::month_name;
use std::sync::Arc;
use windlass_domain::agent::UnixMillis;
use windlass_domain::{AgentRef, ResourceName};
use windlass_store::{Usage, UsageOf};

/// One call, until it is counted.
pub(super) struct Tally {
    app: Arc<App>,
    of: Option<UsageOf>,
    is_free: bool,
}

/// Whose call it is, and of what.
pub(super) struct Call {
    pub(super) agent: AgentRef,
    pub(super) role: String,
    pub(super) provider: ResourceName,
    pub(super) model: String,
    pub(super) is_free: bool,
}

impl Tally {
    pub(super) fn new(app: Arc<App>, call: Call, now: UnixMillis) -> Self {
        let Call { agent, role, provider, model, is_free } = call;
        Self { app, of: Some(UsageOf { agent, month: month_name(now), role, provider, model }), is_free }
    }

    /// Counts the call; on the disk when it returns. A second time does nothing.
    pub(super) async fn count(&mut self, tokens: Option<Tokens>) {
        let Some(of) = self.of.take() else { return };
        let usage = self.usage(&of.model, tokens);
        if let Err(error) = self.app.store.add_usage(of, usage).await {
            tracing::error!(%error, "model usage could not be recorded");
        }
    }

    fn usage(&self, model: &str, tokens: Option<Tokens>) -> Usage {
        let Some(tokens) = tokens else { return Usage { requests: 1, unmetered: 1, ..Usage::default() } };
        let cost = if self.is_free { Some(0) } else { self.app.gateway.prices.nano_usd(model, tokens) };
        Usage {
            requests: 1,
            unmetered: 0,
            input_tokens: tokens.input,
            output_tokens: tokens.output,
            unpriced_tokens: cost.map_or(tokens.input.saturating_add(tokens.output), |_| 0),
            nano_usd: cost.unwrap_or_default(),
        }
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        if let Some(of) = self.of.take() {
            let usage = self.usage(&of.model, None);
            self.app.store.add_usage_later(of, usage);
        }
    }
}
