//! What every answer has, whatever was asked: an id that the log knows, and an error in the contract's shape.

use super::{HANDLER, handler, keys};
use crate::harness::{Answer, Client, quiet};
use reqwest::Method;
use serde_json::json;
use std::time::{Duration, Instant};

/// Waits until the log of the server says it; the log arrives through a pipe.
async fn log_line(with: &[&str]) -> String {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let log = quiet().log();
        if let Some(line) = log.lines().find(|line| with.iter().all(|part| line.contains(part))) {
            return line.to_owned();
        }
        assert!(Instant::now() < deadline, "no line of the log has {with:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn id(answer: &Answer) -> &str {
    answer.header("x-request-id").expect("each answer has an id")
}

#[tokio::test]
async fn a_request_id_is_sent_back_and_is_in_the_log() {
    let client = quiet().workspace("request-id").await;
    let named = client.clone().with_header("X-Request-Id", "request-id-of-the-test.1");
    let answer = named.deploy(handler("a", json!({}))).await;
    assert_eq!((answer.status, id(&answer)), (201, "request-id-of-the-test.1"));
    let line = log_line(&["request-id-of-the-test.1", "status=201"]).await;
    assert!(line.contains("/api/deploy") && !line.contains(client.key()), "{line}");
}

#[tokio::test]
async fn an_id_is_made_where_none_or_an_odd_one_came_for_refusals_too() {
    let client = quiet().workspace("request-fresh").await;
    let nobody = Client::new(&quiet().url(), "");
    let long = "a".repeat(129);
    let mut seen = Vec::new();
    for (client, path) in [
        (client.clone(), "/api/agents"),
        (client.clone(), "/api/agents/none"),
        (client.clone(), "/nothing/at/all"),
        (nobody.clone(), "/api/agents"),
        (nobody, "/healthz"),
        (client.clone().with_header("X-Request-Id", "two words"), "/api/agents"),
        (client.clone().with_header("X-Request-Id", &long), "/api/agents"),
    ] {
        let answer = client.get(path).await;
        assert!(id(&answer).starts_with("req-"), "{answer:?}");
        log_line(&[id(&answer), &format!("status={}", answer.status)]).await;
        seen.push(id(&answer).to_owned());
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 7, "an id came twice");
}

#[tokio::test]
async fn an_unknown_path_is_a_json_404_and_a_wrong_method_a_json_405_that_names_the_right_ones() {
    let client = quiet().workspace("request-paths").await;
    for path in [
        "/",
        "/api",
        "/api/nothing",
        "/api/v1/nothing",
        "/api/v1/workspaces/request-paths/nothing",
        "/apiary",
        "/api/deploy/x",
    ] {
        let answer = client.post(path, json!({})).await;
        assert_eq!((answer.status, keys(&answer.body)), (404, vec!["code", "error", "hint"]), "{path}: {answer:?}");
    }
    for (method, path, allow) in [
        (Method::GET, "/api/deploy", "POST"),
        (Method::PUT, "/api/v1/agents", "GET"),
        (Method::POST, "/api/v1/workspaces/request-paths/agents/a", "DELETE"),
        (Method::PATCH, "/api/tools/t", "DELETE"),
        (Method::DELETE, "/api/starter-kit", "POST"),
        (Method::POST, "/readyz", "GET"),
    ] {
        let answer = client.send(client.request(method.clone(), path)).await;
        assert_eq!(
            (answer.status, keys(&answer.body)),
            (405, vec!["code", "error", "hint"]),
            "{method} {path}: {answer:?}"
        );
        assert!(answer.header("allow").is_some_and(|allowed| allowed.contains(allow)), "{method} {path}: {answer:?}");
    }
}

#[tokio::test]
async fn the_contracts_error_texts_are_word_for_word() {
    let client = quiet().workspace("request-texts").await;
    for (path, status, text) in [
        ("/api/agents/none", 404, "agent none not found"),
        ("/api/agents/none/config", 404, "agent none not found"),
        ("/api/agents/none/revisions", 404, "agent none not found"),
        ("/api/agents/none/logs", 404, "agent none not found"),
        ("/api/agents/request-texts/none", 404, "agent none not found"),
        ("/api/agents/", 400, "path must be /agents/{name}"),
        ("/api/tools/none", 404, "tool \"none\" not found"),
        ("/api/model-providers/none", 404, "model provider \"none\" not found"),
        ("/api/identity-providers/none", 404, "identity provider \"none\" not found"),
        ("/api/policies/none", 404, "policy \"none\" not found"),
        ("/api/builds/none", 404, "build not found"),
    ] {
        let answer = client.get(path).await;
        assert_eq!((answer.status, answer.body["error"].as_str()), (status, Some(text)), "{path}");
    }
    for path in ["agents/none", "tools/none", "model-providers/none", "identity-providers/none", "policies/none"] {
        assert_eq!(client.delete(&format!("/api/{path}")).await.expect(404)["code"], "not_found");
    }
    assert_eq!(client.deploy(json!({})).await.expect(400)["error"], "agent_name is required");
}

#[tokio::test]
async fn a_content_type_is_not_asked_for_and_health_needs_no_key() {
    let client = quiet().workspace("request-plain").await;
    let body = json!({"agent_name": "a", "source_files": {"agent.py": HANDLER}}).to_string();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"] {
        let request = client.request(Method::POST, "/api/deploy").header("content-type", content_type);
        client.send(request.body(body.clone())).await.expect(201);
    }
    let nobody = Client::new(&quiet().url(), "");
    assert_eq!(nobody.get("/readyz").await.expect(200), json!({"status": "ready"}));
    assert_eq!(nobody.get("/healthz").await.expect(200), json!({"status": "ok"}));
}
