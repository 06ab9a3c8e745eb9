//! Replay: the last deploys put to another plugin, deploy by deploy, without changing anything.

use super::{builtin, decided, install, request};
use crate::fixtures::project;
use crate::harness::{Client, assert_refused, quiet};
use serde_json::{Value, json};

/// Deploys the projects of the fixtures, with tools and mappings on some, until so many are acknowledged.
async fn deploy_fixtures(client: &Client, deploys: usize) {
    let fixtures = project::all();
    let mut acknowledged = 0;
    for n in 0.. {
        assert!(n < 4 * deploys, "only {acknowledged} of {n} projects were deployed");
        let mut request = json!({"agent_name": format!("a{n}"), "source_files": fixtures[n % fixtures.len()].files()});
        if n % 3 == 0 {
            let tool = format!("tool-{}", n % 7);
            let url = format!("https://{tool}.example.com");
            request["tools_to_create"] = json!([{"name": tool, "base_url": url, "description": n.to_string()}]);
            request["tool_url_mappings"] = json!({url: tool});
        }
        acknowledged += usize::from(client.deploy(request).await.status == 201);
        if acknowledged == deploys {
            return;
        }
    }
}

async fn replay(workspace: &str, slot: &str, body: Value) -> Value {
    let path = format!("/api/workspaces/{workspace}/plugins/{slot}/replay");
    quiet().operator().post(&path, body).await.expect(200)
}

#[tokio::test]
async fn the_plugins_that_decided_replay_five_hundred_deploys_without_a_difference() {
    let client = quiet().workspace("replay-same").await;
    deploy_fixtures(&client, 500).await;
    for slot in ["detectors/python-detector", "strategy", "tool-provider"] {
        let plugin = match slot {
            "strategy" => "standard-strategy",
            "tool-provider" => "http-tools",
            detector => detector.trim_start_matches("detectors/"),
        };
        let answer = replay("replay-same", slot, json!({"plugin": plugin, "last": 500})).await;
        let different = answer["deploys"].as_array().expect("a list").iter().find(|deploy| deploy["outcome"] != "same");
        assert_eq!(different, None, "{slot}");
        let counts = &answer["counts"];
        let seen =
            json!([counts["asked"], counts["agreed"], counts["unsteady"], counts["agreement"], counts["fields"]]);
        assert_eq!(seen, json!([500, 500, 0, 1.0, {}]), "{slot}");
    }
}

#[tokio::test]
async fn another_strategy_is_replayed_and_nothing_changes_by_it() {
    let server = quiet();
    let client = server.workspace("replay-other").await;
    install(&server.operator(), "alternative-strategy").await;
    for agent in ["first", "second"] {
        client.deploy(request(agent)).await.expect(201);
    }
    let before = client.get("/api/v1/agents").await.expect(200);
    let answer = replay("replay-other", "strategy", json!({"plugin": "alternative-strategy@0.1.0"})).await;
    assert_eq!(answer["counts"]["differed"], 2);
    assert_eq!(answer["counts"]["fields"]["plan.execution_mode"], 2);
    let deploys = answer["deploys"].as_array().expect("a list");
    assert_eq!(json!([deploys[0]["agent_name"], deploys[1]["agent_name"]]), json!(["second", "first"]), "newest first");
    let differences = deploys[0]["differences"].as_array().expect("a list");
    let mode = differences.iter().find(|difference| difference["field"] == "plan.execution_mode").expect("the mode");
    assert_eq!((&mode["live"], &mode["candidate"]), (&json!("INSTANT_RUNTIME"), &json!("EDGE_FUNCTION")));

    assert_eq!(client.get("/api/v1/agents").await.expect(200), before);
    assert_eq!(decided(&client, request("third")).await, builtin());
    let last = replay("replay-other", "strategy", json!({"plugin": "alternative-strategy", "last": 1})).await;
    assert_eq!(json!([last["counts"]["asked"], last["deploys"][0]["agent_name"]]), json!([1, "third"]));
}

#[tokio::test]
async fn another_detector_shows_what_its_claims_would_have_changed() {
    let server = quiet();
    let client = server.workspace("replay-detector").await;
    install(&server.operator(), "third-party-detector").await;
    client.deploy(request("agent")).await.expect(201);
    // In a slot of its own it only adds claims; the framework that the plan follows is the better one.
    let body = json!({"plugin": "third-party-detector"});
    let answer = replay("replay-detector", "detectors/acme", body.clone()).await;
    let fields = &answer["counts"]["fields"];
    assert_eq!((&fields["claims.framework"], &fields["plan.framework"]), (&json!(1), &json!(1)), "{answer}");
    // In the slot of the built-in one it takes the place of all that one had claimed.
    let answer = replay("replay-detector", "detectors/python-detector", body).await;
    assert_eq!(answer["counts"]["fields"]["claims.run_kind"], 1, "{answer}");
}

#[tokio::test]
async fn a_plugin_that_breaks_fails_in_the_replay_and_nowhere_else() {
    let server = quiet();
    let client = server.workspace("replay-trap").await;
    install(&server.operator(), "trap-strategy").await;
    client.deploy(request("agent")).await.expect(201);
    let answer = replay("replay-trap", "strategy", json!({"plugin": "trap-strategy"})).await;
    assert_eq!(answer["counts"]["failed"], 1);
    assert_eq!(answer["deploys"][0]["outcome"], "failed");
    assert!(answer["deploys"][0]["failure"].as_str().expect("a text").contains("trapped"), "{answer}");
    assert_eq!(decided(&client, request("next")).await, builtin());
}

#[tokio::test]
async fn a_replay_that_cannot_be_is_refused_by_field() {
    let server = quiet();
    let (operator, client) = (server.operator(), server.workspace("replay-refused").await);
    let path = "/api/workspaces/replay-refused/plugins/strategy/replay";
    for last in [0, 1_001] {
        let answer = operator.post(path, json!({"plugin": "standard-strategy", "last": last})).await;
        assert_refused(&answer, 400, "invalid_value", "last");
    }
    assert_eq!(operator.post(path, json!({})).await.expect(400)["field"], "plugin");
    assert_eq!(
        operator.post(path, json!({"plugin": "http-tools"})).await.expect(400)["field"],
        "plugin",
        "another world"
    );
    assert_eq!(operator.post(path, json!({"plugin": "nobody"})).await.status, 404);
    assert_eq!(client.post(path, json!({"plugin": "standard-strategy"})).await.expect(403)["code"], "operator_only");
    let none = operator.post(path, json!({"plugin": "standard-strategy"})).await.expect(200);
    assert_eq!(json!([none["counts"]["asked"], none["deploys"]]), json!([0, []]), "nothing was deployed here");
}
