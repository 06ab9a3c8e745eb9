//! The built-in strategy for trying things out: the source is mounted wherever an environment holds what is declared.
//!
//! The decision is that of all built-in strategies; only its policy is another.

use windlass_plugin_sdk::{Catalogue, Claim, Plan, PluginError, Request, Strategy, export_strategy};
use windlass_strategies::decide::decide;
use windlass_strategies::policy::Policy;

/// The plugin.
#[derive(Debug)]
pub struct Fastest;

impl Strategy for Fastest {
    fn decide(
        request: &Request,
        claims: &[Claim],
        catalogue: &dyn Catalogue,
        plan: &mut Plan,
    ) -> Result<(), PluginError> {
        decide(request, claims, catalogue, Policy::Fastest, plan)
    }
}

export_strategy!(Fastest);
