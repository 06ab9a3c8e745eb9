//! The keys of one's own workspace and its settings of authentication.

use crate::harness::{Client, Server, Settings, assert_refused, masked, quiet};
use serde_json::{Value, json};

const KEYS: &str = "/api/v1/auth/api-keys";

/// A client with the key that an answer shows.
fn holder(server: &Server, answer: &Value) -> Client {
    Client::new(&server.url(), answer["token"].as_str().expect("a token"))
}

/// The path of the key that an answer shows.
fn path(answer: &Value) -> String {
    format!("{KEYS}/{}", answer["key"]["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn a_key_is_made_listed_used_and_deleted_by_a_key_of_its_workspace() {
    let server = quiet();
    let client = server.workspace("keys-life").await;
    let made = client.post(KEYS, json!({"name": "ci", "expiresInDays": 30})).await.expect(201);
    let token = made["token"].as_str().expect("a token");
    assert!(token.starts_with("ra_ws_") && token.ends_with(made["key"]["last4"].as_str().expect("its end")), "{made}");
    assert_eq!(made["header"], "X-RunAgents-API-Key");
    let mut shown = masked(&made["key"]);
    assert!(shown.as_object_mut().expect("an object").remove("last4").is_some());
    let expected = json!({"id": "key-ID", "name": "ci", "prefix": "ra_ws_", "createdAt": "TIME", "expiresAt": "TIME"});
    assert_eq!(shown, expected);

    let ci = holder(server, &made);
    assert_eq!(ci.get("/api/agents").await.expect(200), json!([]));
    let list = ci.get("/api/auth/api-keys").await.expect(200);
    let names: Vec<&Value> = list.as_array().expect("a list").iter().map(|key| &key["name"]).collect();
    assert_eq!(names, ["first", "ci"]);
    assert!(!list.to_string().contains(token), "a token is shown once");
    assert!(list[0]["expiresAt"].is_null() && !list[0].as_object().expect("an object").contains_key("expiresAt"));

    assert_eq!(client.delete(&path(&made)).await.expect(200), json!({"status": "deleted"}));
    assert_eq!(ci.get("/api/agents").await.expect(401)["code"], "key_revoked");
    client.delete(&path(&made)).await.expect(404);
    assert_eq!(client.get(KEYS).await.expect(200).as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_last_use_of_a_key_is_shown() {
    let server = quiet();
    let client = server.workspace("keys-used").await;
    let made = client.post(KEYS, json!({"name": "ci"})).await.expect(201);
    assert!(made["key"].get("lastUsedAt").is_none());
    let ci = holder(server, &made);
    ci.get("/api/agents").await.expect(200);
    // The use is written behind the answer; a later write of the same key's holder is behind it in the queue.
    ci.post("/api/deploy-drafts", json!({})).await.expect(201);
    let list = client.get(KEYS).await.expect(200);
    assert_eq!(masked(&list[1]["lastUsedAt"]), "TIME", "{list}");
}

#[tokio::test]
async fn a_rotated_key_keeps_its_id_and_drafts_and_the_old_token_opens_nothing() {
    let server = quiet();
    let client = server.workspace("keys-rotated").await;
    let made = client.post(KEYS, json!({"name": "ci", "expiresInDays": 30})).await.expect(201);
    let old = holder(server, &made);
    let draft = old.post("/api/deploy-drafts", json!({})).await.expect(201)["id"].clone();
    let rotate = format!("{}/rotate", path(&made));
    let rotated = old.post_nothing(&rotate).await.expect(200);
    for same in ["id", "name", "createdAt", "expiresAt"] {
        assert_eq!(rotated["key"][same], made["key"][same]);
    }
    assert_ne!(rotated["token"], made["token"]);
    assert_eq!(old.get("/api/agents").await.expect(401)["code"], "invalid_key");
    let new = holder(server, &rotated);
    new.get(&format!("/api/deploy-drafts/{}", draft.as_str().expect("an id"))).await.expect(200);
    let longer = client.post(&rotate, json!({"expiresInDays": 60})).await.expect(200);
    assert_ne!(longer["key"]["expiresAt"], made["key"]["expiresAt"]);
    for days in [json!(0), json!(-1), json!("9"), json!(100_000)] {
        assert_eq!(client.post(&rotate, json!({"expiresInDays": days})).await.expect(400)["field"], "expiresInDays");
    }
    holder(server, &longer).get("/api/agents").await.expect(200);
}

#[tokio::test]
async fn what_is_wrong_in_a_key_is_a_400_that_names_it() {
    let client = quiet().workspace("keys-wrong").await;
    let before = client.get(KEYS).await.expect(200);
    for (body, code, field) in [
        (json!({}), "missing_field", "name"),
        (json!({"name": " "}), "missing_field", "name"),
        (json!({"name": "a\nb"}), "invalid_name", "name"),
        (json!({"name": "ci", "expiresInDays": 0}), "invalid_value", "expiresInDays"),
        (json!({"name": "ci", "expiresInDays": "30"}), "invalid_type", "expiresInDays"),
    ] {
        assert_refused(&client.post(KEYS, body).await, 400, code, field);
    }
    let names = |list: &Value| list.as_array().expect("a list").len();
    assert_eq!(names(&client.get(KEYS).await.expect(200)), names(&before));
}

#[tokio::test]
async fn keys_of_another_workspace_are_not_there() {
    let server = quiet();
    let (client, stranger) = (server.workspace("keys-own").await, server.workspace("keys-strange").await);
    let made = client.post(KEYS, json!({"name": "ci"})).await.expect(201);
    stranger.delete(&path(&made)).await.expect(404);
    stranger.post(&format!("{}/rotate", path(&made)), json!({})).await.expect(404);
    stranger.delete(&format!("{KEYS}/key-none")).await.expect(404);
    holder(server, &made).get("/api/agents").await.expect(200);
    let list = stranger.get(KEYS).await.expect(200).to_string();
    assert!(!list.contains(made["key"]["id"].as_str().expect("an id")));
}

#[tokio::test]
async fn an_expired_key_is_a_401_that_says_so_and_is_rotated_only_with_a_new_life() {
    let server = Server::start(Settings::without_agents()).await;
    let client = server.client();
    let made = client.post(KEYS, json!({"name": "ci", "expiresInDays": 1})).await.expect(201);
    let ci = holder(&server, &made);
    ci.get("/api/agents").await.expect(200);
    server.sql(&format!("UPDATE keys SET expires_at = 1 WHERE id = '{}'", made["key"]["id"].as_str().expect("an id")));
    for path in ["/api/agents", "/api/v1/tools", KEYS] {
        let refused = ci.get(path).await;
        assert_eq!((refused.status, &refused.body["code"]), (401, &json!("key_expired")), "{refused:?}");
        assert!(refused.body["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{refused:?}");
        assert!(refused.header("www-authenticate").is_some());
    }
    let rotate = format!("{}/rotate", path(&made));
    assert_refused(&client.post(&rotate, json!({})).await, 400, "missing_field", "expiresInDays");
    let rotated = client.post(&rotate, json!({"expiresInDays": 1})).await.expect(200);
    holder(&server, &rotated).get("/api/agents").await.expect(200);
}

#[tokio::test]
async fn settings_of_authentication_are_read_and_changed_within_their_limits() {
    let server = quiet();
    let (client, other) = (server.workspace("settings").await, server.workspace("settings-other").await);
    let path = "/api/v1/settings/auth";
    let mut expected = json!({
        "sessionIdleTimeoutMinutes": 30, "minSessionIdleTimeoutMinutes": 5, "maxSessionIdleTimeoutMinutes": 1440,
        "programmaticHeader": "X-RunAgents-API-Key", "apiKeyPrefix": "ra_ws_", "apiKeyCount": 1,
    });
    assert_eq!(client.get(path).await.expect(200), expected);
    client.post(KEYS, json!({"name": "ci"})).await.expect(201);
    expected["apiKeyCount"] = json!(2);
    assert_eq!(client.get(path).await.expect(200), expected);
    for (body, code) in [
        (json!({}), "missing_field"),
        (json!({"sessionIdleTimeoutMinutes": null}), "missing_field"),
        (json!({"sessionIdleTimeoutMinutes": 4}), "invalid_value"),
        (json!({"sessionIdleTimeoutMinutes": 1441}), "invalid_value"),
        (json!({"sessionIdleTimeoutMinutes": "60"}), "invalid_type"),
        (json!({"sessionIdleTimeoutMinutes": 7.5}), "invalid_type"),
    ] {
        assert_refused(&client.put(path, body).await, 400, code, "sessionIdleTimeoutMinutes");
    }
    assert_eq!(client.get(path).await.expect(200), expected);
    expected["sessionIdleTimeoutMinutes"] = json!(60);
    assert_eq!(client.put(path, expected.clone()).await.expect(200), expected, "what was shown may be sent back");
    assert_eq!(client.get("/api/settings/auth").await.expect(200), expected);
    assert_eq!(other.get(path).await.expect(200)["sessionIdleTimeoutMinutes"], 30);
}
