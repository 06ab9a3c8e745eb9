//! `POST /analyze`, `GET /analysis/{id}`, `POST /requirements`: what files are, without deploying them.

use super::openapi::{Operation, op};
use super::routes::Routes;
use super::wire::{AnalysisBody, AnalysisResult, RequirementsFound};
use super::{ApiError, Caller, Id, RawBody, body};
use crate::app::App;
use crate::deploy::kept::Found;
use crate::deploy::{Analysis, BodyDigest, analysis};
use crate::edge;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// How the decision about files may be refused.
const DECIDED: [u16; 3] = [403, 429, 503];

/// The routes of a workspace.
pub fn routes() -> Routes {
    let found = op("requirements", "Say what files need to be installed").body::<AnalysisBody>().refuses(&DECIDED);
    Routes::new("Analysis")
        .post("/analyze", analyze, analysing("analyzeFiles"))
        .get("/analysis/{id}", show, op("getAnalysis", "Show an analysis again").answers::<AnalysisResult>(200))
        .post("/requirements", requirements, found)
        .merge(ingestion("ingestFiles"))
}

/// The older clients know the first of them by another name, without a prefix.
pub fn older_routes() -> Routes {
    ingestion("ingestFilesUnprefixed")
}

fn ingestion(id: &str) -> Routes {
    Routes::new("Analysis").post("/ingestion/analyze", analyze, analysing(id)).older()
}

fn analysing(id: &str) -> Operation {
    op(id, "Say what files are, without deploying them")
        .body::<AnalysisBody>()
        .answers::<AnalysisResult>(201)
        .refuses(&DECIDED)
}

/// `POST /analyze`
async fn analyze(State(app): State<Arc<App>>, caller: Caller, RawBody(body): RawBody) -> Result<Response, ApiError> {
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
