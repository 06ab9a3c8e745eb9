//! The built-in tool provider: glue between the host and [`windlass_tools::provide`].

use windlass_plugin_sdk::{Claim, PluginError, Registry, Request, ToolProvider, Tools, export_tool_provider};

/// The plugin.
#[derive(Debug)]
pub struct HttpTools;

impl ToolProvider for HttpTools {
    fn provide(request: &Request, claims: &[Claim], registry: &dyn Registry) -> Result<Tools, PluginError> {
        Ok(windlass_tools::provide(request, claims, registry))
    }
}

export_tool_provider!(HttpTools);
