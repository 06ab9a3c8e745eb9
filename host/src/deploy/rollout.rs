//! From a recorded revision to a wish that the runtime works on by itself.

use super::error::DeployError;
use crate::app::App;
use std::sync::Arc;
use windlass_domain::AgentRef;
use windlass_domain::agent::{Revision, RunRequest};
use windlass_domain::source::SourceTree;
use windlass_store::StoreError;

/// Asks the runtime for `revision` and returns at once. `source` may be given where it is at hand; else it is read.
pub fn roll_out(
    app: &App,
    agent: &AgentRef,
    revision: &Revision,
    source: Option<Arc<SourceTree>>,
) -> Result<(), DeployError> {
    let source = match (source, &revision.spec.source_digest) {
        (Some(source), _) => Some(source),
        (None, Some(digest)) => Some(Arc::new(app.store.source(digest)?.ok_or_else(|| missing(digest))?)),
        (None, None) => None,
    };
    let mut tools = app.store.tools(&agent.workspace)?;
    tools.retain(|tool| revision.spec.tools.contains(&tool.name));
    let request = RunRequest {
        agent: agent.clone(),
        revision: revision.number,
        recorded_at: revision.created_at,
        spec: revision.spec.clone(),
        tools,
    };
    app.runtime.apply(request, source);
    Ok(())
}

fn missing(digest: &str) -> StoreError {
    StoreError::NotFound { what: "source", name: digest.to_owned() }
}

/// Asks the runtime for every recorded agent: what a start does. An agent that cannot be read is reported, not fatal.
pub fn roll_out_all(app: &App) -> anyhow::Result<()> {
    for agent in app.store.all_agents()? {
        if let Err(error) = roll_out(app, &agent.id, &agent.current, None) {
            tracing::error!(agent = %agent.id, %error, "cannot start a recorded agent");
        }
    }
    Ok(())
}
