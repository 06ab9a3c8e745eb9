//! Components that are built from the frozen package, in this host; and one of the next version, which is refused.

use crate::harness::{component, quiet};
use crate::plugins::{bind, install, request};
use serde_json::json;

#[tokio::test]
async fn a_detector_and_a_tool_provider_of_the_frozen_package_decide() {
    let server = quiet();
    let (operator, workspace) = (server.operator(), "frozen");
    let client = server.workspace(workspace).await;
    for (slot, guest) in [("detectors/frozen", "frozen-detector"), ("tool-provider", "frozen-tool-provider")] {
        install(&operator, guest).await;
        bind(&operator, workspace, slot, guest).await;
    }
    let answer = client.deploy(request("frozen")).await.expect(201);
    assert_eq!(answer["tools_created"], json!(["frozen-tool"]));
    let id = answer["decision_id"].as_str().expect("an id");
    let decision = client.get(&format!("/api/v1/decisions/{id}")).await.expect(200);
    let claims = decision["claims"]["frozen-detector@0.1.0"].to_string();
    assert!(claims.contains("built against 1.0.0 for frozen"), "{claims}");
    let tool = client.get("/api/v1/tools/frozen-tool").await.expect(200);
    assert_eq!(tool["spec"]["capabilities"][0]["path"], "/frozen");
}

#[tokio::test]
async fn a_plugin_of_a_later_version_is_refused_with_the_range_that_is_served() {
    let answer = quiet().operator().upload("/api/plugins", component("tests/grown-detector")).await;
    assert_eq!(
        answer.expect(422),
        json!({
            "error": "it was built against windlass:plugin@1.1.0; this host serves >=1.0.0, <1.1.0",
            "code": "wit_version_unsupported", "hint": "build it against the supported version",
            "found": "1.1.0", "supported": ">=1.0.0, <1.1.0",
        })
    );
}
