//! What happens to a deployed agent without a new build: other settings, an earlier revision, its end.
//!
//! Invariant: each takes the agent's turn, so that it never crosses a deploy, and hands the runtime what was recorded.

use super::ask::SettingsAsk;
use super::error::DeployError;
use super::rollout::roll_out;
use super::validate;
use crate::app::App;
use crate::edge;
use windlass_domain::AgentRef;
use windlass_domain::agent::Revision;

/// Changes an agent's settings; what is not asked for stays. The warnings are for the author.
pub async fn amend(app: &App, agent: &AgentRef, ask: SettingsAsk) -> Result<(Revision, Vec<String>), DeployError> {
    let mut warnings = Vec::new();
    let amendment = validate::amendment(&app.store, &agent.workspace, ask, &mut warnings)?;
    let _turn = app.locks.turn_of(agent).await;
    let change = move |settings| amendment.apply(settings);
    let revision = app.store.amend_settings(agent, edge::now(), change).await?;
    roll_out(app, agent, &revision, None)?;
    Ok((revision, warnings))
}

/// Makes the agent again what it was at revision `to`.
pub async fn roll_back(app: &App, agent: &AgentRef, to: u32) -> Result<Revision, DeployError> {
    let _turn = app.locks.turn_of(agent).await;
    let revision = app.store.rollback(agent, to, edge::now()).await?;
    roll_out(app, agent, &revision, None)?;
    Ok(revision)
}

/// Deletes an agent and stops it; whether there was one.
pub async fn remove(app: &App, agent: &AgentRef) -> Result<bool, DeployError> {
    let _turn = app.locks.turn_of(agent).await;
    let deleted = app.store.delete_agent(agent).await?;
    app.runtime.remove(agent);
    Ok(deleted)
}
