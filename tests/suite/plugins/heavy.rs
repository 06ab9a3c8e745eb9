//! Heavy guests: an engine and places of their own, the same answers, and more time.

use super::{bind, builtin, decided, request, third_party};
use crate::harness::{Client, Server, Settings, component};
use futures_util::future::join_all;
use serde_json::json;

/// The same guest, large enough to be heavy: a custom section of 4 MiB at its end.
fn heavy(guest: &str) -> Vec<u8> {
    const CONTENT: u32 = 4 * 1024 * 1024;
    let seven = |shift: u32| u8::try_from((CONTENT >> shift) & 127).expect("seven bits");
    let head = [0, seven(0) | 128, seven(7) | 128, seven(14) | 128, seven(21), 1, b'x'];
    let content = vec![0; usize::try_from(CONTENT).expect("it fits") - 2];
    [component(&format!("tests/{guest}")), head.to_vec(), content].concat()
}

async fn install(operator: &Client, guest: &str) {
    operator.upload("/api/plugins", heavy(guest)).await.expect(201);
}

#[tokio::test]
async fn a_heavy_guest_decides_as_a_light_one_does_and_after_a_restart_too() {
    let server = Server::start(Settings::without_agents()).await;
    let client = server.workspace("heavy").await;
    for guest in ["third-party-detector", "alternative-strategy"] {
        install(&server.operator(), guest).await;
    }
    bind(&server.operator(), "heavy", "detectors/acme", "third-party-detector").await;
    bind(&server.operator(), "heavy", "strategy", "alternative-strategy").await;
    assert_eq!(decided(&client, request("before")).await, third_party());
    assert_eq!(decided(&server.client(), request("before")).await, builtin());
    let server = server.restart().await;
    let client = Client::new(&server.url(), client.key());
    assert_eq!(decided(&client, request("after")).await, third_party());
    assert!(!server.log().contains("compiling again"), "the cache serves both engines: {}", server.log());
}

#[tokio::test]
async fn a_heavy_guest_that_never_answers_has_half_a_second_and_light_ones_do_not_wait_for_it() {
    let server = super::patient().await;
    let hanging = server.workspace("hanging").await;
    install(&server.operator(), "endless-loop").await;
    bind(&server.operator(), "hanging", "detectors/bad", "endless-loop").await;
    let refused = hanging.deploy(request("alone")).await.expect(500);
    let error = "endless-loop@0.1.0 in the slot `detectors/bad`: it took longer than its limit of 500ms";
    assert_eq!((&refused["error"], &refused["code"]), (&json!(error), &json!("agent_creation_failed")));

    // As many as hang for seconds: the light ones are through long before.
    let hang = (0..12).map(|number| {
        let client = hanging.clone();
        tokio::spawn(async move { client.deploy(request(&format!("hangs-{number}"))).await.status })
    });
    let hang: Vec<_> = hang.collect();
    for number in 0..10 {
        assert_eq!(decided(&server.client(), request(&format!("calm-{number}"))).await, builtin());
    }
    assert!(hang.iter().any(|deploy| !deploy.is_finished()), "some hang still");
    for status in join_all(hang).await {
        assert_eq!(status.expect("no panic"), 500);
    }
}
