//! Identity at the door: who may ask an agent that binds an identity provider, and what the agent learns of them.
//!
//! The provider is a server of the test, and its keys are made by the test. Where no agent has to run, a request that passed
//! the door is known by what the server says then: that it starts no agents.

mod bound;
mod header;
mod issuer;
mod keys;
mod zoo;

use crate::harness::{Answer, Client};
use issuer::Issuer;
use reqwest::Method;
use serde_json::{Value, json};

/// The audience of the tests' providers.
const AUDIENCE: &str = "agents";

/// The code of what a server without agents answers to a request that passed the door.
const PASSED: &str = "agent_cannot_run";

/// Registers a provider named `idp` whose keys are at `keys`; `more` is put over its spec.
async fn register(client: &Client, keys: &str, more: Value) {
    let mut spec = json!({
        "host": "agents.example",
        "identityProvider": {"issuer": issuer::NAME, "jwksUri": keys, "audiences": [AUDIENCE]},
        "userIDClaim": "email",
    });
    spec.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    client.post("/api/identity-providers", json!({"name": "idp", "spec": spec})).await.expect(201);
}

/// Deploys an agent that binds `idp`.
async fn guarded(client: &Client, name: &str) {
    let source = json!({"agent.py": "def handler(message):\n    return message\n"});
    client.deploy(json!({"agent_name": name, "source_files": source, "identity_provider": "idp"})).await.expect(201);
}

/// A workspace with a provider and an agent `bot` that binds it.
async fn door(server: &crate::harness::Server, workspace: &str, issuer: &Issuer, more: Value) -> Client {
    let client = server.workspace(workspace).await;
    register(&client, &issuer.keys_url(), more).await;
    guarded(&client, "bot").await;
    client
}

/// Asks an agent with the workspace's key in its own header and `token` in `Authorization`.
async fn ask(client: &Client, path: &str, token: Option<&str>) -> Answer {
    ask_with(client, path, token, &[]).await
}

async fn ask_with(client: &Client, path: &str, token: Option<&str>, headers: &[(&str, &str)]) -> Answer {
    let plain = client.without_key();
    let mut request = plain.request(Method::POST, path).header("X-RunAgents-API-Key", client.key());
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    plain.send(request.json(&json!({"message": "hello"}))).await
}

/// What came of asking `bot`: the status, the code, and the word of RFC 6750 in `WWW-Authenticate`.
async fn outcome(client: &Client, token: &str) -> (u16, String, Option<String>) {
    said(&ask(client, "/api/v1/agents/bot/invoke", Some(token)).await)
}

fn said(answer: &Answer) -> (u16, String, Option<String>) {
    let challenge = answer.header("www-authenticate").and_then(|value| value.split_once("error=\""));
    let word = challenge.and_then(|(_, rest)| rest.split('"').next()).map(str::to_owned);
    (answer.status, answer.body["code"].as_str().unwrap_or_default().to_owned(), word)
}

/// Waits for what the pauses of the server allow.
async fn until_passed(client: &Client, token: &str) {
    crate::agents::eventually("the token is taken", || async {
        (outcome(client, token).await.1 == PASSED).then_some(())
    })
    .await;
}
