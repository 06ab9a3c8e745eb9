//! A tool provider that panics.

use windlass_plugin_sdk::{Claim, PluginError, Registry, Request, ToolProvider, Tools, export_tool_provider};

struct Trap;

impl ToolProvider for Trap {
    fn provide(_: &Request, _: &[Claim], _: &dyn Registry) -> Result<Tools, PluginError> {
        panic!("this tool provider always panics");
    }
}

export_tool_provider!(Trap);
