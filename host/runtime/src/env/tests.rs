//! The environment of agents, variable by variable.

use super::*;
use serde_json::from_value;

fn request(value: Value) -> RunRequest {
    let mut whole = json!({
        "spec": {"plan": {"entry_point": "src/agent.py"}, "settings": {}, "tools": [], "rewrites": {}},
        "tools": [],
    });
    merge(&mut whole, value);
    RunRequest {
        agent: from_value(json!({"workspace": "acme", "name": "billing"})).expect("an agent"),
        revision: 3,
        recorded_at: 7,
        spec: from_value(whole["spec"].take()).expect("a spec"),
        tools: from_value(whole["tools"].take()).expect("tools"),
    }
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

fn env_of(value: Value) -> BTreeMap<String, String> {
    environment(&request(value), &Gateway::at("http://127.0.0.1:8092/llm/v1"), 4000)
}

#[test]
fn a_plain_agent_gets_the_gateway_and_an_empty_tool_box() {
    let expected = [
        ("AGENT_NAME", "billing"),
        ("ANTHROPIC_API_KEY", "platform-managed"),
        ("ANTHROPIC_BASE_URL", "http://127.0.0.1:8092/llm/v1"),
        ("LLM_GATEWAY_URL", "http://127.0.0.1:8092/llm/v1"),
        ("MAX_TOOL_ITERATIONS", "10"),
        ("OPENAI_API_BASE", "http://127.0.0.1:8092/llm/v1"),
        ("OPENAI_API_KEY", "platform-managed"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:8092/llm/v1"),
        ("PORT", "4000"),
        ("RUNAGENTS_USER_CODE_DIR", "/app"),
        ("TOOL_DEFINITIONS_JSON", "[]"),
        ("TOOL_NAMES", ""),
        ("TOOL_ROUTES_JSON", "{}"),
        ("TOOL_URL_REWRITES_JSON", "{}"),
        ("USER_ENTRY_POINT", "src/agent.py"),
    ];
    let env = env_of(json!({}));
    let found: Vec<(&str, &str)> = env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn models_are_given_by_role() {
    let env = env_of(json!({"spec": {"settings": {"system_prompt": "Be kind.", "llm_configs": [
        {"provider": "openai", "model": "text-embedding-3-small", "role": "embedding"},
        {"provider": "anthropic", "model": "claude", "role": "default", "model_provider": "our-claude"},
    ]}}}));
    assert_eq!(env["SYSTEM_PROMPT"], "Be kind.");
    assert_eq!(env["LLM_MODEL"], "claude");
    assert_eq!(env["LLM_PROVIDER"], "anthropic");
    assert_eq!(env["LLM_PROVIDER_NAME"], "our-claude");
    assert_eq!(env["LLM_MODEL_EMBEDDING"], "text-embedding-3-small");
    assert_eq!(env["LLM_PROVIDER_EMBEDDING"], "openai");
    assert!(!env.contains_key("LLM_MODEL_DEFAULT"));
}

#[test]
fn tools_become_urls_functions_routes_and_rewrites() {
    let input = json!({
        "spec": {"rewrites": {"http://old": "stripe-api", "http://gone": "no-such-tool"}},
        "tools": [
            {"name": "stripe-api", "spec": {"connection": {"baseUrl": "https://api.stripe.com"}, "capabilities": [
                {"name": "refund", "method": "POST", "path": "/v1/refunds", "description": "Refunds a charge"},
                {"name": "list", "method": "GET", "path": "/v1/charges"},
            ]}},
            {"name": "echo.tool", "spec": {"connection": {"baseUrl": "http://127.0.0.1:1/echo"}, "description": "Echoes"}},
        ],
    });
    let env = env_of(input);
    assert_eq!(env["TOOL_NAMES"], "stripe-api,echo.tool");
    assert_eq!(env["TOOL_URL_STRIPE_API"], "https://api.stripe.com");
    assert_eq!(env["TOOL_URL_ECHO_TOOL"], "http://127.0.0.1:1/echo");
    assert_eq!(env["TOOL_URL_REWRITES_JSON"], r#"{"http://old":"https://api.stripe.com"}"#);
    let routes: Value = serde_json::from_str(&env["TOOL_ROUTES_JSON"]).expect("JSON");
    assert_eq!(
        routes,
        json!({
            "stripe-api__refund": {"tool": "stripe-api", "method": "POST", "path": "/v1/refunds"},
            "stripe-api__list": {"tool": "stripe-api", "method": "GET", "path": "/v1/charges"},
        })
    );
    let definitions: Value = serde_json::from_str(&env["TOOL_DEFINITIONS_JSON"]).expect("JSON");
    let functions: Vec<_> = definitions.as_array().expect("a list").iter().map(|one| &one["function"]).collect();
    let names: Vec<_> = functions.iter().map(|function| function["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["stripe-api__refund", "stripe-api__list", "echo-tool__request"]);
    assert_eq!(functions[0]["description"], "Refunds a charge");
    assert_eq!(functions[1]["description"], "GET /v1/charges of stripe-api");
    assert_eq!(functions[2]["description"], "Echoes");
}

#[test]
fn the_gateway_may_stand_in_for_a_tool() {
    let input = json!({"tools": [{"name": "x-y", "spec": {"connection": {"baseUrl": "https://far.example"}}}]});
    let mut gateway = Gateway::at("http://g/v1");
    gateway.tool_urls.insert("x-y".to_owned(), "http://127.0.0.1:8092/tools/x-y".to_owned());
    gateway.governance_url = Some("http://127.0.0.1:8092".to_owned());
    let env = environment(&request(input), &gateway, 1);
    assert_eq!(env["TOOL_URL_X_Y"], "http://127.0.0.1:8092/tools/x-y");
    assert_eq!(env["GOVERNANCE_URL"], "http://127.0.0.1:8092");
}

#[test]
fn the_request_wins_over_the_plan_and_both_over_what_is_injected_but_not_over_the_hosts_own() {
    let env = env_of(json!({"spec": {
        "plan": {"env": {"A": "plan", "B": "plan", "OPENAI_API_KEY": "plan", "PATH": "/evil"}},
        "settings": {"env": [
            {"name": "B", "value": "request"},
            {"name": "LLM_MODEL", "value": "mine"},
            {"name": "PORT", "value": "1"},
            {"name": "PATH", "value": "/evil"},
        ]},
    }}));
    assert_eq!((env["A"].as_str(), env["B"].as_str()), ("plan", "request"));
    assert_eq!((env["OPENAI_API_KEY"].as_str(), env["LLM_MODEL"].as_str()), ("plan", "mine"));
    assert_eq!(env["PORT"], "4000");
    assert!(!env.contains_key("PATH"));
}

#[test]
fn a_variable_that_linux_takes_stays_and_one_byte_more_is_taken_out() {
    let value = |bytes: usize| "x".repeat(bytes - "A=".len());
    let mut env = BTreeMap::from([("A".to_owned(), value(MAX_VARIABLE)), ("B".to_owned(), value(MAX_VARIABLE + 1))]);
    let oversized = take_oversized(&mut env);
    assert_eq!(env.keys().collect::<Vec<_>>(), ["A"]);
    assert_eq!(oversized.keys().collect::<Vec<_>>(), ["B"]);
    let takes = |env: &BTreeMap<String, String>| std::process::Command::new("true").envs(env).status().is_ok();
    assert!(takes(&env) && !takes(&oversized), "the limit is the kernel's");
    assert!(left_out("B", &oversized["B"]).contains("131072 bytes, more than the 131071"));
}
