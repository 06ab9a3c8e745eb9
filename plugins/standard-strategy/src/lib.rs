//! The built-in strategy: glue between the host and [`decide::decide`].

pub mod decide;
mod languages;
mod project;
mod requirements;
mod words;

use windlass_plugin_sdk::{Catalogue, Claim, Plan, PluginError, Request, Strategy, export_strategy};

/// The plugin.
#[derive(Debug)]
pub struct StandardStrategy;

impl Strategy for StandardStrategy {
    fn decide(request: &Request, claims: &[Claim], catalogue: &dyn Catalogue) -> Result<Plan, PluginError> {
        decide::decide(request, claims, catalogue)
    }
}

export_strategy!(StandardStrategy);
