//! The built-in strategies that nobody is bound to by default: given to one workspace, they decide there alone.

use super::{bind, decided, unbind};
use crate::harness::quiet;
use serde_json::{Value, json};

/// One layer on `python`, by the default strategy.
fn request(agent: &str) -> Value {
    json!({
        "agent_name": agent,
        "source_files": {"agent.py": "def handler(message):\n    return message\n"},
        "requirements": "runagents>=0.2.0\n",
    })
}

#[tokio::test]
async fn each_workspace_is_decided_for_by_the_strategy_that_it_is_given() {
    let server = quiet();
    let operator = server.operator();
    let careful = server.workspace("strategy-careful").await;
    let hasty = server.workspace("strategy-hasty").await;
    let other = server.workspace("strategy-other").await;
    bind(&operator, "strategy-careful", "strategy", "always-full-build").await;
    bind(&operator, "strategy-hasty", "strategy", "fastest").await;

    let overlay = decided(&other, request("a")).await;
    assert_eq!(overlay["execution_mode"], "FAST_OVERLAY");
    let mounted = decided(&hasty, request("a")).await;
    assert_eq!((&mounted["execution_mode"], &mounted["has_image"]), (&json!("INSTANT_RUNTIME"), &json!(false)));
    assert_eq!(mounted["plugins"][1], json!(["strategy", "fastest@0.1.0"]));

    // Nothing is reused, and this host has no builder for the rest: said by name, and nothing is recorded.
    let refused = careful.deploy(request("a")).await.expect(400);
    assert_eq!(refused["code"], "builder_unavailable");
    let error = refused["error"].as_str().expect("a text");
    assert!(error.contains("`full`") && error.contains("In this workspace no runtime image is reused"), "{error}");
    assert_eq!(careful.get("/api/v1/agents").await.expect(200), json!([]));
    let image = json!({"agent_name": "a", "image": "ghcr.io/acme/agent:1"});
    assert_eq!(careful.deploy(image).await.expect(201)["execution_mode"], "PREBUILT_IMAGE");

    for workspace in ["strategy-careful", "strategy-hasty"] {
        unbind(&operator, workspace, "strategy").await.expect(200);
    }
    for client in [&careful, &hasty, &other] {
        assert_eq!(decided(client, request("b")).await, overlay);
    }
}
