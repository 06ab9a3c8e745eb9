//! The server's own answers: alive, ready, no such path, wrong method, a bug.

use super::ApiError;
use super::openapi::op;
use super::routes::{ANY, Routes};
use axum::Json;
use axum::extract::OriginalUri;
use axum::http::header::ALLOW;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use schemars::JsonSchema;
use serde::Serialize;
use std::any::Any;

/// The routes of the server's own state.
pub fn routes() -> Routes {
    Routes::new("Server").get("/healthz", healthz, op("healthz", "Say whether the server is alive")).get(
        "/readyz",
        readyz,
        op("readyz", "Say whether deploys are taken"),
    )
}

/// How the server is, in a word.
#[derive(Serialize, JsonSchema)]
pub struct Health {
    status: &'static str,
}

impl Health {
    /// It is alive.
    pub const OK: Self = Self { status: "ok" };
}

/// `GET /healthz`
pub async fn healthz() -> Json<Health> {
    Json(Health::OK)
}

/// `GET /readyz`: the router exists only once deploys are accepted; runtime environments are not waited for.
pub async fn readyz() -> Json<Health> {
    Json(Health { status: "ready" })
}

/// Any path that is not in the table.
pub async fn no_such_path(OriginalUri(uri): OriginalUri) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "no_such_path", format!("there is nothing at {}", uri.path()))
        .hint("paths start with /api, /api/v1 or /api/v1/workspaces/{workspace}, for example POST /api/deploy")
}

/// A known path with another method. The answer's `Allow` names those that it has.
pub async fn wrong_method(method: Method, OriginalUri(uri): OriginalUri) -> ApiError {
    let message = format!("{} does not take {method}", uri.path());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
        .hint("the Allow header names the methods")
}

/// The TRACE of a path that takes every other method.
pub async fn no_trace(method: Method, uri: OriginalUri) -> Response {
    let allow = format!("{}, HEAD", ANY.join(", ").to_ascii_uppercase());
    ([(ALLOW, allow)], wrong_method(method, uri).await).into_response()
}

/// A handler panicked. Its message is for the log alone.
#[expect(clippy::needless_pass_by_value, reason = "the signature that the layer asks for")]
pub fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    tracing::error!(panic = text, "a handler panicked");
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the server has a bug")
        .hint("the server's log has it under this answer's X-Request-Id")
        .into_response()
}
