//! The built-in tool provider: glue between the host and [`provide::provide`].

mod address;
pub mod provide;

use windlass_plugin_sdk::{Claim, PluginError, Registry, Request, ToolProvider, Tools, export_tool_provider};

/// The plugin.
#[derive(Debug)]
pub struct HttpTools;

impl ToolProvider for HttpTools {
    fn provide(request: &Request, claims: &[Claim], registry: &dyn Registry) -> Result<Tools, PluginError> {
        Ok(provide::provide(request, claims, registry))
    }
}

export_tool_provider!(HttpTools);
