//! Model providers: where models are, and how to authenticate there.

use super::ApiError;
use super::resources::{self, Body, Noun, Object, Seen, Shown, one_of, read, required};
use super::routes::Routes;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use windlass_domain::Invalid;
use windlass_domain::resource::ResourceKind;
use windlass_domain::tool::parse_http_url;

/// The providers of the contract.
const PROVIDERS: [&str; 4] = ["openai", "anthropic", "bedrock", "ollama"];
/// The authentication types of the contract.
const AUTH_TYPES: [&str; 4] = ["APIKey", "AWSSignature", "OAuth2", "None"];

/// The routes of `/model-providers`.
pub fn routes() -> Routes {
    resources::routes::<ModelProvider>("/model-providers")
}

/// The contract's `ModelProvider`.
pub(super) struct ModelProvider;

/// A model provider.
#[derive(JsonSchema)]
#[schemars(rename = "ModelProvider")]
#[expect(dead_code, reason = "the shape alone is read")]
pub(super) struct ProviderShown(Shown<Spec, Beside>);

/// What a provider shows beside the rest.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the shape alone is read")]
struct Beside {
    status: ProviderStatus,
    provider: String,
    models: Vec<String>,
    endpoint: String,
}

#[derive(JsonSchema)]
#[schemars(rename = "ModelProviderStatus")]
#[expect(dead_code, reason = "the shape alone is read")]
struct ProviderStatus {
    phase: String,
}

/// What is checked of the contract's `ModelProviderSpec`.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ModelProviderSpec")]
#[serde(rename_all = "camelCase")]
pub(super) struct Spec {
    #[schemars(with = "String", extend("enum" = PROVIDERS))]
    provider: Option<String>,
    #[schemars(with = "String", url)]
    endpoint: Option<String>,
    #[schemars(with = "Vec<String>", length(min = 1), inner(regex(pattern = r"\S")))]
    models: Option<Vec<String>>,
    auth: Option<Object<Auth>>,
    rate_limit: Option<Object<RateLimit>>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ModelProviderAuth")]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the AWS settings are read to check their type")]
struct Auth {
    #[serde(rename = "type")]
    #[schemars(extend("enum" = AUTH_TYPES))]
    kind: Option<String>,
    aws_config: Option<Map<String, Value>>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ModelProviderRateLimit")]
#[serde(rename_all = "camelCase")]
struct RateLimit {
    #[schemars(range(min = 1))]
    requests_per_minute: Option<u32>,
}

impl Noun for ModelProvider {
    const KIND: ResourceKind = ResourceKind::ModelProvider;
    const CALLED: (&'static str, &'static str) = ("ModelProvider", "ModelProviders");
    type Asked = Body<Spec, ProviderShown>;
    type Shown = ProviderShown;
    /// A deploy takes a provider that is not registered, so one may go while agents name it.
    const HELD_BY_AGENTS: bool = false;
    const AT_THE_TOP: &'static [&'static str] = &["provider", "models", "endpoint"];

    fn parse_spec(spec: Value) -> Result<Value, Invalid> {
        let Spec { provider, endpoint, models, auth, rate_limit } = read("spec", &spec)?;
        one_of("spec.provider", &required("spec.provider", provider)?, &PROVIDERS)?;
        parse_http_url("spec.endpoint", &required("spec.endpoint", endpoint)?)?;
        check_models(&required("spec.models", models)?)?;
        if let Some(kind) = auth.and_then(|Object(auth)| auth.kind) {
            one_of("spec.auth.type", &kind, &AUTH_TYPES)?;
        }
        if rate_limit.and_then(|Object(limit)| limit.requests_per_minute) == Some(0) {
            let (field, hint) = ("spec.rateLimit.requestsPerMinute", "give 1 or more, or leave it out for no limit");
            return Err(Invalid::new("invalid_value", field, "0 would let nothing pass", hint));
        }
        Ok(spec)
    }

    fn dress(wire: &mut Map<String, Value>, seen: &Seen<'_>) -> Result<(), ApiError> {
        wire.insert("status".to_owned(), seen.status_or_pending());
        for key in Self::AT_THE_TOP {
            if let Some(value) = wire.get("spec").and_then(|spec| spec.get(key)).cloned() {
                wire.insert((*key).to_owned(), value);
            }
        }
        Ok(())
    }
}

fn check_models(models: &[String]) -> Result<(), Invalid> {
    let refuse = |field: String, message: &str| {
        Err(Invalid::new("invalid_value", field, message, "name the provider's models, for example `gpt-4o-mini`"))
    };
    if models.is_empty() {
        return refuse("spec.models".to_owned(), "it is empty");
    }
    match models.iter().position(|model| model.trim().is_empty()) {
        Some(index) => refuse(format!("spec.models[{index}]"), "it is blank"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec() -> Value {
        json!({
            "provider": "openai", "endpoint": "https://api.openai.com/v1", "models": ["gpt-4o-mini"],
            "auth": {"type": "APIKey"}, "rateLimit": {"requestsPerMinute": 60},
        })
    }

    #[test]
    fn the_contracts_model_provider_is_kept_as_it_came() {
        assert_eq!(ModelProvider::parse_spec(spec()), Ok(spec()));
        let least = json!({"provider": "ollama", "endpoint": "http://127.0.0.1:11434", "models": ["llama3"]});
        assert_eq!(ModelProvider::parse_spec(least.clone()), Ok(least));
    }

    #[test]
    fn each_wrong_field_is_named() {
        for (pointer, wrong, field) in [
            ("/provider", Value::Null, "spec.provider"),
            ("/provider", json!("OpenAI"), "spec.provider"),
            ("/endpoint", Value::Null, "spec.endpoint"),
            ("/endpoint", json!("api.openai.com"), "spec.endpoint"),
            ("/models", json!([]), "spec.models"),
            ("/models", json!(["a", " "]), "spec.models[1]"),
            ("/models", json!(["a", 1]), "spec.models[1]"),
            ("/auth/type", json!("Basic"), "spec.auth.type"),
            ("/rateLimit/requestsPerMinute", json!(0), "spec.rateLimit.requestsPerMinute"),
            ("/rateLimit/requestsPerMinute", json!(-1), "spec.rateLimit.requestsPerMinute"),
        ] {
            let mut spec = spec();
            *spec.pointer_mut(pointer).expect("a field of it") = wrong;
            assert_eq!(ModelProvider::parse_spec(spec).expect_err(field).field, field);
        }
    }
}
