//! Action plans: judged without being done, done once and in order, and answered as the first time when they come again.

use super::{HANDLER, everything, keys};
use crate::harness::{Client, Server, Settings, assert_refused, masked, quiet};
use serde_json::{Value, json};

const VALIDATE: &str = "/api/v1/actions/validate";
const APPLY: &str = "/api/v1/actions/apply";

fn action(kind: &str, key: &str, params: Value) -> Value {
    let mut action = json!({"type": kind, "idempotency_key": key});
    action["params"] = params;
    action
}

fn tool(key: &str, name: &str) -> Value {
    let connection = json!({"baseUrl": format!("https://{name}.example")});
    action("tool.upsert", key, json!({"name": name, "spec": {"connection": connection}}))
}

/// A plan with one action of each type.
fn whole_plan() -> Value {
    let provider = json!({"provider": "openai", "endpoint": "https://api.openai.com/v1", "models": ["m"]});
    let rules = json!({"policies": [{"permission": "allow", "operations": ["GET"], "resource": "https://*"}]});
    json!({"plan_id": "whole", "continue_on_error": false, "actions": [
        {"id": "kit", "type": "starter_kit.seed", "idempotency_key": "kit"},
        tool("tool", "t"),
        action("model_provider.upsert", "provider", json!({"name": "p", "spec": provider})),
        action("policy.upsert", "policy", json!({"name": "rules", "spec": rules})),
        action("deploy_draft.create_or_patch", "draft", json!({"id": "draft-one", "step": "wire", "policies": ["rules"]})),
        action("deploy.execute", "deploy", json!({
            "agent_name": "a", "draft_id": "draft-one", "source_files": {"agent.py": HANDLER}, "required_tools": ["t"],
        })),
    ]})
}

/// The given field of each result.
fn each<'a>(answer: &'a Value, field: &str) -> Vec<&'a Value> {
    answer["results"].as_array().expect("a list").iter().map(|result| &result[field]).collect()
}

async fn judged(client: &Client, actions: Value) -> Value {
    client.post(VALIDATE, json!({"actions": actions})).await.expect(200)
}

#[tokio::test]
async fn a_plan_is_judged_whole_and_nothing_of_it_is_done() {
    let client = quiet().workspace("plan-judged").await;
    let before = everything(&client).await;
    let judged = client.post(VALIDATE, whole_plan()).await.expect(200);
    assert_eq!(keys(&judged), ["namespace", "plan_id", "results", "valid"]);
    assert_eq!(
        (&judged["plan_id"], &judged["namespace"], &judged["valid"]),
        (&json!("whole"), &json!("plan-judged"), &json!(true))
    );
    let refs =
        ["/starter-kit", "/tools/t", "/model-providers/p", "/policies/rules", "/deploy-drafts/draft-one", "/agents/a"];
    assert_eq!(each(&judged, "resource_ref"), refs);
    let first = json!({
        "id": "kit", "type": "starter_kit.seed", "idempotency_key": "kit", "resource_ref": "/starter-kit", "valid": true,
        "errors": [], "warnings": [],
    });
    assert_eq!(judged["results"][0], first);
    assert_eq!(judged["results"][1]["id"], "action-2", "one without an id gets one");
    assert_eq!(everything(&client).await, before);
}

#[tokio::test]
async fn what_is_wrong_in_an_action_is_said_of_that_action() {
    let client = quiet().workspace("plan-wrong").await;
    for (action, error) in [
        (json!({}), "idempotency_key is required; type is required"),
        (json!({"type": "starter_kit.seed", "idempotency_key": " "}), "idempotency_key is required"),
        (action("tool.delete", "k", json!({})), "`tool.delete` is not one of tool.upsert"),
        (action("tool.upsert", "k", json!({"spec": {}})), "name is required"),
        (action("tool.upsert", "k", json!({"name": "t"})), "spec is required"),
        (action("tool.upsert", "k", json!({"name": "t", "spec": {"connection": {}}})), "baseUrl is required"),
        (action("model_provider.upsert", "k", json!({"name": "p", "spec": {}})), "spec.provider is required"),
        (
            action(
                "model_provider.upsert",
                "k",
                json!({"name": "p", "spec": {"provider": "openai", "endpoint": "https://a.example", "models": []}}),
            ),
            "spec.models",
        ),
        (action("policy.upsert", "k", json!({"name": "p"})), "spec is required"),
        (action("deploy_draft.create_or_patch", "k", json!({"status": "DONE"})), "`DONE` is not a status"),
        (action("deploy_draft.create_or_patch", "k", json!({"id": "d", "expected_version": 0})), "expected_version"),
        (action("deploy_draft.create_or_patch", "k", json!({"expected_version": 1})), "without an id"),
        (action("deploy_draft.create_or_patch", "k", json!({"id": "a/b"})), "id: it is longer"),
        (action("deploy.execute", "k", json!({"image": "alpine"})), "agent_name is required"),
        (action("deploy.execute", "k", json!({"agent_name": "a"})), "No valid deploy source"),
        (action("deploy.execute", "k", json!({"agent_name": "a", "source_files": {"../a.py": ""}})), "source_files"),
        (
            action("deploy.execute", "k", json!({"agent_name": "a", "image": "alpine", "namespace": "other"})),
            "namespace",
        ),
    ] {
        let judged = judged(&client, json!([action])).await;
        assert_eq!((&judged["valid"], &judged["results"][0]["valid"]), (&json!(false), &json!(false)), "{action}");
        let errors = judged["results"][0]["errors"].as_array().expect("a list");
        let said: Vec<&str> = errors.iter().map(|error| error.as_str().expect("a text")).collect();
        assert!(said.join("; ").contains(error), "{action}: {said:?}");
    }
}

#[tokio::test]
async fn the_same_key_twice_is_wrong_the_second_time() {
    let client = quiet().workspace("plan-twice").await;
    let judged = judged(&client, json!([tool("k", "one"), tool("k", "two"), tool("l", "three")])).await;
    assert_eq!(each(&judged, "valid"), [true, false, true]);
    assert!(
        judged["results"][1]["errors"][0].as_str().is_some_and(|error| error.contains("earlier action")),
        "{judged}"
    );
}

#[tokio::test]
async fn what_is_no_plan_is_an_ordinary_400() {
    let client = quiet().workspace("plan-none").await;
    for path in [VALIDATE, APPLY] {
        for (plan, code, field) in [
            (json!({}), "missing_field", "actions"),
            (json!({"actions": []}), "missing_field", "actions"),
            (json!({"actions": {}}), "invalid_type", "actions"),
            (json!({"actions": [[]]}), "invalid_type", "actions[0]"),
            (json!({"actions": [{"type": 1}]}), "invalid_type", "actions[0].type"),
            (json!({"actions": [{"params": "x"}]}), "invalid_type", "actions[0].params"),
            (json!({"actions": [{"name": "t"}]}), "invalid_type", "actions[0].name"),
            (json!({"actions": [tool("k", "t")], "dry_run": true}), "invalid_type", "dry_run"),
            (json!({"actions": [tool("k", "t")], "continue_on_error": "no"}), "invalid_type", "continue_on_error"),
            (json!({"actions": vec![tool("k", "t"); 257]}), "too_many", "actions"),
        ] {
            assert_refused(&client.post(path, plan).await, 400, code, field);
        }
        assert_eq!(client.post_nothing(path).await.expect(400)["code"], "missing_body");
    }
}

#[tokio::test]
async fn a_plan_is_done_in_order_and_comes_to_the_same_when_it_comes_again() {
    let client = quiet().workspace("plan-done").await;
    let done = client.post(APPLY, whole_plan()).await.expect(200);
    assert_eq!(keys(&done), ["applied", "applied_count", "failed_count", "namespace", "plan_id", "results"]);
    assert_eq!((&done["applied"], &done["applied_count"], &done["failed_count"]), (&json!(true), &json!(6), &json!(0)));
    assert!(each(&done, "status").iter().all(|status| *status == "applied"), "{done}");
    let kit = json!({
        "id": "kit", "type": "starter_kit.seed", "idempotency_key": "kit", "status": "applied",
        "resource_ref": "/starter-kit",
        "output": {"tool_created": "echo-tool", "model_provider_created": "playground-llm"},
    });
    assert_eq!(done["results"][0], kit);
    assert_eq!(done["results"][1]["output"], client.get("/api/tools/t").await.expect(200));
    let deployed = &done["results"][5]["output"];
    assert_eq!((&deployed["agent"], &deployed["revision"]), (&json!("a"), &json!(1)));
    assert!(deployed.get("decision").is_none());
    let draft = client.get("/api/deploy-drafts/draft-one").await.expect(200);
    assert_eq!((&draft["status"], &draft["step"]), (&json!("COMPLETED"), &json!("wire")));
    let policies = client.get("/api/v1/agents/a/config").await.expect(200)["policies"].clone();
    assert_eq!(policies, json!(["rules"]), "the draft's policy is bound");

    let before = everything(&client).await;
    assert_eq!(client.post(APPLY, whole_plan()).await.expect(200), done);
    assert_eq!(everything(&client).await, before, "nothing was done again");
}

#[tokio::test]
async fn what_was_done_is_known_after_a_restart_even_if_it_is_gone_since() {
    let server = Server::start(Settings::without_agents()).await;
    let plan = json!({"actions": [
        tool("tool", "t"),
        action("deploy_draft.create_or_patch", "draft", json!({"step": "wire"})),
    ]});
    let done = server.client().post(APPLY, plan.clone()).await.expect(200);
    let server = server.restart().await;
    server.client().delete("/api/tools/t").await.expect(200);
    assert_eq!(server.client().post(APPLY, plan).await.expect(200), done);
    server.client().get("/api/tools/t").await.expect(404);
    let drafts = server.client().get("/api/deploy-drafts").await.expect(200);
    assert_eq!(drafts.as_array().map(Vec::len), Some(1), "one draft for one key");
    assert_eq!(masked(&drafts[0]["id"]), "draft-ID");
}

#[tokio::test]
async fn a_key_of_another_action_is_wrong_and_one_of_another_workspace_is_free() {
    let (client, other) = (quiet().workspace("plan-key").await, quiet().workspace("plan-key-other").await);
    client.post(APPLY, json!({"actions": [tool("k", "one")]})).await.expect(200);
    let plan = json!({"actions": [tool("l", "two"), tool("k", "two")]});
    let judged = client.post(VALIDATE, plan.clone()).await.expect(200);
    assert_eq!(each(&judged, "valid"), [true, false]);
    let refused = client.post(APPLY, plan.clone()).await.expect(400);
    assert_eq!(each(&refused, "status"), ["skipped", "invalid"]);
    client.get("/api/tools/two").await.expect(404);
    other.post(APPLY, plan).await.expect(200);
    other.get("/api/tools/two").await.expect(200);
}

#[tokio::test]
async fn a_plan_that_is_not_valid_is_a_400_in_the_shape_of_an_apply_and_nothing_is_done() {
    let client = quiet().workspace("plan-refused").await;
    let before = everything(&client).await;
    let plan = json!({"plan_id": "broken", "actions": [
        tool("k", "t"),
        {"id": "bad", "type": "tool.upsert", "idempotency_key": "l", "params": {"name": "u"}},
    ]});
    let refused = client.post(APPLY, plan).await;
    assert_refused(&refused, 400, "invalid_plan", "actions");
    let mut answer = refused.body;
    for extra in ["error", "code", "field", "hint"] {
        answer.as_object_mut().expect("an object").remove(extra);
    }
    let expected = json!({
        "plan_id": "broken", "namespace": "plan-refused", "applied": false, "applied_count": 0, "failed_count": 1,
        "results": [
            {"id": "action-1", "type": "tool.upsert", "idempotency_key": "k", "resource_ref": "/tools/t", "status": "skipped"},
            {"id": "bad", "type": "tool.upsert", "idempotency_key": "l", "status": "invalid", "error": "spec is required"},
        ],
    });
    assert_eq!(answer, expected);
    assert_eq!(everything(&client).await, before);
}

#[tokio::test]
async fn after_a_failure_the_rest_is_skipped_unless_the_plan_goes_on() {
    let client = quiet().workspace("plan-failed").await;
    let failing = action("deploy.execute", "deploy", json!({"agent_name": "a", "draft_id": "draft-none"}));
    let plan = |go_on: Value| json!({"continue_on_error": go_on, "actions": [tool("one", "one"), failing, tool("two", "two")]});
    for go_on in [json!(false), json!(null)] {
        let done = client.post(APPLY, plan(go_on)).await.expect(200);
        assert_eq!(
            (&done["applied"], &done["applied_count"], &done["failed_count"]),
            (&json!(false), &json!(1), &json!(1))
        );
        assert_eq!(each(&done, "status"), ["applied", "failed", "skipped"]);
        assert_eq!(done["results"][1]["error"], "deploy draft not found");
        assert_eq!(done["results"][2].get("output"), None);
        client.get("/api/tools/two").await.expect(404);
    }
    let done = client.post(APPLY, plan(json!(true))).await.expect(200);
    assert_eq!(
        (&done["applied"], &done["applied_count"], &done["failed_count"]),
        (&json!(false), &json!(2), &json!(1))
    );
    assert_eq!(each(&done, "status"), ["applied", "failed", "applied"]);
    client.get("/api/tools/two").await.expect(200);

    // What failed can be tried again under the same key, once what it needs is there.
    let config = json!({"agent_name": "a", "use_custom_image": true, "custom_image": "alpine:3"});
    let mending = action("deploy_draft.create_or_patch", "draft", json!({"id": "draft-none", "agent_config": config}));
    let done = client.post(APPLY, json!({"actions": [mending, failing]})).await.expect(200);
    assert_eq!(each(&done, "status"), ["applied", "applied"]);
}

#[tokio::test]
async fn a_draft_is_made_or_changed_by_its_version_and_by_its_owner() {
    let server = quiet();
    let client = server.workspace("plan-draft").await;
    let draft = |key: &str, params: Value| json!({"actions": [action("deploy_draft.create_or_patch", key, params)]});
    let made =
        client.post(APPLY, draft("1", json!({"id": "d", "step": "upload", "user_id": "somebody"}))).await.expect(200);
    let output = &made["results"][0]["output"];
    assert_eq!((&output["id"], &output["version"], &output["step"]), (&json!("d"), &json!(1), &json!("upload")));
    assert_ne!(output["user_id"], "somebody");
    let judged = client.post(VALIDATE, draft("9", json!({"user_id": "somebody"}))).await.expect(200);
    assert!(
        judged["results"][0]["warnings"][0].as_str().is_some_and(|warning| warning.contains("user_id")),
        "{judged}"
    );

    let changed =
        client.post(APPLY, draft("2", json!({"id": "d", "expected_version": 1, "step": "wire"}))).await.expect(200);
    assert_eq!(changed["results"][0]["output"]["version"], 2);
    let stale =
        client.post(APPLY, draft("3", json!({"id": "d", "expected_version": 1, "step": "lost"}))).await.expect(200);
    assert_eq!((&stale["results"][0]["status"], &stale["failed_count"]), (&json!("failed"), &json!(1)));
    let gone = client.post(APPLY, draft("4", json!({"id": "none", "expected_version": 1}))).await.expect(200);
    assert_eq!(gone["results"][0]["error"], "deploy draft not found");

    let key = server.operator().post("/api/workspaces/plan-draft/keys", json!({"name": "other"})).await.expect(201);
    let colleague = Client::new(&server.url(), key["token"].as_str().expect("a key"));
    let foreign = colleague.post(APPLY, draft("5", json!({"id": "d", "step": "mine"}))).await.expect(200);
    assert_eq!(foreign["results"][0]["error"], "the deploy draft belongs to another key");
    assert_eq!(client.get("/api/deploy-drafts/d").await.expect(200)["step"], "wire");
}

#[tokio::test]
async fn the_same_plan_many_times_at_once_is_done_once() {
    let client = quiet().workspace("plan-race").await;
    let plan =
        json!({"actions": [action("deploy_draft.create_or_patch", "k", json!({"step": "wire"})), tool("l", "t")]});
    let mut applies = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (client, plan) = (client.clone(), plan.clone());
        applies.spawn(async move { client.post(APPLY, plan).await.expect(200) });
    }
    let answers = applies.join_all().await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let drafts = client.get("/api/deploy-drafts").await.expect(200);
    assert_eq!((drafts.as_array().map(Vec::len), &drafts[0]["version"]), (Some(1), &json!(1)));
}

#[tokio::test]
async fn no_credential_of_a_plan_is_shown_or_kept_in_the_clear() {
    let server = Server::start(Settings::without_agents()).await;
    let secret = "sk-plan-0123456789abcdef";
    let spec = json!({"connection": {"baseUrl": "https://t.example"}});
    let params = json!({"name": "t", "spec": spec, "credentials": {"api_key": secret}});
    let plan = json!({"actions": [action("tool.upsert", "k", params)]});
    let done = server.client().post(APPLY, plan.clone()).await.expect(200);
    assert_eq!(done["results"][0]["output"]["has_credentials"], true);
    let again = server.client().post(APPLY, plan).await.expect(200);
    for text in [done.to_string(), again.to_string(), server.log()] {
        assert!(!text.contains(secret));
    }
    for file in ["windlass.db", "windlass.db-wal"] {
        let bytes = std::fs::read(server.data_dir().join(file)).expect("a file of the database");
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{file}");
    }
}
