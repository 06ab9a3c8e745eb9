//! Deploy drafts: deploys in the making, which `POST /deploy` takes by `draft_id`.
//!
//! A draft belongs to the key that made it: others of the workspace see it in a list, and only its owner reads it by id.

use super::resources::{Object, credentials, drop_nulls, one_of, read};
use super::wire::Time;
use super::{ApiError, Caller, Id, OptionalJsonBody, Query};
use crate::app::App;
use crate::edge;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use windlass_domain::Invalid;
use windlass_store::{DraftRecord, DraftStatus};

/// The access modes of the contract.
const ACCESS_MODES: [&str; 2] = ["open", "authenticated"];
/// What the server says of a draft; a body's own fields of these names are not kept.
const OWN_FIELDS: [&str; 8] =
    ["id", "namespace", "user_id", "status", "version", "expected_version", "created_at", "updated_at"];

/// The routes of `/deploy-drafts`.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/deploy-drafts", get(list).post(create)).route("/deploy-drafts/{id}", get(one))
}

/// The query of a list.
#[derive(Deserialize)]
struct Filter {
    status: Option<String>,
    /// 0 or 1, the default.
    mine: Option<u8>,
}

/// What is checked of the contract's `DeployDraftInput`; what else a body has is kept with it.
#[derive(Deserialize)]
#[expect(dead_code, reason = "most fields are read to check their types")]
struct Input {
    artifact_id: Option<String>,
    source_type: Option<String>,
    runtime_family: Option<String>,
    adapter: Option<String>,
    step: Option<String>,
    policies: Option<Vec<String>>,
    required_tool_names: Option<Vec<String>>,
    recommended_tool_names: Option<Vec<String>>,
    tool_mappings: Option<BTreeMap<String, String>>,
    tool_states: Option<BTreeMap<String, String>>,
    model_mappings: Option<BTreeMap<String, Object<ModelMapping>>>,
    agent_config: Option<Object<AgentConfig>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "read to check the types")]
struct ModelMapping {
    provider: String,
    model: String,
    monthly_budget_usd: Option<f64>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "most fields are read to check their types")]
struct AgentConfig {
    agent_name: Option<String>,
    system_prompt: Option<String>,
    use_custom_image: Option<bool>,
    custom_image: Option<String>,
    access_mode: Option<String>,
    identity_provider: Option<String>,
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<Vec<Value>>, ApiError> {
    let status = parse_status(filter.status.as_deref())?;
    let owner = parse_mine(filter.mine)?.then_some(caller.key_id.as_str());
    let drafts = app.store.drafts(&caller.workspace, Some(status), owner)?;
    Ok(Json(drafts.into_iter().map(render).collect()))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Result<Json<Value>, ApiError> {
    let draft = app.store.draft(&caller.workspace, &id)?;
    let draft = draft.ok_or_else(|| ApiError::not_found("deploy draft not found"))?;
    if draft.owner != caller.key_id {
        return Err(ApiError::forbidden("not_owner", "the deploy draft belongs to another key"));
    }
    Ok(Json(render(draft)))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    OptionalJsonBody(body): OptionalJsonBody<Map<String, Value>>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let body = parse_input(body.unwrap_or_default())?;
    let now = edge::now();
    let draft = DraftRecord {
        id: edge::new_id("draft"),
        workspace: caller.workspace,
        owner: caller.key_id,
        status: DraftStatus::InProgress,
        version: 1,
        body,
        created_at: now,
        updated_at: now,
    };
    app.store.insert_draft(draft.clone()).await?;
    Ok((StatusCode::CREATED, Json(render(draft))))
}

fn parse_input(mut body: Map<String, Value>) -> Result<Value, Invalid> {
    drop_nulls(&mut body);
    body.retain(|field, _| !OWN_FIELDS.contains(&field.as_str()));
    if let Some(Value::Object(models)) = body.get_mut("model_mappings") {
        models.values_mut().for_each(|model| drop(credentials::strip(model)));
    }
    let body = Value::from(body);
    let input: Input = read("", &body)?;
    if let Some(mode) = input.agent_config.and_then(|Object(config)| config.access_mode) {
        one_of("agent_config.access_mode", &mode, &ACCESS_MODES)?;
    }
    Ok(body)
}

fn parse_status(status: Option<&str>) -> Result<DraftStatus, Invalid> {
    let Some(text) = status.filter(|text| !text.is_empty()) else { return Ok(DraftStatus::InProgress) };
    DraftStatus::parse(text).ok_or_else(|| {
        let message = format!("`{}` is not a status of drafts", text.escape_debug());
        Invalid::new("unknown_value", "status", message, "use IN_PROGRESS, COMPLETED or ABANDONED")
    })
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

fn render(draft: DraftRecord) -> Value {
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

    fn parse(body: Value) -> Result<Value, Invalid> {
        let Value::Object(body) = body else { panic!("an object") };
        parse_input(body)
    }

    #[test]
    fn the_contracts_input_is_kept_and_the_servers_fields_are_not_taken() {
        let input = json!({
            "artifact_id": "artifact-1", "step": "deploy", "policies": ["p"], "tool_mappings": {"https://a.example": "a"},
            "model_mappings": {"default": {"provider": "openai", "model": "m", "monthly_budget_usd": 5}},
            "agent_config": {"agent_name": "a", "use_custom_image": false, "access_mode": "open"},
        });
        assert_eq!(parse(input.clone()), Ok(input));
        assert_eq!(parse(json!({"id": "x", "version": 9, "status": "COMPLETED", "step": null})), Ok(json!({})));
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (body, field) in [
            (json!({"policies": "p"}), "policies"),
            (json!({"tool_mappings": {"a": 1}}), "tool_mappings.a"),
            (json!({"model_mappings": {"default": {"provider": "openai"}}}), "model_mappings.default"),
            (json!({"agent_config": {"use_custom_image": "no"}}), "agent_config.use_custom_image"),
            (json!({"agent_config": {"access_mode": "closed"}}), "agent_config.access_mode"),
        ] {
            assert_eq!(parse(body).expect_err(field).field, field);
        }
    }

    #[test]
    fn a_list_is_of_ones_own_open_drafts_unless_it_says_otherwise() {
        assert_eq!((parse_status(None), parse_mine(None)), (Ok(DraftStatus::InProgress), Ok(true)));
        assert_eq!((parse_status(Some("ABANDONED")), parse_mine(Some(0))), (Ok(DraftStatus::Abandoned), Ok(false)));
        assert_eq!(parse_status(Some("open")).expect_err("no status").field, "status");
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
