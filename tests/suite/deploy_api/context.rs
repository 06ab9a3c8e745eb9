//! The export of a workspace: all of it, and of one that is damaged the rest.

use super::{handler, register_identity_provider, register_policy};
use crate::harness::{Server, Settings, quiet};
use serde_json::json;

const PATH: &str = "/api/v1/context/export";
const KEYS: [&str; 8] = [
    "agents",
    "approval_connectors",
    "approvals",
    "deploy_drafts",
    "identity_providers",
    "model_providers",
    "policies",
    "tools",
];

#[tokio::test]
async fn a_workspace_is_exported_whole_as_its_lists_show_it() {
    let client = quiet().workspace("context").await;
    client.post_nothing("/api/starter-kit").await.expect(201);
    register_policy(&client, "p").await;
    register_identity_provider(&client, "idp").await;
    client.deploy(handler("a", json!({"required_tools": ["echo-tool"]}))).await.expect(201);
    let draft = client.post("/api/deploy-drafts", json!({})).await.expect(201);
    let export = client.get(PATH).await.expect(200);
    assert_eq!((&export["namespace"], &export["user_id"]), (&json!("context"), &draft["user_id"]));
    assert!(export["generated_at"].is_string());
    assert_eq!(export["errors"], json!({}));
    assert_eq!(super::keys(&export["resources"]), KEYS);
    for key in KEYS {
        let list = export["resources"][key].as_array().expect("a list");
        assert_eq!(export["meta"][format!("{key}_count")], list.len(), "{key}");
        assert_eq!(list.len(), usize::from(!key.starts_with("approval")), "{key}");
        if !key.starts_with("approval") {
            let listed = client.get(&format!("/api/{}", key.replace('_', "-"))).await.expect(200);
            assert_eq!(export["resources"][key], listed);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_named_and_costs_nothing_else() {
    let server = Server::start(Settings::without_agents()).await;
    let client = server.client();
    client.post_nothing("/api/starter-kit").await.expect(201);
    server.sql("UPDATE resources SET spec = '{' WHERE kind = 'tool'");
    let export = client.get(PATH).await.expect(200);
    assert_eq!(export["errors"], json!({"tools": "the store failed"}));
    assert!(export["resources"].get("tools").is_none() && export["meta"].get("tools_count").is_none(), "{export}");
    assert_eq!(export["meta"]["model_providers_count"], 1);
    assert_eq!(super::keys(&export["resources"]).len(), KEYS.len() - 1);
}
