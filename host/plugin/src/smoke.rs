//! The last check of the gate: one call on a small sample. What traps there, or goes past the host's limits, would do it again;
//! what refuses the sample in its own words is a good plugin.

use crate::error::{CallError, InstallError};
use crate::gate::Plugin;
use crate::host::Calls;
use crate::limits::Limits;
use crate::metadata::World;
use crate::terms::Terms;
use std::collections::BTreeMap;
use std::sync::Arc;
use windlass_domain::catalogue::Catalogue;
use windlass_domain::request::{DeployRequest, Source};
use windlass_domain::source::SourceTree;
use windlass_domain::{AgentName, Invalid, WorkspaceName};

/// The agent of the sample.
pub const AGENT: &str = "smoke-call";
/// Its one file.
const FILE: (&str, &str) = ("agent.py", "def handler(message):\n    return message\n");

/// Calls the plugin once.
pub(crate) fn call(plugin: &Plugin) -> Result<(), InstallError> {
    let (request, source) = sample().map_err(|invalid| InstallError::Host(anyhow::Error::new(invalid)))?;
    let (calls, terms) = (Calls::alone(), Terms::of(Limits::of(plugin.weight(), false)));
    let called = match plugin.metadata.world {
        World::Detector => calls.detect(plugin, &terms, &request, &source).map(drop),
        World::Strategy => {
            let decided = calls.decide(plugin, &terms, &request, &Arc::from([]), &Arc::new(Catalogue::default()));
            decided.map(drop).map_err(|undecided| undecided.error)
        }
        World::ToolProvider => calls.provide(plugin, &terms, &request, &Arc::from([]), &Arc::from([])).map(drop),
    };
    match called {
        Err(error @ (CallError::Trap { .. } | CallError::Timeout { .. } | CallError::OverLimit { .. })) => {
            Err(InstallError::SmokeCall { reason: error.to_string() })
        }
        Err(CallError::Host(error)) => Err(InstallError::Host(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn sample() -> Result<(Arc<DeployRequest>, Arc<SourceTree>), Invalid> {
    let (path, text) = FILE;
    let tree = Arc::new(SourceTree::parse("source_files", BTreeMap::from([(path.to_owned(), text.to_owned())]))?);
    let request = DeployRequest::plain(
        WorkspaceName::parse("workspace", "default")?,
        AgentName::parse("agent_name", AGENT)?,
        Source::Files(tree.clone()),
    );
    Ok((Arc::new(request), tree))
}
