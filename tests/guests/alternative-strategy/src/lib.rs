//! A strategy that somebody else could write: its own mode, base, framework and reason.

use windlass_plugin_sdk::{Catalogue, Claim, Plan, PluginError, Request, Strategy, claim, export_strategy, kind};

/// The runtime image it always takes.
const RUNTIME: &str = "python-langchain";

/// Everything goes to the edge.
struct Edge;

impl Strategy for Edge {
    fn decide(
        request: &Request,
        claims: &[Claim],
        catalogue: &dyn Catalogue,
        plan: &mut Plan,
    ) -> Result<(), PluginError> {
        if !catalogue.runtimes().iter().any(|name| name == RUNTIME) {
            return Err(PluginError::invalid("no_edge", format!("this host has no runtime image `{RUNTIME}`")));
        }
        let value = |kind| claim::best(claims, kind).map(|claim| claim.value.clone());
        let reason = "The edge strategy lays every agent over `python-langchain`";
        *plan = Plan::new("EDGE_FUNCTION", reason).build("overlay", RUNTIME);
        plan.framework = value(kind::FRAMEWORK);
        plan.entry_point = request.entry_point.clone().or_else(|| value(kind::ENTRY_POINT));
        plan.run_kind = claim::best(claims, kind::RUN_KIND)
            .map(|claim| (claim.value.clone(), claim.attribute("object").map(str::to_owned)));
        plan.requirements = claims
            .iter()
            .filter(|claim| claim.kind == kind::REQUIREMENT)
            .map(|claim| (claim.value.clone(), true))
            .collect();
        Ok(())
    }
}

export_strategy!(Edge);
