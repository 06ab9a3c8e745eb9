//! Nouns of the contract that nothing here fills yet: runs, approvals, the connectors that deliver approvals, the copilot.
//!
//! Invariant: no client breaks on them. A list is an empty list, one thing of them is a 404, and what would need the missing
//! part is a 501 that names it. Who may ask is checked as everywhere.

use super::{ApiError, Caller};
use crate::app::App;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;

/// The routes under each prefix. The connectors are at the older contract's place too.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .merge(runs())
        .merge(approvals("/approvals/requests"))
        .merge(connectors("/approval-connectors"))
        .merge(connectors("/settings/approval-connectors"))
        .route("/copilot/chat", post(copilot))
}

/// The routes that the older contract has without a prefix.
pub fn unprefixed_routes() -> Router<Arc<App>> {
    runs().merge(approvals("/governance/requests"))
}

fn runs() -> Router<Arc<App>> {
    Router::new().route("/runs", get(empty)).route("/runs/{id}", get(no_run)).route("/runs/{id}/events", get(no_run))
}

fn approvals(path: &str) -> Router<Arc<App>> {
    Router::new()
        .route(path, get(empty))
        .route(&format!("{path}/{{id}}"), get(no_approval))
        .route(&format!("{path}/{{id}}/approve"), post(no_approval))
        .route(&format!("{path}/{{id}}/reject"), post(no_approval))
}

fn connectors(path: &str) -> Router<Arc<App>> {
    Router::new()
        .route(path, get(empty).post(no_connectors))
        .route(&format!("{path}/defaults"), get(connector_defaults).put(no_connectors))
        .route(&format!("{path}/activity"), get(empty))
        .route(&format!("{path}/test"), get(no_connector).patch(no_connector).delete(no_connector).post(no_connectors))
        .route(&format!("{path}/{{id}}"), get(no_connector).patch(no_connector).delete(no_connector))
}

async fn empty(_: Caller) -> Json<[Value; 0]> {
    Json([])
}

async fn no_run(_: Caller) -> ApiError {
    ApiError::not_found("run not found")
        .hint("runs are not recorded here yet; an agent's logs are at …/agents/{name}/logs")
}

async fn no_approval(_: Caller) -> ApiError {
    ApiError::not_found("approval request not found")
        .hint("approvals are not recorded here yet: a call that a policy wants approved is refused")
}

async fn no_connector(_: Caller) -> ApiError {
    ApiError::not_found("approval connector not found").hint("there are no approval connectors here yet")
}

async fn no_connectors(_: Caller) -> ApiError {
    let message = "approval connectors are not here yet: a call that a policy wants approved is refused";
    ApiError::new(StatusCode::NOT_IMPLEMENTED, "not_implemented", message)
        .hint("use the permissions allow and deny meanwhile")
}

/// The contract's defaults and limits; nothing reads them yet, so they cannot be changed.
async fn connector_defaults(_: Caller) -> Json<Value> {
    Json(json!({
        "default_delivery_mode": "first_success",
        "default_fallback_to_ui": true,
        "default_timeout_seconds": 10,
        "min_timeout_seconds": 1,
        "max_timeout_seconds": 120,
    }))
}

async fn copilot(_: Caller) -> ApiError {
    let message = "there is no copilot here: it takes a language model, and this server has none";
    ApiError::new(StatusCode::NOT_IMPLEMENTED, "not_implemented", message)
        .hint("GET /api/context/export gives an assistant of yours all that it needs to know")
}
