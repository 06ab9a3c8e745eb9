//! The real SDKs from PyPI, both generations, against the real server: `tests/sdk/*.py` drive, and print what they saw.

mod whole_client;

use crate::harness::{Client, masked, root, shared};
use serde_json::{Value, json};
use std::path::Path;
use tokio::process::Command;

/// The generations: the newer speaks /api/v1, the older the brief's /api.
const NEWER: &str = "1.4.2";
const OLDER: &str = "1.3.1";

/// Runs a script under an SDK, in a workspace of its own, and gives what it printed.
async fn seen_by(sdk: &str, script: &str) -> Value {
    let workspace = format!("sdk-{}-{}", sdk.replace('.', "-"), script.replace('_', "-"));
    let client = shared().workspace(&workspace).await;
    let output = run(sdk, script, &workspace, &client).await;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{script} under {sdk}:\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}:\n{text}"));
    assert_eq!(seen["sdk"], sdk);
    // The workspace's name differs from run to run as ids do: by nothing that matters.
    serde_json::from_str(&masked(&seen).to_string().replace(&workspace, "WORKSPACE")).expect("still JSON")
}

async fn run(sdk: &str, script: &str, workspace: &str, client: &Client) -> std::process::Output {
    let python = root().join(format!("target/sdk/{sdk}/bin/python"));
    assert!(python.exists(), "{} is missing; `make test` makes it", python.display());
    // A home without a configuration file of the developer's.
    let home = tempfile::tempdir().expect("a folder");
    let script = Path::new("tests/sdk").join(format!("{script}.py"));
    let mut command = Command::new(python);
    command.current_dir(root()).arg("-B").arg(script);
    command.env("HOME", home.path()).env("RUNAGENTS_ENDPOINT", shared().url());
    command.env("RUNAGENTS_API_KEY", client.key()).env("RUNAGENTS_NAMESPACE", workspace);
    command.output().await.expect("Python runs")
}

/// What both generations must see of a deploy; `extra` is what its path adds.
fn deployed(agent: &str, extra: Value) -> Value {
    let mut fields = json!({
        "agent": agent,
        "agent_name": agent,
        "namespace": "WORKSPACE",
        "tools_created": [],
        "revision": 1,
        "status": "Pending",
        "decision_id": "dec-ID",
        "warnings": [],
    });
    let Value::Object(extra) = extra else { panic!("{extra} is no object") };
    fields.as_object_mut().expect("an object").extend(extra);
    fields
}

fn billing() -> Value {
    deployed(
        "billing-agent",
        json!({
            "build_id": "build-ID",
            "image_uri": "SERVER/WORKSPACE/billing-agent:TAG",
            "execution_mode": "FAST_OVERLAY",
            "build_required": true,
            "build_profile": "fast_overlay",
            "decision_reason": "Every requirement (runagents>=0.2.0) is in the runtime image `python`, so the source of this plain agent is one layer on top of it",
            "framework": "none",
            "warnings": [
                "the starter kit's playground answers for `openai` and its model `gpt-4o-mini`: it is no model; register a provider with POST /api/model-providers",
            ],
        }),
    )
}

fn handler(agent: &str) -> Value {
    deployed(
        agent,
        json!({
            "execution_mode": "INSTANT_RUNTIME",
            "build_required": false,
            "build_profile": "instant_runtime",
            "decision_reason": "Nothing beyond python 3.11 itself is required, so this plain agent runs in the runtime image `python` as it is",
            "framework": "none",
        }),
    )
}

fn prebuilt() -> Value {
    deployed(
        "my-agent",
        json!({
            "execution_mode": "PREBUILT_IMAGE",
            "build_required": false,
            "build_profile": "prebuilt_image",
            "decision_reason": "The image `ghcr.io/acme/my-agent:1.2.0` is complete, so it is deployed as it is and nothing is built",
            "warnings": [
                "the starter kit's playground answers for `openai` and its model `gpt-4o-mini`: it is no model; register a provider with POST /api/model-providers",
            ],
        }),
    )
}

fn graph() -> Value {
    deployed(
        "shouter",
        json!({
            "build_id": "build-ID",
            "image_uri": "SERVER/WORKSPACE/shouter:TAG",
            "execution_mode": "FAST_OVERLAY",
            "build_required": true,
            "build_profile": "fast_overlay",
            "decision_reason": "Every requirement (langgraph) is in the runtime image `python-langchain`, so the source of this langgraph agent is one layer on top of it",
            "framework": "langgraph",
            "warnings": [
                "any version satisfies langgraph: pin what the agent was tried with, so that the next deploy means the same",
            ],
        }),
    )
}

/// The answer of the wire without its phase, which depends on how fast an environment is made, and without the decision,
/// which has times in it.
fn wire(deploy: &Value) -> Value {
    let mut wire = deploy["wire"].clone();
    let decision = wire.as_object_mut().expect("an object").remove("decision").expect("the decision behind it");
    for field in ["execution_mode", "build_required", "build_profile", "decision_reason"] {
        assert_eq!(decision[field], wire[field], "{deploy}");
    }
    let phase = wire["status"].as_str().unwrap_or_default().to_owned();
    assert!(["Pending", "Running"].contains(&phase.as_str()), "{deploy}");
    wire["status"] = "Pending".into();
    wire
}

async fn check_first_deploys(sdk: &str) {
    let seen = seen_by(sdk, "first_deploys").await;
    let kit = json!({"tool_created": "echo-tool", "model_provider_created": "playground-llm"});
    assert_eq!((&seen["starter_kit"], &seen["starter_kit_again"]), (&kit, &kit));
    for (name, expected) in
        [("billing", billing()), ("prebuilt", prebuilt()), ("handler", handler("parrot")), ("graph", graph())]
    {
        assert_eq!(wire(&seen[name]), expected, "{name} under {sdk}");
        // What the SDK makes of the answer: nothing that is there may be lost on the way.
        let result = &seen[name]["result"];
        let fields = ["agent_name", "namespace", "tools_created", "execution_mode", "build_required", "build_profile"];
        for field in fields.into_iter().chain(["decision_reason", "build_id", "image_uri"]) {
            // The older generation keeps the first three only; an absent text is an empty one to the newer.
            if let Some(kept) = result.get(field) {
                let answered = expected.get(field).cloned().unwrap_or_else(|| "".into());
                assert_eq!(*kept, answered, "{name}.{field} under {sdk}");
            }
        }
    }
    assert_eq!(wire(&seen["billing_again"]), billing(), "the same request again makes no new revision");
    assert_eq!(wire(&seen["prebuilt_again"]), prebuilt(), "the same image again makes no new revision");
    assert_eq!(seen["handler_answer"]["response"], "You said: hello");
    assert_eq!(seen["graph_answer"]["response"], "HELLO");
}

#[tokio::test]
async fn the_newer_sdk_deploys_the_briefs_examples_a_handler_and_a_graph_that_answer() {
    check_first_deploys(NEWER).await;
}

#[tokio::test]
async fn the_older_sdk_deploys_the_briefs_examples_a_handler_and_a_graph_that_answer() {
    check_first_deploys(OLDER).await;
}

async fn check_every_call(sdk: &str) {
    let seen = seen_by(sdk, "every_call").await;
    let gone = |what: &str| json!({"status": 404, "body": {"error": what, "code": "not_found"}});
    let absent = [
        ("tools", gone("tool \"short-lived\" not found")),
        ("policies", gone("policy \"short-lived-policy\" not found")),
        ("identity_providers", gone("identity provider \"short-lived-sso\" not found")),
        ("agents", gone("agent short-lived not found")),
        ("builds", gone("build not found")),
    ];
    for (noun, expected) in absent {
        assert_eq!(seen[noun]["absent"], expected, "{noun} under {sdk}");
    }
    for noun in ["tools", "agents"] {
        assert_eq!(seen[noun]["deleted"], json!({"status": "deleted"}), "{noun} under {sdk}");
    }
    let names = |list: &Value| -> Vec<Value> {
        list.as_array().expect("a list").iter().map(|item| item["name"].clone()).collect()
    };
    assert_eq!(names(&seen["tools"]["listed"]), ["echo-tool", "short-lived", "stripe-api"]);
    assert_eq!(names(&seen["models"]["listed"]), ["playground-llm"]);
    assert_eq!(names(&seen["agents"]["listed"]), ["billing-agent", "short-lived"]);
    assert_eq!(
        seen["agents"]["unknown_tool"],
        json!({"status": 400, "body": {
            "error": "required_tools[0]: tool \"stripe-apo\" not found",
            "code": "unknown_tool",
            "field": "required_tools[0]",
            "hint": "did you mean `stripe-api`? else register it with POST /api/tools, or give it in tools_to_create",
        }})
    );
    let config = &seen["agents"]["config_after"];
    assert_eq!((&config["system_prompt"], &config["policies"]), (&json!("Be brief."), &json!([])), "under {sdk}");
    assert_eq!(config["required_tools"], json!(["stripe-api"]), "what the change did not name stays");
    let other = &seen["other_sources"];
    assert_eq!(wire(&other["from_artifact"]), handler("from-artifact"));
    let mut from_draft = handler("from-draft");
    from_draft["warnings"] = billing()["warnings"].clone();
    assert_eq!(wire(&other["from_draft"]), from_draft, "the draft's policy is bound");
    let analysis = &seen["analysis"]["analyzed"];
    assert_eq!(analysis, &seen["analysis"]["got"], "what was found is kept");
    for (field, expected) in [
        ("entry_point", "agent.py"),
        ("framework", "langgraph"),
        ("adapter", "langgraph"),
        ("runtime_family", "python"),
    ] {
        assert_eq!(analysis[field], expected, "{field} under {sdk}");
    }
    assert_eq!(seen["analysis"]["absent"]["status"], 404);
    assert_eq!(seen["analysis"]["absent"]["body"]["error"], "analysis not found");
    assert_eq!(seen["analysis"]["requirements"]["entry_point"], "agent.py");
    assert_eq!(seen["builds"]["got"]["status"], "SUCCEEDED");
    assert_eq!(seen["builds"]["got"]["image"], "SERVER/WORKSPACE/standalone:TAG");
}

#[tokio::test]
async fn every_call_of_the_newer_sdk_is_answered_as_it_reads_it() {
    check_every_call(NEWER).await;
}

#[tokio::test]
async fn every_call_of_the_older_sdk_is_answered_as_it_reads_it() {
    check_every_call(OLDER).await;
}
