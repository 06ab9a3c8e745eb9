//! What was installed and bound survives the process, and what cannot be loaded any more is named, never left out.

use super::{bind_third_party, builtin, decided, request, third_party, unbind};
use crate::harness::{Server, Settings};
use serde_json::json;
use std::fs;

#[tokio::test]
async fn plugins_and_bindings_survive_a_kill_and_still_decide() {
    let mut server = Server::start(Settings::without_agents()).await;
    let key = server.workspace("edge").await.key().to_owned();
    bind_third_party(&server.operator(), "edge").await;
    let installed = server.operator().get("/api/plugins").await.expect(200);
    let bound = server.operator().get("/api/workspaces/edge/plugins").await.expect(200);
    server.kill();

    let server = server.restart().await;
    let edge = crate::harness::Client::new(&server.url(), &key);
    assert_eq!(server.operator().get("/api/plugins").await.expect(200), installed);
    assert_eq!(server.operator().get("/api/workspaces/edge/plugins").await.expect(200), bound);
    assert_eq!(decided(&edge, request("after")).await, third_party());
    assert_eq!(decided(&server.client(), request("after")).await, builtin());
    for slot in ["strategy", "detectors/acme"] {
        unbind(&server.operator(), "edge", slot).await.expect(200);
    }
    let server = server.restart().await;
    let edge = crate::harness::Client::new(&server.url(), &key);
    assert_eq!(decided(&edge, request("back")).await, builtin());
}

#[tokio::test]
async fn a_bound_detector_that_is_damaged_on_the_disk_is_named_and_not_left_out() {
    let server = Server::start(Settings::without_agents()).await;
    let key = server.workspace("edge").await.key().to_owned();
    bind_third_party(&server.operator(), "edge").await;
    let plugin = server.operator().get("/api/plugins/third-party-detector").await.expect(200);
    let digest = plugin["digest"].as_str().expect("a digest").trim_start_matches("sha256:").to_owned();
    let file = server.data_dir().join(format!("plugins/{digest}.wasm"));
    fs::write(&file, b"rubbish").expect("the component's file");

    let server = server.restart().await;
    let edge = crate::harness::Client::new(&server.url(), &key);
    assert_eq!(
        edge.deploy(request("damaged")).await.expect(500),
        json!({
            "error": "third-party-detector@0.1.0 in the slot `detectors/acme` could not be loaded",
            "code": "agent_creation_failed",
            "hint": "the operator installs it again, or binds another; the server's log of its start has the cause",
        })
    );
    assert_eq!(edge.get("/api/v1/agents").await.expect(200), json!([]));
    assert_eq!(decided(&server.client(), request("well")).await, builtin());
    assert!(server.log().contains("cannot load an installed plugin"), "{}", server.log());

    super::install(&server.operator(), "third-party-detector").await;
    assert_eq!(decided(&edge, request("mended")).await, third_party());
}
