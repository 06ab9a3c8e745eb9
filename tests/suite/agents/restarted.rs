//! What happens to agents when the server dies, and to images where there is nothing to run them.

use super::{answer, deploy, eventually};
use crate::harness::{Server, Settings, shared};
use serde_json::json;

#[tokio::test]
async fn agents_serve_again_by_themselves_after_the_server_was_killed() {
    let mut server = Server::start(Settings::default()).await;
    deploy(&server.client(), "phoenix", "def handler(message):\n    return \"alive: \" + message\n").await;
    assert_eq!(answer(&server.client(), "phoenix", "one").await, "alive: one");
    server.kill();
    let mut server = server.restart().await;
    assert_eq!(answer(&server.client(), "phoenix", "two").await, "alive: two");
    let agent = server.client().get("/api/v1/agents/phoenix").await.expect(200);
    assert_eq!(agent["revision"], 1, "the same revision, not a new one");
    let (_, clean) = server.terminate();
    assert!(clean, "{}", server.log());
}

#[tokio::test]
async fn an_image_is_recorded_at_once_and_its_phase_says_what_became_of_it() {
    let client = shared().workspace("agents-image").await;
    // A registry that nothing listens on: whatever runs images here, this one cannot be pulled.
    let request = json!({"agent_name": "boxed", "image": "127.0.0.1:9/acme/boxed:1"});
    let deployed = client.deploy(request).await.expect(201);
    assert_eq!((&deployed["execution_mode"], &deployed["status"]), (&json!("PREBUILT_IMAGE"), &json!("Pending")));
    let status = eventually("a word on the image", || async {
        let status = client.get("/api/v1/agents/boxed").await.expect(200)["status"].clone();
        let message = status["message"].as_str().unwrap_or_default();
        (message.contains("cannot be pulled") || message.contains("podman")).then_some(status)
    });
    let status = status.await;
    assert_eq!(status["phase"], "Pending", "{status}");
    let asked = super::ask(&client, "boxed", "hello").await;
    assert_eq!(asked.status, 503, "{asked:?}");
    assert!(asked.body["error"].as_str().is_some_and(|error| !error.is_empty()), "{asked:?}");
}
