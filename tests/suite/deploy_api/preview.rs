//! Previews, the decision that they give, and deploys that apply it.

use super::{HANDLER, built, everything, handler, keys, register_tool, with};
use crate::harness::{Client, assert_refused, component, quiet};
use serde_json::{Value, json};

/// The fields of the one decision object.
const DECISION: [&str; 12] = [
    "alternatives",
    "build_profile",
    "build_required",
    "claims",
    "confidence",
    "decision_reason",
    "evidence",
    "execution_mode",
    "id",
    "plan_digest",
    "timings",
    "warnings",
];

async fn preview(client: &Client, body: &Value) -> Value {
    client.post("/api/deploy/preview", body.clone()).await.expect(200)
}

/// The request with the decision of a preview of it.
fn applying(body: &Value, previewed: &Value) -> Value {
    with(body.clone(), json!({"decision_id": previewed["decision_id"]}))
}

async fn bind(workspace: &str, slot: &str, guest: &str) {
    let operator = quiet().operator();
    let installed = operator.upload("/api/plugins", component(&format!("tests/{guest}"))).await;
    assert!([200, 201].contains(&installed.status), "{installed:?}");
    operator.put(&format!("/api/workspaces/{workspace}/plugins/{slot}"), json!({"plugin": guest})).await.expect(200);
}

#[tokio::test]
async fn a_preview_answers_the_contracts_view_and_the_decision_and_a_deploy_and_its_revision_the_same() {
    let client = quiet().workspace("preview-view").await;
    for prefix in ["/api", "/api/v1", "/api/v1/workspaces/preview-view"] {
        let body = built("a", json!({}));
        let shown = client.post(&format!("{prefix}/deploy/preview"), body).await.expect(200);
        for field in ["user_state", "state_label", "eta_range", "confidence", "short_reason", "decision_id"] {
            assert!(shown[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {shown}");
        }
        let decision = &shown["decision"];
        assert!(DECISION.iter().all(|field| keys(decision).contains(field)), "{decision}");
        assert_eq!(decision["id"], shown["decision_id"]);
        for field in ["execution_mode", "build_required", "build_profile", "decision_reason"] {
            assert_eq!(decision[field], shown["advanced_details"][field]);
        }
        let got = client.get(&format!("{prefix}/decisions/{}", decision["id"].as_str().expect("an id"))).await;
        assert_eq!(&got.expect(200), decision);
    }
    let deployed = client.deploy(built("a", json!({}))).await.expect(201);
    let decision = &deployed["decision"];
    assert!(DECISION.iter().all(|field| keys(decision).contains(field)), "{decision}");
    assert_eq!(decision["id"], deployed["decision_id"]);
    for path in ["/api/agents/a/revisions/1", "/api/v1/agents/a/revisions/1"] {
        let revision = client.get(path).await.expect(200);
        assert_eq!((&revision["revision"], &revision["decision"]), (&json!(1), decision));
    }
    for (path, status) in [("a/revisions/2", 404), ("a/revisions/x", 404), ("none/revisions/1", 404)] {
        assert_eq!(client.get(&format!("/api/v1/agents/{path}")).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn the_evidence_names_who_won_where_and_what_else_was_in_play() {
    let client = quiet().workspace("preview-evidence").await;
    let body = json!({"agent_name": "a", "source_files": {
        "agent.py": "import helper\n\n\ndef handler(message):\n    return helper.answer(message)\n",
        "main.py": "import helper\n\nif __name__ == \"__main__\":\n    print(helper.answer(input()))\n",
        "helper.py": "def answer(message):\n    return message\n",
    }});
    let shown = preview(&client, &body).await;
    let entry = &shown["decision"]["evidence"]["entry_point"];
    assert_eq!(entry["value"], shown["decision"]["plan"]["entry_point"]);
    assert_eq!(entry["plugin"], "python-detector@0.1.0");
    assert!(entry["score"].is_number() && entry["rule"].is_string() && entry["file"].is_string(), "{entry}");
    let others = entry["candidates"].as_array().expect("a list");
    assert!(others.iter().all(|other| other["score"].as_f64() <= entry["score"].as_f64()), "{entry}");
    let hinted = preview(&client, &with(body, json!({"entry_point": "helper.py", "framework": "acme"}))).await;
    let evidence = &hinted["decision"]["evidence"];
    for (question, value) in [("entry_point", "helper.py"), ("framework", "acme")] {
        assert_eq!((&evidence[question]["value"], &evidence[question]["rule"]), (&json!(value), &json!("request")));
    }
}

#[tokio::test]
async fn a_deploy_with_a_decision_applies_exactly_that_plan_and_again_changes_nothing() {
    let client = quiet().workspace("preview-apply").await;
    let body = built("a", json!({"tools_to_create": [{"name": "t", "base_url": "https://t.example"}]}));
    let before = everything(&client).await;
    let shown = preview(&client, &body).await;
    assert_eq!(everything(&client).await, before, "a preview changes nothing");
    let deployed = client.deploy(applying(&body, &shown)).await.expect(201);
    assert_eq!((&deployed["decision"], &deployed["decision_id"]), (&shown["decision"], &shown["decision_id"]));
    assert_eq!((&deployed["tools_created"], &deployed["revision"]), (&json!(["t"]), &json!(1)));

    let before = everything(&client).await;
    let again = client.deploy(applying(&body, &shown)).await.expect(201);
    assert_eq!(again, with(deployed.clone(), json!({"tools_created": []})));
    let without = client.deploy(body.clone()).await.expect(201);
    assert_eq!(without["decision_id"], deployed["decision_id"], "it is the same request");
    assert_eq!(everything(&client).await, before);
    let mut null = body;
    null["decision_id"] = Value::Null;
    assert_eq!(client.deploy(null).await.expect(201)["revision"], 1);
}

#[tokio::test]
async fn an_image_is_previewed_and_applied_too() {
    let client = quiet().workspace("preview-image").await;
    let body = json!({"agent_name": "a", "image": "ghcr.io/acme/a:1"});
    let shown = preview(&client, &body).await;
    assert_eq!((&shown["user_state"], &shown["decision"]["evidence"]), (&json!("instant"), &json!({})));
    let deployed = client.deploy(applying(&body, &shown)).await.expect(201);
    assert_eq!(deployed["decision"], shown["decision"]);
    let other = with(applying(&body, &shown), json!({"image": "ghcr.io/acme/a:2"}));
    assert_refused(&client.deploy(other).await, 409, "decision_stale", "decision_id");
}

#[tokio::test]
async fn another_source_request_or_plugin_makes_a_decision_stale_and_nothing_happens() {
    let client = quiet().workspace("preview-stale").await;
    register_tool(&client, "t").await;
    let body = handler("a", json!({"required_tools": ["t"]}));
    let shown = preview(&client, &body).await;
    let before = everything(&client).await;
    for (change, what) in [
        (json!({"source_files": {"agent.py": format!("{HANDLER}# more\n")}}), "the source is another"),
        (json!({"image": "alpine"}), "the source is another"),
        (json!({"agent_name": "b"}), "the request has other fields"),
        (json!({"system_prompt": "Be brief."}), "the request has other fields"),
        (json!({"env": [{"name": "A", "value": "1"}]}), "the request has other fields"),
        (json!({"required_tools": []}), "the request has other fields"),
    ] {
        let answer = client.deploy(with(applying(&body, &shown), change)).await;
        assert_refused(&answer, 409, "decision_stale", "decision_id");
        assert!(answer.body["error"].as_str().is_some_and(|error| error.ends_with(what)), "{answer:?}");
    }
    assert_eq!(everything(&client).await, before);
    client.deploy(applying(&body, &shown)).await.expect(201);
    for (slot, guest) in [("strategy", "alternative-strategy"), ("detectors/more", "third-party-detector")] {
        bind("preview-stale", slot, guest).await;
        let answer = client.deploy(applying(&body, &shown)).await;
        assert_refused(&answer, 409, "decision_stale", "decision_id");
        assert!(answer.body["error"].as_str().is_some_and(|error| error.contains(slot)), "{answer:?}");
        quiet().operator().delete(&format!("/api/workspaces/preview-stale/plugins/{slot}")).await.expect(200);
        client.deploy(applying(&body, &shown)).await.expect(201);
    }
}

#[tokio::test]
async fn a_tool_that_the_plan_changes_must_still_be_what_it_was() {
    let client = quiet().workspace("preview-tools").await;
    register_tool(&client, "t").await;
    let body = handler("a", json!({"tools_to_create": [{"name": "t", "base_url": "https://new.example"}]}));
    let shown = preview(&client, &body).await;
    client.post("/api/tools", json!({"name": "t", "base_url": "https://by-hand.example"})).await.expect(201);
    let answer = client.deploy(applying(&body, &shown)).await;
    assert_refused(&answer, 409, "decision_stale", "decision_id");
    assert!(
        answer.body["error"].as_str().is_some_and(|error| error.contains("the tool `t` was changed")),
        "{answer:?}"
    );
    register_tool(&client, "t").await;
    client.deploy(applying(&body, &shown)).await.expect(201);
}

#[tokio::test]
async fn a_decision_that_is_unknown_or_of_another_workspace_is_not_found() {
    let (client, other) =
        (quiet().workspace("preview-unknown").await, quiet().workspace("preview-unknown-other").await);
    let body = handler("a", json!({}));
    let shown = preview(&client, &body).await;
    for (client, id) in [(&client, json!("dec-000000000000")), (&other, shown["decision_id"].clone())] {
        let answer = client.deploy(with(body.clone(), json!({"decision_id": id}))).await;
        assert_refused(&answer, 404, "decision_not_found", "decision_id");
        let error = answer.body["error"].as_str().expect("a text");
        assert!(error.contains(id.as_str().expect("an id")) && error.contains("none of that id"), "{error}");
    }
    let path = format!("/api/decisions/{}", shown["decision_id"].as_str().expect("an id"));
    assert_eq!(other.get(&path).await.expect(404)["error"], "decision not found");
    let wrong = with(body.clone(), json!({"decision_id": 7}));
    assert_eq!(client.deploy(wrong).await.expect(400)["field"], "decision_id");
    assert_eq!(client.get("/api/agents").await.expect(200), json!([]));
    client.deploy(with(body, json!({"decision_id": ""}))).await.expect(201);
}

#[tokio::test]
async fn more_previews_than_are_kept_expire_the_oldest() {
    let client = quiet().workspace("preview-many").await;
    let body = handler("a", json!({}));
    let first = preview(&client, &body).await;
    let second = preview(&client, &body).await;
    for _ in 0..255 {
        preview(&client, &body).await;
    }
    let answer = client.deploy(applying(&body, &first)).await;
    assert_refused(&answer, 404, "decision_not_found", "decision_id");
    assert!(answer.body["error"].as_str().is_some_and(|error| error.contains("expired")), "{answer:?}");
    client.deploy(applying(&body, &second)).await.expect(201);
}

#[tokio::test]
async fn a_plan_whose_builder_is_absent_is_shown_and_refused_only_as_a_deploy() {
    let client = quiet().workspace("preview-builder").await;
    let body = handler("a", json!({"requirements": "torch==2.1"}));
    let shown = preview(&client, &body).await;
    assert_eq!(shown["user_state"], "compatibility_setup");
    assert_eq!(shown["advanced_details"]["support_level"], "unsupported");
    assert_eq!(shown["decision"]["plan"]["missing"], json!(["torch==2.1"]));
    let warnings = shown["warnings"].as_array().expect("a list");
    assert!(
        warnings.iter().any(|text| text.as_str().is_some_and(|text| text.contains("lacks the builder"))),
        "{shown}"
    );
    for body in [body.clone(), applying(&body, &shown)] {
        assert_refused(&client.deploy(body).await, 400, "builder_unavailable", "");
    }
    let node =
        json!({"agent_name": "a", "source_files": {"package.json": r#"{"main": "index.js"}"#, "index.js": "run()\n"}});
    assert_eq!(preview(&client, &node).await["user_state"], "compatibility_setup", "no runtime image has its language");
    assert_eq!(client.get("/api/agents").await.expect(200), json!([]));
}

#[tokio::test]
async fn the_plans_digest_knows_no_ids_and_no_times_and_a_seen_tree_is_remembered() {
    let client = quiet().workspace("preview-digest").await;
    let body = built("a", json!({}));
    let (one, two) = (preview(&client, &body).await, preview(&client, &body).await);
    let (one, two) = (&one["decision"], &two["decision"]);
    assert_ne!(one["id"], two["id"]);
    assert_eq!(one["plan_digest"], two["plan_digest"]);
    assert!(one["plan_digest"].as_str().is_some_and(|digest| digest.starts_with("sha256:")), "{one}");
    assert_eq!((&one["timings"]["remembered"], &two["timings"]["remembered"]), (&json!(false), &json!(true)));
    assert_eq!((&one["claims"], &one["evidence"]), (&two["claims"], &two["evidence"]));
    let other = preview(&client, &with(body, json!({"requirements": "runagents>=1.0\n"}))).await;
    assert_ne!(other["decision"]["plan_digest"], one["plan_digest"]);
    assert_eq!(other["decision"]["timings"]["remembered"], false, "a detector sees the requirements");
}
