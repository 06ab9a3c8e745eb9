//! Shadow: a candidate that is tried on each deploy beside the plugin that decides, and let decide when it has proved itself.

use super::{builtin, decided, install, request};
use crate::harness::{Client, quiet};
use serde_json::{Value, json};
use std::time::Duration;

/// Binds a candidate beside what decides.
async fn bind_shadow(operator: &Client, workspace: &str, slot: &str, plugin: &str) -> Value {
    let path = format!("/api/workspaces/{workspace}/plugins/{slot}");
    operator.put(&path, json!({"plugin": plugin, "shadow": true})).await.expect(200)
}

/// The candidate's report, as soon as it was asked about so many deploys.
async fn report(operator: &Client, workspace: &str, slot: &str, deploys: u64) -> Value {
    let path = format!("/api/workspaces/{workspace}/plugins/{slot}/shadow");
    loop {
        let report = operator.get(&path).await.expect(200);
        if report["counts"]["asked"].as_u64().expect("a number") >= deploys {
            return report;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_candidate_is_tried_on_each_deploy_and_changes_nothing_until_it_is_promoted() {
    let server = quiet();
    let (operator, client) = (server.operator(), server.workspace("shadow-strategy").await);
    install(&operator, "alternative-strategy").await;
    let bound = bind_shadow(&operator, "shadow-strategy", "strategy", "alternative-strategy").await;
    assert_eq!((&bound["shadow"], &bound["plugin"]), (&json!(true), &json!("alternative-strategy")));
    for agent in ["first", "second"] {
        assert_eq!(decided(&client, request(agent)).await, builtin());
    }
    let report = report(&operator, "shadow-strategy", "strategy", 2).await;
    let counts = &report["counts"];
    assert_eq!(json!([counts["differed"], counts["agreed"], counts["missed"]]), json!([2, 0, 0]));
    assert_eq!(counts["fields"]["plan.execution_mode"], 2);
    let last = &report["disagreements"][0];
    let decision = client.get(&format!("/api/v1/decisions/{}", last["decision_id"].as_str().expect("an id"))).await;
    assert_eq!(decision.expect(200)["execution_mode"], "INSTANT_RUNTIME", "the decision that was made");
    assert_eq!(last["agent_name"], "second");

    let promoted = operator.post_nothing("/api/workspaces/shadow-strategy/plugins/strategy/promote").await.expect(200);
    assert_eq!((&promoted["shadow"], &promoted["plugin"]), (&json!(false), &json!("alternative-strategy")));
    assert_eq!(decided(&client, request("third")).await["execution_mode"], "EDGE_FUNCTION");
    let slot = operator.get("/api/workspaces/shadow-strategy/plugins/strategy").await.expect(200);
    assert!(slot.get("shadow").is_none(), "its place is empty: {slot}");
    let history = &slot["history"][0];
    assert_eq!((&history["change"], &history["note"]["counts"]["differed"]), (&json!("promote"), &json!(2)));
    let again = operator.post_nothing("/api/workspaces/shadow-strategy/plugins/strategy/promote").await;
    assert_eq!(again.expect(404)["hint"], "bind one: PUT the slot with `\"shadow\": true`");
}

#[tokio::test]
async fn a_candidate_that_says_the_same_agrees_and_leaves_no_disagreement() {
    let server = quiet();
    let (operator, client) = (server.operator(), server.workspace("shadow-same").await);
    for (slot, plugin) in [("strategy", "standard-strategy"), ("detectors/python-detector", "python-detector")] {
        bind_shadow(&operator, "shadow-same", slot, plugin).await;
    }
    client.deploy(request("agent")).await.expect(201);
    for slot in ["strategy", "detectors/python-detector"] {
        let report = report(&operator, "shadow-same", slot, 1).await;
        assert_eq!(json!([report["counts"]["agreement"], report["disagreements"]]), json!([1.0, []]), "{slot}");
    }
}

#[tokio::test]
async fn a_candidate_that_breaks_or_never_ends_is_counted_and_no_deploy_notices() {
    let server = quiet();
    let (operator, client) = (server.operator(), server.workspace("shadow-broken").await);
    for (guest, word) in [("trap-strategy", "trapped"), ("endless-loop-strategy", "longer than its limit")] {
        install(&operator, guest).await;
        bind_shadow(&operator, "shadow-broken", "strategy", guest).await;
        assert_eq!(decided(&client, request(guest)).await, builtin());
        let report = report(&operator, "shadow-broken", "strategy", 1).await;
        assert_eq!(report["counts"]["failed"], 1);
        let failure = report["disagreements"][0]["failure"].as_str().expect("a text");
        assert!(failure.contains(word), "{guest}: {failure}");
    }
}

#[tokio::test]
async fn a_shadow_is_the_operators_and_sees_its_own_workspace_alone() {
    let server = quiet();
    let (operator, client) = (server.operator(), server.workspace("shadow-own").await);
    let other = server.workspace("shadow-other").await;
    bind_shadow(&operator, "shadow-own", "strategy", "standard-strategy").await;
    other.deploy(request("agent")).await.expect(201);
    client.deploy(request("agent")).await.expect(201);
    assert_eq!(report(&operator, "shadow-own", "strategy", 1).await["counts"]["asked"], 1);
    let path = "/api/workspaces/shadow-own/plugins/strategy";
    assert_eq!(client.get(&format!("{path}/shadow")).await.expect(403)["code"], "operator_only");
    assert_eq!(client.post_nothing(&format!("{path}/promote")).await.expect(403)["code"], "operator_only");
    assert_eq!(operator.get("/api/workspaces/shadow-other/plugins/strategy/shadow").await.status, 404);
    operator.delete(&format!("{path}?shadow=true")).await.expect(200);
    assert_eq!(operator.get(&format!("{path}/shadow")).await.status, 404);
}
