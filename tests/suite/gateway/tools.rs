//! Tools behind the gateway: what policies and capabilities let through, what a tool is shown, and what an agent never sees.

use super::KEY;
use crate::agents::{answer, deploy_with, eventually};
use crate::harness::{Answer, Client, Recorder, assert_refused, shared};
use serde_json::{Value, json};

/// An agent that tells where its tool is.
const GUIDE: &str = "import os\ndef handler(message):\n    return os.environ[\"TOOL_URL_LEDGER\"]\n";

/// An agent that calls its tool by itself: `METHOD path`. The runtime's own hooks of urllib read a refusal before it does.
const CALLER: &str = r#"
import http.client, json, os, urllib.parse

def handler(message):
    method, path = message.split(" ")
    tool = urllib.parse.urlsplit(os.environ["TOOL_URL_LEDGER"])
    connection = http.client.HTTPConnection(tool.netloc)
    connection.request(method, tool.path + path, headers={"X-Run-ID": "run-7"})
    answer = connection.getresponse()
    return json.dumps([answer.status, json.loads(answer.read())])
"#;

/// Registers the tool `ledger` at `url`; `spec` beside the connection, `authentication` within it.
async fn register(client: &Client, url: &str, authentication: Value, spec: Value, credentials: Value) {
    let mut whole = json!({"connection": {"baseUrl": url, "authentication": authentication}});
    whole.as_object_mut().expect("an object").extend(spec.as_object().expect("an object").clone());
    let body = json!({"name": "ledger", "spec": whole, "credentials": credentials});
    client.post("/api/tools", body).await.expect(201);
}

async fn ledger(client: &Client, url: &str) {
    let key = json!({"type": "APIKey", "apiKeyConfig": {"in": "Header", "name": "X-Ledger-Key"}});
    register(client, url, key, json!({}), json!({"api_key": KEY})).await;
}

async fn policy(client: &Client, name: &str, rules: Value) {
    client.post("/api/policies", json!({"name": name, "spec": {"policies": rules}})).await.expect(201);
}

/// Deploys an agent with the tool and some policies, and gives the tool's address as the agent knows it.
async fn address(client: &Client, name: &str, policies: &[&str]) -> String {
    deploy_with(client, name, GUIDE, json!({"required_tools": ["ledger"], "policies": policies})).await;
    answer(client, name, "where?").await
}

async fn get(address: &str, path: &str) -> Answer {
    Client::new(address, "").get(path).await
}

#[tokio::test]
async fn an_agent_calls_a_tool_with_a_key_that_it_never_sees_and_a_policy_denies_what_it_shall_not_do() {
    let client = shared().workspace("tools-policy").await;
    let recorder = Recorder::start(&[(200, r#"{"charges": []}"#)]).await;
    ledger(&client, &format!("{}/v1", recorder.url())).await;
    let all = format!("{}/v1/*", recorder.url());
    policy(&client, "no-delete", json!([{"permission": "deny", "operations": ["DELETE"], "resource": all}])).await;
    policy(&client, "ask-first", json!([{"permission": "approval_required", "operations": ["PUT"], "resource": "*"}]))
        .await;
    let more = json!({"required_tools": ["ledger"], "policies": ["no-delete", "ask-first"]});
    let deployed = deploy_with(&client, "caller", CALLER, more).await;
    assert_eq!(deployed["warnings"], json!([]), "what is enforced needs no warning");
    let call = async |message: &str| -> Value {
        serde_json::from_str(&answer(&client, "caller", message).await).expect("JSON")
    };

    assert_eq!(call("GET /charges?limit=2").await, json!([200, {"charges": []}]));
    let denied = call("DELETE /charges/1").await;
    assert_eq!((&denied[0], &denied[1]["code"]), (&json!(403), &json!("policy_denied")), "{denied}");
    let sneaky = call("DELETE /ch%61rges/1").await;
    assert_eq!(sneaky[1]["code"], "policy_denied", "{sneaky}");
    let waits = call("PUT /charges/1").await;
    assert_eq!((&waits[0], &waits[1]["code"]), (&json!(403), &json!("APPROVAL_REQUIRED")), "{waits}");
    assert_eq!((&waits[1]["tool"], &waits[1]["run_id"]), (&json!("ledger"), &json!("run-7")), "{waits}");
    assert!(waits[1]["action_id"].as_str().is_some_and(|id| id.starts_with("act-")), "{waits}");
    assert!(waits[1]["message"].is_string(), "{waits}");

    let arrived = recorder.arrived();
    let lines: Vec<&str> = arrived.iter().map(|request| request.line.as_str()).collect();
    assert_eq!(lines, ["GET /v1/charges?limit=2"], "nothing that was refused has arrived");
    assert_eq!(arrived[0].header("x-ledger-key"), Some(KEY));
    assert_eq!(arrived[0].header("x-run-id"), Some("run-7"));
    assert!(!shared().log().contains(KEY));

    // A policy that changes counts at once: no deploy is needed.
    policy(&client, "no-delete", json!([{"permission": "deny", "resource": "*"}])).await;
    assert_eq!(call("GET /charges").await[1]["code"], "policy_denied");
}

#[tokio::test]
async fn capabilities_are_an_allow_list_and_access_modes_want_an_allow() {
    let client = shared().workspace("tools-capabilities").await;
    let recorder = Recorder::start(&[(200, "{}")]).await;
    let capability = json!({"name": "list", "method": "GET", "path": "/charges*"});
    let none = json!({"type": "None"});
    register(&client, recorder.url(), none.clone(), json!({"capabilities": [capability]}), json!({})).await;
    let open = address(&client, "open", &[]).await;
    get(&open, "/charges/1").await.expect(200);
    let missing = get(&open, "/refunds").await;
    assert_refused(&missing, 403, "capability_missing", "");
    assert_refused(&Client::new(&open, "").delete("/charges/1").await, 403, "capability_missing", "");
    assert_refused(&get(&open, "/charges/%2e%2e/refunds").await, 403, "capability_missing", "");
    assert_refused(&get(&open, "/charges/..%2frefunds").await, 400, "path_refused", "");

    let restricted = json!({"governance": {"accessControl": {"mode": "Restricted"}}});
    register(&client, recorder.url(), none, restricted, json!({})).await;
    assert_refused(&get(&open, "/charges").await, 403, "not_allowed", "");
    policy(&client, "reads", json!([{"permission": "allow", "operations": ["GET"], "resource": "*"}])).await;
    let allowed = address(&client, "allowed", &["reads"]).await;
    get(&allowed, "/charges").await.expect(200);
    assert_refused(&Client::new(&allowed, "").delete("/charges").await, 403, "policy_denied", "");
}

#[tokio::test]
async fn a_tool_gets_its_key_in_the_query_or_a_token_of_its_own_that_is_kept_and_asked_for_anew_when_it_is_refused() {
    let client = shared().workspace("tools-credentials").await;
    let tool = Recorder::start(&[(200, "{}"), (200, "{}"), (200, "{}"), (401, "{}"), (200, "{}")]).await;
    let key = json!({"type": "APIKey", "apiKeyConfig": {"in": "Query", "name": "key"}});
    register(&client, tool.url(), key, json!({}), json!({"api_key": KEY})).await;
    let address = address(&client, "guide", &[]).await;
    get(&address, "/a?key=mine&x=1").await.expect(200);

    let tokens = [r#"{"access_token": "t-1", "expires_in": 3600}"#, r#"{"access_token": "t-2"}"#];
    let endpoint = Recorder::start(&[(200, tokens[0]), (200, tokens[1])]).await;
    let config = json!({"tokenUrl": format!("{}/token", endpoint.url()), "scopes": ["read", "write"]});
    let oauth = json!({"type": "OAuth2", "oauth2Config": config});
    let credentials = json!({"client_id": "me", "client_secret": KEY});
    register(&client, tool.url(), oauth, json!({}), credentials).await;
    for path in ["/b", "/c", "/d"] {
        get(&address, path).await.expect(200);
    }
    let seen: Vec<(String, Option<String>)> = tool
        .arrived()
        .iter()
        .map(|request| (request.line.clone(), request.header("authorization").map(str::to_owned)))
        .collect();
    let token = |token: &str| Some(format!("Bearer {token}"));
    let line = |path: &str| format!("GET {path}");
    let expected = [
        (line(&format!("/a?x=1&key={KEY}")), None),
        (line("/b"), token("t-1")),
        (line("/c"), token("t-1")),
        (line("/d"), token("t-1")),
        (line("/d"), token("t-2")),
    ];
    assert_eq!(seen, expected);
    let asked = endpoint.arrived();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].body, "grant_type=client_credentials&scope=read+write");
    assert!(asked[0].header("authorization").is_some_and(|value| value.starts_with("Basic ")));
    assert!(!shared().log().contains(KEY));
}

#[tokio::test]
async fn what_a_tool_lacks_is_told_and_metadata_services_are_not_called() {
    let client = shared().workspace("tools-lacks").await;
    register(&client, "http://127.0.0.1:9", json!({"type": "APIKey"}), json!({}), json!({})).await;
    let address = address(&client, "guide", &[]).await;
    assert_refused(&get(&address, "/x").await, 424, "no_tool_credentials", "");
    let none = json!({"type": "None"});
    register(&client, "http://127.0.0.1:9", none.clone(), json!({}), json!({})).await;
    assert_refused(&get(&address, "/x").await, 502, "tool_unreachable", "");
    register(&client, "http://169.254.169.254/latest", none, json!({}), json!({})).await;
    assert_refused(&get(&address, "/meta-data").await, 403, "address_refused", "");
    let other = address.replace("/ledger", "/other");
    assert_refused(&get(&other, "/x").await, 404, "not_found", "");
}

#[tokio::test]
async fn a_tools_address_opens_for_its_own_agent_only_and_dies_with_it() {
    let (mine, theirs) = (shared().workspace("tools-mine").await, shared().workspace("tools-theirs").await);
    let recorder = Recorder::start(&[(200, "{}")]).await;
    ledger(&mine, recorder.url()).await;
    ledger(&theirs, "http://127.0.0.1:9").await;
    let (open, other) = (address(&mine, "guide", &[]).await, address(&theirs, "guide", &[]).await);
    get(&open, "/x").await.expect(200);
    let forged = other.replace("tools-theirs.", "tools-mine.");
    assert_refused(&get(&forged, "/x").await, 401, "invalid_pass", "");
    mine.delete("/api/v1/agents/guide").await.expect(200);
    let refused = eventually("the end of the agent", || async {
        Some(get(&open, "/x").await).filter(|answer| answer.status != 200)
    });
    assert_refused(&refused.await, 401, "invalid_pass", "");
    assert_eq!(recorder.arrived().iter().filter(|request| request.line == "GET /x").count(), 1);
}
