//! What becomes of a decision when a plugin breaks: the rule of its binding, and the breaker of one that keeps breaking.

use super::{builtin, decided, install, request};
use crate::harness::{Client, Server, Settings, quiet};
use serde_json::{Value, json};

const TRAP: &str = "it trapped: wasm trap: wasm `unreachable` instruction executed";
/// The agent for which the guests of the tests do no harm.
const CALM: &str = "smoke-call";

/// Binds a guest with a rule.
async fn bind(operator: &Client, workspace: &str, slot: &str, guest: &str, on_failure: &str) {
    install(operator, guest).await;
    let path = format!("/api/workspaces/{workspace}/plugins/{slot}");
    operator.put(&path, json!({"plugin": guest, "on_failure": on_failure})).await.expect(200);
}

/// A deploy's answer and the plugins of its slot: `plugin: why it gave no answer`.
async fn slot_of(client: &Client, agent: &str, slot: &str) -> (Value, Vec<String>) {
    let answer = client.deploy(request(agent)).await.expect(201);
    let id = answer["decision_id"].as_str().expect("an id");
    let decision = client.get(&format!("/api/v1/decisions/{id}")).await.expect(200);
    let parts = decision["plugins"].as_array().expect("a list").iter().filter(|part| part["slot"] == slot);
    let line = |part: &Value| {
        let why = part["failed"].as_str().map_or_else(String::new, |why| format!(": {why}"));
        format!("{}{why}", part["plugin"].as_str().expect("a name"))
    };
    let parts = parts.map(line).collect();
    (answer, parts)
}

fn warns(answer: &Value, text: &str) -> bool {
    answer["warnings"].as_array().expect("a list").contains(&json!(text))
}

#[tokio::test]
async fn where_a_strategy_breaks_the_hosts_default_answers_if_its_rule_says_so() {
    let server = quiet();
    let (operator, client) = (server.operator(), server.workspace("fails-strategy").await);
    bind(&operator, "fails-strategy", "strategy", "trap-strategy", "fallback").await;
    for _ in 0..2 {
        let (answer, parts) = slot_of(&client, "saved", "strategy").await;
        assert_eq!(parts, [format!("trap-strategy@0.1.0: {TRAP}"), "standard-strategy@0.1.0".to_owned()]);
        assert_eq!(answer["execution_mode"], "INSTANT_RUNTIME");
        let warning = format!(
            "standard-strategy@0.1.0 answered in the slot `strategy`, since trap-strategy@0.1.0 did not: {TRAP}"
        );
        assert!(warns(&answer, &warning), "{answer}");
    }
    // A preview's decision holds, though another answered than is bound.
    let preview = client.post("/api/deploy/preview", request("previewed")).await.expect(200);
    let mut apply = request("previewed");
    apply["decision_id"] = preview["decision_id"].clone();
    client.deploy(apply).await.expect(201);
}

#[tokio::test]
async fn where_a_detector_breaks_the_decision_goes_on_without_it_if_its_rule_says_so() {
    let server = quiet();
    let (operator, client) = (server.operator(), server.workspace("fails-detector").await);
    bind(&operator, "fails-detector", "detectors/bad", "trap", "skip").await;
    let (answer, parts) = slot_of(&client, "skipped", "detectors/bad").await;
    assert_eq!(parts, [format!("trap@0.1.0: {TRAP}")]);
    assert!(
        warns(&answer, &format!("this was decided without trap@0.1.0 in the slot `detectors/bad`: {TRAP}")),
        "{answer}"
    );
    // Nothing of it is remembered: the next one hears the detector again, which is calm for this agent.
    let (answer, parts) = slot_of(&client, CALM, "detectors/bad").await;
    assert_eq!(parts, ["trap@0.1.0"]);
    assert!(!answer["warnings"].to_string().contains("trap@0.1.0"), "{answer}");
}

#[tokio::test]
async fn a_tool_provider_is_skipped_or_replaced_by_its_rule() {
    let server = quiet();
    let (operator, client) = (server.operator(), server.workspace("fails-tools").await);
    for (rule, instead) in [("skip", None), ("fallback", Some("http-tools@0.1.0".to_owned()))] {
        bind(&operator, "fails-tools", "tool-provider", "trap-tool-provider", rule).await;
        let (_, parts) = slot_of(&client, rule, "tool-provider").await;
        let broken = format!("trap-tool-provider@0.1.0: {TRAP}");
        assert_eq!(parts, [Some(broken), instead].into_iter().flatten().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_rule_that_finds_nobody_fails_and_names_the_plugin() {
    let server = quiet();
    let (operator, client) = (server.operator(), server.workspace("fails-alone").await);
    bind(&operator, "fails-alone", "detectors/bad", "trap", "fallback").await;
    let refused = client.deploy(request("alone")).await.expect(500);
    assert_eq!(refused["error"], format!("trap@0.1.0 in the slot `detectors/bad`: {TRAP}"));
    assert!(refused["hint"].as_str().is_some_and(|hint| hint.contains("the operator")), "{refused}");
}

#[tokio::test]
async fn a_plugin_that_keeps_breaking_is_stopped_and_tried_again_after_the_pause() {
    let mut settings = Settings::without_agents();
    settings.arguments.extend(["--plugin-strikes=2", "--plugin-pause-seconds=1"].map(str::to_owned));
    let server = Server::start(settings).await;
    let (operator, client, other) =
        (server.operator(), server.workspace("stops").await, server.workspace("beside").await);
    for workspace in ["stops", "beside"] {
        bind(&operator, workspace, "detectors/bad", "trap", "fail").await;
    }
    let path = "/api/workspaces/stops/plugins/detectors/bad";
    let state = || async { operator.get(path).await.expect(200)["binding"]["state"].clone() };
    // Until it is stopped: on a slow machine a pause may be over before the answer is looked at.
    let stopped = loop {
        for _ in 0..2 {
            client.deploy(request("broken")).await;
        }
        let answer = client.deploy(request("broken")).await;
        if answer.status == 503 {
            break answer;
        }
    };
    assert!(stopped.header("retry-after").is_some(), "{stopped:?}");
    let stopped = stopped.expect(503);
    assert_eq!(
        (&stopped["code"], &stopped["error"]),
        (
            &json!("plugin_stopped"),
            &json!(format!("trap@0.1.0 in the slot `detectors/bad` is stopped, since it kept breaking: {TRAP}")),
        )
    );
    assert_eq!(other.deploy(request("broken")).await.status, 500, "a workspace beside it has strikes of its own");

    // What it would answer well counts only once it is tried: then it is free again.
    while client.deploy(request(CALM)).await.status == 503 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(state().await, json!({"status": "Ready"}));
    assert_eq!(decided(&client, request(CALM)).await["framework"], builtin()["framework"]);
}

#[tokio::test]
async fn while_a_plugin_is_stopped_its_rule_applies_and_its_state_says_why() {
    let mut settings = Settings::without_agents();
    settings.arguments.extend(["--plugin-strikes=1", "--plugin-pause-seconds=86400"].map(str::to_owned));
    let server = Server::start(settings).await;
    let (operator, client) = (server.operator(), server.workspace("stopped").await);
    bind(&operator, "stopped", "detectors/bad", "trap", "skip").await;
    slot_of(&client, "first", "detectors/bad").await;
    let (_, parts) = slot_of(&client, CALM, "detectors/bad").await;
    assert_eq!(parts, [format!("trap@0.1.0: it is stopped, since it kept breaking: {TRAP}")], "it was not called");
    let listed = client.get("/api/workspaces/stopped/plugins").await.expect(200);
    let state =
        listed.as_array().expect("a list").iter().find(|one| one["plugin"] == "trap").expect("it")["state"].clone();
    assert_eq!((&state["status"], &state["reason"]), (&json!("Stopped"), &json!(TRAP)));
    assert!(state["until"].is_string(), "{state}");
    // Another revision is another chance.
    bind(&operator, "stopped", "detectors/bad", "trap", "skip").await;
    let preview = client.post("/api/deploy/preview", request(CALM)).await.expect(200);
    assert!(!preview["warnings"].to_string().contains("trap@0.1.0"), "{preview}");
}
