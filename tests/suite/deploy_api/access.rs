//! Who may ask, and in which workspace.

use super::handler;
use crate::harness::{Answer, Client, quiet};
use serde_json::json;

/// The status and code of an answer, after checking that it has the shape of an error.
fn refusal(answer: &Answer) -> (u16, &str) {
    assert!(answer.body["error"].as_str().is_some_and(|error| !error.is_empty()), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    (answer.status, answer.body["code"].as_str().expect("a code"))
}

#[tokio::test]
async fn a_key_is_taken_in_either_header_or_in_both() {
    let server = quiet();
    let client = server.workspace("access-headers").await;
    let nobody = Client::new(&server.url(), "");
    let header = nobody.clone().with_header("X-RunAgents-API-Key", client.key());
    let both = client.clone().with_header("X-RunAgents-API-Key", client.key());
    for client in [&client, &header, &both] {
        for prefix in ["/api", "/api/v1", "/api/v1/workspaces/access-headers"] {
            assert_eq!(client.get(&format!("{prefix}/agents")).await.expect(200), json!([]));
        }
    }
    let differing = client.with_header("X-RunAgents-API-Key", "ra_ws_another");
    assert_eq!(refusal(&differing.get("/api/agents").await), (401, "keys_differ"));
}

#[tokio::test]
async fn no_key_a_wrong_key_and_a_revoked_key_are_401_on_every_path() {
    let server = quiet();
    let operator = server.operator();
    server.workspace("access-revoked").await;
    let made = operator.post("/api/workspaces/access-revoked/keys", json!({"name": "short"})).await.expect(201);
    let revoked = Client::new(&server.url(), made["token"].as_str().expect("a key"));
    revoked.get("/api/agents").await.expect(200);
    let path = format!("/api/workspaces/access-revoked/keys/{}", made["key"]["id"].as_str().expect("an id"));
    assert_eq!(operator.delete(&path).await.expect(200), json!({"status": "deleted"}));

    let nobody = Client::new(&server.url(), "");
    let stranger = Client::new(&server.url(), &format!("ra_ws_{}", "0".repeat(64)));
    let basic = nobody.clone().with_header("Authorization", "Basic abc");
    for (client, code) in
        [(nobody, "missing_key"), (stranger, "invalid_key"), (revoked, "key_revoked"), (basic, "invalid_authorization")]
    {
        let answer = client.deploy(handler("a", json!({}))).await;
        assert_eq!(refusal(&answer), (401, code));
        assert!(answer.header("www-authenticate").is_some());
        for path in
            ["/api/agents", "/api/v1/tools", "/api/v1/workspaces/default/policies", "/api/builds/x", "/api/plugins"]
        {
            assert_eq!(refusal(&client.get(path).await), (401, code), "{path}");
        }
    }
}

#[tokio::test]
async fn a_foreign_workspace_is_a_403_whether_it_exists_or_not() {
    let server = quiet();
    let client = server.workspace("access-own").await;
    server.workspace("access-foreign").await;
    for other in ["access-foreign", "access-none"] {
        let named = client.clone().with_header("X-Workspace-Namespace", other);
        assert_eq!(refusal(&named.deploy(handler("a", json!({}))).await), (403, "workspace_forbidden"));
        let path = format!("/api/v1/workspaces/{other}/agents");
        assert_eq!(refusal(&client.get(&path).await), (403, "workspace_forbidden"));
        assert_eq!(refusal(&client.get(&format!("/api/agents/{other}/a")).await), (403, "workspace_forbidden"));
    }
    let own = client.clone().with_header("X-Workspace-Namespace", "access-own");
    own.get("/api/v1/workspaces/access-own/agents").await.expect(200);
    let differing = client.with_header("X-Workspace-Namespace", "access-foreign");
    assert_eq!(refusal(&differing.get("/api/v1/workspaces/access-own/agents").await), (400, "namespace_mismatch"));
}

#[tokio::test]
async fn an_operator_acts_in_every_workspace_and_alone_on_the_host() {
    let server = quiet();
    let (client, operator) = (server.workspace("access-operated").await, server.operator());
    operator.post("/api/v1/workspaces/access-operated/deploy", handler("a", json!({}))).await.expect(201);
    assert_eq!(client.get("/api/agents/a").await.expect(200)["namespace"], "access-operated");
    let named = operator.clone().with_header("X-Workspace-Namespace", "access-operated");
    named.get("/api/agents/a").await.expect(200);
    assert_eq!(refusal(&operator.get("/api/v1/workspaces/access-none/agents").await), (404, "not_found"));
    for path in ["/api/plugins", "/api/workspaces", "/api/workspaces/access-operated/keys"] {
        operator.get(path).await.expect(200);
        assert_eq!(refusal(&client.get(path).await), (403, "operator_only"), "{path}");
    }
    assert_eq!(refusal(&client.post("/api/workspaces", json!({"name": "mine"})).await), (403, "operator_only"));
}

#[tokio::test]
async fn what_one_workspace_has_another_does_not_see() {
    let server = quiet();
    let (one, two) = (server.workspace("access-one").await, server.workspace("access-two").await);
    let tools =
        json!({"tools_to_create": [{"name": "t", "base_url": "https://t.example"}], "requirements": "runagents"});
    let answer = one.deploy(handler("a", tools)).await.expect(201);
    let id = |name: &str| answer[name].as_str().expect("an id").to_owned();
    let paths = [
        "/api/agents/a".to_owned(),
        "/api/tools/t".to_owned(),
        format!("/api/builds/{}", id("build_id")),
        format!("/api/decisions/{}", id("decision_id")),
    ];
    for path in paths {
        one.get(&path).await.expect(200);
        assert_eq!(two.get(&path).await.status, 404, "{path}");
    }
    let answer = two.deploy(handler("b", json!({"required_tools": ["t"]}))).await;
    assert_eq!(refusal(&answer), (400, "unknown_tool"));
}
