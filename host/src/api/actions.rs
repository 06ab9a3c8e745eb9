//! Action plans: `/actions/validate` judges one, `/actions/apply` does it.
//!
//! A plan that is no plan (unknown fields, wrong types, no actions) is an ordinary 400. A plan whose actions are wrong is
//! judged action by action: 200 of a validation, and of an apply a 400 in the shape of its answer, with nothing done.

mod perform;
mod prepare;
mod wire;

use super::deploy::to_the_end;
use super::openapi::op;
use super::routes::Routes;
use super::{ApiError, Caller, JsonBody};
use crate::actions;
use crate::app::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use wire::{ApplyAnswer, PlanBody, Refused, Validated};

/// The routes of `/actions`.
pub fn routes() -> Routes {
    let applied = op("applyActions", "Do the actions of a plan, in order")
        .about(
            "A plan with an action that is not valid is a 400 in the shape of the answer, and nothing of it is done.",
        )
        .answers::<ApplyAnswer>(200)
        .answers::<Refused>(400);
    Routes::new("Actions").post("/actions/validate", validate, op("validateActions", "Judge a plan of actions")).post(
        "/actions/apply",
        apply,
        applied,
    )
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
