//! What a draft's body may say: the contract's `DeployDraftInput` and `DeployDraftPatch`, checked.

use crate::api::openapi::as_asked;
use crate::api::resources::{Object, credentials, drop_nulls, one_of, read};
use crate::api::wire::Time;
use crate::deploy::drafts::DraftChange;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use windlass_domain::{Invalid, WorkspaceName};
use windlass_store::DraftStatus;

/// The access modes of the contract.
const ACCESS_MODES: [&str; 2] = ["open", "authenticated"];
/// The statuses of the contract.
pub(super) const STATUSES: [&str; 3] = ["IN_PROGRESS", "COMPLETED", "ABANDONED"];
/// What the server says of a draft; a body's own fields of these names are not kept.
const OWN_FIELDS: [&str; 8] =
    ["id", "namespace", "user_id", "status", "version", "expected_version", "created_at", "updated_at"];

/// What is checked of the contract's `DeployDraftInput`; what else a body has is kept with it.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "DeployDraftInput")]
#[expect(dead_code, reason = "most fields are read to check their types")]
pub(super) struct Input {
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

/// What `DeployDraftPatch` has beside the input.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "DeployDraftChange")]
struct Patch {
    #[schemars(range(min = 1))]
    expected_version: Option<u32>,
    #[schemars(extend("enum" = STATUSES))]
    status: Option<String>,
}

/// A change of a draft: the fields that it names are replaced, each as a whole.
#[derive(JsonSchema)]
#[schemars(rename = "DeployDraftPatch")]
#[expect(dead_code, reason = "the shape alone is read")]
pub(super) struct Change {
    #[serde(flatten)]
    input: Input,
    #[serde(flatten)]
    patch: Patch,
}

/// A draft.
#[derive(JsonSchema)]
#[schemars(rename = "DeployDraft")]
#[expect(dead_code, reason = "the shape alone is read")]
pub(super) struct Draft {
    id: String,
    namespace: WorkspaceName,
    /// The key that made it.
    user_id: String,
    #[schemars(with = "String", extend("enum" = STATUSES))]
    status: DraftStatus,
    version: u32,
    created_at: Time,
    updated_at: Time,
    #[serde(flatten)]
    #[schemars(schema_with = "as_asked::<Input>")]
    input: Input,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "DeployDraftModelMapping")]
#[expect(dead_code, reason = "read to check the types")]
struct ModelMapping {
    provider: String,
    model: String,
    monthly_budget_usd: Option<f64>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "DeployDraftAgentConfig")]
#[expect(dead_code, reason = "most fields are read to check their types")]
struct AgentConfig {
    agent_name: Option<String>,
    system_prompt: Option<String>,
    use_custom_image: Option<bool>,
    custom_image: Option<String>,
    #[schemars(extend("enum" = ACCESS_MODES))]
    access_mode: Option<String>,
    identity_provider: Option<String>,
}

/// A draft's own fields, as they are kept.
pub(in crate::api) fn parse_input(mut body: Map<String, Value>) -> Result<Map<String, Value>, Invalid> {
    drop_nulls(&mut body);
    body.retain(|field, _| !OWN_FIELDS.contains(&field.as_str()));
    if let Some(Value::Object(models)) = body.get_mut("model_mappings") {
        models.values_mut().for_each(|model| drop(credentials::strip(model)));
    }
    let input: Input = read("", &Value::Object(body.clone()))?;
    if let Some(mode) = input.agent_config.and_then(|Object(config)| config.access_mode) {
        one_of("agent_config.access_mode", &mode, &ACCESS_MODES)?;
    }
    Ok(body)
}

/// A change of a draft.
pub(in crate::api) fn parse_change(body: Map<String, Value>) -> Result<DraftChange, Invalid> {
    let Patch { expected_version, status } = read("", &Value::Object(body.clone()))?;
    if expected_version == Some(0) {
        let hint = "versions count from 1; leave it out to change whichever version is stored";
        return Err(Invalid::new("invalid_value", "expected_version", "0 is no version", hint));
    }
    let status = status.as_deref().map(parse_status).transpose()?;
    Ok(DraftChange { expected_version, status, fields: parse_input(body)? })
}

/// The status of the contract's word.
pub(super) fn parse_status(text: &str) -> Result<DraftStatus, Invalid> {
    DraftStatus::parse(text).ok_or_else(|| {
        let message = format!("`{}` is not a status of drafts", text.escape_debug());
        Invalid::new("unknown_value", "status", message, "use IN_PROGRESS, COMPLETED or ABANDONED")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(body: Value) -> Map<String, Value> {
        let Value::Object(body) = body else { panic!("an object") };
        body
    }

    #[test]
    fn the_contracts_input_is_kept_and_the_servers_fields_are_not_taken() {
        let input = object(json!({
            "artifact_id": "artifact-1", "step": "deploy", "policies": ["p"], "tool_mappings": {"https://a.example": "a"},
            "model_mappings": {"default": {"provider": "openai", "model": "m", "monthly_budget_usd": 5}},
            "agent_config": {"agent_name": "a", "use_custom_image": false, "access_mode": "open"},
        }));
        assert_eq!(parse_input(input.clone()), Ok(input));
        let own = json!({"id": "x", "version": 9, "status": "COMPLETED", "step": null});
        assert_eq!(parse_input(object(own)), Ok(Map::new()));
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
            assert_eq!(parse_input(object(body.clone())).expect_err(field).field, field);
            assert_eq!(parse_change(object(body)).expect_err(field).field, field);
        }
    }

    #[test]
    fn a_change_says_its_version_and_status_beside_the_fields() {
        let change = parse_change(object(json!({"expected_version": 2, "status": "ABANDONED", "step": "wire"})));
        let expected = DraftChange {
            expected_version: Some(2),
            status: Some(DraftStatus::Abandoned),
            fields: object(json!({"step": "wire"})),
        };
        assert_eq!(change, Ok(expected));
        for (body, field) in [
            (json!({"expected_version": 0}), "expected_version"),
            (json!({"expected_version": "1"}), "expected_version"),
            (json!({"expected_version": -1}), "expected_version"),
            (json!({"status": "open"}), "status"),
        ] {
            assert_eq!(parse_change(object(body)).expect_err(field).field, field);
        }
    }
}
