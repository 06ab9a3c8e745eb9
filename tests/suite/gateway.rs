//! The gateway end to end: agents behind it, a model provider from PyPI beyond it.

mod answers;
mod limits;
mod passes;
mod tools;

use crate::agents::{answer, deploy_with};
use crate::harness::{Answer, Client};
use serde_json::{Value, json};

/// The key that providers are registered with: it may be seen by the provider alone.
const KEY: &str = "sk-test-4f1d0c9ab2e7";
/// The model that most tests ask for: its price is in the table.
const MODEL: &str = "gpt-4o-mini";

/// An agent that tells where its gateway is, so that a test can ask in its place.
const GUIDE: &str = "import os\ndef handler(message):\n    return os.environ[\"OPENAI_BASE_URL\"]\n";

/// Registers a model provider of the type openai, with the key; `more` overrides fields of its spec.
async fn register(client: &Client, name: &str, endpoint: &str, more: Value) {
    let mut spec = json!({
        "provider": "openai", "endpoint": endpoint, "models": [MODEL, "text-embedding-3-small"], "auth": {"type": "APIKey"},
    });
    spec.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let body = json!({"name": name, "spec": spec, "credentials": {"api_key": KEY}});
    client.post("/api/model-providers", body).await.expect(201);
}

/// Deploys an agent with one model, and gives the address that it was told.
async fn gateway_of(client: &Client, name: &str, config: Value) -> String {
    deploy_with(client, name, GUIDE, json!({"llm_configs": [config]})).await;
    answer(client, name, "where?").await
}

/// The address of an agent whose model `openai` serves.
async fn gateway(client: &Client, name: &str) -> String {
    gateway_of(client, name, json!({"provider": "openai", "model": MODEL})).await
}

/// One request to the gateway, without any key.
async fn post(base: &str, path: &str, body: Value) -> Answer {
    Client::new(base, "").post(path, body).await
}

/// One question to a model.
async fn chat(base: &str, message: &str) -> Answer {
    post(base, "/chat/completions", json!({"model": MODEL, "messages": [{"role": "user", "content": message}]})).await
}

/// Checks a refusal of the gateway in OpenAI's shape.
#[track_caller]
fn assert_error(answer: &Answer, status: u16, code: &str) {
    let error = &answer.body["error"];
    assert_eq!((answer.status, error["code"].as_str()), (status, Some(code)), "{answer:?}");
    assert!(error["message"].is_string() && error["type"].is_string() && error["hint"].is_string(), "{answer:?}");
    assert!(!answer.body.to_string().contains(KEY), "{answer:?}");
}

/// What an agent's configuration says of its only model.
async fn usage(client: &Client, agent: &str) -> Value {
    client.get(&format!("/api/v1/agents/{agent}/config")).await.expect(200)["model_usage"][0].clone()
}
