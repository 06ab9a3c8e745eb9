//! Guests that hang, trap, bomb and flood: the caller gets a named error, nothing is recorded, nobody else notices.

use super::{bind, builtin, decided, install, patient, request, unbind};
use crate::harness::{Answer, Client, Server, quiet};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::Instant;

const HINT: &str = "the plugin is at fault; the operator binds another version, or raises its limits";
const TRAP: &str = "it trapped: wasm trap: wasm `unreachable` instruction executed";
const LOOP: &str = "it took longer than its limit of 50ms";
const BOMB: &str = "it asked for more memory than its limit allows";

/// Deploys that hang at once. Each takes 50 ms of a core.
const HANGING: usize = 200;

/// A deploy that would build an image and create a tool.
fn whole(agent: &str) -> Value {
    let mut request = request(agent);
    request["requirements"] = "runagents>=0.2.0\n".into();
    request["tools_to_create"] = json!([{"name": "billing", "base_url": "https://billing.example.com"}]);
    request
}

/// Binds the guest in a workspace of its own, and checks what a deploy there costs its caller and leaves behind.
async fn check(guest: &str, slot: &str, code: &str, what: &str) {
    let server = quiet();
    let (operator, workspace) = (server.operator(), format!("hostile-{guest}"));
    let client = server.workspace(&workspace).await;
    install(&operator, guest).await;
    // Its own limits, but for the time of one that fills its memory: touching 64 MiB takes as long as it takes.
    let limits = if guest == "memory-bomb" { json!({"time_ms": 30_000}) } else { json!({}) };
    let path = format!("/api/workspaces/{workspace}/plugins/{slot}");
    operator.put(&path, json!({"plugin": guest, "limits": limits})).await.expect(200);

    let message = format!("{guest}@0.1.0 in the slot `{slot}`: {what}");
    let expected = json!({"error": message, "code": code, "hint": HINT});
    let answer = client.deploy(whole("victim")).await;
    assert_in_log(server, &answer, &message).await;
    assert_eq!(answer.expect(500), expected);
    assert_eq!(client.post("/api/deploy/preview", whole("victim")).await.expect(500), expected);
    assert_nothing_recorded(&client, &workspace).await;

    unbind(&operator, &workspace, slot).await.expect(200);
    let answer = client.deploy(whole("victim")).await.expect(201);
    assert_eq!((&answer["tools_created"], &answer["revision"]), (&json!(["billing"]), &json!(1)));
}

async fn assert_nothing_recorded(client: &Client, workspace: &str) {
    for list in ["agents", "tools"] {
        assert_eq!(client.get(&format!("/api/v1/{list}")).await.expect(200), json!([]), "{list}");
    }
    let tags = client.get(&format!("/v2/{workspace}/victim/tags/list")).await.expect(404);
    assert_eq!(tags["errors"][0]["code"], "NAME_UNKNOWN");
}

/// The log is read by a thread of the test, so it may be a moment behind.
async fn assert_in_log(server: &Server, answer: &Answer, message: &str) {
    let id = answer.header("x-request-id").expect("an id").to_owned();
    for _ in 0..500 {
        if server.log().lines().any(|line| line.contains(&id) && line.contains(message)) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the log has no line with {id} and `{message}`");
}

#[tokio::test]
async fn a_detector_that_traps_is_a_named_error() {
    check("trap", "detectors/bad", "agent_creation_failed", TRAP).await;
}

#[tokio::test]
async fn a_detector_that_never_answers_is_a_named_error() {
    check("endless-loop", "detectors/bad", "agent_creation_failed", LOOP).await;
}

#[tokio::test]
async fn a_detector_that_takes_all_memory_is_a_named_error() {
    check("memory-bomb", "detectors/bad", "agent_creation_failed", BOMB).await;
}

#[tokio::test]
async fn a_strategy_that_traps_is_a_named_error() {
    check("trap-strategy", "strategy", "agent_creation_failed", TRAP).await;
}

#[tokio::test]
async fn a_strategy_that_never_answers_is_a_named_error() {
    check("endless-loop-strategy", "strategy", "agent_creation_failed", LOOP).await;
}

#[tokio::test]
async fn a_strategy_that_writes_past_a_limit_of_the_plan_is_a_named_error_and_nothing_is_cut() {
    let what = "it gave plan.set-command 40000 bytes, more than the 32768 that are taken";
    check("over-limit-strategy", "strategy", "plan_limit_exceeded", what).await;
}

#[tokio::test]
async fn a_tool_provider_that_traps_is_a_named_error() {
    check("trap-tool-provider", "tool-provider", "tool_creation_failed", TRAP).await;
}

#[tokio::test]
async fn a_flood_of_claims_is_cut_at_the_limits_and_the_deploy_goes_on() {
    let server = quiet();
    let (operator, client) = (server.operator(), server.workspace("hostile-claim-flood").await);
    install(&operator, "claim-flood").await;
    bind(&operator, "hostile-claim-flood", "detectors/flood", "claim-flood").await;
    let answer = client.deploy(request("flooded")).await.expect(201);
    let id = answer["decision_id"].as_str().expect("an id");
    let decision = client.get(&format!("/api/v1/decisions/{id}")).await.expect(200);
    let claims = decision["claims"].as_object().expect("an object by plugin");
    let flood = claims["claim-flood@0.1.0"].as_array().expect("a list");
    assert_eq!(flood.len(), 1_000);
    assert_eq!((&flood[0]["kind"], &flood[0]["value"]), (&json!("framework"), &json!("flood")));
    assert!(flood[1..].iter().all(|claim| claim["value"].as_str().is_some_and(|value| value.starts_with("claim "))));
    assert!(claims.len() > 1, "the built-in detectors were heard too");
    assert_eq!(answer["framework"], "none", "one weak claim does not win by the number of the others");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_deploy_at_once_while_the_guests_of_one_workspace_hang() {
    let server = patient().await;
    let (operator, hanging) = (server.operator(), server.workspace("hanging").await);
    install(&operator, "endless-loop").await;
    bind(&operator, "hanging", "detectors/bad", "endless-loop").await;
    // Enough to keep every place for guests for seconds, were there no shares.
    let deploys = (0..HANGING).map(|number| {
        let client = hanging.clone();
        tokio::spawn(async move { client.deploy(request(&format!("hangs-{number}"))).await.status })
    });
    let deploys: Vec<_> = deploys.collect();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let started = Instant::now();
    for number in 0..10 {
        assert_eq!(decided(&server.client(), request(&format!("calm-{number}"))).await, builtin());
    }
    let waiting = deploys.iter().filter(|deploy| !deploy.is_finished()).count();
    let took = started.elapsed();
    assert!(waiting > deploys.len() / 2, "ten deploys took {took:?}; {waiting} of {} hung still", deploys.len());
    for status in join_all(deploys).await {
        assert_eq!(status.expect("no panic"), 500);
    }
}

#[tokio::test]
async fn memory_bombs_cost_no_more_than_the_limits_of_those_that_run_at_once() {
    let server = patient().await;
    let (operator, client) = (server.operator(), server.workspace("bombs").await);
    install(&operator, "memory-bomb").await;
    bind(&operator, "bombs", "detectors/bad", "memory-bomb").await;
    let before = server.peak_memory();
    for round in 0..3 {
        let bombs = (0..32).map(|number| client.deploy(request(&format!("bomb-{round}-{number}"))));
        for answer in join_all(bombs).await {
            assert_eq!(answer.expect(500)["code"], "agent_creation_failed");
        }
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(16);
    let grown = server.peak_memory() - before;
    let limit = cores * 64 * 1024 * 1024 + 128 * 1024 * 1024;
    assert!(grown < limit, "{grown} bytes more than before, for {cores} guests at once");
    assert_eq!(decided(&server.client(), request("calm")).await, builtin());
}
