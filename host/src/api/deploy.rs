//! `POST /deploy`, `POST /deploy/preview`, builds and decisions.

use super::openapi::{Accepted, Created, op};
use super::routes::Routes;
use super::wire::{Build, BuildBody, Decision, DeployBody, DeployResponse, Preview};
use super::{ApiError, Caller, Id, JsonBody};
use crate::app::App;
use crate::deploy;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use tracing::Instrument as _;

/// The routes of deploys, builds and decisions.
pub fn routes() -> Routes {
    /// What the plugins, or what they want of this host, may make of a deploy.
    const DECIDED: [u16; 3] = [403, 429, 503];
    Routes::new("Deploys")
        .post("/deploy", deploy, op("deployAgent", "Deploy an agent").refuses(&DECIDED).refuses(&[404, 409]))
        .post("/deploy/preview", preview, op("previewDeploy", "Decide only").refuses(&DECIDED).refuses(&[404, 409]))
        .post("/builds", build, op("createBuild", "Build an image").refuses(&DECIDED))
        .get("/builds/{id}", show_build, op("getBuild", "Show a build"))
        .get("/decisions/{id}", show_decision, op("getDecision", "Show a decision, with all that led to it"))
}

/// `POST /deploy`
async fn deploy(
    State(app): State<Arc<App>>,
    caller: Caller,
    JsonBody(body): JsonBody<DeployBody>,
) -> Result<Created<DeployResponse>, ApiError> {
    let (ask, warnings) = body.into_ask(&caller.workspace)?;
    let deployment = to_the_end(async move { deploy::deploy(&app, &caller, ask).await }).await?;
    Ok(Created(DeployResponse::new(deployment, warnings)))
}

/// `POST /deploy/preview`
async fn preview(
    State(app): State<Arc<App>>,
    caller: Caller,
    JsonBody(body): JsonBody<DeployBody>,
) -> Result<Json<Preview>, ApiError> {
    let (ask, warnings) = body.into_ask(&caller.workspace)?;
    let previewed = deploy::preview(&app, &caller, ask).await?;
    Ok(Json(Preview::new(previewed, warnings)))
}

/// `POST /builds`
async fn build(
    State(app): State<Arc<App>>,
    caller: Caller,
    JsonBody(body): JsonBody<BuildBody>,
) -> Result<Accepted<Build>, ApiError> {
    let ask = body.into_ask()?;
    let build = to_the_end(async move { deploy::build_only(&app, &caller, ask).await }).await?;
    Ok(Accepted(build.into()))
}

/// `GET /builds/{id}`
async fn show_build(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Result<Json<Build>, ApiError> {
    let build = app.store.build(&caller.workspace, &id)?;
    build.map(|build| Json(build.into())).ok_or_else(|| ApiError::not_found("build not found"))
}

/// `GET /decisions/{id}`
async fn show_decision(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Result<Json<Decision>, ApiError> {
    let decision = deploy::decision(&app, &caller.workspace, &id)?;
    decision.map(|decision| Json(decision.into())).ok_or_else(|| ApiError::not_found("decision not found"))
}

/// Runs `work` to its end even when the client goes away meanwhile: what is recorded must also be rolled out.
/// The task is joined here, unless the client is gone; it is bounded by the work's own limits.
pub(super) async fn to_the_end<T, E>(work: impl Future<Output = Result<T, E>> + Send + 'static) -> Result<T, ApiError>
where
    T: Send + 'static,
    E: Into<ApiError> + Send + 'static,
{
    match tokio::spawn(work.in_current_span()).await {
        Ok(done) => done.map_err(Into::into),
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only a runtime that shuts down cancels it.
            Err(_) => Err(ApiError::from(windlass_store::StoreError::Closed)),
        },
    }
}
