//! The life of a deploy draft: made, changed by version, closed, opened, deployed, deleted, and whose it is.

use super::HANDLER;
use crate::harness::{Client, assert_refused, quiet};
use serde_json::{Value, json};

/// A draft with these fields; its path under the newer prefix.
async fn draft(client: &Client, fields: Value) -> String {
    let made = client.post("/api/deploy-drafts", fields).await.expect(201);
    format!("/api/v1/deploy-drafts/{}", made["id"].as_str().expect("an id"))
}

/// A draft that can be deployed.
async fn deployable(client: &Client) -> String {
    let config = json!({"agent_name": "a", "use_custom_image": true, "custom_image": "alpine:3"});
    draft(client, json!({"agent_config": config})).await
}

/// The id at the end of a draft's path.
fn id(path: &str) -> &str {
    path.rsplit('/').next().expect("a path")
}

/// The key of a colleague in the same workspace.
async fn colleague(workspace: &str) -> Client {
    let path = format!("/api/workspaces/{workspace}/keys");
    let key = quiet().operator().post(&path, json!({"name": "colleague"})).await.expect(201);
    Client::new(&quiet().url(), key["token"].as_str().expect("a key"))
}

/// The ids of a list of drafts.
async fn listed(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("/api/deploy-drafts{query}")).await.expect(200);
    list.as_array().expect("a list").iter().map(|draft| draft["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn a_change_replaces_its_fields_and_counts_the_version_up() {
    let client = quiet().workspace("draft-change").await;
    let path =
        draft(&client, json!({"step": "upload", "policies": ["p"], "tool_mappings": {"https://a.example": "a"}})).await;
    let before = client.get(&path).await.expect(200);
    let change = json!({"expected_version": 1, "step": "wire", "tool_mappings": {}, "adapter": null, "id": "mine"});
    let after = client.patch(&path, change).await.expect(200);
    let mut expected = before.clone();
    (expected["step"], expected["tool_mappings"], expected["version"]) = (json!("wire"), json!({}), json!(2));
    expected["updated_at"] = after["updated_at"].clone();
    assert_eq!(after, expected);
    assert_eq!(client.get(&path).await.expect(200), after);
    assert_eq!(
        client.patch(&path, json!({"step": "wire"})).await.expect(200),
        after,
        "what changes nothing is no version"
    );
    assert_eq!(client.patch(&path, json!({})).await.expect(200), after);
}

#[tokio::test]
async fn a_change_for_another_version_is_a_409_and_changes_nothing() {
    let client = quiet().workspace("draft-stale").await;
    let path = draft(&client, json!({"step": "upload"})).await;
    let after = client.patch(&path, json!({"step": "wire"})).await.expect(200);
    for version in [1, 3] {
        let answer = client.patch(&path, json!({"expected_version": version, "step": "lost"})).await;
        assert_refused(&answer, 409, "version_conflict", "expected_version");
    }
    assert_eq!(client.get(&path).await.expect(200), after);
    client.patch(&path, json!({"expected_version": 2, "step": "deploy"})).await.expect(200);
}

#[tokio::test]
async fn changes_without_a_version_that_come_at_once_are_all_made() {
    let client = quiet().workspace("draft-race").await;
    let path = draft(&client, json!({})).await;
    let mut changes = tokio::task::JoinSet::new();
    for number in 0..16 {
        let (client, path) = (client.clone(), path.clone());
        let field = format!("field-{number}");
        changes.spawn(async move { client.patch(&path, json!({field: number})).await.expect(200) });
    }
    changes.join_all().await;
    let after = client.get(&path).await.expect(200);
    assert_eq!(after["version"], 17);
    for number in 0..16 {
        assert_eq!(after[format!("field-{number}")], number);
    }
}

#[tokio::test]
async fn what_is_wrong_in_a_change_is_a_400_that_names_it() {
    let client = quiet().workspace("draft-wrong").await;
    let path = draft(&client, json!({"step": "upload"})).await;
    let before = client.get(&path).await.expect(200);
    for (body, code, field) in [
        (json!({"expected_version": 0}), "invalid_value", "expected_version"),
        (json!({"expected_version": "1"}), "invalid_type", "expected_version"),
        (json!({"status": "DONE"}), "unknown_value", "status"),
        (json!({"policies": "p"}), "invalid_type", "policies"),
        (json!({"agent_config": {"access_mode": "closed"}}), "unknown_value", "agent_config.access_mode"),
    ] {
        assert_refused(&client.patch(&path, body).await, 400, code, field);
    }
    assert_eq!(client.patch(&path, json!([])).await.status, 400);
    let nothing = client.send(client.request(reqwest::Method::PATCH, &path)).await;
    assert_eq!(nothing.expect(400)["code"], "missing_body");
    assert_eq!(client.get(&path).await.expect(200), before);
    assert_eq!(client.post("/api/deploy-drafts", json!({"policies": 1})).await.expect(400)["field"], "policies");
}

#[tokio::test]
async fn a_draft_needs_no_body_and_begins_in_progress() {
    let client = quiet().workspace("draft-empty").await;
    let made = client.post_nothing("/api/v1/deploy-drafts").await.expect(201);
    assert_eq!((&made["status"], &made["version"]), (&json!("IN_PROGRESS"), &json!(1)));
}

#[tokio::test]
async fn a_draft_is_closed_opened_and_closed_again() {
    let client = quiet().workspace("draft-life").await;
    let path = draft(&client, json!({"step": "upload"})).await;
    for (action, status) in [("complete", "COMPLETED"), ("abandon", "ABANDONED")] {
        let closed = client.post_nothing(&format!("{path}/{action}")).await.expect(200);
        assert_eq!(closed["status"], status);
        assert_eq!(client.post_nothing(&format!("{path}/{action}")).await.expect(200), closed, "once is enough");
        assert_refused(&client.patch(&path, json!({"step": "wire"})).await, 409, "draft_closed", "status");
        assert_eq!(client.get(&path).await.expect(200), closed);
        let open = client.patch(&path, json!({"status": "IN_PROGRESS", "step": action})).await.expect(200);
        assert_eq!((&open["status"], &open["step"]), (&json!("IN_PROGRESS"), &json!(action)));
    }
    assert_eq!(client.patch(&path, json!({"status": "ABANDONED"})).await.expect(200)["status"], "ABANDONED");
}

#[tokio::test]
async fn a_list_is_of_ones_own_open_drafts_unless_it_says_otherwise() {
    let client = quiet().workspace("draft-list").await;
    let colleague = colleague("draft-list").await;
    let (open, done) = (draft(&client, json!({})).await, draft(&client, json!({})).await);
    let theirs = draft(&colleague, json!({})).await;
    client.post_nothing(&format!("{done}/complete")).await.expect(200);
    for query in ["", "?mine=1", "?status=IN_PROGRESS", "?status=&mine=1"] {
        assert_eq!(listed(&client, query).await, [id(&open)], "{query}");
    }
    assert_eq!(listed(&client, "?status=COMPLETED").await, [id(&done)]);
    assert_eq!(listed(&client, "?status=ABANDONED&mine=0").await, Vec::<String>::new());
    let mut all = listed(&client, "?mine=0").await;
    let mut expected = [id(&open).to_owned(), id(&theirs).to_owned()];
    all.sort();
    expected.sort();
    assert_eq!(all, expected);
    assert_refused(&client.get("/api/deploy-drafts?status=open").await, 400, "unknown_value", "status");
    assert_refused(&client.get("/api/deploy-drafts?mine=2").await, 400, "unknown_value", "mine");
    assert_eq!(client.get("/api/deploy-drafts?mine=yes").await.expect(400)["code"], "invalid_query");
}

#[tokio::test]
async fn only_its_owner_reads_changes_closes_and_deletes_a_draft() {
    let client = quiet().workspace("draft-owner").await;
    let (colleague, stranger) = (colleague("draft-owner").await, quiet().workspace("draft-stranger").await);
    let path = draft(&client, json!({"step": "upload"})).await;
    let before = client.get(&path).await.expect(200);
    for (other, status, code) in [(&colleague, 403, "not_owner"), (&stranger, 404, "not_found")] {
        for answer in [
            other.get(&path).await,
            other.patch(&path, json!({"step": "mine"})).await,
            other.post_nothing(&format!("{path}/complete")).await,
            other.post_nothing(&format!("{path}/abandon")).await,
            other.delete(&path).await,
        ] {
            assert_eq!((answer.status, &answer.body["code"]), (status, &json!(code)), "{answer:?}");
        }
    }
    assert_eq!(client.get(&path).await.expect(200), before);
    assert_eq!(client.delete(&path).await.expect(200), json!({"status": "deleted"}));
    for answer in [
        client.get(&path).await,
        client.delete(&path).await,
        client.patch(&path, json!({})).await,
        client.post_nothing(&format!("{path}/complete")).await,
    ] {
        assert_eq!(answer.expect(404)["error"], "deploy draft not found");
    }
}

#[tokio::test]
async fn a_deployed_draft_is_completed_and_a_previewed_or_refused_one_is_not() {
    let client = quiet().workspace("draft-deploy").await;
    let path = deployable(&client).await;
    client.post("/api/deploy/preview", json!({"draft_id": id(&path)})).await.expect(200);
    client.deploy(json!({"draft_id": id(&path), "required_tools": ["none"]})).await.expect(400);
    let before = client.get(&path).await.expect(200);
    assert_eq!((&before["status"], &before["version"]), (&json!("IN_PROGRESS"), &json!(1)));

    let first = client.deploy(json!({"draft_id": id(&path)})).await.expect(201);
    let after = client.get(&path).await.expect(200);
    assert_eq!((&after["status"], &after["version"]), (&json!("COMPLETED"), &json!(2)));
    assert_eq!(listed(&client, "").await, Vec::<String>::new());

    let again = client.deploy(json!({"draft_id": id(&path)})).await.expect(201);
    assert_eq!(again["revision"], first["revision"], "the same again");
    assert_eq!(client.get(&path).await.expect(200), after);
    client.post_nothing(&format!("{path}/abandon")).await.expect(200);
    client.deploy(json!({"draft_id": id(&path)})).await.expect(201);
    assert_eq!(client.get(&path).await.expect(200)["status"], "COMPLETED", "it is deployed after all");
}

#[tokio::test]
async fn a_draft_that_names_no_agent_takes_the_requests() {
    let client = quiet().workspace("draft-artifact").await;
    let artifact = json!({"source_files": {"agent.py": HANDLER}});
    let artifact = client.post("/api/workflow-artifacts", artifact).await.expect(201)["id"].clone();
    let path = draft(&client, json!({"artifact_id": artifact})).await;
    client.deploy(json!({"draft_id": id(&path), "agent_name": "named"})).await.expect(201);
    assert_eq!(client.get(&path).await.expect(200)["status"], "COMPLETED");
}
