//! `GET /metrics`: what the server counts, for Prometheus.

use super::openapi::op;
use super::routes::Routes;
use super::{ApiError, Operator};
use crate::app::App;
use crate::metrics::{CONTENT_TYPE, Now};
use axum::extract::{FromRequestParts, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;
use windlass_domain::agent::{Agent, Phase};

/// The route of the figures.
pub fn routes() -> Routes {
    let operation = op("metrics", "Show what the server counts, for Prometheus")
        .about("The figures begin anew with each start. With --open-metrics no key is needed.")
        .answers_as::<String>(200, "text/plain");
    Routes::new("Server").get("/metrics", metrics, operation)
}

/// Who may read the figures: an operator, or anybody where an operator has said so.
#[derive(Debug)]
pub struct Reader;

impl FromRequestParts<Arc<App>> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        if !app.open_metrics {
            Operator::from_request_parts(parts, app).await?;
        }
        Ok(Self)
    }
}

async fn metrics(State(app): State<Arc<App>>, _: Reader) -> Result<Response, ApiError> {
    let agents = app.store.all_agents()?;
    let phase = |agent: &Agent| app.runtime.state(&agent.id).map_or(Phase::Pending, |state| state.phase);
    let now = Now { agents: agents.iter().map(phase).collect(), stopped: app.plugins.stopped() };
    let text = app.metrics.text(now);
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}
