//! The built-in strategy of shops that may not share a runtime image: a full build for all but a given image.
//!
//! The decision is that of all built-in strategies; only its policy is another.

use windlass_plugin_sdk::{Catalogue, Claim, Plan, PluginError, Request, Strategy, export_strategy};
use windlass_strategies::decide::decide;
use windlass_strategies::policy::Policy;

/// The plugin.
#[derive(Debug)]
pub struct AlwaysFullBuild;

impl Strategy for AlwaysFullBuild {
    fn decide(
        request: &Request,
        claims: &[Claim],
        catalogue: &dyn Catalogue,
        plan: &mut Plan,
    ) -> Result<(), PluginError> {
        decide(request, claims, catalogue, Policy::AlwaysFullBuild, plan)
    }
}

export_strategy!(AlwaysFullBuild);
