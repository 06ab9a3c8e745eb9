//! `GET /model-spend`: what the models of all agents have cost in this month.

use super::openapi::op;
use super::routes::Routes;
use super::wire::ModelSpend;
use super::{ApiError, Caller};
use crate::app::App;
use crate::edge;
use crate::spend::{ModelUsage, month_name};
use axum::Json;
use axum::extract::State;
use std::collections::BTreeMap;
use std::sync::Arc;
use windlass_domain::{AgentName, AgentRef};

/// The route of `/model-spend`.
pub fn routes() -> Routes {
    Routes::new("Models").get("/model-spend", show, op("getModelSpend", "Say what models have cost this month"))
}

async fn show(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<ModelSpend>, ApiError> {
    let now = edge::now();
    let mut sums: BTreeMap<AgentName, Vec<_>> = BTreeMap::new();
    for sum in app.store.usage(&caller.workspace, &month_name(now))? {
        sums.entry(sum.0.agent.name.clone()).or_default().push(sum);
    }
    let mut usages = Vec::new();
    let mut add = |agent: AgentRef, models, sums: &[_]| {
        let of_agent = ModelUsage::of_agent(models, sums).into_iter();
        usages.extend(of_agent.map(|usage| (agent.clone(), usage)));
    };
    for agent in app.store.agents(&caller.workspace)? {
        let sums = sums.remove(&agent.id.name).unwrap_or_default();
        add(agent.id, agent.current.spec.settings.llm_configs, &sums);
    }
    // What agents have spent that were deleted since.
    for (name, sums) in sums {
        add(AgentRef { workspace: caller.workspace.clone(), name }, Vec::new(), &sums);
    }
    Ok(Json(ModelSpend::new(usages, now)))
}
