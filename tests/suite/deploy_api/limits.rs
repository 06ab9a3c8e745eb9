//! What a workspace may have: at the edge, past it, and what an operator sets; and what goes once nothing needs it.

use super::{built, everything, handler};
use crate::harness::{Client, Server, Settings, assert_refused, quiet};
use serde_json::{Value, json};
use std::path::Path;

async fn limit(server: &Server, workspace: &str, limits: Value) -> Value {
    server.operator().put(&format!("/api/workspaces/{workspace}/limits"), limits).await.expect(200)
}

async fn shown(client: &Client, workspace: &str) -> Value {
    client.get(&format!("/api/v1/workspaces/{workspace}/limits")).await.expect(200)
}

#[tokio::test]
async fn one_agent_more_than_the_limit_is_refused_and_changes_nothing() {
    let server = quiet();
    let client = server.workspace("limit-agents").await;
    limit(server, "limit-agents", json!({"agents": 2})).await;
    for name in ["a", "b"] {
        client.deploy(handler(name, json!({}))).await.expect(201);
    }
    let before = everything(&client).await;
    let tool = json!({"tools_to_create": [{"name": "t", "base_url": "https://t.example.com"}]});
    let refused = client.deploy(handler("c", tool)).await;
    assert_refused(&refused, 403, "quota_exceeded", "agent_name");
    assert!(refused.body["error"].as_str().is_some_and(|error| error.contains("2 of at most 2")), "{refused:?}");
    assert_eq!(everything(&client).await, before);
    client.deploy(handler("a", json!({}))).await.expect(201);
    client.delete("/api/v1/agents/b").await.expect(200);
    client.deploy(handler("c", json!({}))).await.expect(201);
    assert_eq!(shown(&client, "limit-agents").await["use"]["agents"], 2);
}

#[tokio::test]
async fn bytes_up_to_the_limit_are_taken_and_past_it_only_what_adds_none() {
    let server = quiet();
    let client = server.workspace("limit-bytes").await;
    client.deploy(built("a", json!({}))).await.expect(201);
    let bytes = shown(&client, "limit-bytes").await["use"]["bytes"].as_u64().expect("a number");
    assert!(bytes > 0);
    limit(server, "limit-bytes", json!({"bytes": bytes})).await;
    let before = everything(&client).await;
    client.deploy(built("a", json!({}))).await.expect(201);
    client.deploy(handler("image", json!({"source_files": null, "image": "example.com/bot:1"}))).await.expect(201);
    client.delete("/api/v1/agents/image").await.expect(200);
    let other = json!({"source_files": {"agent.py": "def handler(message):\n    return 1\n"}});
    let files = other["source_files"].clone();
    for refused in [
        client.deploy(built("b", other)).await,
        client.post("/api/builds", json!({"name": "b", "files": files})).await,
        client.post("/api/workflow-artifacts", json!({"source_files": files})).await,
        client.post("/api/deploy-drafts", json!({"step": "x"})).await,
    ] {
        assert_eq!((refused.status, &refused.body["code"]), (403, &json!("quota_exceeded")), "{refused:?}");
        assert!(refused.body["hint"].as_str().is_some_and(|hint| hint.contains("limits")), "{refused:?}");
    }
    assert_eq!(everything(&client).await, before);
    let draft = limit(server, "limit-bytes", json!({"bytes": bytes + 13})).await;
    assert_eq!(draft["limits"]["bytes"], bytes + 13);
    client.post("/api/deploy-drafts", json!({"step": "x"})).await.expect(201);
    assert_eq!(shown(&client, "limit-bytes").await["use"]["bytes"].as_u64(), Some(bytes + 12), "`{{\"step\":\"x\"}}`");
}

#[tokio::test]
async fn an_operator_sets_limits_and_the_workspace_sees_its_own_alone() {
    let server = quiet();
    let client = server.workspace("limit-settings").await;
    let first = shown(&client, "limit-settings").await;
    let none = json!({});
    assert_eq!(first["own"], none);
    let figures = |agents: u32, keep_days: u32| {
        json!({
            "agents": agents, "bytes": 0, "keep_revisions": 100, "keep_days": keep_days, "keep_inputs": 1_000,
            "keep_inputs_days": 30,
        })
    };
    assert_eq!(first["limits"], figures(0, 90));
    let set = limit(server, "limit-settings", json!({"agents": 5, "keep_days": 0})).await;
    assert_eq!(set["limits"], figures(5, 0));
    assert_eq!(shown(&client, "limit-settings").await, set);
    assert_eq!(limit(server, "limit-settings", json!({})).await["own"], none, "each PUT names all of them");

    let path = "/api/workspaces/limit-settings/limits";
    assert_eq!(client.put(path, json!({"agents": 9})).await.expect(403)["code"], "operator_only");
    assert_eq!(client.get("/api/workspaces/default/limits").await.expect(403)["code"], "workspace_forbidden");
    let operator = server.operator();
    assert_eq!(operator.put("/api/workspaces/limit-nobody/limits", json!({})).await.status, 404);
    assert_refused(
        &operator.put(path, json!({"bytes": 9_007_199_254_740_992_u64})).await,
        400,
        "invalid_value",
        "bytes",
    );
    assert_eq!(operator.put(path, json!({"agents": -1})).await.status, 400);
}

fn blob_files(server: &Server) -> Vec<String> {
    let files =
        |folder: &Path| std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let all = files(&server.data_dir().join("images/sha256")).flat_map(|folder| files(&folder).collect::<Vec<_>>());
    let name = |path: std::path::PathBuf| path.file_name().expect("a name").to_string_lossy().into_owned();
    all.map(name).collect()
}

async fn pull(client: &Client, image: &str) -> u16 {
    let (_, path) = image.split_once('/').expect("a repository");
    let (repository, tag) = path.rsplit_once(':').expect("a tag");
    client.get(&format!("/v2/{repository}/manifests/{tag}")).await.status
}

#[tokio::test]
async fn old_revisions_go_with_their_images_and_the_kept_ones_can_be_pulled_and_gone_back_to() {
    let server = Server::start(Settings {
        environment: vec![("WINDLASS_KEEP_REVISIONS".into(), "2".into()), ("WINDLASS_KEEP_DAYS".into(), "7".into())],
        ..Settings::without_agents()
    })
    .await;
    let (client, operator) = (server.client(), server.operator());
    let mut images = Vec::new();
    for version in 1..=4 {
        let source = json!({"source_files": {"agent.py": format!("def handler(message):\n    return {version}\n")}});
        let deployed = client.deploy(built("bot", source)).await.expect(201);
        images.push(deployed["image_uri"].as_str().expect("an image").to_owned());
    }
    let files = blob_files(&server).len();
    let swept = operator.post_nothing("/api/sweep").await.expect(200);
    assert_eq!((&swept["revisions"], &swept["sources"], &swept["blobs"]), (&json!(2), &json!(0), &json!(0)), "{swept}");
    // Sources and decisions stay for as long as the deploys can be replayed.
    let replay = json!({"plugin": "standard-strategy"});
    let replayed = operator.post("/api/workspaces/default/plugins/strategy/replay", replay).await.expect(200);
    assert_eq!(replayed["counts"]["agreed"], 4, "{replayed}");
    server.sql("UPDATE decision_inputs SET created_at = created_at - 31 * 24 * 60 * 60 * 1000 WHERE rowid <= 2");
    server.sql("UPDATE builds SET created_at = created_at - 8 * 24 * 60 * 60 * 1000");
    server.sql("UPDATE decisions SET created_at = created_at - 8 * 24 * 60 * 60 * 1000");
    let swept = operator.post_nothing("/api/sweep").await.expect(200);
    assert_eq!((&swept["builds"], &swept["decisions"]), (&json!(2), &json!(2)), "{swept}");
    assert_eq!((&swept["inputs"], &swept["sources"]), (&json!(2), &json!(2)), "{swept}");
    let gone = swept["blobs"].as_u64().and_then(|blobs| usize::try_from(blobs).ok()).expect("a number");
    assert!(gone >= 4 && swept["blob_bytes"].as_u64() > Some(0), "{swept}");
    assert_eq!(blob_files(&server).len(), files - gone);
    let again = operator.post_nothing("/api/sweep").await.expect(200);
    assert!(again.as_object().expect("figures").values().all(|figure| *figure == 0), "{again}");

    let pulled = [0, 1, 2, 3].map(|at| pull(&client, &images[at]));
    let mut statuses = Vec::new();
    for status in pulled {
        statuses.push(status.await);
    }
    assert_eq!(statuses, [404, 404, 200, 200]);
    client.get("/api/v1/agents/bot/revisions/2").await.expect(404);
    client.post("/api/v1/agents/bot/rollback", json!({"revision": 3})).await.expect(200);
    let server = server.restart().await;
    let revisions = server.client().get("/api/v1/agents/bot/revisions").await.expect(200);
    assert_eq!(revisions[0]["revision"], 5, "{revisions}");
}
