//! The OpenAPI document: made from the route table and the wire's types, served with a page to read it.
//!
//! Invariants: there is no second list of routes, and no schema beside the type that it is of. What is answered to
//! everybody is made once, and needs no key.

mod draft;
mod operation;
mod parts;
mod schemas;
mod typed;

pub use draft::{Draft, bytes};
pub use operation::{Operation, op};
pub use schemas::as_asked;
pub use typed::{Accepted, Answer, Created, Typed};

use super::error::Body as Error;
use super::routes::Routes;
use crate::bootstrap::DEFAULT_WORKSPACE;
use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderName, StatusCode};
use schemas::Schemas;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use windlass_domain::name::label_schema;

/// Where the document is served.
const DOCUMENT: &str = "/openapi.json";
/// The page may load the document and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'";

/// The routes of the document, and of the page that shows it.
pub fn routes() -> Routes {
    let document = || op("getOpenApi", "This document").answers_as::<Value>(200, "application/json");
    Routes::new("Server").get(DOCUMENT, serve, document()).get("/api/openapi.json", serve, document().older()).get(
        "/docs",
        page,
        op("getDocs", "This document as a page").answers_as::<String>(200, "text/html"),
    )
}

async fn serve() -> ([(HeaderName, &'static str); 1], Bytes) {
    static SERVED: LazyLock<Bytes> = LazyLock::new(|| document().to_string().into());
    ([(CONTENT_TYPE, "application/json")], SERVED.clone())
}

async fn page() -> ([(HeaderName, &'static str); 3], &'static str) {
    let headers =
        [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, "no-cache")];
    (headers, include_str!("openapi/page.html"))
}

/// The document of the whole table.
///
/// # Panics
/// Where two operations or two different schemas have the same name; a test makes the document.
#[must_use]
pub fn document() -> Value {
    let (_, operations) = super::table().into_parts();
    let mut schemas = Schemas::default();
    let mut paths = Map::new();
    let mut groups: Vec<&str> = Vec::new();
    let mut ids = std::collections::BTreeSet::new();
    for operation in operations {
        assert!(ids.insert(operation.id()), "two operations are called {}", operation.id());
        if !groups.contains(&operation.group()) {
            groups.push(operation.group());
        }
        let path = paths.entry(operation.path()).or_insert_with(|| json!({}));
        let method = operation.method();
        path[method] = operation.write(&mut schemas);
    }
    let groups: Vec<Value> = groups.into_iter().map(|group| json!({"name": group})).collect();
    let error = schemas.answered::<Error<'_>>();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Windlass",
            "version": env!("CARGO_PKG_VERSION"),
            "description": include_str!("openapi/introduction.md"),
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": groups,
        "paths": paths,
        "components": {
            "schemas": schemas.into_components(),
            "parameters": {"Workspace": {
                "name": "X-Workspace-Namespace", "in": "header", "schema": optional_label(), "example": DEFAULT_WORKSPACE,
                "description": "The workspace; without it, or where it is empty, the key's own.",
            }},
            "responses": refusals(&error),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A key of the workspace, `ra_ws_…`."},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-RunAgents-API-Key", "description": "The same key."},
                "operator": {"type": "http", "scheme": "bearer", "description": "An operator's key, `wl_op_…`."},
                "registry": {"type": "http", "scheme": "basic", "description": "Any name, and a key as the password."},
            },
        },
    })
}

/// A header that is empty is as good as none.
fn optional_label() -> Value {
    json!({"anyOf": [label_schema(), {"type": "string", "maxLength": 0}]})
}

/// What every refusal looks like, by the name of its status.
fn refusals(error: &Value) -> Map<String, Value> {
    let refusal = |status: StatusCode| {
        let name = status.canonical_reason().unwrap_or_default();
        let mut refusal = json!({"description": name, "content": {"application/json": {"schema": error}}});
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            refusal["headers"] = json!({"Retry-After": {
                "description": "Seconds until it is worth asking again.", "schema": {"type": "integer", "minimum": 1},
            }});
        }
        (draft::refusal_name(status), refusal)
    };
    draft::REFUSALS.map(refusal).into_iter().collect()
}

#[cfg(test)]
mod tests;
