//! Deploy drafts: deploys in the making, which `POST /deploy` takes by `draft_id`.
//!
//! A draft belongs to the key that made it: others of the workspace see it in a list, and only its owner reads it by id.

mod body;

use super::openapi::{Created, op};
use super::routes::Routes;
use super::wire::{Deleted, Time};
use super::{ApiError, Caller, Id, JsonBody, OptionalJsonBody, Query};
use crate::app::App;
use crate::deploy::drafts::{self, DraftChange};
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use windlass_domain::Invalid;
use windlass_store::{DraftRecord, DraftStatus};

pub(super) use body::parse_change;
use body::{Change, Draft, Input, STATUSES, parse_input};

/// The routes of `/deploy-drafts`.
pub fn routes() -> Routes {
    let shown = |id: &str, summary: &str| op(id, summary).answers::<Draft>(200);
    Routes::new("Deploy drafts")
        .get("/deploy-drafts", list, op("listDrafts", "List drafts").answers::<Vec<Draft>>(200))
        .post(
            "/deploy-drafts",
            create,
            op("createDraft", "Begin a draft").body::<Option<Input>>().answers::<Draft>(201),
        )
        .get("/deploy-drafts/{id}", one, shown("getDraft", "Show a draft of one's own"))
        .patch("/deploy-drafts/{id}", change, shown("updateDraft", "Change a draft").body::<Change>().refuses(&[409]))
        .delete("/deploy-drafts/{id}", delete, op("deleteDraft", "Delete a draft"))
        .post(
            "/deploy-drafts/{id}/complete",
            complete,
            shown("completeDraft", "Say that it is deployed").refuses(&[409]),
        )
        .post("/deploy-drafts/{id}/abandon", abandon, shown("abandonDraft", "Give it up").refuses(&[409]))
}

/// The query of a list.
#[derive(Deserialize, JsonSchema)]
struct Filter {
    /// `IN_PROGRESS` where it is not given.
    #[schemars(extend("enum" = STATUSES))]
    status: Option<String>,
    /// 1 for one's own drafts, the default; 0 for the workspace's.
    #[schemars(range(max = 1))]
    mine: Option<u8>,
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<Vec<Value>>, ApiError> {
    let status = filter.status.as_deref().filter(|text| !text.is_empty());
    let status = status.map_or(Ok(DraftStatus::InProgress), body::parse_status)?;
    let owner = parse_mine(filter.mine)?.then_some(caller.key_id.as_str());
    let drafts = app.store.drafts(&caller.workspace, Some(status), owner)?;
    Ok(Json(drafts.into_iter().map(render).collect()))
}

/// The caller's own open drafts.
pub(super) fn own_open(app: &App, caller: &Caller) -> Result<Vec<Value>, ApiError> {
    let drafts = app.store.drafts(&caller.workspace, Some(DraftStatus::InProgress), Some(&caller.key_id))?;
    Ok(drafts.into_iter().map(render).collect())
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Result<Json<Value>, ApiError> {
    Ok(Json(render(drafts::find(&app.store, &caller, &id)?)))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    OptionalJsonBody(body): OptionalJsonBody<Map<String, Value>>,
) -> Result<Created<Value>, ApiError> {
    let fields = parse_input(body.unwrap_or_default())?;
    Ok(Created(render(drafts::start(&app, &caller, fields).await?)))
}

async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Value>, ApiError> {
    let change = parse_change(body)?;
    Ok(Json(render(drafts::change(&app, &caller, &id, &change).await?)))
}

async fn complete(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Result<Json<Value>, ApiError> {
    close(&app, &caller, &id, DraftStatus::Completed).await
}

async fn abandon(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Result<Json<Value>, ApiError> {
    close(&app, &caller, &id, DraftStatus::Abandoned).await
}

async fn close(app: &App, caller: &Caller, id: &str, status: DraftStatus) -> Result<Json<Value>, ApiError> {
    Ok(Json(render(drafts::change(app, caller, id, &DraftChange::to(status)).await?)))
}

async fn delete(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Result<Json<Deleted>, ApiError> {
    drafts::delete(&app, &caller, &id).await?;
    Ok(Json(Deleted::YES))
}

fn parse_mine(mine: Option<u8>) -> Result<bool, Invalid> {
    match mine {
        None | Some(1) => Ok(true),
        Some(0) => Ok(false),
        Some(other) => {
            let message = format!("`{other}` is neither 0 nor 1");
            Err(Invalid::new("unknown_value", "mine", message, "use 1 for your own drafts, 0 for the workspace's"))
        }
    }
}

/// The contract's `DeployDraft`.
pub(super) fn render(draft: DraftRecord) -> Value {
    let mut wire = match draft.body {
        Value::Object(body) => body,
        _ => Map::new(),
    };
    let own = json!({
        "id": draft.id,
        "namespace": draft.workspace,
        "user_id": draft.owner,
        "status": draft.status,
        "version": draft.version,
        "created_at": Time(draft.created_at),
        "updated_at": Time(draft.updated_at),
    });
    if let Value::Object(own) = own {
        wire.extend(own);
    }
    wire.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_of_ones_own_drafts_unless_it_says_otherwise() {
        assert_eq!((parse_mine(None), parse_mine(Some(0))), (Ok(true), Ok(false)));
        assert_eq!(parse_mine(Some(2)).expect_err("no flag").field, "mine");
    }

    #[test]
    fn the_servers_fields_stand_beside_the_bodys() {
        let draft = DraftRecord {
            id: "draft-1".to_owned(),
            workspace: windlass_domain::WorkspaceName::parse("w", "acme").expect("a name"),
            owner: "key-1".to_owned(),
            status: DraftStatus::InProgress,
            version: 1,
            body: json!({"step": "deploy"}),
            created_at: 0,
            updated_at: 0,
        };
        let epoch = "1970-01-01T00:00:00.000Z";
        let expected = json!({
            "id": "draft-1", "namespace": "acme", "user_id": "key-1", "status": "IN_PROGRESS", "version": 1,
            "created_at": epoch, "updated_at": epoch, "step": "deploy",
        });
        assert_eq!(render(draft), expected);
    }
}
