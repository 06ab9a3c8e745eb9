//! `/v2/`: the read side of the OCI distribution specification 1.1 over the images that this server built.
//!
//! Invariants: a repository is `workspace/agent`; a key sees those of its own workspace, an operator's all of them, and a
//! foreign one is a 404 like one that does not exist. A blob is served through a repository that holds it, never by its
//! digest alone. Nothing can be pushed.

mod content;
mod error;
mod request;

use super::openapi::{Draft, Operation, op};
use super::routes::Routes;
use crate::app::App;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use error::{OciError, OciErrors};
use request::{Access, Asked, Target};
use serde_json::Value;
use std::sync::Arc;
use windlass_image::registry::BLOB_TYPE;

/// The media type of the manifests that are built here.
const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

/// What clients look for to know that this is a registry.
const API_VERSION: (HeaderName, HeaderValue) =
    (HeaderName::from_static("docker-distribution-api-version"), HeaderValue::from_static("registry/2.0"));

/// The routes. A repository is `{workspace}/{agent}`.
pub fn routes() -> Routes {
    const PATH: &str = "/v2/{workspace}/{agent}";
    let refused = |id: &str, summary: &str, statuses: &[u16]| {
        let operation = op(id, summary).by(|draft: &mut Draft<'_>| draft.security(&["registry", "bearer"]));
        let statuses = [400, 401, 403, 429, 500].iter().chain(statuses);
        statuses.fold(operation, |operation: Operation, status| operation.answers::<OciErrors>(*status))
    };
    let manifest = refused("getManifest", "Pull a manifest, by tag or digest", &[404]);
    let blob = refused("getBlob", "Pull a blob, or a range of it", &[404]);
    let tags = refused("listTags", "List the tags of a repository", &[404]).query::<content::Page>();
    Routes::new("Registry")
        .by_itself("/v2", registry, [])
        .by_itself(
            "/v2/",
            registry,
            [("/v2/", refused("getRegistry", "Say that this is a registry", &[]).answers::<Value>(200))],
        )
        .by_itself(
            "/v2/{*path}",
            registry,
            [
                (&format!("{PATH}/manifests/{{reference}}"), manifest.answers_as::<Value>(200, MANIFEST_TYPE)),
                (
                    &format!("{PATH}/blobs/{{digest}}"),
                    blob.answers_as::<String>(200, BLOB_TYPE).answers_as::<String>(206, BLOB_TYPE),
                ),
                (&format!("{PATH}/tags/list"), tags.answers::<content::Tags>(200)),
            ],
        )
}

/// Everything below `/v2`: the names of repositories hold slashes, so the path is read here.
async fn registry(State(app): State<Arc<App>>, request: Request) -> Response {
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
