//! The brief's own examples, byte for byte, under each of the three prefixes.

use super::{register_policy, register_tool, warnings};
use crate::harness::{Answer, Client, masked, quiet};
use reqwest::Method;
use serde_json::json;

/// "Source Deploy With Policy Bindings"
const SOURCE_DEPLOY: &str = r#"{
    "agent_name": "billing-agent",
    "source_files": {
      "agent.py": "print(\"hello\")"
    },
    "required_tools": ["stripe-api"],
    "llm_configs": [{"provider": "openai", "model": "gpt-4o-mini", "role": "chat"}],
    "policies": ["billing-stripe-policy"],
    "entry_point": "agent.py",
    "requirements": "runagents>=0.2.0\n"
  }"#;

/// "Image Deploy"
const IMAGE_DEPLOY: &str = r#"{
    "agent_name": "my-agent",
    "image": "ghcr.io/acme/my-agent:1.2.0",
    "required_tools": ["echo-tool"],
    "policies": ["echo-read-policy"],
    "llm_configs": [{"provider": "openai", "model": "gpt-4o-mini"}]
  }"#;

/// A workspace under each prefix.
async fn prefixes(name: &str) -> Vec<(Client, String, String)> {
    let mut all = Vec::new();
    for (index, prefix) in ["/api", "/api/v1", "/api/v1/workspaces/{ws}"].into_iter().enumerate() {
        let workspace = format!("{name}-{index}");
        let client = quiet().workspace(&workspace).await;
        all.push((client, prefix.replace("{ws}", &workspace), workspace));
    }
    all
}

async fn post(client: &Client, path: &str, body: &'static str) -> Answer {
    let request = client.request(Method::POST, path).header("content-type", "application/json");
    client.send(request.body(body)).await
}

#[tokio::test]
async fn the_briefs_source_deploy_is_a_fast_overlay_under_each_prefix() {
    for (client, prefix, workspace) in prefixes("brief-source").await {
        register_tool(&client, "stripe-api").await;
        register_policy(&client, "billing-stripe-policy").await;
        let mut answer = post(&client, &format!("{prefix}/deploy"), SOURCE_DEPLOY).await.expect(201);
        let said = warnings(&answer);
        assert!(said.contains("no model provider serves `openai`"), "{said}");
        assert!(
            answer["decision_reason"].as_str().is_some_and(|reason| reason.contains("runagents>=0.2.0")),
            "{answer}"
        );
        let fields = answer.as_object_mut().expect("an object");
        fields.retain(|name, _| !["warnings", "decision_reason", "decision"].contains(&name.as_str()));
        let expected = json!({
            "agent": "billing-agent",
            "agent_name": "billing-agent",
            "namespace": workspace,
            "tools_created": [],
            "build_id": "build-ID",
            "image_uri": format!("SERVER/{workspace}/billing-agent:TAG"),
            "execution_mode": "FAST_OVERLAY",
            "build_required": true,
            "build_profile": "fast_overlay",
            "framework": "none",
            "revision": 1,
            "status": "Pending",
            "decision_id": "dec-ID",
        });
        assert_eq!(masked(&answer), expected);
        let build = answer["build_id"].as_str().expect("an id");
        let build = client.get(&format!("{prefix}/builds/{build}")).await.expect(200);
        assert_eq!((&build["status"], &build["image"]), (&json!("SUCCEEDED"), &answer["image_uri"]));
    }
}

#[tokio::test]
async fn the_briefs_image_deploy_builds_nothing_under_each_prefix() {
    for (client, prefix, workspace) in prefixes("brief-image").await {
        client.post(&format!("{prefix}/starter-kit"), json!({})).await.expect(201);
        register_policy(&client, "echo-read-policy").await;
        let mut answer = post(&client, &format!("{prefix}/deploy"), IMAGE_DEPLOY).await.expect(201);
        let reason = answer["decision_reason"].as_str().expect("a text").to_owned();
        assert!(reason.contains("ghcr.io/acme/my-agent:1.2.0"), "{reason}");
        let fields = answer.as_object_mut().expect("an object");
        fields.retain(|name, _| !["warnings", "decision_reason", "decision"].contains(&name.as_str()));
        let expected = json!({
            "agent": "my-agent",
            "agent_name": "my-agent",
            "namespace": workspace,
            "tools_created": [],
            "execution_mode": "PREBUILT_IMAGE",
            "build_required": false,
            "build_profile": "prebuilt_image",
            "revision": 1,
            "status": "Pending",
            "decision_id": "dec-ID",
        });
        assert_eq!(masked(&answer), expected);
        let agent = client.get(&format!("{prefix}/agents/my-agent")).await.expect(200);
        assert_eq!(agent["spec"]["image"], "ghcr.io/acme/my-agent:1.2.0");
    }
}

#[tokio::test]
async fn the_briefs_examples_are_refused_while_what_they_name_does_not_exist() {
    let client = quiet().workspace("brief-bare").await;
    for (body, tool) in [(SOURCE_DEPLOY, "stripe-api"), (IMAGE_DEPLOY, "echo-tool")] {
        let answer = post(&client, "/api/deploy", body).await;
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!("unknown_tool")));
        assert!(answer.body["error"].as_str().is_some_and(|error| error.contains(tool)), "{answer:?}");
    }
    assert_eq!(client.get("/api/agents").await.expect(200), json!([]));
}

#[tokio::test]
async fn the_starter_kit_needs_no_body_and_may_be_seeded_twice() {
    for (client, prefix, _) in prefixes("brief-kit").await {
        for _ in 0..2 {
            let path = format!("{prefix}/starter-kit");
            let answer = client.send(client.request(Method::POST, &path).header("content-length", "0")).await;
            let expected = json!({"tool_created": "echo-tool", "model_provider_created": "playground-llm"});
            assert_eq!(answer.expect(201), expected);
        }
        let names = |list: serde_json::Value| {
            list.as_array().expect("a list").iter().map(|one| one["name"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(client.get("/api/tools").await.expect(200)), ["echo-tool"]);
        assert_eq!(names(client.get("/api/model-providers").await.expect(200)), ["playground-llm"]);
    }
}
