//! The built-in strategy that is bound by default: the cheapest way that holds everything that is required.

use windlass_plugin_sdk::{Catalogue, Claim, Plan, PluginError, Request, Strategy, export_strategy};
use windlass_strategies::decide::decide;
use windlass_strategies::policy::Policy;

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
        decide(request, claims, catalogue, Policy::Standard, plan)
    }
}

export_strategy!(StandardStrategy);
