//! A new revision takes over while the old one answers: nobody is turned away, and a broken one never takes over.

use super::{answer, ask, deploy, deploy_with, eventually};
use crate::harness::{Client, shared};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asks without a pause until told to stop; every answer must be a 200. Gives what was answered, repetitions left out.
async fn keep_asking(client: Client, stop: Arc<AtomicBool>) -> Vec<String> {
    let mut answers: Vec<String> = Vec::new();
    let mut is_last = false;
    while !is_last {
        // One more after it was told: the one before may still be an earlier version's.
        is_last = stop.load(Ordering::Relaxed);
        let body = ask(&client, "steady", "hello").await.expect(200);
        let text = body["response"].as_str().expect("a response").to_owned();
        if answers.last() != Some(&text) {
            answers.push(text);
        }
    }
    answers
}

fn version(number: u32) -> String {
    format!("import time\ndef handler(message):\n    time.sleep(0.05)\n    return \"version {number}\"\n")
}

async fn until_it_says(client: &Client, expected: &str) {
    eventually(expected, || async { (answer(client, "steady", "hello").await == expected).then_some(()) }).await;
}

#[tokio::test]
async fn a_redeploy_and_a_rollback_drop_no_request() {
    let client = shared().workspace("agents-steady").await;
    deploy(&client, "steady", &version(1)).await;
    until_it_says(&client, "version 1").await;

    let stop = Arc::new(AtomicBool::new(false));
    let asking: Vec<_> = (0..3).map(|_| tokio::spawn(keep_asking(client.clone(), stop.clone()))).collect();
    let again = deploy(&client, "steady", &version(2)).await;
    assert_eq!(again["revision"], 2);
    until_it_says(&client, "version 2").await;
    let back = client.post("/api/v1/agents/steady/rollback", json!({"revision": 1})).await.expect(200);
    assert_eq!((&back["revision"], &back["current"]), (&json!(3), &json!(true)), "a rollback is a revision of its own");
    until_it_says(&client, "version 1").await;
    stop.store(true, Ordering::Relaxed);
    for asked in asking {
        assert_eq!(asked.await.expect("every answer was a 200"), ["version 1", "version 2", "version 1"]);
    }
    let revisions = client.get("/api/v1/agents/steady/revisions").await.expect(200);
    assert_eq!(revisions.as_array().map(Vec::len), Some(3));
    let unknown = client.post("/api/v1/agents/steady/rollback", json!({"revision": 9})).await;
    assert_eq!(unknown.status, 404, "{unknown:?}");
}

#[tokio::test]
async fn a_revision_that_fails_leaves_the_old_one_serving() {
    let client = shared().workspace("agents-kept").await;
    deploy(&client, "steady", &version(1)).await;
    until_it_says(&client, "version 1").await;
    deploy(&client, "steady", "1 / 0\n\ndef handler(message): ...\n").await;
    let status = eventually("the failure", || async {
        let agent = client.get("/api/v1/agents/steady").await.expect(200);
        (agent["status"]["phase"] == "Failed").then(|| agent["status"].clone())
    });
    assert_eq!(status.await["serving_revision"], 1);
    assert_eq!(answer(&client, "steady", "hello").await, "version 1");
}

#[tokio::test]
async fn a_changed_configuration_reaches_the_agent_and_changes_nothing_else() {
    let client = shared().workspace("agents-config").await;
    let code = "import os\ndef handler(message):\n    return os.environ[\"SYSTEM_PROMPT\"] + os.environ[\"EXTRA\"]\n";
    let more = json!({"system_prompt": "Be kind.", "env": [{"name": "EXTRA", "value": "!"}]});
    deploy_with(&client, "steady", code, more).await;
    until_it_says(&client, "Be kind.!").await;
    let path = "/api/v1/agents/steady/config";
    let changed = client.put(path, json!({"system_prompt": "Be brief."})).await.expect(200);
    assert_eq!(changed["system_prompt"], "Be brief.");
    until_it_says(&client, "Be brief.!").await;
    let refused = client.put(path, json!({"required_tools": ["no-such-tool"]})).await;
    assert_eq!((refused.status, refused.body["code"].as_str()), (400, Some("unknown_tool")), "{refused:?}");
    assert_eq!(answer(&client, "steady", "hello").await, "Be brief.!", "a refused change changes nothing");
}
