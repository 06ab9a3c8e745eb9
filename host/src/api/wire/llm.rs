//! Models of an agent, in and out. The contract leaves the object open; what nothing here reads is kept, but for
//! credentials: those belong to a model provider, where they are sealed.

use crate::api::resources::credentials;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use windlass_domain::request::LlmConfig;

/// One entry of `llm_configs`, as it came.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "LlmConfig")]
pub struct LlmBody {
    provider: Option<String>,
    #[schemars(with = "String", length(min = 1))]
    model: Option<String>,
    role: Option<String>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

impl From<LlmBody> for LlmConfig {
    fn from(body: LlmBody) -> Self {
        let LlmBody { provider, model, role, other } = body;
        Self {
            provider: provider.unwrap_or_default(),
            model: model.unwrap_or_default(),
            role: role.unwrap_or_default(),
            other: other.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        }
    }
}

/// The same on its way out: role and provider are always there.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "AgentConfigLLM")]
pub struct Llm {
    role: String,
    provider: String,
    model: String,
    #[serde(flatten)]
    other: Map<String, Value>,
}

impl From<LlmConfig> for Llm {
    fn from(config: LlmConfig) -> Self {
        let role = config.role_or_default().to_owned();
        let LlmConfig { provider, model, other, .. } = config;
        Self { role, provider, model, other }
    }
}

/// Entries as the deploy takes them, and a warning for each credential that was left out.
pub fn models(bodies: Option<Vec<LlmBody>>) -> (Option<Vec<LlmConfig>>, Vec<String>) {
    let Some(bodies) = bodies else { return (None, Vec::new()) };
    let mut warnings = Vec::new();
    let without_credentials = |(index, body): (usize, LlmBody)| {
        let mut config = LlmConfig::from(body);
        let mut other = Value::Object(config.other);
        let taken = credentials::strip(&mut other);
        warnings.extend(taken.into_iter().map(|path| {
            format!(
                "`llm_configs[{index}].{path}` is a credential and was not kept; give it to POST /api/model-providers"
            )
        }));
        config.other = if let Value::Object(other) = other { other } else { Map::new() };
        config
    };
    let configs = bodies.into_iter().enumerate().map(without_credentials).collect();
    (Some(configs), warnings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_absent_and_unknown_keys_are_kept() {
        let body: LlmBody = serde_json::from_str(r#"{"model": "m", "role": null, "x": null, "y": 1}"#).expect("good");
        let shown = serde_json::to_string(&Llm::from(LlmConfig::from(body))).expect("text");
        assert_eq!(shown, r#"{"role":"default","provider":"","model":"m","y":1}"#);
    }

    #[test]
    fn a_credential_is_left_out_with_a_warning_and_its_neighbours_stay() {
        let body = r#"[{"model": "m", "api_key": "sk-1", "x": {"token": "sk-2", "y": 1}}]"#;
        let (configs, warnings) = models(serde_json::from_str(body).expect("good"));
        assert_eq!(
            serde_json::to_value(&configs.expect("one")[0].other).expect("JSON"),
            serde_json::json!({"x": {"y": 1}})
        );
        assert_eq!(warnings.len(), 2);
        assert!(warnings[0].starts_with("`llm_configs[0].api_key`") && !warnings[0].contains("sk-"), "{warnings:?}");
    }
}
