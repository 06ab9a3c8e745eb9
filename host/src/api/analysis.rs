//! `POST /analyze`, `GET /analysis/{id}`, `POST /requirements`: what files are, without deploying them.

use super::wire::{AnalysisBody, AnalysisResult, RequirementsFound};
use super::{ApiError, Caller, Id, RawBody, body};
use crate::app::App;
use crate::deploy::kept::Found;
use crate::deploy::{Analysis, BodyDigest, analysis};
use crate::edge;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use std::sync::Arc;

/// The routes of a workspace. The older contract's clients know the first of them by another name, too.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/analyze", post(analyze))
        .route("/ingestion/analyze", post(analyze))
        .route("/analysis/{id}", get(show))
        .route("/requirements", post(requirements))
}

/// `POST /analyze`, also without `/api` in front for the older clients.
pub async fn analyze(
    State(app): State<Arc<App>>,
    caller: Caller,
    RawBody(body): RawBody,
) -> Result<Response, ApiError> {
    let analysis = analyse(&app, &caller, &body).await?;
    let id = analysis.id.clone();
    let result = serde_json::to_vec(&AnalysisResult::from(analysis));
    let result =
        result.map_err(|error| ApiError::internal("analysis_failed", "the analysis cannot be shown", &error))?;
    app.analyses.keep(&caller.workspace, &id, result.clone(), edge::now());
    Ok((StatusCode::CREATED, as_json(result)).into_response())
}

async fn show(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Result<Response, ApiError> {
    match app.analyses.find(&caller.workspace, &id, edge::now()) {
        Found::Here(result) => Ok(as_json(result.to_vec()).into_response()),
        Found::Gone => Err(ApiError::not_found("analysis not found").hint("it has expired: send the files again")),
        Found::Unknown => Err(ApiError::not_found("analysis not found")
            .hint("check the id; an analysis is kept for an hour, and no longer than the server runs")),
    }
}

async fn requirements(
    State(app): State<Arc<App>>,
    caller: Caller,
    RawBody(body): RawBody,
) -> Result<Json<RequirementsFound>, ApiError> {
    Ok(Json(analyse(&app, &caller, &body).await?.into()))
}

/// The body is only read where it was not seen before.
async fn analyse(app: &App, caller: &Caller, body: &Bytes) -> Result<Analysis, ApiError> {
    let digest = BodyDigest::of(body);
    if let Some(analysis) = analysis::recall(app, &caller.workspace, digest)? {
        return Ok(analysis);
    }
    let asked: AnalysisBody = body::required(body)?;
    let analysis = analysis::analyse(app, caller, asked.into_ask()?).await?;
    analysis::remember(app, &caller.workspace, digest, &analysis);
    Ok(analysis)
}

/// What is kept is what was answered, byte for byte.
fn as_json(document: Vec<u8>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], Bytes::from(document))
}
