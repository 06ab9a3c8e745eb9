//! Each field at its edges, without a store.

use super::*;

fn code<T: std::fmt::Debug>(result: Result<T, Invalid>) -> (&'static str, String) {
    let invalid = result.expect_err("it must be refused");
    (invalid.code, invalid.field)
}

#[test]
fn a_missing_agent_name_is_the_contracts_text() {
    let invalid = agent_name(None).expect_err("it is missing");
    assert_eq!(invalid.to_string(), "agent_name is required");
    assert_eq!(agent_name(Some(" ")).expect_err("blank"), invalid);
}

#[test]
fn an_image_wins_over_files_and_says_so() {
    let files = Some([("a.py".to_owned(), String::new())].into());
    let ask = DeployAsk { image: Some("a/b:1".into()), source_files: files.clone(), ..DeployAsk::default() };
    let mut warnings = Vec::new();
    assert!(matches!(source(&ask, &mut warnings), Ok(Source::Image(_))));
    assert_eq!(warnings.len(), 1);
    let ask = DeployAsk { source_files: files, ..DeployAsk::default() };
    let mut warnings = Vec::new();
    assert!(matches!(source(&ask, &mut warnings), Ok(Source::Files(_))));
    assert!(warnings.is_empty());
}

#[test]
fn no_source_and_an_empty_map_are_the_same_refusal() {
    for files in [None, Some(BTreeMap::new())] {
        let ask = DeployAsk { source_files: files, image: Some(String::new()), ..DeployAsk::default() };
        assert_eq!(code(source(&ask, &mut Vec::new())).0, "no_deploy_source");
    }
}

#[test]
fn environment_names_are_checked_and_given_once() {
    let variable = |name: &str| EnvAsk { name: Some(name.into()), value: Some("v".into()) };
    assert_eq!(env(vec![variable("A"), variable("B")]).expect("good").len(), 2);
    assert_eq!(code(env(vec![variable("A"), variable("A")])), ("duplicate_env", "env[1].name".to_owned()));
    assert_eq!(code(env(vec![variable("1A")])), ("invalid_env_name", "env[0].name".to_owned()));
    assert_eq!(code(env(vec![EnvAsk { name: Some("A".into()), value: Some("\0".into()) }])).0, "nul_byte");
    let long = |extra| vec![EnvAsk { name: Some("A".into()), value: Some("x".repeat(MAX_ENV_VALUE + extra)) }];
    assert!(env(long(0)).is_ok());
    assert_eq!(code(env(long(1))).0, "too_long");
    let full = |last: usize| {
        let sizes = [MAX_ENV_VALUE; 8].into_iter().chain([last]).enumerate();
        sizes.map(|(n, size)| EnvAsk { name: Some(format!("V{n}")), value: Some("x".repeat(size)) }).collect()
    };
    let rest = MAX_ENV_BYTES - 8 * MAX_ENV_VALUE - 9 * "V0".len();
    assert!(env(full(rest)).is_ok());
    assert_eq!(code(env(full(rest + 1))), ("too_long", "env".to_owned()));
    let many = |count| (0..count).map(|n| variable(&format!("V{n}"))).collect();
    assert!(env(many(MAX_ENV)).is_ok());
    assert_eq!(code(env(many(MAX_ENV + 1))).0, "too_many_entries");
}

#[test]
fn a_variable_of_the_host_is_ignored_with_a_warning_and_others_are_not() {
    let variable = |name: &str| EnvAsk { name: Some(name.into()), value: Some("v".into()) };
    let mut warnings = Vec::new();
    warn_of_fixed_variables(&env(vec![variable("PORT"), variable("PORTS")]).expect("good"), &mut warnings);
    assert_eq!(warnings, ["`PORT` belongs to the host: its value in `env` is ignored"]);
}

#[test]
fn a_tool_is_checked_field_by_field() {
    let good = || super::super::ToolAsk {
        name: Some("stripe-api".into()),
        base_url: Some("https://api.stripe.com".into()),
        ..Default::default()
    };
    assert_eq!(tool_definition(good()).expect("good").auth_type, "None");
    for port in [1, 65_535] {
        assert!(tool_definition(super::super::ToolAsk { port: Some(port), ..good() }).is_ok());
    }
    for port in [0, -1, 65_536] {
        let refused = tool_definition(super::super::ToolAsk { port: Some(port), ..good() });
        assert_eq!(code(refused), ("invalid_port", "port".to_owned()));
    }
    for url in ["api.stripe.com", "ftp://a", "http://", "https://user:pass@a/"] {
        let refused = tool_definition(super::super::ToolAsk { base_url: Some(url.into()), ..good() });
        assert_eq!(code(refused), ("invalid_url", "base_url".to_owned()), "{url}");
    }
    let refused = tool_definition(super::super::ToolAsk { auth_type: Some("Basic".into()), ..good() });
    assert_eq!(code(refused), ("unknown_value", "auth_type".to_owned()));
    let refused = tool_definition(super::super::ToolAsk { scheme: Some("WS".into()), ..good() });
    assert_eq!(code(refused), ("unknown_value", "scheme".to_owned()));
    let refused = tools_to_create(vec![good(), good()]);
    assert_eq!(code(refused), ("duplicate_tool", "tools_to_create[1].name".to_owned()));
}

#[test]
fn a_framework_hint_is_brought_into_form() {
    assert_eq!(framework(Some("OpenAI Agents")).expect("good").as_deref(), Some("openai-agents"));
    assert_eq!(framework(Some("")).expect("absent"), None);
    assert_eq!(code(framework(Some("a/b"))).0, "invalid_framework");
}

#[test]
fn a_model_config_needs_its_model() {
    let config =
        |model: &str| vec![LlmConfig { provider: "openai".into(), model: model.into(), ..LlmConfig::default() }];
    assert!(llm_configs(config("gpt-4o-mini")).is_ok());
    assert_eq!(code(llm_configs(config(""))), ("missing_field", "llm_configs[0].model".to_owned()));
}
