//! From what an agent asks for to the provider that answers it, by the agent's `llm_configs` and the workspace's providers.
//!
//! Pure, but for the reading of what is registered:
//! - the model is one of the agent's by its name or its role; no model at all is the endpoint's own role;
//! - the provider is the one that the configuration names, by `model_provider` or `provider`; else one of the type `provider`
//!   that lists the model; else the starter kit's playground, while no other provider has that type;
//! - an agent without any configuration gets what any provider of the workspace lists, else the starter kit's playground.

use super::provider::Spec;
use super::{GatewayError, PLAYGROUND_PROVIDER};
use windlass_domain::request::LlmConfig;
use windlass_store::Resource;

/// What was chosen.
#[derive(Debug, PartialEq)]
pub(super) struct Route<'a> {
    /// The agent's configuration; `None`: it has none.
    pub(super) config: Option<&'a LlmConfig>,
    /// The provider.
    pub(super) provider: &'a Resource,
    /// The model, as the provider knows it.
    pub(super) model: String,
}

/// Chooses for `asked`, which may be empty; `role` is that of the endpoint.
pub(super) fn choose<'a>(
    configs: &'a [LlmConfig],
    providers: &'a [Resource],
    asked: &str,
    role: &str,
) -> Result<Route<'a>, GatewayError> {
    if configs.is_empty() {
        let provider = listing(providers, "", asked).or_else(|| named(providers, PLAYGROUND_PROVIDER));
        let provider =
            provider.ok_or_else(|| GatewayError::NoProvider { provider: String::new(), model: asked.to_owned() })?;
        return Ok(Route { config: None, provider, model: asked.to_owned() });
    }
    let config = configured(configs, asked, role).ok_or_else(|| GatewayError::UnknownModel {
        asked: asked.to_owned(),
        known: configs.iter().map(|config| config.model.clone()).collect(),
    })?;
    let provider = provider_of(config, providers)
        .ok_or_else(|| GatewayError::NoProvider { provider: wanted(config).to_owned(), model: config.model.clone() })?;
    Ok(Route { config: Some(config), provider, model: config.model.clone() })
}

/// The configuration that is meant: by model, by role, or, where nothing is asked for, the endpoint's role.
fn configured<'a>(configs: &'a [LlmConfig], asked: &str, role: &str) -> Option<&'a LlmConfig> {
    let of_role = |role: &str| configs.iter().find(|config| config.role_or_default() == role);
    if asked.is_empty() {
        return of_role(role).or_else(|| of_role("chat")).or(configs.first());
    }
    configs.iter().find(|config| config.model == asked).or_else(|| of_role(asked))
}

/// The provider that a configuration names, by its name or its type.
fn wanted(config: &LlmConfig) -> &str {
    config.model_provider().unwrap_or(&config.provider)
}

fn provider_of<'a>(config: &LlmConfig, providers: &'a [Resource]) -> Option<&'a Resource> {
    let found = named(providers, wanted(config)).or_else(|| listing(providers, &config.provider, &config.model));
    found.or_else(|| stand_in(config, providers))
}

/// The starter kit's playground, while it is the only provider of the type that is wanted: samples answer without a key.
fn stand_in<'a>(config: &LlmConfig, providers: &'a [Resource]) -> Option<&'a Resource> {
    let mut of_type = providers.iter().filter(|provider| Spec::of(provider).provider == config.provider);
    let only = of_type.next().filter(|provider| provider.name.as_str() == PLAYGROUND_PROVIDER);
    only.filter(|_| of_type.next().is_none())
}

/// What to tell an author whose model nobody serves, or only the playground though it was not asked for; `None`: all is well.
#[must_use]
pub fn warning(config: &LlmConfig, providers: &[Resource]) -> Option<String> {
    let (model, wanted) = (&config.model, wanted(config));
    let what =
        if wanted.is_empty() { format!("the model `{model}`") } else { format!("`{wanted}` and its model `{model}`") };
    match provider_of(config, providers) {
        None => Some(format!(
            "no model provider serves {what} in this workspace; until one is registered with POST /api/model-providers, calls are refused"
        )),
        Some(provider) if provider.name.as_str() == PLAYGROUND_PROVIDER && wanted != PLAYGROUND_PROVIDER => {
            Some(format!(
                "the starter kit's playground answers for {what}: it is no model; register a provider with POST /api/model-providers"
            ))
        }
        Some(_) => None,
    }
}

fn named<'a>(providers: &'a [Resource], name: &str) -> Option<&'a Resource> {
    providers.iter().find(|provider| provider.name.as_str() == name)
}

/// The first provider of a type, or of any, that lists the model.
fn listing<'a>(providers: &'a [Resource], kind: &str, model: &str) -> Option<&'a Resource> {
    providers.iter().find(|provider| {
        let spec = Spec::of(provider);
        (kind.is_empty() || spec.provider == kind) && spec.models.iter().any(|listed| listed == model)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use windlass_domain::ResourceName;

    fn provider(name: &str, kind: &str, models: &[&str]) -> Resource {
        let spec = json!({"provider": kind, "endpoint": "https://a.example/v1", "models": models});
        let name = ResourceName::parse("name", name).expect("a name");
        Resource { name, spec, status: None, has_secret: false, created_at: 0, updated_at: 0 }
    }

    fn configs(configs: Value) -> Vec<LlmConfig> {
        serde_json::from_value(configs).expect("configurations")
    }

    fn chosen(configs: &[LlmConfig], providers: &[Resource], asked: &str, role: &str) -> Result<[String; 2], String> {
        let route = choose(configs, providers, asked, role).map_err(|error| error.to_string())?;
        Ok([route.provider.name.to_string(), route.model])
    }

    fn workspace() -> Vec<Resource> {
        vec![
            provider("anthropic", "anthropic", &["claude-haiku-4-5"]),
            provider("eu", "openai", &["gpt-4o"]),
            provider("us", "openai", &["gpt-4o", "gpt-4o-mini", "text-embedding-3-small"]),
        ]
    }

    #[test]
    fn a_model_is_found_by_its_name_its_role_or_the_endpoint() {
        let configs = configs(json!([
            {"provider": "openai", "model": "gpt-4o-mini"},
            {"provider": "openai", "model": "text-embedding-3-small", "role": "embedding"},
            {"provider": "us", "model": "gpt-4o", "role": "classify"},
        ]));
        for (asked, role, provider, model) in [
            ("", "default", "us", "gpt-4o-mini"),
            ("gpt-4o-mini", "default", "us", "gpt-4o-mini"),
            ("default", "default", "us", "gpt-4o-mini"),
            ("", "embedding", "us", "text-embedding-3-small"),
            ("classify", "default", "us", "gpt-4o"),
        ] {
            assert_eq!(
                chosen(&configs, &workspace(), asked, role),
                Ok([provider.to_owned(), model.to_owned()]),
                "{asked}"
            );
        }
        let refused = choose(&configs, &[], "gpt-9", "default").expect_err("not configured");
        assert!(matches!(refused, GatewayError::UnknownModel { asked, known } if asked == "gpt-9" && known.len() == 3));
    }

    #[test]
    fn a_provider_is_found_by_its_name_before_its_type_and_must_then_list_the_model() {
        let at = |config: Value| chosen(&configs(json!([config])), &workspace(), "", "default").map(|[name, _]| name);
        assert_eq!(at(json!({"provider": "openai", "model": "gpt-4o"})), Ok("eu".to_owned()), "the first by name");
        assert_eq!(at(json!({"provider": "openai", "model_provider": "us", "model": "gpt-4o"})), Ok("us".to_owned()));
        assert_eq!(at(json!({"provider": "eu", "model": "gpt-9"})), Ok("eu".to_owned()), "named: its own affair");
        assert_eq!(at(json!({"model": "gpt-4o-mini"})), Ok("us".to_owned()), "no provider: any that lists it");
        for none in [json!({"provider": "openai", "model": "gpt-9"}), json!({"provider": "ollama", "model": "gpt-4o"})]
        {
            assert!(at(none).is_err());
        }
    }

    #[test]
    fn without_configuration_what_is_listed_answers_and_else_the_playground_where_it_is_registered() {
        let mut providers = workspace();
        assert_eq!(chosen(&[], &providers, "gpt-4o", "default").expect("listed")[0], "eu");
        assert!(chosen(&[], &providers, "gpt-9", "default").is_err());
        providers.push(provider(PLAYGROUND_PROVIDER, "openai", &["playground"]));
        assert_eq!(chosen(&[], &providers, "gpt-9", "default").expect("played")[0], PLAYGROUND_PROVIDER);
        let configured = configs(json!([{"provider": "openai", "model": "gpt-9"}]));
        assert!(chosen(&configured, &providers, "", "default").is_err(), "others have the type");
        let kit = [provider(PLAYGROUND_PROVIDER, "openai", &["playground"])];
        assert_eq!(chosen(&configured, &kit, "", "default").expect("played")[0], PLAYGROUND_PROVIDER);
        let other = configs(json!([{"provider": "anthropic", "model": "claude-haiku-4-5"}]));
        assert!(chosen(&other, &kit, "", "default").is_err(), "it has another type");
        let warned =
            |configs: &[LlmConfig], providers: &[Resource]| warning(&configs[0], providers).unwrap_or_default();
        assert!(warned(&configured, &kit).contains("playground") && warned(&other, &kit).contains("calls are refused"));
        let asked = configs(json!([{"provider": PLAYGROUND_PROVIDER, "model": "playground"}]));
        assert_eq!(warned(&asked, &kit), "");
    }
}
