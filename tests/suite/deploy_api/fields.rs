//! Each field of the brief's request and response has its effect.

use super::{
    HANDLER, built, handler, keys, register_identity_provider, register_policy, register_tool, uncapped, warnings, with,
};
use crate::harness::{Client, masked, quiet};
use serde_json::{Value, json};

/// The decision behind an answer to a deploy.
async fn decision(client: &Client, answer: &Value) -> Value {
    let id = answer["decision_id"].as_str().expect("an id");
    client.get(&format!("/api/decisions/{id}")).await.expect(200)
}

#[tokio::test]
async fn agent_name_and_namespace_name_the_agent() {
    let client = quiet().workspace("field-name").await;
    let answer = client.deploy(handler("a", json!({"namespace": "field-name"}))).await.expect(201);
    assert_eq!((&answer["agent"], &answer["namespace"]), (&json!("a"), &json!("field-name")));
    let agent = client.get("/api/agents/a").await.expect(200);
    assert_eq!((&agent["name"], &agent["namespace"]), (&json!("a"), &json!("field-name")));
    let named = client.clone().with_header("X-Workspace-Namespace", "field-name");
    named.deploy(handler("b", json!({"namespace": "field-name"}))).await.expect(201);
}

#[tokio::test]
async fn image_comes_before_source_files_before_artifact_id_and_several_are_warned_of() {
    let client = quiet().workspace("field-source").await;
    let artifact = json!({"source_type": "code", "build_mode": "native", "source_files": {"other.py": HANDLER}});
    let artifact = client.post("/api/workflow-artifacts", artifact).await.expect(201)["id"].clone();

    let image = json!({"agent_name": "a", "image": "alpine"});
    let files = json!({"source_files": {"agent.py": HANDLER}});
    let artifact = json!({"artifact_id": artifact});
    for (body, mode, entry_point, warned) in [
        (image.clone(), "PREBUILT_IMAGE", Value::Null, false),
        (with(image.clone(), files.clone()), "PREBUILT_IMAGE", Value::Null, true),
        (with(image, artifact.clone()), "PREBUILT_IMAGE", Value::Null, true),
        (handler("a", json!({})), "INSTANT_RUNTIME", json!("agent.py"), false),
        (handler("a", artifact.clone()), "INSTANT_RUNTIME", json!("agent.py"), true),
        (with(artifact.clone(), json!({"agent_name": "a"})), "INSTANT_RUNTIME", json!("other.py"), false),
        (
            with(artifact, json!({"agent_name": "a", "source_files": {}, "image": ""})),
            "INSTANT_RUNTIME",
            json!("other.py"),
            false,
        ),
    ] {
        let answer = client.deploy(body.clone()).await.expect(201);
        assert_eq!(answer["execution_mode"], mode, "{body}");
        assert_eq!(warnings(&answer).contains("several deploy sources"), warned, "{body} {answer}");
        assert_eq!(decision(&client, &answer).await["plan"]["entry_point"], entry_point, "{body}");
    }
}

#[tokio::test]
async fn a_draft_fills_the_request_and_the_requests_own_fields_win() {
    let client = quiet().workspace("field-draft").await;
    register_tool(&client, "t").await;
    register_policy(&client, "p").await;
    register_identity_provider(&client, "idp").await;
    let artifact = json!({"source_type": "code", "build_mode": "native", "source_files": {"agent.py": HANDLER}});
    let artifact = client.post("/api/workflow-artifacts", artifact).await.expect(201)["id"].clone();
    let draft = json!({
        "artifact_id": artifact,
        "policies": ["p"],
        "required_tool_names": ["t"],
        "tool_mappings": {"https://old.example": "t"},
        "model_mappings": {"chat": {"provider": "openai", "model": "gpt-4o-mini"}},
        "agent_config": {"agent_name": "drafted", "system_prompt": "Draft.", "identity_provider": "idp"},
    });
    let draft = client.post("/api/deploy-drafts", draft).await.expect(201)["id"].clone();

    let answer = client.deploy(json!({"draft_id": draft})).await.expect(201);
    assert_eq!((&answer["agent"], &answer["execution_mode"]), (&json!("drafted"), &json!("INSTANT_RUNTIME")));
    assert_eq!(decision(&client, &answer).await["tools"]["rewrites"], json!({"https://old.example": "t"}));
    let config = json!({
        "agent_name": "drafted", "namespace": "field-draft", "image": "", "runtime": "python",
        "system_prompt": "Draft.", "identity_provider": "idp", "policies": ["p"], "required_tools": ["t"],
        "llm_configs": [{"role": "chat", "provider": "openai", "model": "gpt-4o-mini"}],
        "model_usage": [uncapped("chat", "gpt-4o-mini")],
    });
    assert_eq!(masked(&client.get("/api/agents/drafted/config").await.expect(200)), config);

    let own =
        json!({"draft_id": draft, "agent_name": "own", "system_prompt": "Own.", "policies": [], "required_tools": []});
    client.deploy(own).await.expect(201);
    let own = client.get("/api/agents/own/config").await.expect(200);
    assert_eq!(
        (&own["system_prompt"], &own["policies"], &own["identity_provider"]),
        (&json!("Own."), &json!([]), &json!("idp"))
    );
}

#[tokio::test]
async fn a_drafts_custom_image_is_used_only_where_it_says_so() {
    let client = quiet().workspace("field-draft-image").await;
    for (used, status) in [(true, 201), (false, 400)] {
        let config = json!({"agent_name": "a", "use_custom_image": used, "custom_image": "alpine:3"});
        let draft = client.post("/api/deploy-drafts", json!({"agent_config": config})).await.expect(201);
        let answer = client.deploy(json!({"draft_id": draft["id"]})).await.expect(status);
        let said = if used { &answer["execution_mode"] } else { &answer["code"] };
        assert_eq!(said, if used { "PREBUILT_IMAGE" } else { "no_deploy_source" });
    }
}

#[tokio::test]
async fn prompt_models_identity_and_policies_are_the_agents_configuration() {
    let client = quiet().workspace("field-config").await;
    register_policy(&client, "p1").await;
    register_policy(&client, "p2").await;
    register_tool(&client, "t1").await;
    register_identity_provider(&client, "idp").await;
    let models = json!([
        {"provider": "openai", "model": "gpt-4o-mini"},
        {"provider": "openai", "model": "embed", "role": "embedding", "monthly_budget_usd": 5},
    ]);
    let more = json!({
        "system_prompt": "Be brief.", "llm_configs": models, "identity_provider": "idp", "policies": ["p1", "p2", "p1"],
        "required_tools": ["t1"], "env": [{"name": "MODE", "value": "fast"}, {"name": "EMPTY", "value": ""}],
    });
    let answer = client.deploy(handler("a", more)).await.expect(201);
    let said = warnings(&answer);
    assert!(!said.contains("identity") && !said.contains("polic"), "{said}");
    let mut capped = uncapped("embedding", "embed");
    (capped["monthly_budget_usd"], capped["remaining_budget_usd"]) = (json!(5.0), json!(5.0));
    capped["status"] = json!("Active");
    let config = json!({
        "agent_name": "a", "namespace": "field-config", "image": "", "runtime": "python", "system_prompt": "Be brief.",
        "identity_provider": "idp", "policies": ["p1", "p2"], "required_tools": ["t1"],
        "model_usage": [uncapped("default", "gpt-4o-mini"), capped],
        "llm_configs": [
            {"role": "default", "provider": "openai", "model": "gpt-4o-mini"},
            {"role": "embedding", "provider": "openai", "model": "embed", "monthly_budget_usd": 5},
        ],
    });
    assert_eq!(masked(&client.get("/api/agents/a/config").await.expect(200)), config);
    let spec = client.get("/api/agents/a").await.expect(200)["spec"].clone();
    let env = json!([{"name": "MODE", "value": "fast"}, {"name": "EMPTY", "value": ""}]);
    let model = json!({"role": "default", "provider": "openai", "model": "gpt-4o-mini"});
    let expected =
        json!({"systemPrompt": "Be brief.", "requiredTools": [{"name": "t1"}], "llmConfig": model, "env": env});
    assert_eq!(spec, expected);
    let policy = client.get("/api/policies/p2").await.expect(200);
    assert_eq!(policy["used_by"], json!([{"name": "a", "namespace": "field-config"}]));
}

#[tokio::test]
async fn a_registered_model_provider_takes_its_warning_away() {
    let client = quiet().workspace("field-models").await;
    let body = handler("a", json!({"llm_configs": [{"provider": "openai", "model": "m"}]}));
    assert!(warnings(&client.deploy(body.clone()).await.expect(201)).contains("no model provider serves `openai`"));
    let spec = json!({"provider": "openai", "endpoint": "https://api.openai.com/v1", "models": ["m"]});
    client.post("/api/model-providers", json!({"name": "main", "spec": spec})).await.expect(201);
    assert!(!warnings(&client.deploy(body).await.expect(201)).contains("no model provider serves"));
}

#[tokio::test]
async fn tools_are_created_with_every_field_or_with_what_the_url_says() {
    let client = quiet().workspace("field-tools").await;
    let tools = json!([
        {"name": "stripe-api", "base_url": "https://api.stripe.com"},
        {
            "name": "internal", "base_url": "http://tool.example:9000/v1", "description": "Ours.", "auth_type": "APIKey",
            "port": 9443, "scheme": "HTTPS",
        },
        {"name": "plain", "base_url": "http://plain.example", "auth_type": "OAuth2", "scheme": "HTTP"},
    ]);
    let mappings = json!({"https://old.example/v1": "stripe-api"});
    let body =
        handler("a", json!({"tools_to_create": tools, "tool_url_mappings": mappings, "required_tools": ["plain"]}));
    let answer = client.deploy(body).await.expect(201);
    assert_eq!(answer["tools_created"], json!(["stripe-api", "internal", "plain"]));
    let decision = decision(&client, &answer).await;
    assert_eq!(decision["tools"]["rewrites"], mappings);
    assert_eq!(decision["tools"]["required"], json!(["stripe-api", "internal", "plain"]));

    let connections = [
        ("stripe-api", "https://api.stripe.com", 443, "HTTPS", "None"),
        ("internal", "http://tool.example:9000/v1", 9443, "HTTPS", "APIKey"),
        ("plain", "http://plain.example", 80, "HTTP", "OAuth2"),
    ];
    for (name, url, port, scheme, auth) in connections {
        let tool = client.get(&format!("/api/tools/{name}")).await.expect(200);
        let connection = json!({
            "topology": "External", "baseUrl": url, "port": port, "scheme": scheme, "authentication": {"type": auth},
        });
        assert_eq!(tool["spec"]["connection"], connection);
        assert_eq!(tool["status"], json!({"phase": "Pending"}));
    }
    assert_eq!(client.get("/api/tools/internal").await.expect(200)["spec"]["description"], "Ours.");
    let agent = client.get("/api/agents/a").await.expect(200);
    assert_eq!(
        agent["spec"]["requiredTools"],
        json!([{"name": "stripe-api"}, {"name": "internal"}, {"name": "plain"}])
    );
}

#[tokio::test]
async fn requirements_entry_point_and_framework_go_into_the_decision() {
    let client = quiet().workspace("field-hints").await;
    let files = json!({"agent.py": HANDLER, "second.py": HANDLER});
    let plain = json!({"agent_name": "a", "source_files": files});
    let hints = json!({"entry_point": "./second.py", "framework": "LangGraph", "requirements": "runagents\n"});
    for (body, mode, plan) in [
        (plain.clone(), "INSTANT_RUNTIME", ["agent.py", "none"]),
        (with(plain, hints), "FAST_OVERLAY", ["second.py", "langgraph"]),
    ] {
        let answer = client.deploy(body).await.expect(201);
        assert_eq!(answer["execution_mode"], mode);
        let decided = decision(&client, &answer).await["plan"].clone();
        assert_eq!([&decided["entry_point"], &decided["framework"]], plan, "{decided}");
    }
}

#[tokio::test]
async fn hints_about_source_files_have_no_effect_on_an_image_and_are_warned_of() {
    let client = quiet().workspace("field-image").await;
    let body = json!({"agent_name": "a", "image": "alpine", "requirements": "x", "entry_point": "y.py", "framework": "crewai"});
    let answer = client.deploy(body).await.expect(201);
    for field in ["requirements", "entry_point", "framework"] {
        assert!(warnings(&answer).contains(&format!("`{field}` says how source files are built")), "{answer}");
    }
}

#[tokio::test]
async fn the_answer_has_all_of_the_briefs_fields_and_a_build_only_on_a_build_path() {
    let client = quiet().workspace("field-answer").await;
    let always = [
        "agent",
        "agent_name",
        "build_profile",
        "build_required",
        "decision",
        "decision_id",
        "decision_reason",
        "execution_mode",
        "framework",
        "namespace",
        "revision",
        "status",
        "tools_created",
        "warnings",
    ];
    let instant = client.deploy(handler("a", json!({}))).await.expect(201);
    assert_eq!(keys(&instant), always);
    let overlay = client.deploy(built("b", json!({}))).await.expect(201);
    let mut with_build = [&always[..], &["build_id", "image_uri"]].concat();
    with_build.sort_unstable();
    assert_eq!(keys(&overlay), with_build);
    assert_eq!((&instant["tools_created"], &overlay["warnings"]), (&json!([]), &json!([])));
}
