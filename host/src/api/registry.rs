//! `/v2/`: the read side of the OCI distribution specification 1.1 over the images that this server built.
//!
//! Invariants: a repository is `workspace/agent`; a key sees those of its own workspace, an operator's all of them, and a
//! foreign one is a 404 like one that does not exist. A blob is served through a repository that holds it, never by its
//! digest alone. Nothing can be pushed.

mod content;
mod error;
mod request;

use crate::app::App;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use error::OciError;
use request::{Access, Asked, Target};
use std::sync::Arc;

/// What clients look for to know that this is a registry.
const API_VERSION: (HeaderName, HeaderValue) =
    (HeaderName::from_static("docker-distribution-api-version"), HeaderValue::from_static("registry/2.0"));

/// Everything below `/v2`: the names of repositories hold slashes, so the path is read here.
pub async fn registry(State(app): State<Arc<App>>, request: Request) -> Response {
    let mut response = match answer(&app, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    };
    response.headers_mut().insert(API_VERSION.0, API_VERSION.1);
    response
}

async fn answer(app: &Arc<App>, request: Request) -> Result<Response, OciError> {
    let (mut parts, _) = request.into_parts();
    let access = Access::from_request_parts(&mut parts, app).await?;
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return Err(OciError::unsupported());
    }
    let Some(Asked { repository, target }) = Asked::parse(parts.uri.path())? else {
        return Ok((StatusCode::OK, [(CONTENT_TYPE, "application/json")], "{}").into_response());
    };
    let (workspace, name) = access.open(&repository)?;
    match target {
        Target::Manifest(reference) => content::manifest(app, &workspace, name, reference).await,
        Target::Blob(digest) => content::blob(app, &workspace, name, digest, &parts.headers).await,
        Target::Tags => content::tags(app, &workspace, name, &repository, parts.uri.query()),
    }
}
