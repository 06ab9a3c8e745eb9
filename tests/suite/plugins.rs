//! Plugins of the running server: installed, bound to one workspace, misbehaving, and refused.

mod attacks;
mod bindings;
mod cache;
mod direct;
mod failures;
mod gate;
mod heavy;
mod hostile;
mod http;
mod limits;
mod replay;
mod set;
mod settings;
mod shadow;
mod strategies;
mod survive;
mod swap;
mod traces;

use crate::harness::{Answer, Client, Server, Settings, component};
use serde_json::{Value, json};

/// A handler that needs nothing: instant by the built-in strategy, and of no framework by the built-in detector.
/// `import acme_agents` means something to the third-party detector alone.
pub fn request(agent: &str) -> Value {
    json!({
        "agent_name": agent,
        "source_files": {
            "agent.py": "import acme_agents\n\n\ndef handler(message):\n    return acme_agents.answer(message)\n",
            "acme_agents.py": "def answer(message):\n    return message\n",
        },
    })
}

/// A server whose plugins may break as often as they like.
pub async fn patient() -> Server {
    let mut settings = Settings::without_agents();
    settings.arguments.push("--plugin-strikes=0".to_owned());
    Server::start(settings).await
}

/// Installs a guest of the tests; another test may have done it before.
pub async fn install(operator: &Client, guest: &str) {
    let answer = operator.upload("/api/plugins", component(&format!("tests/{guest}"))).await;
    assert!([200, 201].contains(&answer.status), "{answer:?}");
}

/// Binds an installed plugin.
pub async fn bind(operator: &Client, workspace: &str, slot: &str, plugin: &str) -> Value {
    let path = format!("/api/workspaces/{workspace}/plugins/{slot}");
    operator.put(&path, json!({"plugin": plugin})).await.expect(200)
}

/// Gives the slot back to the host's default.
pub async fn unbind(operator: &Client, workspace: &str, slot: &str) -> Answer {
    operator.delete(&format!("/api/workspaces/{workspace}/plugins/{slot}")).await
}

/// Deploys and shows what was decided, and by whom: everything but names and ids of this one deploy.
pub async fn decided(client: &Client, request: Value) -> Value {
    let answer = client.deploy(request).await.expect(201);
    let id = answer["decision_id"].as_str().expect("an id");
    let decision = client.get(&format!("/api/v1/decisions/{id}")).await.expect(200);
    let plugins = decision["plugins"].as_array().expect("a list").iter();
    // A detector that has nothing to say took part, and decided nothing.
    let plugins = plugins.filter(|used| decision["claims"][used["plugin"].as_str().expect("a name")] != json!([]));
    json!({
        "execution_mode": answer["execution_mode"],
        "build_profile": answer["build_profile"],
        "build_required": answer["build_required"],
        "decision_reason": answer["decision_reason"],
        "framework": answer["framework"],
        "has_image": answer["image_uri"].is_string(),
        "runtime": decision["plan"]["runtime"],
        "plugins": plugins.map(|plugin| json!([plugin["slot"], plugin["plugin"]])).collect::<Vec<_>>(),
    })
}

/// What the built-in plugins decide about [`request`].
pub fn builtin() -> Value {
    json!({
        "execution_mode": "INSTANT_RUNTIME",
        "build_profile": "instant_runtime",
        "build_required": false,
        "decision_reason": "Nothing beyond python 3.11 itself is required, so this plain agent runs in the runtime image `python` as it is",
        "framework": "none",
        "has_image": false,
        "runtime": "python",
        "plugins": [
            ["detectors/python-detector", "python-detector@0.1.0"],
            ["strategy", "standard-strategy@0.1.0"],
            ["tool-provider", "http-tools@0.1.0"],
        ],
    })
}

/// What the guests of the tests decide about [`request`].
pub fn third_party() -> Value {
    json!({
        "execution_mode": "EDGE_FUNCTION",
        "build_profile": "edge_function",
        "build_required": true,
        "decision_reason": "The edge strategy lays every agent over `python-langchain`",
        "framework": "acme-agents",
        "has_image": true,
        "runtime": "python-langchain",
        "plugins": [
            ["detectors/acme", "third-party-detector@0.1.0"],
            ["detectors/python-detector", "python-detector@0.1.0"],
            ["strategy", "alternative-strategy@0.1.0"],
            ["tool-provider", "http-tools@0.1.0"],
        ],
    })
}

/// Installs the third-party guests and binds both to `workspace`.
pub async fn bind_third_party(operator: &Client, workspace: &str) {
    install(operator, "alternative-strategy").await;
    install(operator, "third-party-detector").await;
    bind(operator, workspace, "detectors/acme", "third-party-detector").await;
    bind(operator, workspace, "strategy", "alternative-strategy@0.1.0").await;
}
