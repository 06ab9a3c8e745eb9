//! Agents end to end: real processes behind the real API, asked as their users ask them.

mod apps;
mod environment;
mod isolation;
mod replaced;
mod restarted;
mod serving;
mod swept;

use crate::harness::{Answer, Client};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long an environment from PyPI, or a start on a busy machine, may take.
const PATIENCE: Duration = Duration::from_mins(4);

/// Deploys one file, `agent.py`.
pub(crate) async fn deploy(client: &Client, name: &str, code: &str) -> Value {
    deploy_with(client, name, code, json!({})).await
}

/// Deploys one file with more fields of the request.
pub(crate) async fn deploy_with(client: &Client, name: &str, code: &str, more: Value) -> Value {
    let mut request = json!({"agent_name": name, "source_files": {"agent.py": code}, "entry_point": "agent.py"});
    request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    client.deploy(request).await.expect(201)
}

/// One request to an agent, whatever the answer.
async fn ask(client: &Client, name: &str, message: &str) -> Answer {
    client.post(&format!("/api/v1/agents/{name}/invoke"), json!({"message": message})).await
}

/// What an agent answers once it is ready; each 503 on the way must say when to ask again.
pub(crate) async fn answer(client: &Client, name: &str, message: &str) -> String {
    let give_up = Instant::now() + PATIENCE;
    loop {
        let answer = ask(client, name, message).await;
        if answer.status != 503 || Instant::now() > give_up {
            let body = answer.expect(200);
            return body["response"].as_str().expect("a response").to_owned();
        }
        assert!(answer.header("retry-after").is_some(), "{answer:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until `look` gives something.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, look: impl Fn() -> F) -> T {
    let give_up = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < give_up, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
