//! Models of an agent, in and out. The contract leaves the object open; what nothing here reads is kept.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use windlass_domain::request::LlmConfig;

/// One entry of `llm_configs`, as it came.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LlmBody {
    provider: Option<String>,
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
#[derive(Debug, Serialize)]
pub struct Llm {
    role: String,
    provider: String,
    model: String,
    #[serde(flatten)]
    other: Map<String, Value>,
}

impl From<LlmConfig> for Llm {
    fn from(config: LlmConfig) -> Self {
        let LlmConfig { provider, model, role, other } = config;
        let role = if role.is_empty() { "default".to_owned() } else { role };
        Self { role, provider, model, other }
    }
}

/// Entries as the deploy takes them.
pub fn models(bodies: Option<Vec<LlmBody>>) -> Option<Vec<LlmConfig>> {
    Some(bodies?.into_iter().map(LlmConfig::from).collect())
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
}
