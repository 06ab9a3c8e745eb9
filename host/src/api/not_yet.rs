//! Nouns of the contract that nothing here fills yet: runs, approvals, the connectors that deliver approvals, the copilot.
//!
//! Invariant: no client breaks on them. A list is an empty list, one thing of them is a 404, and what would need the missing
//! part is a 501 that names it. Who may ask is checked as everywhere.

use super::openapi::op;
use super::routes::Routes;
use super::{ApiError, Caller};
use axum::Json;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// Their group in the document.
const GROUP: &str = "Not yet";

/// The routes under each prefix. The connectors are at the older contract's place too.
pub fn routes() -> Routes {
    let copilot_ = op("askCopilot", "There is no copilot here").refuses(&[501]);
    runs()
        .merge(approvals("/approvals/requests"))
        .merge(connectors("/approval-connectors"))
        .merge(connectors("/settings/approval-connectors").older())
        .merge(Routes::new(GROUP).post("/copilot/chat", copilot, copilot_))
}

/// The routes that the older contract has without a prefix.
pub fn older_routes() -> Routes {
    runs().merge(approvals("/governance/requests")).older()
}

fn runs() -> Routes {
    Routes::new(GROUP)
        .get("/runs", empty, op("listRuns", "List runs: none are recorded"))
        .get("/runs/{id}", no_run, op("getRun", "Show a run: there is none"))
        .get("/runs/{id}/events", no_run, op("listRunEvents", "List the events of a run: there is none"))
}

fn approvals(path: &str) -> Routes {
    Routes::new(GROUP)
        .get(path, empty, op("listApprovals", "List requests for approval: there are none"))
        .get(&format!("{path}/{{id}}"), no_approval, op("getApproval", "Show one: there is none"))
        .post(&format!("{path}/{{id}}/approve"), no_approval, op("approve", "Approve one: there is none"))
        .post(&format!("{path}/{{id}}/reject"), no_approval, op("reject", "Reject one: there is none"))
}

fn connectors(path: &str) -> Routes {
    let (test, one) = (format!("{path}/test"), format!("{path}/{{id}}"));
    let missing = |id: &str| op(id, "There are no approval connectors here").refuses(&[501]);
    let none = |id: &str| op(id, "There are no approval connectors here");
    Routes::new(GROUP)
        .get(path, empty, op("listConnectors", "List approval connectors: there are none"))
        .post(path, no_connectors, missing("createConnector"))
        .get(&format!("{path}/defaults"), connector_defaults, op("getConnectorDefaults", "Show their defaults"))
        .put(&format!("{path}/defaults"), no_connectors, missing("updateConnectorDefaults"))
        .get(&format!("{path}/activity"), empty, op("listConnectorActivity", "List what they did: nothing"))
        .post(&test, no_connectors, missing("testConnector"))
        .get(&test, no_connector, none("getConnectorCalledTest"))
        .patch(&test, no_connector, none("updateConnectorCalledTest"))
        .delete(&test, no_connector, none("deleteConnectorCalledTest"))
        .get(&one, no_connector, none("getConnector"))
        .patch(&one, no_connector, none("updateConnector"))
        .delete(&one, no_connector, none("deleteConnector"))
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
