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
    fn decide(
        request: &Request,
        claims: &[Claim],
        catalogue: &dyn Catalogue,
        plan: &mut Plan,
    ) -> Result<(), PluginError> {
        *plan = decide::decide(request, claims, catalogue)?;
        Ok(())
    }
}

export_strategy!(StandardStrategy);
