//! `/workspaces/{ws}/limits`: what a workspace has of what it may have; and `/sweep`, which removes what nothing needs.

use super::deploy::to_the_end;
use super::openapi::op;
use super::routes::Routes;
use super::workspaces::{OperatorIn, audit};
use super::{ApiError, Caller, JsonBody, Operator};
use crate::app::App;
use crate::sweep::{SweepError, Swept, sweep};
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use windlass_domain::{Invalid, WorkspaceName};
use windlass_store::{Limits, OwnLimits, Use};

/// The highest figure: what every client's numbers hold (2^53 - 1), and SQLite's too.
const MOST: u64 = (1 << 53) - 1;

/// The routes of limits.
pub fn routes() -> Routes {
    Routes::new("Operators")
        .get("/workspaces/{ws}/limits", show, op("getWorkspaceLimits", "What a workspace has, and what it may have"))
        .put(
            "/workspaces/{ws}/limits",
            change,
            op("setWorkspaceLimits", "Replace the server's limits for one workspace"),
        )
        .post("/sweep", sweep_now, op("sweep", "Remove what nothing needs any more"))
}

/// A figure, and where it comes from. 0 is no limit.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WorkspaceLimits")]
struct Shown {
    workspace: WorkspaceName,
    r#use: Use,
    limits: Limits,
    /// What an operator has set for this workspace; what is left out is the server's figure.
    own: OwnLimits,
}

impl Shown {
    fn of(app: &App, workspace: WorkspaceName) -> Result<Json<Self>, ApiError> {
        let (own, limits) = (app.store.own_limits(&workspace)?, app.store.limits(&workspace)?);
        Ok(Json(Self { r#use: app.store.workspace_use(&workspace)?, limits, own, workspace }))
    }
}

/// All of a workspace's own limits: one that is left out, or null, is the server's figure again.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(rename = "SetWorkspaceLimitsRequest")]
struct Body {
    #[schemars(range(max = MOST))]
    agents: Option<u64>,
    #[schemars(range(max = MOST))]
    bytes: Option<u64>,
    keep_revisions: Option<u32>,
    keep_days: Option<u32>,
    keep_inputs: Option<u32>,
    keep_inputs_days: Option<u32>,
}

impl Body {
    fn parse(self) -> Result<OwnLimits, Invalid> {
        let Self { agents, bytes, keep_revisions, keep_days, keep_inputs, keep_inputs_days } = self;
        for (field, value) in [("agents", agents), ("bytes", bytes)] {
            if value.is_some_and(|value| value > MOST) {
                let message = format!("it is more than {MOST}");
                return Err(Invalid::new("invalid_value", field, message, "send 0 for no limit"));
            }
        }
        Ok(OwnLimits { agents, bytes, keep_revisions, keep_days, keep_inputs, keep_inputs_days })
    }
}

async fn show(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Shown>, ApiError> {
    Shown::of(&app, caller.workspace)
}

async fn change(
    State(app): State<Arc<App>>,
    at: OperatorIn,
    JsonBody(body): JsonBody<Body>,
) -> Result<Json<Shown>, ApiError> {
    let own = body.parse()?;
    let OperatorIn { operator, workspace } = at;
    to_the_end(async move {
        let before = app.store.own_limits(&workspace)?;
        let entry = audit(&operator.key_id, format!("limit {workspace}"), json!(before), json!(own));
        app.store.set_limits(&workspace, own, entry).await?;
        Shown::of(&app, workspace)
    })
    .await
}

async fn sweep_now(State(app): State<Arc<App>>, _: Operator) -> Result<Json<Swept>, ApiError> {
    to_the_end(async move { sweep(&app).await }).await.map(Json)
}

impl From<SweepError> for ApiError {
    fn from(error: SweepError) -> Self {
        match error {
            SweepError::Store(error) => error.into(),
            SweepError::Image(error) => Self::internal("sweep_failed", "not all could be removed", &error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_none_or_a_number_that_clients_can_hold() {
        let bytes = |bytes| Body { bytes, keep_days: Some(0), ..Body::default() }.parse();
        assert_eq!(bytes(Some(MOST)).expect("the most").bytes, Some(MOST));
        assert_eq!(bytes(None).expect("none"), OwnLimits { keep_days: Some(0), ..OwnLimits::default() });
        assert_eq!(bytes(Some(MOST + 1)).expect_err("too much").field, "bytes");
    }
}
