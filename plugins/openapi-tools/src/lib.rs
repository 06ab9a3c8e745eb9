//! The built-in tool provider that reads OpenAPI documents: glue between the host and [`fill::fill`].

mod document;
mod fill;
mod find;
mod settings;

use settings::Settings;
use windlass_plugin_sdk::{
    Claim, PluginError, Registry, Request, SettingsProblem, ToolProvider, Tools, export_tool_provider, http, log,
};

/// The plugin.
struct OpenApiTools;

impl ToolProvider for OpenApiTools {
    fn provide(request: &Request, claims: &[Claim], registry: &dyn Registry) -> Result<Tools, PluginError> {
        let mut tools = windlass_tools::provide(request, claims, registry);
        let settings = Settings::parse(&windlass_plugin_sdk::settings::get()).unwrap_or_default();
        for line in fill::fill(&mut tools, registry, &settings, &http::Network) {
            log::info(&line);
        }
        Ok(tools)
    }

    fn check_settings(settings: &str) -> Result<(), Vec<SettingsProblem>> {
        Settings::parse(settings).map(drop).map_err(|problem| vec![problem])
    }
}

export_tool_provider!(OpenApiTools);
