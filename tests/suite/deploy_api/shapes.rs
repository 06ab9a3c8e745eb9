//! The contract's shapes, answer by answer, and what its clients crash on.

use super::{HANDLER, built, everything, handler, register_identity_provider, register_policy, uncapped};
use crate::harness::{masked, quiet};
use serde_json::{Value, json};

/// The SDKs break on null, wherever it stands.
fn assert_no_null(value: &Value) {
    match value {
        Value::Null => panic!("a null"),
        Value::Array(values) => values.iter().for_each(assert_no_null),
        Value::Object(fields) => fields.values().for_each(assert_no_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn every_list_of_an_empty_workspace_is_an_empty_array() {
    let client = quiet().workspace("shape-empty").await;
    for list in ["agents", "tools", "model-providers", "policies", "identity-providers", "deploy-drafts"] {
        for prefix in ["/api", "/api/v1", "/api/v1/workspaces/shape-empty"] {
            assert_eq!(client.get(&format!("{prefix}/{list}")).await.expect(200), json!([]), "{prefix}/{list}");
        }
    }
}

#[tokio::test]
async fn an_agent_has_the_contracts_shape_in_both_forms_of_its_path() {
    let client = quiet().workspace("shape-agent").await;
    client.deploy(built("a", json!({}))).await.expect(201);
    let agent = json!({
        "name": "a", "namespace": "shape-agent", "revision": 1, "execution_mode": "FAST_OVERLAY", "decision_id": "dec-ID",
        "spec": {"image": "SERVER/shape-agent/a:TAG", "requiredTools": [], "env": []},
        "image": "SERVER/shape-agent/a:TAG", "required_tools": [],
        "status": {"phase": "Pending", "message": "revision 1: agents are not started here: agents are turned off"},
        "created_at": "TIME", "metadata": {"name": "a", "namespace": "shape-agent", "creationTimestamp": "TIME"},
    });
    for path in
        ["/api/agents/a", "/api/agents/shape-agent/a", "/api/v1/agents/a", "/api/v1/workspaces/shape-agent/agents/a"]
    {
        assert_eq!(masked(&client.get(path).await.expect(200)), agent, "{path}");
    }
    assert_eq!(masked(&client.get("/api/agents").await.expect(200)), json!([agent]));
    assert_eq!(client.delete("/api/agents/shape-agent/a").await.expect(200), json!({"status": "deleted"}));
    assert_eq!(client.get("/api/agents/a").await.expect(404)["error"], "agent a not found");
    assert_eq!(client.deploy(handler("a", json!({}))).await.expect(201)["agent"], "a");
}

#[tokio::test]
async fn a_configuration_is_read_changed_in_part_and_checked() {
    let client = quiet().workspace("shape-config").await;
    register_policy(&client, "p").await;
    let more = json!({"system_prompt": "One.", "llm_configs": [{"provider": "openai", "model": "m"}]});
    client.deploy(handler("a", more)).await.expect(201);
    let path = "/api/v1/agents/a/config";
    let config = json!({
        "agent_name": "a", "namespace": "shape-config", "image": "", "runtime": "python", "system_prompt": "One.",
        "llm_configs": [{"role": "default", "provider": "openai", "model": "m"}],
        "model_usage": [uncapped("default", "m")], "required_tools": [], "policies": [],
    });
    assert_eq!(masked(&client.get(path).await.expect(200)), config);

    let changed =
        client.put(path, json!({"system_prompt": "Two.", "policies": ["p"], "llm_configs": null})).await.expect(200);
    let mut expected = config;
    (expected["system_prompt"], expected["policies"]) = (json!("Two."), json!(["p"]));
    assert_eq!(masked(&changed), expected);
    assert_eq!(masked(&client.get(path).await.expect(200)), expected);

    let before = everything(&client).await;
    for (body, field) in [
        (json!({"policies": ["none"]}), "policies[0]"),
        (json!({"required_tools": ["none"]}), "required_tools[0]"),
        (json!({"identity_provider": "none"}), "identity_provider"),
        (json!({"llm_configs": [{"provider": "openai"}]}), "llm_configs[0].model"),
        (json!({"llm_configs": [{"model": "m", "monthly_budget_usd": -1}]}), "llm_configs[0].monthly_budget_usd"),
        (json!({"llm_configs": [{"model": "m", "monthly_budget_usd": "5"}]}), "llm_configs[0].monthly_budget_usd"),
        (json!({"policies": "p"}), "policies"),
    ] {
        assert_eq!(client.put(path, body).await.expect(400)["field"], field);
    }
    assert_eq!(everything(&client).await, before);
}

#[tokio::test]
async fn revisions_are_listed_and_gone_back_to() {
    let client = quiet().workspace("shape-revisions").await;
    client.deploy(built("a", json!({}))).await.expect(201);
    client.deploy(handler("a", json!({}))).await.expect(201);
    let mut lines = masked(&client.get("/api/v1/agents/a/revisions").await.expect(200));
    let lines = lines.as_array_mut().expect("a list");
    lines.sort_by_key(|line| line["revision"].as_u64());
    for line in lines.iter_mut() {
        assert!(
            line.as_object_mut().expect("an object").remove("decision_reason").is_some_and(|reason| reason.is_string())
        );
    }
    let expected = [
        json!({
            "revision": 1, "current": false, "created_at": "TIME", "execution_mode": "FAST_OVERLAY",
            "image": "SERVER/shape-revisions/a:TAG", "image_digest": "sha256:DIGEST", "decision_id": "dec-ID",
            "build_id": "build-ID",
        }),
        json!({
            "revision": 2, "current": true, "created_at": "TIME", "execution_mode": "INSTANT_RUNTIME",
            "decision_id": "dec-ID",
        }),
    ];
    assert_eq!(*lines, expected);

    let rollback = "/api/v1/agents/a/rollback";
    let back = client.post(rollback, json!({"revision": 1})).await.expect(200);
    assert_eq!((&back["revision"], &back["execution_mode"]), (&json!(3), &json!("FAST_OVERLAY")));
    assert_eq!(client.get("/api/agents/a").await.expect(200)["execution_mode"], "FAST_OVERLAY");
    assert_eq!(client.post(rollback, json!({})).await.expect(400)["field"], "revision");
    assert_eq!(client.post(rollback, json!({"revision": "1"})).await.expect(400)["field"], "revision");
    client.post(rollback, json!({"revision": 9})).await.expect(404);
    client.post("/api/v1/agents/none/rollback", json!({"revision": 1})).await.expect(404);
}

#[tokio::test]
async fn a_tool_is_made_in_either_form_with_the_same_shape_and_deleted_unless_it_is_used() {
    let client = quiet().workspace("shape-tool").await;
    let flat = json!({
        "name": "flat", "base_url": "https://api.example.com", "description": "d", "auth_type": "None", "port": 443,
        "scheme": "HTTPS",
    });
    let spec = json!({
        "description": "d",
        "connection": {
            "topology": "External", "baseUrl": "https://api.example.com", "port": 443, "scheme": "HTTPS",
            "authentication": {"type": "None"},
        },
    });
    let nested = json!({"name": "nested", "spec": spec});
    for (name, body) in [("flat", flat), ("nested", nested)] {
        let created = client.post("/api/tools", body.clone()).await.expect(201);
        let mut shown = spec.clone();
        (shown["topology"], shown["accessMode"]) = (json!("External"), json!("Open"));
        let tool = json!({
            "name": name, "namespace": "shape-tool", "spec": shown, "status": {"phase": "Pending"},
            "base_url": "https://api.example.com", "topology": "External", "access_mode": "Open", "auth": "None",
        });
        assert_eq!(created, tool);
        assert_eq!(client.get(&format!("/api/tools/{name}")).await.expect(200), tool);
        assert_eq!(client.post("/api/tools", body).await.expect(201), tool, "an upsert");
        assert_eq!(client.post("/api/tools", tool.clone()).await.expect(201), tool, "what was shown may be sent back");
    }
    client.deploy(handler("a", json!({"required_tools": ["flat"]}))).await.expect(201);
    assert_eq!(client.delete("/api/tools/flat").await.expect(409)["error"], "tool \"flat\" is used by a");
    assert_eq!(client.delete("/api/tools/nested").await.expect(200), json!({"status": "deleted"}));
    for (body, field) in [
        (json!({"spec": spec}), "name"),
        (json!({"name": "x"}), "spec"),
        (json!({"name": "x", "spec": {}}), "spec.connection"),
        (json!({"name": "x", "spec": {"connection": {"baseUrl": "x"}}}), "spec.connection.baseUrl"),
        (json!({"name": "x", "base_url": "ftp://x"}), "base_url"),
    ] {
        assert_eq!(client.post("/api/tools", body).await.expect(400)["field"], field);
    }
}

#[tokio::test]
async fn providers_policies_and_identity_providers_are_kept_as_they_came() {
    let client = quiet().workspace("shape-resources").await;
    let spec = json!({
        "provider": "openai", "endpoint": "https://api.openai.com/v1", "models": ["m"], "auth": {"type": "APIKey"},
        "rateLimit": {"requestsPerMinute": 60},
    });
    let made = client.post("/api/model-providers", json!({"name": "x", "spec": spec})).await.expect(201);
    let provider = json!({
        "name": "x", "namespace": "shape-resources", "spec": spec, "status": {"phase": "Pending"},
        "provider": "openai", "endpoint": "https://api.openai.com/v1", "models": ["m"],
    });
    assert_eq!(made, provider);
    assert_eq!(client.post("/api/model-providers", made.clone()).await.expect(201), made);

    let rules =
        json!({"policies": [{"permission": "deny", "operations": ["DELETE"], "resource": "https://x.example/*"}]});
    let status = json!({"ready": true, "message": "enforced on calls of tools"});
    let policy = |spec: &Value| json!({"name": "x", "namespace": "shape-resources", "spec": spec, "status": status, "used_by": []});
    client.put("/api/policies/x", json!({"name": "x", "spec": rules})).await.expect(404);
    assert_eq!(client.post("/api/policies", json!({"name": "x", "spec": rules})).await.expect(201), policy(&rules));
    let put = client.put("/api/policies/x", json!({"name": "x", "spec": {"policies": []}})).await.expect(200);
    assert_eq!(put, policy(&json!({"policies": []})));

    let identity = register_identity_provider(&client, "x").await;
    assert_eq!((&identity["name"], &identity["namespace"]), (&json!("x"), &json!("shape-resources")));
    assert_eq!(identity["spec"]["identityProvider"]["jwksUri"], "https://id.example/keys");

    for (noun, first) in [("model-providers", provider), ("policies", put), ("identity-providers", identity)] {
        assert_eq!(client.get(&format!("/api/{noun}")).await.expect(200), json!([first]));
        assert_eq!(client.get(&format!("/api/v1/{noun}/x")).await.expect(200), first);
        assert_eq!(client.delete(&format!("/api/{noun}/x")).await.expect(200), json!({"status": "deleted"}));
        client.get(&format!("/api/{noun}/x")).await.expect(404);
    }
}

#[tokio::test]
async fn a_build_a_draft_an_artifact_and_a_decision_have_the_contracts_shapes() {
    let client = quiet().workspace("shape-others").await;
    let body =
        json!({"name": "a", "files": {"agent.py": HANDLER}, "entry_point": "agent.py", "requirements": "runagents"});
    let build = client.post("/api/builds", body).await.expect(202);
    let expected = json!({
        "id": "build-ID", "name": "a", "status": "SUCCEEDED", "image": "SERVER/shape-others/a:TAG",
        "image_digest": "sha256:DIGEST", "created_at": "TIME", "completed_at": "TIME",
    });
    assert_eq!(masked(&build), expected);
    let path = format!("/api/builds/{}", build["id"].as_str().expect("an id"));
    assert_eq!(client.get(&path).await.expect(200), build);
    for (body, field) in [
        (json!({"files": {"a.py": ""}}), "name"),
        (json!({"name": "a"}), "files"),
        (json!({"name": "a", "files": {}}), "files"),
    ] {
        let answer = client.post("/api/builds", body).await.expect(400);
        assert_eq!((&answer["field"], &answer["error"]), (&json!(field), &json!(format!("{field} is required"))));
    }

    let artifact = json!({"source_type": "code", "build_mode": "native", "source_files": {"agent.py": HANDLER}});
    let artifact = client.post("/api/workflow-artifacts", artifact).await.expect(201);
    assert_eq!(masked(&artifact)["id"], "artifact-ID");
    assert_eq!(client.post("/api/workflow-artifacts", json!({})).await.expect(400)["field"], "source_files");

    let draft =
        client.post("/api/deploy-drafts", json!({"artifact_id": artifact["id"], "step": "deploy"})).await.expect(201);
    let expected = json!({
        "id": "draft-ID", "namespace": "shape-others", "user_id": "key-ID", "status": "IN_PROGRESS", "version": 1,
        "artifact_id": "artifact-ID", "step": "deploy", "created_at": "TIME", "updated_at": "TIME",
    });
    assert_eq!(masked(&draft), expected);
    assert_eq!(client.get("/api/deploy-drafts").await.expect(200), json!([draft]));
    assert_eq!(client.get("/api/deploy-drafts?status=COMPLETED&mine=0").await.expect(200), json!([]));

    let deployed = client.deploy(json!({"draft_id": draft["id"], "agent_name": "a"})).await.expect(201);
    let decision = format!("/api/decisions/{}", deployed["decision_id"].as_str().expect("an id"));
    let decision = client.get(&decision).await.expect(200);
    let slots: Vec<&Value> = decision["plugins"].as_array().expect("a list").iter().map(|used| &used["slot"]).collect();
    for slot in ["detectors/python-detector", "strategy", "tool-provider"] {
        assert!(slots.contains(&&json!(slot)), "{decision}");
    }
    assert_eq!(decision["plan"]["decision_reason"], deployed["decision_reason"]);
    for value in [&build, &artifact, &draft, &deployed, &decision] {
        assert_no_null(value);
    }
    assert_no_null(&everything(&client).await);
}
