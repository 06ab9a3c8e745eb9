//! The heart of it: a strategy and a detector are added to the running server and decide for one workspace of two.

use super::{bind_third_party, builtin, decided, request, third_party, unbind};
use crate::harness::{Server, Settings, quiet};
use serde_json::json;

#[tokio::test]
async fn a_strategy_and_a_detector_added_to_the_running_server_decide_for_one_workspace_of_two() {
    let server = quiet();
    let (operator, edge, plain) =
        (server.operator(), server.workspace("swap-edge").await, server.workspace("swap-plain").await);
    assert_eq!(decided(&edge, request("before")).await, builtin());
    bind_third_party(&operator, "swap-edge").await;

    assert_eq!(decided(&edge, request("after")).await, third_party());
    assert_eq!(decided(&plain, request("after")).await, builtin());
    // The same agent is decided anew, in a revision of its own.
    assert_eq!(decided(&edge, request("before")).await, third_party());
    let revisions = edge.get("/api/v1/agents/before/revisions").await.expect(200);
    let modes = revisions.as_array().expect("a list").iter().map(|revision| &revision["execution_mode"]);
    assert_eq!(json!(modes.collect::<Vec<_>>()), json!(["EDGE_FUNCTION", "INSTANT_RUNTIME"]));
}

#[tokio::test]
async fn an_unbound_slot_is_the_hosts_again_and_cannot_be_unbound_twice() {
    let server = quiet();
    let (operator, client) = (server.operator(), server.workspace("swap-back").await);
    bind_third_party(&operator, "swap-back").await;
    assert_eq!(decided(&client, request("there")).await, third_party());
    for slot in ["strategy", "detectors/acme"] {
        assert_eq!(unbind(&operator, "swap-back", slot).await.expect(200), json!({"status": "deleted"}));
    }
    assert_eq!(decided(&client, request("back")).await, builtin());
    let again = unbind(&operator, "swap-back", "strategy").await;
    assert_eq!(
        again.expect(404),
        json!({
            "error": "the workspace \"swap-back\" has bound no plugin to `strategy`", "code": "not_found",
            "hint": "the host's default holds there already",
        })
    );
}

#[tokio::test]
async fn bindings_are_listed_with_where_they_come_from() {
    let server = quiet();
    let operator = server.operator();
    server.workspace("swap-listed").await;
    bind_third_party(&operator, "swap-listed").await;
    let bindings = operator.get("/api/workspaces/swap-listed/plugins").await.expect(200);
    let lines = bindings.as_array().expect("a list").iter().map(|line| {
        json!([line["slot"], line["plugin"], line["version"], line["origin"], line["builtin"], line["priority"]])
    });
    assert_eq!(
        json!(lines.collect::<Vec<_>>()),
        json!([
            ["detectors/acme", "third-party-detector", "0.1.0", "workspace", false, 0],
            ["detectors/niche-frameworks", "niche-frameworks", "0.1.0", "host", true, 0],
            ["detectors/node-detector", "node-detector", "0.1.0", "host", true, 0],
            ["detectors/python-detector", "python-detector", "0.1.0", "host", true, 0],
            ["strategy", "alternative-strategy", "0.1.0", "workspace", false, 0],
            ["tool-provider", "http-tools", "0.1.0", "host", true, 0],
        ])
    );
}

#[tokio::test]
async fn a_plugin_of_one_workspace_cannot_be_bound_in_another() {
    // On a server of its own: another test gives the same guest to every workspace of the shared one.
    let server = Server::start(Settings::without_agents()).await;
    let operator = server.operator();
    server.workspace("swap-owner").await;
    server.workspace("swap-other").await;
    let guest = crate::harness::component("tests/claim-flood");
    operator.upload("/api/plugins?workspace=swap-owner", guest).await.expect(201);
    super::bind(&operator, "swap-owner", "detectors/own", "claim-flood").await;
    let path = "/api/workspaces/swap-other/plugins/detectors/own";
    let refused = operator.put(path, json!({"plugin": "claim-flood"})).await;
    assert_eq!(refused.status, 404, "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workspaces_deploy_the_same_source_at_once_by_different_strategies() {
    let server = quiet();
    let (operator, edge, plain) =
        (server.operator(), server.workspace("swap-once-a").await, server.workspace("swap-once-b").await);
    bind_third_party(&operator, "swap-once-a").await;
    for round in 0..5 {
        let agent = format!("same-{round}");
        let both = tokio::join!(decided(&edge, request(&agent)), decided(&plain, request(&agent)));
        assert_eq!(both, (third_party(), builtin()));
    }
}
