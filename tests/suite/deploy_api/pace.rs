//! How many requests a minute a key may send. What passes once the minute is over is tested where the clock is given.

use super::handler;
use crate::harness::{Answer, Client, Server, Settings};
use serde_json::json;

const LIMIT: usize = 4;

async fn limited_server() -> Server {
    let environment = vec![("WINDLASS_REQUESTS_PER_MINUTE".to_owned(), LIMIT.to_string())];
    Server::start(Settings { environment, ..Settings::without_agents() }).await
}

fn assert_error(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.body["code"].as_str()), (status, Some(code)), "{answer:?}");
}

/// A number of whole seconds within the minute.
fn assert_wait(answer: &Answer) {
    let seconds: u64 = answer.header("retry-after").and_then(|text| text.parse().ok()).expect("when to ask again");
    assert!((1..=60).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn a_key_gets_as_many_requests_a_minute_as_the_setting_says_and_no_other_key_pays_for_them() {
    let server = limited_server().await;
    let (client, other) = (server.client(), server.workspace("other").await);
    client.deploy(handler("bot", json!({}))).await.expect(201);
    client.get("/v2/").await.expect(200);
    client.get("/api/agents/nobody").await.expect(404);
    client.get("/api/v1/agents").await.expect(200);
    for refused in [client.deploy(handler("late", json!({}))).await, client.get("/api/agents").await] {
        assert_error(&refused, 429, "rate_limited");
        assert!(
            refused.body["hint"].as_str().is_some_and(|hint| hint.contains("--requests-per-minute")),
            "{refused:?}"
        );
        assert_wait(&refused);
    }
    let pull = client.get("/v2/").await;
    assert_wait(&pull);
    assert_eq!(pull.expect(429)["errors"][0]["code"], "TOOMANYREQUESTS");

    let agents = other.get("/api/agents").await.expect(200);
    assert_eq!(agents, json!([]), "another key has its own");
    let agents = server.operator().get("/api/agents").await.expect(200);
    assert_eq!(agents.as_array().map(Vec::len), Some(1), "what was refused changed nothing");
}

#[tokio::test]
async fn an_operator_is_not_limited_and_a_key_that_opens_nothing_is_not_counted() {
    let server = limited_server().await;
    let stranger = Client::new(&server.url(), &format!("ra_ws_{}", "0".repeat(64)));
    for _ in 0..=LIMIT {
        server.operator().get("/api/agents").await.expect(200);
        assert_error(&stranger.get("/api/agents").await, 401, "invalid_key");
    }
}
