//! Retention beside agents that run: the revision that still serves stays, however old it is.

use super::{answer, ask, deploy, eventually};
use crate::harness::{Client, shared};
use serde_json::json;

fn code(word: &str) -> String {
    format!("def handler(message):\n    return {{\"response\": \"{word}\"}}\n")
}

async fn revisions(client: &Client) -> Vec<u64> {
    let revisions = client.get("/api/v1/agents/bot/revisions").await.expect(200);
    revisions.as_array().expect("a list").iter().filter_map(|line| line["revision"].as_u64()).collect()
}

#[tokio::test]
async fn a_revision_that_still_serves_is_kept_until_another_one_does() {
    let (server, operator) = (shared(), shared().operator());
    let client = server.workspace("agents-swept").await;
    operator.put("/api/workspaces/agents-swept/limits", json!({"keep_revisions": 1})).await.expect(200);
    deploy(&client, "bot", &code("first")).await;
    assert_eq!(answer(&client, "bot", "?").await, "first");
    deploy(&client, "bot", "raise RuntimeError(\"no such luck\")\ndef handler(message): ...\n").await;
    operator.post_nothing("/api/sweep").await.expect(200);
    assert_eq!(revisions(&client).await, [2, 1]);
    assert_eq!(answer(&client, "bot", "?").await, "first");

    deploy(&client, "bot", &code("third")).await;
    let client = &client;
    eventually("the third revision alone", async || {
        let third = ask(client, "bot", "?").await.body["response"] == "third";
        operator.post_nothing("/api/sweep").await.expect(200);
        (third && revisions(client).await == [3]).then_some(())
    })
    .await;
}
