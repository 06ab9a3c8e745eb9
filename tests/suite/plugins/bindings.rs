//! Bindings as revisions: made, taken up again, inherited from the host, and refused where their terms are wrong.

use super::{bind, bind_third_party, builtin, decided, install, request};
use crate::harness::{Answer, Client, Server, Settings, quiet};
use serde_json::{Value, json};
use std::fs;

/// The path of a slot of a workspace, and what is below it.
fn at(workspace: &str, rest: &str) -> String {
    format!("/api/workspaces/{workspace}/plugins/{rest}")
}

/// `revision change plugin`, the latest first, with a star at what holds.
fn lines(history: &Value) -> Vec<String> {
    let line = |one: &Value| {
        let star = if one["current"] == true { "*" } else { "" };
        let plugin = one["binding"]["plugin"].as_str().unwrap_or("-");
        format!("{}{star} {} {plugin}", one["revision"], one["change"].as_str().expect("a word"))
    };
    history.as_array().expect("a list").iter().map(line).collect()
}

async fn roll_back(operator: &Client, workspace: &str, slot: &str, body: Value) -> Answer {
    operator.post(&at(workspace, &format!("{slot}/rollback")), body).await
}

#[tokio::test]
async fn every_change_of_a_slot_is_a_revision_and_an_earlier_one_decides_again_after_a_rollback() {
    let server = quiet();
    let (operator, client) = (server.operator(), server.workspace("bound-back").await);
    install(&operator, "alternative-strategy").await;
    let first = bind(&operator, "bound-back", "strategy", "alternative-strategy").await;
    assert_eq!((&first["revision"], &first["state"]), (&json!(1), &json!({"status": "Ready"})));
    assert_eq!(decided(&client, request("edge")).await["execution_mode"], "EDGE_FUNCTION");
    bind(&operator, "bound-back", "strategy", "fastest").await;
    assert_eq!(decided(&client, request("fast")).await["execution_mode"], "INSTANT_RUNTIME");

    let slot = roll_back(&operator, "bound-back", "strategy", json!({"revision": 1})).await.expect(200);
    assert_eq!((&slot["binding"]["plugin"], &slot["binding"]["revision"]), (&json!("alternative-strategy"), &json!(3)));
    assert_eq!(decided(&client, request("edge-again")).await["execution_mode"], "EDGE_FUNCTION");
    let back = operator.post_nothing(&at("bound-back", "strategy/rollback")).await.expect(200);
    assert_eq!(back["binding"]["plugin"], "fastest", "without a number: the one before");
    let expected =
        ["4* rollback fastest", "3 rollback alternative-strategy", "2 bind fastest", "1 bind alternative-strategy"];
    assert_eq!(lines(&back["history"]), expected);
    assert_eq!(lines(&operator.get(&at("bound-back", "strategy/history")).await.expect(200)), expected);

    let unknown = roll_back(&operator, "bound-back", "strategy", json!({"revision": 99})).await.expect(404);
    assert_eq!(unknown["error"], "binding revision \"99\" not found");
    let nothing = roll_back(&operator, "bound-back", "tool-provider", json!({})).await;
    assert_eq!(nothing.status, 404, "it has only ever inherited: {nothing:?}");
}

#[tokio::test]
async fn a_detector_has_a_history_of_its_own_below_its_name() {
    let server = quiet();
    let operator = server.operator();
    server.workspace("bound-detector").await;
    bind_third_party(&operator, "bound-detector").await;
    operator.delete(&at("bound-detector", "detectors/acme")).await.expect(200);
    let slot = operator.get(&at("bound-detector", "detectors/acme")).await.expect(200);
    assert_eq!((&slot["slot"], slot.get("binding")), (&json!("detectors/acme"), None));
    assert_eq!(lines(&slot["history"]), ["2 unbind -", "1 bind third-party-detector"]);
    let back = roll_back(&operator, "bound-detector", "detectors/acme", json!({"revision": 1})).await.expect(200);
    assert_eq!(back["binding"]["plugin"], "third-party-detector");
}

#[tokio::test]
async fn the_hosts_defaults_are_inherited_until_a_workspace_has_its_own() {
    let server = Server::start(Settings::without_agents()).await;
    let (operator, own, heir) = (server.operator(), server.workspace("own").await, server.workspace("heir").await);
    install(&operator, "alternative-strategy").await;
    bind(&operator, "own", "strategy", "standard-strategy").await;
    let path = "/api/plugins/defaults/strategy";
    let bound = operator.put(path, json!({"plugin": "alternative-strategy"})).await.expect(200);
    assert_eq!((&bound["origin"], &bound["revision"]), (&json!("host"), &json!(2)));
    assert_eq!(decided(&heir, request("inherits")).await["execution_mode"], "EDGE_FUNCTION");
    assert_eq!(decided(&own, request("keeps")).await, builtin());

    let defaults = operator.get("/api/plugins/defaults").await.expect(200);
    let strategy = defaults.as_array().expect("a list").iter().find(|one| one["slot"] == "strategy");
    assert_eq!(strategy.expect("there")["plugin"], "alternative-strategy");
    operator.delete(path).await.expect(200);
    assert_eq!(decided(&heir, request("inherits")).await, builtin(), "the built-in one again");
    assert_eq!(operator.delete(path).await.status, 404, "it holds there already");
    operator.post_nothing(&format!("{path}/rollback")).await.expect(200);
    assert_eq!(decided(&heir, request("inherits")).await["execution_mode"], "EDGE_FUNCTION");
    let history = operator.get(&format!("{path}/history")).await.expect(200);
    assert_eq!(lines(&history)[0], "4* rollback alternative-strategy");
}

#[tokio::test]
async fn settings_are_held_against_the_schema_and_looked_at_by_the_plugin() {
    let server = quiet();
    let operator = server.operator();
    server.workspace("bound-settings").await;
    install(&operator, "settings-detector").await;
    install(&operator, "third-party-detector").await;
    let path = at("bound-settings", "detectors/picky");
    for (plugin, settings, field, hint) in [
        ("settings-detector", json!({"note": 1}), "settings.note", "the schema of settings-detector@0.1.0 says so"),
        (
            "settings-detector",
            json!({"forbidden": "x"}),
            "settings.forbidden",
            "settings-detector@0.1.0 itself says so",
        ),
        (
            "third-party-detector",
            json!({"any": "x"}),
            "settings.any",
            "the schema of third-party-detector@0.1.0 says so",
        ),
    ] {
        let refused = operator.put(&path, json!({"plugin": plugin, "settings": settings})).await.expect(400);
        let found = (&refused["code"], &refused["field"], &refused["hint"]);
        assert_eq!(found, (&json!("invalid_settings"), &json!(field), &json!(hint)), "{refused}");
    }
    assert_eq!(operator.get(&path).await.expect(200)["history"], json!([]), "what is refused is no revision");
    let bound = operator.put(&path, json!({"plugin": "settings-detector", "settings": {"note": "x"}})).await;
    assert_eq!(bound.expect(200)["settings"], json!({"note": "x"}));
}

#[tokio::test]
async fn terms_are_refused_by_their_path() {
    let server = quiet();
    let operator = server.operator();
    server.workspace("bound-terms").await;
    let path = at("bound-terms", "strategy");
    for (terms, field) in [
        (json!({"limits": {"time_ms": 0}}), "limits.time_ms"),
        (json!({"limits": {"memory_mib": 257}}), "limits.memory_mib"),
        (json!({"limits": {"time_ms": "long"}}), "limits.time_ms"),
        (json!({"limits": {"patience": 1}}), "limits.patience"),
        (json!({"grants": {"planets": []}}), "grants.planets"),
        (json!({"grants": {"hosts": ["https://x/"]}}), "grants.hosts[0]"),
        (json!({"settings": []}), "settings"),
        (json!({"on_failure": "skip"}), "on_failure"),
        (json!({"on_failure": "panic"}), "on_failure"),
    ] {
        let mut body = json!({"plugin": "standard-strategy"});
        body.as_object_mut().expect("an object").extend(terms.as_object().expect("an object").clone());
        let refused = operator.put(&path, body).await.expect(400);
        assert_eq!(refused["field"], field, "{terms}: {refused}");
    }
    let nobody =
        operator.put("/api/plugins/defaults/strategy", json!({"plugin": "fastest", "on_failure": "fallback"})).await;
    assert_eq!(nobody.expect(400)["field"], "on_failure");
    let most = json!({"plugin": "standard-strategy", "limits": {"memory_mib": 256, "time_ms": 1}, "priority": -1});
    let bound = operator.put(&path, most).await.expect(200);
    assert_eq!((&bound["limits"], &bound["priority"]), (&json!({"memory_mib": 256, "time_ms": 1}), &json!(-1)));
}

#[tokio::test]
async fn what_was_answered_under_other_settings_is_not_remembered() {
    let server = quiet();
    let (operator, client) = (server.operator(), server.workspace("bound-memo").await);
    install(&operator, "settings-detector").await;
    let path = at("bound-memo", "detectors/telling");
    let mut previews = Vec::new();
    for note in ["one", "two"] {
        let body = json!({"plugin": "settings-detector", "settings": {"note": note}});
        operator.put(&path, body).await.expect(200);
        let preview = client.post("/api/deploy/preview", request("told")).await.expect(200);
        let expected = format!("{{\"note\":\"{note}\"}}");
        assert!(preview["warnings"].as_array().expect("a list").contains(&json!(expected)), "{preview}");
        let analysis = client.post("/api/analyze", json!({"files": request("told")["source_files"]})).await.expect(201);
        assert!(analysis["warnings"].as_array().expect("a list").contains(&json!(expected)), "{analysis}");
        previews.push(preview["decision_id"].clone());
    }
    let mut stale = request("told");
    stale["decision_id"] = previews[0].clone();
    assert_eq!(client.deploy(stale).await.expect(409)["code"], "decision_stale");
}

#[tokio::test]
async fn a_plugin_that_is_bound_is_not_deleted_and_every_holder_is_named() {
    let server = Server::start(Settings::without_agents()).await;
    let operator = server.operator();
    for workspace in ["team-a", "team-b"] {
        server.workspace(workspace).await;
    }
    bind_third_party(&operator, "team-a").await;
    bind(&operator, "team-b", "strategy", "alternative-strategy").await;
    let candidate = json!({"plugin": "alternative-strategy", "shadow": true});
    operator.put("/api/plugins/defaults/strategy", candidate).await.expect(200);
    let refused = operator.delete("/api/plugins/alternative-strategy").await.expect(409);
    assert_eq!(
        refused,
        json!({
            "error": "plugin \"alternative-strategy@0.1.0\" is in use by */strategy (shadow), team-a/strategy, team-b/strategy",
            "code": "in_use", "hint": "bind others in its place first",
            "bindings": ["*/strategy (shadow)", "team-a/strategy", "team-b/strategy"],
        })
    );
    // A history holds nothing; what it names and is gone cannot be taken up again.
    for path in
        [at("team-a", "strategy"), at("team-b", "strategy"), "/api/plugins/defaults/strategy?shadow=true".to_owned()]
    {
        operator.delete(&path).await.expect(200);
    }
    operator.delete("/api/plugins/alternative-strategy").await.expect(200);
    let gone = roll_back(&operator, "team-b", "strategy", json!({"revision": 1})).await.expect(409);
    assert_eq!(
        gone,
        json!({
            "error": "plugin \"alternative-strategy@0.1.0\" is not installed any more", "code": "gone",
            "hint": "install it again, or take another revision",
        })
    );
}

#[tokio::test]
async fn a_candidate_is_shown_beside_what_decides_and_decides_nothing() {
    let server = quiet();
    let (operator, client) = (server.operator(), server.workspace("bound-shadow").await);
    install(&operator, "alternative-strategy").await;
    let path = at("bound-shadow", "strategy");
    let bound = operator.put(&path, json!({"plugin": "alternative-strategy", "shadow": true})).await.expect(200);
    assert_eq!(bound["shadow"], true);
    assert_eq!(decided(&client, request("calm")).await, builtin());
    let slot = operator.get(&path).await.expect(200);
    assert_eq!(
        (&slot["binding"]["plugin"], &slot["shadow"]["plugin"]),
        (&json!("standard-strategy"), &json!("alternative-strategy"))
    );
    assert_eq!(
        lines(&operator.get(&format!("{path}/history?shadow=true")).await.expect(200)),
        ["1* bind alternative-strategy"]
    );
    operator.delete(&format!("{path}?shadow=true")).await.expect(200);
    assert_eq!(operator.get(&path).await.expect(200).get("shadow"), None);
}

#[tokio::test]
async fn an_acknowledged_binding_survives_a_kill_and_a_missing_component_is_a_state() {
    let mut server = Server::start(Settings::without_agents()).await;
    let operator = server.operator();
    server.workspace("killed").await;
    install(&operator, "alternative-strategy").await;
    let terms = json!({"plugin": "alternative-strategy", "on_failure": "fallback", "limits": {"time_ms": 77}});
    let bound = operator.put(&at("killed", "strategy"), terms).await.expect(200);
    server.kill();
    let digest = bound["digest"].as_str().expect("a digest").trim_start_matches("sha256:").to_owned();
    let server = server.restart().await;
    let after = server.operator().get(&at("killed", "strategy")).await.expect(200);
    assert_eq!(after["binding"], bound);

    fs::remove_file(server.data_dir().join(format!("plugins/{digest}.wasm"))).expect("its component");
    let server = server.restart().await;
    let slot = server.operator().get(&at("killed", "strategy")).await.expect(200);
    let state = json!({"status": "Failed", "reason": "its component is not in the data directory"});
    assert_eq!(slot["binding"]["state"], state);
}

#[tokio::test]
async fn a_plugin_that_has_to_be_compiled_again_is_scheduled_and_others_do_not_wait_for_it() {
    let server = Server::start(Settings::without_agents()).await;
    server.workspace("scheduled").await;
    bind_third_party(&server.operator(), "scheduled").await;
    fs::remove_dir_all(server.data_dir().join("plugin-cache")).expect("the compiled plugins");
    let server = server.restart().await;
    assert_eq!(decided(&server.client(), request("beside")).await, builtin());
    let client = server.operator().with_header("X-Workspace-Namespace", "scheduled");
    let deployed = loop {
        let answer = client.deploy(request("waits")).await;
        if answer.status != 503 {
            break answer;
        }
        assert!(answer.body["code"] == "plugin_loading" && answer.header("retry-after").is_some(), "{answer:?}");
        let state = server.operator().get(&at("scheduled", "strategy")).await.expect(200)["binding"]["state"].clone();
        assert!(["Scheduled", "Ready"].map(Value::from).contains(&state["status"]), "{state}");
    };
    assert_eq!(deployed.expect(201)["execution_mode"], "EDGE_FUNCTION");
    let slot = server.operator().get(&at("scheduled", "strategy")).await.expect(200);
    assert_eq!(slot["binding"]["state"], json!({"status": "Ready"}));
}

#[tokio::test]
async fn a_workspaces_own_key_reads_its_bindings_and_nobody_elses() {
    let server = quiet();
    let (client, _) = (server.workspace("bound-reader").await, server.workspace("bound-other").await);
    for rest in ["", "/strategy", "/strategy/history", "/detectors/acme"] {
        assert_eq!(client.get(&format!("/api/workspaces/bound-reader/plugins{rest}")).await.status, 200, "{rest}");
        assert_eq!(client.get(&format!("/api/workspaces/bound-other/plugins{rest}")).await.status, 403, "{rest}");
    }
    for answer in [
        client.put(&at("bound-reader", "strategy"), json!({"plugin": "fastest"})).await,
        client.delete(&at("bound-reader", "strategy")).await,
        client.post(&at("bound-reader", "strategy/rollback"), json!({})).await,
        client.get("/api/plugins/defaults").await,
        client.get("/api/plugins/defaults/strategy").await,
        client.put("/api/plugins/defaults/strategy", json!({"plugin": "fastest"})).await,
    ] {
        assert_eq!(answer.status, 403, "{answer:?}");
    }
}
