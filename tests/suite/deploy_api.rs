//! The deploy API through the real router: every row of the brief's tables, the contract's shapes, and what is refused.
//!
//! All tests here talk to one server that starts no agents, each in a workspace of its own.

mod access;
mod actions;
mod apart;
mod api_keys;
mod bodies;
mod brief;
mod catalog;
mod context;
mod drafts;
mod errors;
mod fields;
mod idempotency;
mod imports;
mod limits;
mod not_yet;
mod pace;
mod preview;
mod probes;
mod requests;
mod secrets;
mod shapes;
mod spend;
mod validation;

use crate::harness::Client;
use serde_json::{Map, Value, json};

/// An agent that needs nothing: its deploys are decided at once and build nothing.
const HANDLER: &str = "def handler(message):\n    return {\"response\": message}\n";

/// A deploy of [`HANDLER`], with more fields.
fn handler(agent: &str, more: Value) -> Value {
    with(json!({"agent_name": agent, "source_files": {"agent.py": HANDLER}}), more)
}

/// A deploy that builds an image: the runtime holds what it requires.
fn built(agent: &str, more: Value) -> Value {
    with(handler(agent, json!({"requirements": "runagents>=0.2.0\n"})), more)
}

/// The object with the fields of another one put over its own.
fn with(mut object: Value, more: Value) -> Value {
    let (Some(fields), Value::Object(more)) = (object.as_object_mut(), more) else { panic!("two objects") };
    fields.extend(more);
    object
}

/// Everything that a workspace shows, to be compared before and after.
async fn everything(client: &Client) -> Value {
    let mut all = Map::new();
    for list in ["agents", "tools", "model-providers", "policies", "identity-providers", "deploy-drafts?mine=0"] {
        all.insert(list.to_owned(), client.get(&format!("/api/{list}")).await.expect(200));
    }
    for agent in all["agents"].as_array().expect("a list").clone() {
        let path = format!("/api/v1/agents/{}/revisions", agent["name"].as_str().expect("a name"));
        all.insert(path.clone(), client.get(&path).await.expect(200));
    }
    all.into()
}

/// The names of an object's fields, sorted.
fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// The warnings of an answer, as one text.
fn warnings(answer: &Value) -> String {
    let warnings = answer["warnings"].as_array().expect("a list");
    warnings.iter().map(|warning| warning.as_str().expect("a text")).collect::<Vec<_>>().join("\n")
}

/// The usage, masked, of a model of `openai` that has no budget and has cost nothing.
fn uncapped(role: &str, model: &str) -> Value {
    json!({
        "label": format!("{role}: {model}"), "role": role, "provider": "openai", "model": model,
        "estimated_spend_usd": 0.0, "period_start": "TIME", "period_end": "TIME", "status": "Uncapped",
    })
}

/// Registers a tool of that name.
async fn register_tool(client: &Client, name: &str) {
    client.post("/api/tools", json!({"name": name, "base_url": format!("https://{name}.example")})).await.expect(201);
}

/// Registers a policy of that name.
async fn register_policy(client: &Client, name: &str) {
    let spec = json!({"policies": [{"permission": "allow", "operations": ["GET"], "resource": "https://*"}]});
    client.post("/api/policies", json!({"name": name, "spec": spec})).await.expect(201);
}

/// Registers an identity provider of that name.
async fn register_identity_provider(client: &Client, name: &str) -> Value {
    let provider = json!({"issuer": "https://id.example", "jwksUri": "https://id.example/keys", "audiences": ["a"]});
    let spec = json!({
        "host": "agents.example", "identityProvider": provider, "userIDClaim": "email", "allowedDomains": ["example.com"],
    });
    client.post("/api/identity-providers", json!({"name": name, "spec": spec})).await.expect(201)
}
