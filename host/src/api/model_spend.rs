//! `GET /model-spend`: what the models of all agents have cost in this month.

use super::wire::ModelSpend;
use super::{ApiError, Caller};
use crate::app::App;
use crate::edge;
use crate::spend::ModelUsage;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use std::sync::Arc;

/// The route of `/model-spend`.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/model-spend", get(show))
}

async fn show(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<ModelSpend>, ApiError> {
    let agents = app.store.agents(&caller.workspace)?.into_iter();
    let usages = agents.flat_map(|agent| {
        let models = agent.current.spec.settings.llm_configs.into_iter();
        models.map(move |model| (agent.id.clone(), ModelUsage::of(model)))
    });
    Ok(Json(ModelSpend::new(usages.collect(), edge::now())))
}
