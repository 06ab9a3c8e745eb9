//! Action plans: `/actions/validate` judges one, `/actions/apply` does it.
//!
//! A plan that is no plan (unknown fields, wrong types, no actions) is an ordinary 400. A plan whose actions are wrong is
//! judged action by action: 200 of a validation, and of an apply a 400 in the shape of its answer, with nothing done.

mod perform;
mod prepare;
mod wire;

use super::deploy::to_the_end;
use super::{ApiError, Caller, JsonBody};
use crate::actions;
use crate::app::App;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use std::sync::Arc;
use wire::{ApplyAnswer, PlanBody, Validated};

/// The routes of `/actions`.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/actions/validate", post(validate)).route("/actions/apply", post(apply))
}

async fn validate(
    State(app): State<Arc<App>>,
    caller: Caller,
    JsonBody(body): JsonBody<PlanBody>,
) -> Result<Json<Validated>, ApiError> {
    let plan = prepare::plan(&app, &caller, body)?;
    Ok(Json(Validated::new(caller.workspace, &plan)))
}

async fn apply(
    State(app): State<Arc<App>>,
    caller: Caller,
    JsonBody(body): JsonBody<PlanBody>,
) -> Result<(StatusCode, Json<ApplyAnswer>), ApiError> {
    let plan = prepare::plan(&app, &caller, body)?;
    if !plan.is_valid() {
        return Ok((StatusCode::BAD_REQUEST, Json(ApplyAnswer::refused(caller.workspace, &plan))));
    }
    let (id, continue_on_error, heads, actions) = plan.into_actions();
    let workspace = caller.workspace.clone();
    let work = async move {
        let act = |ask| perform::perform(&app, &caller, ask);
        actions::apply(&app, &caller.workspace, actions, continue_on_error, act).await
    };
    let outcomes = to_the_end(work).await?;
    Ok((StatusCode::OK, Json(ApplyAnswer::new(id, workspace, heads, outcomes))))
}
