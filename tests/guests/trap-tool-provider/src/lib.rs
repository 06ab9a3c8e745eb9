//! A tool provider that panics.

use windlass_plugin_sdk::{Claim, PluginError, Registry, Request, ToolProvider, Tools, export_tool_provider};

/// The agent of the call at install, which it must survive to do its harm later.
const CALM: &str = "smoke-call";

struct Trap;

impl ToolProvider for Trap {
    fn provide(request: &Request, _: &[Claim], _: &dyn Registry) -> Result<Tools, PluginError> {
        if request.agent_name == CALM {
            return Ok(Tools::default());
        }
        panic!("this tool provider always panics");
    }
}

export_tool_provider!(Trap);
