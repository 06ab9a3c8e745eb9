//! A deploy is idempotent by agent and namespace; a preview and a refusal change nothing.

use super::{HANDLER, built, everything, handler, keys, register_tool, with};
use crate::harness::{Client, quiet};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The digests of an agent's revisions, by number.
async fn revisions(client: &Client, agent: &str) -> Vec<Value> {
    let list = client.get(&format!("/api/v1/agents/{agent}/revisions")).await.expect(200);
    let mut list = list.as_array().expect("a list").clone();
    list.sort_by_key(|line| line["revision"].as_u64());
    list
}

#[tokio::test]
async fn the_same_request_again_gives_the_same_image_no_revision_and_no_tool() {
    let client = quiet().workspace("again-same").await;
    let tools = json!([{"name": "t", "base_url": "https://t.example"}]);
    let body = built("a", json!({"tools_to_create": tools}));
    let first = client.deploy(body.clone()).await.expect(201);
    assert_eq!(first["tools_created"], json!(["t"]));
    let before = everything(&client).await;
    let again = client.deploy(body).await.expect(201);
    assert_eq!(again, with(first, json!({"tools_created": []})), "the first answer again, but for the tool");
    assert_eq!(everything(&client).await, before);
}

#[tokio::test]
async fn a_changed_request_gives_a_new_revision_and_the_old_one_again_a_third() {
    let client = quiet().workspace("again-changed").await;
    let plain = built("a", json!({}));
    let first = client.deploy(plain.clone()).await.expect(201);
    let changes = [
        json!({"system_prompt": "Be brief."}),
        json!({"env": [{"name": "A", "value": "1"}]}),
        json!({"source_files": {"agent.py": HANDLER.replace("message", "text")}}),
    ];
    for (revision, change) in (2..).zip(changes) {
        let answer = client.deploy(with(plain.clone(), change)).await.expect(201);
        assert_eq!(answer["revision"], revision);
        assert_ne!(answer["decision_id"], first["decision_id"]);
    }
    let back = client.deploy(plain).await.expect(201);
    assert_eq!((&back["revision"], &back["image_uri"]), (&json!(5), &first["image_uri"]));
    let lines = revisions(&client, "a").await;
    let digests: BTreeSet<&str> = lines.iter().map(|line| line["image_digest"].as_str().expect("built")).collect();
    assert_eq!((lines.len(), digests.len()), (5, 2), "a prompt and a variable are in no image");
}

#[tokio::test]
async fn two_agents_and_two_workspaces_have_revisions_of_their_own() {
    let server = quiet();
    let (one, two) = (server.workspace("again-one").await, server.workspace("again-two").await);
    for (client, agent) in [(&one, "a"), (&one, "b"), (&two, "a")] {
        assert_eq!(client.deploy(handler(agent, json!({}))).await.expect(201)["revision"], 1);
    }
}

#[tokio::test]
async fn twenty_identical_deploys_at_once_are_one_revision_and_one_tool() {
    let client = quiet().workspace("again-at-once").await;
    let tools = json!([{"name": "t", "base_url": "https://t.example"}]);
    let body = built("a", json!({"tools_to_create": tools}));
    let answers = join_all((0..20).map(|_| client.deploy(body.clone()))).await;
    let answers: Vec<Value> = answers.into_iter().map(|answer| answer.expect(201)).collect();
    let created = answers.iter().filter(|answer| answer["tools_created"] == json!(["t"])).count();
    assert_eq!(created, 1, "the tool was created once");
    for answer in &answers {
        for field in ["revision", "decision_id", "build_id", "image_uri"] {
            assert_eq!(answer[field], answers[0][field]);
        }
    }
    assert_eq!(revisions(&client, "a").await.len(), 1);
}

#[tokio::test]
async fn twenty_different_deploys_at_once_are_twenty_revisions_in_a_row() {
    let client = quiet().workspace("again-different").await;
    let body = |index: usize| built("a", json!({"source_files": {"agent.py": format!("{HANDLER}# {index}\n")}}));
    let answers = join_all((0..20).map(|index| client.deploy(body(index)))).await;
    let answers: Vec<Value> = answers.into_iter().map(|answer| answer.expect(201)).collect();
    let numbers: BTreeSet<u64> = answers.iter().map(|answer| answer["revision"].as_u64().expect("a number")).collect();
    assert_eq!(numbers, (1..=20).collect());
    let lines = revisions(&client, "a").await;
    assert_eq!(lines.len(), 20);
    for answer in &answers {
        let line = lines.iter().find(|line| line["revision"] == answer["revision"]).expect("its line");
        assert_eq!((&line["image"], &line["decision_id"]), (&answer["image_uri"], &answer["decision_id"]));
        assert_eq!(line["current"], json!(answer["revision"] == 20));
    }
    let agent = client.get("/api/agents/a").await.expect(200);
    assert_eq!((&agent["revision"], &agent["spec"]["image"]), (&json!(20), &lines[19]["image"]));
}

#[tokio::test]
async fn a_preview_decides_the_same_and_changes_nothing() {
    let client = quiet().workspace("again-preview").await;
    register_tool(&client, "t").await;
    let tools = json!([{"name": "new", "base_url": "https://new.example"}]);
    let body = built("a", json!({"tools_to_create": tools, "required_tools": ["t"]}));
    let before = everything(&client).await;
    let preview = client.post("/api/deploy/preview", body.clone()).await.expect(200);
    assert_eq!(everything(&client).await, before);
    assert_eq!(client.get("/v2/again-preview/a/tags/list").await.status, 404, "nothing was built");
    let required = ["advanced_details", "confidence", "eta_range", "short_reason", "state_label", "user_state"];
    assert!(required.iter().all(|field| keys(&preview).contains(field)), "{preview}");
    assert_eq!(preview["user_state"], "preparing_runtime");
    assert!(["high", "medium", "low"].map(Value::from).contains(&preview["confidence"]), "{preview}");

    let deployed = client.deploy(body).await.expect(201);
    for field in ["execution_mode", "build_required", "build_profile", "decision_reason"] {
        assert_eq!(preview["advanced_details"][field], deployed[field]);
    }
    assert_eq!(client.get("/v2/again-preview/a/tags/list").await.status, 200);
}

#[tokio::test]
async fn a_preview_refuses_what_a_deploy_refuses() {
    let client = quiet().workspace("again-refused").await;
    for body in [
        json!({}),
        json!({"agent_name": "a"}),
        handler("a", json!({"namespace": "other"})),
        handler("a", json!({"required_tools": ["none"]})),
        handler("a", json!({"entry_point": "none.py"})),
    ] {
        let (preview, deploy) = (client.post("/api/deploy/preview", body.clone()).await, client.deploy(body).await);
        assert_eq!((preview.status, preview.body), (400, deploy.body));
    }
    assert_eq!(client.get("/api/agents").await.expect(200), json!([]));
}
