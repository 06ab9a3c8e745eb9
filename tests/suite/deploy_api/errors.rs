//! The brief's common errors, row by row, and that none of them changes anything.

use super::{built, everything, handler, register_tool};
use crate::harness::{Client, Server, Settings, assert_refused, component, quiet};
use serde_json::{Value, json};
use std::fs;

/// Deploys, and checks that the refusal changed nothing.
async fn refused(client: &Client, body: Value, status: u16, code: &str, field: &str) -> Value {
    let before = everything(client).await;
    let answer = client.deploy(body).await;
    assert_refused(&answer, status, code, field);
    assert_eq!(everything(client).await, before, "a refused deploy changed something");
    answer.body
}

#[tokio::test]
async fn a_missing_required_field_is_a_400_that_names_it() {
    let client = quiet().workspace("error-missing").await;
    for body in [
        json!({}),
        json!({"agent_name": null, "image": "alpine"}),
        json!({"agent_name": "", "image": "alpine"}),
        json!({"agent_name": "  ", "image": "alpine"}),
    ] {
        let answer = refused(&client, body, 400, "missing_field", "agent_name").await;
        assert_eq!(answer["error"], "agent_name is required");
    }
    let tool =
        handler("a", json!({"tools_to_create": [{"name": "t", "base_url": "https://t.example"}, {"name": "u"}]}));
    refused(&client, tool, 400, "missing_field", "tools_to_create[1].base_url").await;
    let tool = handler("a", json!({"tools_to_create": [{"base_url": "https://t.example"}]}));
    refused(&client, tool, 400, "missing_field", "tools_to_create[0].name").await;
}

#[tokio::test]
async fn a_namespace_that_differs_from_the_workspace_is_a_400() {
    let server = quiet();
    let client = server.workspace("error-namespace").await;
    refused(&client, handler("a", json!({"namespace": "other"})), 400, "namespace_mismatch", "namespace").await;
    let named = client.with_header("X-Workspace-Namespace", "error-namespace");
    refused(&named, handler("a", json!({"namespace": "other"})), 400, "namespace_mismatch", "namespace").await;
    let operator = server.operator().with_header("X-Workspace-Namespace", "error-namespace");
    refused(&operator, handler("a", json!({"namespace": "default"})), 400, "namespace_mismatch", "namespace").await;
}

#[tokio::test]
async fn a_deploy_without_a_source_is_a_400() {
    let client = quiet().workspace("error-source").await;
    for body in [
        json!({"agent_name": "a"}),
        json!({"agent_name": "a", "source_files": {}}),
        json!({"agent_name": "a", "image": "", "source_files": null, "artifact_id": " "}),
    ] {
        let answer = refused(&client, body, 400, "no_deploy_source", "source_files").await;
        assert!(answer["error"].as_str().is_some_and(|error| error.contains("No valid deploy source")), "{answer}");
    }
    refused(&client, json!({"agent_name": "a", "artifact_id": "artifact-none"}), 400, "unknown_source", "artifact_id")
        .await;
    refused(&client, json!({"agent_name": "a", "draft_id": "draft-none"}), 400, "unknown_source", "draft_id").await;
}

#[tokio::test]
async fn a_draft_of_another_key_is_a_403_and_one_of_another_workspace_is_unknown() {
    let server = quiet();
    let (client, stranger) = (server.workspace("error-draft").await, server.workspace("error-stranger").await);
    let config = json!({"agent_name": "a", "use_custom_image": true, "custom_image": "alpine"});
    let draft = client.post("/api/deploy-drafts", json!({"agent_config": config})).await.expect(201);
    let body = json!({"draft_id": draft["id"]});
    refused(&stranger, body.clone(), 400, "unknown_source", "draft_id").await;
    let colleague =
        server.operator().post("/api/workspaces/error-draft/keys", json!({"name": "second"})).await.expect(201);
    let colleague = Client::new(&server.url(), colleague["token"].as_str().expect("a key"));
    refused(&colleague, body.clone(), 403, "not_owner", "draft_id").await;
    client.deploy(body).await.expect(201);
}

#[tokio::test]
async fn a_requirement_that_no_runtime_holds_is_a_400_that_names_it_and_the_way_out() {
    let client = quiet().workspace("error-builder").await;
    let answer =
        refused(&client, handler("a", json!({"requirements": "torch==2.1"})), 400, "builder_unavailable", "").await;
    assert!(answer["hint"].as_str().is_some_and(|hint| hint.contains("torch") && hint.contains("`image`")), "{answer}");
}

/// Binds a guest of the tests into a slot of a workspace.
async fn bind(server: &Server, workspace: &str, slot: &str, guest: &str) {
    let operator = server.operator();
    let installed = operator.upload("/api/plugins", component(&format!("tests/{guest}"))).await;
    assert!(matches!(installed.status, 200 | 201), "{installed:?}");
    let path = format!("/api/workspaces/{workspace}/plugins/{slot}");
    operator.put(&path, json!({"plugin": guest})).await.expect(200);
}

#[tokio::test]
async fn a_guest_that_traps_or_never_answers_is_a_500_of_its_step_for_its_workspace_alone() {
    let server = quiet();
    for (index, (slot, guest, code, what)) in [
        ("strategy", "trap-strategy", "agent_creation_failed", "trapped"),
        ("strategy", "endless-loop-strategy", "agent_creation_failed", "longer than its limit"),
        ("tool-provider", "trap-tool-provider", "tool_creation_failed", "trapped"),
        ("detectors/trap", "trap", "agent_creation_failed", "trapped"),
        ("detectors/loop", "endless-loop", "agent_creation_failed", "longer than its limit"),
    ]
    .into_iter()
    .enumerate()
    {
        let workspace = format!("error-guest-{index}");
        let client = server.workspace(&workspace).await;
        client.deploy(handler("before", json!({}))).await.expect(201);
        bind(server, &workspace, slot, guest).await;
        let tools = json!({"tools_to_create": [{"name": "t", "base_url": "https://t.example"}]});
        let answer = refused(&client, handler("a", tools.clone()), 500, code, "").await;
        let error = answer["error"].as_str().expect("a text");
        assert!(error.contains(guest) && error.contains(slot) && error.contains(what), "{error}");

        server.operator().delete(&format!("/api/workspaces/{workspace}/plugins/{slot}")).await.expect(200);
        let answer = client.deploy(handler("a", tools)).await.expect(201);
        assert_eq!((&answer["revision"], &answer["tools_created"]), (&json!(1), &json!(["t"])));
    }
    quiet().workspace("error-guest-other").await.deploy(handler("a", json!({}))).await.expect(201);
}

#[tokio::test]
async fn an_image_that_cannot_be_written_is_a_500_of_the_build() {
    let server = Server::start(Settings::without_agents()).await;
    let client = server.client();
    register_tool(&client, "t").await;
    let images = server.data_dir().join("images");
    fs::remove_dir_all(&images).expect("the store of images");
    fs::write(&images, "not a folder").expect("a file in its place");
    let answer = refused(&client, built("a", json!({})), 500, "build_creation_failed", "").await;
    assert!(!answer.to_string().contains("images"), "a path of the server is nobody's business: {answer}");
    client.deploy(handler("a", json!({}))).await.expect(201);
}

#[tokio::test]
async fn a_project_in_another_language_is_told_what_is_missing_and_how_to_get_it() {
    let client = quiet().workspace("error-language").await;
    let files = json!({
        "package.json": r#"{"name": "a", "main": "src/index.js", "dependencies": {"hono": "^4.0.0"}}"#,
        "src/index.js": "import { Hono } from 'hono'\nexport default new Hono()\n",
    });
    let request = json!({"agent_name": "a", "source_files": files});
    let answer = refused(&client, request, 400, "builder_unavailable", "").await;
    let error = answer["error"].as_str().expect("a text");
    assert!(error.contains("`src/index.js` is JavaScript or TypeScript") && error.contains("`full`"), "{error}");
    assert!(answer["hint"].as_str().is_some_and(|hint| !hint.contains("leave it out")), "{answer}");
}
