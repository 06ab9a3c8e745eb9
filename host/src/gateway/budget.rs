//! The month's budget of a model: `monthly_budget_usd` of the agent's configuration, against what was recorded.
//!
//! It is looked at before a call and counted after it, so calls that run at once can go past it by their own cost. Tokens
//! without a known price cannot be held against it.

use super::GatewayError;
use crate::app::App;
use crate::spend::{BudgetStatus, ModelUsage, month_name};
use windlass_domain::AgentRef;
use windlass_domain::agent::UnixMillis;
use windlass_domain::request::LlmConfig;

/// Refuses when nothing is left.
pub(super) fn check(app: &App, agent: &AgentRef, config: &LlmConfig, now: UnixMillis) -> Result<(), GatewayError> {
    let usage = ModelUsage::of(config.clone(), &app.store.agent_usage(agent, &month_name(now))?);
    match (usage.status(), usage.budget_usd) {
        (BudgetStatus::Reached, Some(budget_usd)) => {
            Err(GatewayError::BudgetReached { model: config.model.clone(), budget_usd, spent_usd: usage.spent_usd })
        }
        _ => Ok(()),
    }
}
