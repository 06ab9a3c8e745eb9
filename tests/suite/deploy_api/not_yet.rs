//! What the clients call and nothing here fills yet: no client breaks on it, and whoever has no key is told so first.

use crate::harness::{Client, assert_refused, quiet};
use reqwest::Method;
use serde_json::json;

const PREFIXES: [&str; 3] = ["/api", "/api/v1", "/api/v1/workspaces/not-yet"];

/// Every path of the connectors, in both generations.
fn connectors(prefix: &str) -> [String; 2] {
    [format!("{prefix}/approval-connectors"), format!("{prefix}/settings/approval-connectors")]
}

#[tokio::test]
async fn lists_are_empty_lists() {
    let client = quiet().workspace("not-yet").await;
    let mut paths =
        vec!["/runs".to_owned(), "/runs?agent_id=a&status=FAILED".to_owned(), "/governance/requests".to_owned()];
    for prefix in PREFIXES {
        paths.extend([format!("{prefix}/runs"), format!("{prefix}/approvals/requests")]);
        for path in connectors(prefix) {
            paths.extend([path.clone(), format!("{path}/activity?limit=50")]);
        }
    }
    let nobody = Client::new(&quiet().url(), "");
    for path in paths {
        assert_eq!(client.get(&path).await.expect(200), json!([]), "{path}");
        assert_eq!(nobody.get(&path).await.expect(401)["code"], "missing_key", "{path}");
    }
}

#[tokio::test]
async fn one_of_them_is_not_found_by_name() {
    let client = quiet().workspace("not-yet-one").await;
    let prefix = "/api/v1";
    let connector = format!("{prefix}/approval-connectors/x");
    for (method, path, what) in [
        (Method::GET, "/runs/x".to_owned(), "run"),
        (Method::GET, format!("{prefix}/runs/x"), "run"),
        (Method::GET, format!("{prefix}/runs/x/events?limit=5"), "run"),
        (Method::POST, format!("{prefix}/approvals/requests/x/approve"), "approval request"),
        (Method::POST, format!("{prefix}/approvals/requests/x/reject"), "approval request"),
        (Method::POST, "/governance/requests/x/approve".to_owned(), "approval request"),
        (Method::POST, "/governance/requests/x/reject".to_owned(), "approval request"),
        (Method::GET, connector.clone(), "approval connector"),
        (Method::PATCH, connector.clone(), "approval connector"),
        (Method::DELETE, connector, "approval connector"),
    ] {
        let answer = client.send(client.request(method, &path)).await;
        assert_eq!(answer.clone().expect(404)["error"], format!("{what} not found"), "{path}");
        assert_refused(&answer, 404, "not_found", "");
    }
}

#[tokio::test]
async fn what_needs_the_missing_part_says_so() {
    let client = quiet().workspace("not-yet-501").await;
    for prefix in ["/api", "/api/v1"] {
        let [connectors, old] = connectors(prefix);
        for path in [&connectors, &old] {
            let defaults = client.get(&format!("{path}/defaults")).await.expect(200);
            assert_eq!(
                (&defaults["default_delivery_mode"], &defaults["max_timeout_seconds"]),
                (&json!("first_success"), &json!(120))
            );
            let connector = json!({"name": "hook", "endpoint": "https://hook.example"});
            assert_refused(&client.post(path, connector.clone()).await, 501, "not_implemented", "");
            assert_refused(&client.post(&format!("{path}/test"), connector).await, 501, "not_implemented", "");
            let defaults = client.put(&format!("{path}/defaults"), json!({"default_timeout_seconds": 5})).await;
            assert_refused(&defaults, 501, "not_implemented", "");
        }
        let chat = client.post(&format!("{prefix}/copilot/chat"), json!({"messages": []})).await;
        assert_refused(&chat, 501, "not_implemented", "");
        let translate = format!("{prefix}/policies/translate");
        let wish = client.post(&translate, json!({"text": "Let nobody delete anything."})).await;
        assert_refused(&wish, 501, "not_implemented", "");
        for body in [json!({}), json!({"text": " "}), json!({"text": null})] {
            assert_refused(&client.post(&translate, body).await, 400, "missing_field", "text");
        }
        assert_refused(&client.post(&translate, json!({"text": 1})).await, 400, "invalid_type", "text");
    }
    let nobody = Client::new(&quiet().url(), "");
    for path in
        ["/api/copilot/chat", "/api/policies/translate", "/api/approval-connectors", "/governance/requests/x/approve"]
    {
        assert_eq!(nobody.post(path, json!({})).await.expect(401)["code"], "missing_key", "{path}");
    }
}

#[tokio::test]
async fn a_policy_may_be_called_translate() {
    let client = quiet().workspace("not-yet-name").await;
    super::register_policy(&client, "translate").await;
    let path = "/api/v1/policies/translate";
    assert_eq!(client.get(path).await.expect(200)["name"], "translate");
    assert_eq!(client.put(path, json!({"spec": {"policies": []}})).await.expect(200)["spec"], json!({"policies": []}));
    client.delete(path).await.expect(200);
    client.get(path).await.expect(404);
}
