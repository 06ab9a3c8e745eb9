//! What comes in as a secret never comes out: in no answer, no log, and no file of the data directory.

use super::{everything, handler, warnings};
use crate::harness::{Client, Server, Settings};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Every secret of this file has it.
const MARK: &str = "marked-3f9c61";
/// What the scan must find, to show that it can.
const CONTROL: &str = "control-8d27e5";

fn secret(name: &str) -> String {
    format!("sk-{name}-{MARK}")
}

fn tool(client_secret: &str, api_key: &str) -> Value {
    json!({
        "name": "t", "spec": {"description": CONTROL, "connection": {"baseUrl": "https://t.example"}},
        "credentials": {"client_id": secret("id"), "client_secret": client_secret, "api_key": api_key},
    })
}

fn provider() -> Value {
    let auth = json!({"type": "APIKey", "apiKey": secret("provider"), "awsConfig": {"secretAccessKey": secret("aws")}});
    json!({
        "name": "p",
        "spec": {"provider": "openai", "endpoint": "https://api.openai.com/v1", "models": ["m"], "auth": auth},
        "credentials": {"api_key": secret("provider-credential")},
    })
}

/// Sends secrets wherever one fits, in requests that are taken and in requests that are refused.
async fn send_secrets(client: &Client) -> Vec<Value> {
    let models = json!([{"provider": "openai", "model": "m", "api_key": secret("model")}]);
    let flat = json!({"name": "u", "base_url": "https://u.example", "credentials": {"api_key": secret("flat")}});
    let in_deploy = json!([{"name": "v", "base_url": "https://v.example", "api_key": secret("deploy")}]);
    let mapped = json!({"chat": {"provider": "openai", "model": "m", "api_key": secret("draft")}});
    let no_text =
        json!({"name": "w", "spec": {"connection": {"baseUrl": "https://w.example"}}, "credentials": [secret("list")]});
    let bad = json!({"name": "w", "spec": {"connection": {"baseUrl": 1}}, "credentials": {"api_key": secret("bad")}});
    let in_url = json!({"name": "w", "base_url": format!("https://user:{}@w.example", secret("url"))});
    let mut answers = Vec::new();
    for (path, body, status) in [
        ("/api/tools", tool(&secret("client"), &secret("key")), 201),
        ("/api/tools", tool(&secret("client-2"), &secret("key-2")), 201),
        ("/api/tools", flat, 201),
        ("/api/model-providers", provider(), 201),
        ("/api/deploy", handler("a", json!({"llm_configs": models, "tools_to_create": in_deploy})), 201),
        ("/api/deploy-drafts", json!({"model_mappings": mapped}), 201),
        ("/api/tools", no_text, 400),
        ("/api/tools", bad, 400),
        ("/api/tools", in_url, 400),
        ("/api/starter-kit", json!({"api_key": secret("kit")}), 201),
    ] {
        answers.push(client.post(path, body).await.expect(status));
    }
    let change = json!({"llm_configs": [{"provider": "openai", "model": "m", "token": secret("config")}]});
    answers.push(client.put("/api/agents/a/config", change).await.expect(200));
    answers
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// The files of the data directory that have the text.
fn files_with(server: &Server, text: &str) -> Vec<PathBuf> {
    let mut all = Vec::new();
    files(server.data_dir(), &mut all);
    let has = |path: &PathBuf| {
        fs::read(path).is_ok_and(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
    };
    all.into_iter().filter(has).collect()
}

#[tokio::test]
async fn secrets_are_in_no_answer_no_log_and_no_file() {
    let server = Server::start(Settings::without_agents()).await;
    let client = server.client();
    let mut answers = send_secrets(&client).await;
    assert!(warnings(&answers[4]).contains("`llm_configs[0].api_key` is a credential"), "{}", answers[4]);
    answers.push(everything(&client).await);
    for path in ["/api/tools/t", "/api/model-providers/p", "/api/agents/a", "/api/agents/a/config"] {
        answers.push(client.get(path).await.expect(200));
    }
    let decision = answers[4]["decision_id"].as_str().expect("an id");
    answers.push(client.get(&format!("/api/decisions/{decision}")).await.expect(200));
    for answer in &answers {
        assert!(!answer.to_string().contains(MARK), "{answer}");
    }
    let shown = client.get("/api/tools/t").await.expect(200);
    assert_eq!((&shown["has_credentials"], shown.get("credentials")), (&json!(true), None));
    assert!(!server.log().contains(MARK), "{}", server.log());

    let server = server.restart().await;
    assert!(!files_with(&server, CONTROL).is_empty(), "the scan finds what is stored in the clear");
    assert_eq!(files_with(&server, MARK), Vec::<PathBuf>::new());
    assert!(!server.log().contains(MARK), "{}", server.log());
}

#[tokio::test]
async fn a_workspaces_key_is_stored_as_a_hash_alone() {
    let server = Server::start(Settings::without_agents()).await;
    let client = server.workspace("keys").await;
    client.deploy(handler("a", json!({}))).await.expect(201);
    assert_eq!(files_with(&server, client.key()), Vec::<PathBuf>::new());
    assert!(!server.log().contains(client.key()));
    let kept = files_with(&server, &server.workspace_key());
    assert_eq!(kept, [server.data_dir().join("bootstrap-key")], "the first key is in its own file alone");
}
