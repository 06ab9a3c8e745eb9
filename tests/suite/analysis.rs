//! What files are, without deploying them: `analyze`, `analysis/{id}`, `requirements`, through the real router.

mod determinism;

use crate::harness::{Answer, Client, assert_refused, component, masked, quiet};
use reqwest::Method;
use serde_json::{Map, Value, json};

/// A graph with a tool, a model and a requirement in it.
const GRAPH: &str = r#""""Answers about invoices."""
import os

import requests
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, MessagesState, StateGraph

URL = os.environ.get("TOOL_URL_STRIPE_API", "https://api.stripe.com")
model = ChatOpenAI(model="gpt-4o-mini")


def look(state: MessagesState) -> dict:
    return {"messages": [requests.get(URL + "/v1/invoices", timeout=5).text]}


builder = StateGraph(MessagesState)
builder.add_node("look", look)
builder.add_edge(START, "look")
builder.add_edge("look", END)
graph = builder.compile()
"#;

fn project() -> Value {
    json!({"files": {"agent.py": GRAPH, "requirements.txt": "langgraph\nlangchain-openai\nrequests>=2.31\n"}})
}

/// What is declared comes first; what the detectors infer beside it is theirs.
fn assert_declared(requirements: &Value) {
    let requirements = requirements.as_array().expect("a list");
    assert_eq!(requirements[..3], ["langgraph", "langchain-openai", "requests>=2.31"], "{requirements:?}");
}

async fn analyze(client: &Client, body: Value) -> Value {
    client.post("/api/analyze", body).await.expect(201)
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[tokio::test]
async fn the_contracts_fields_are_there_under_each_path_and_kept_as_they_were_answered() {
    let client = quiet().workspace("analysis-fields").await;
    let spaced = "/api/v1/workspaces/analysis-fields";
    for (path, prefix) in [
        ("/api/analyze", "/api"),
        ("/api/v1/analyze", "/api/v1"),
        ("/api/v1/workspaces/analysis-fields/analyze", spaced),
        ("/ingestion/analyze", "/api"),
        ("/api/ingestion/analyze", "/api"),
    ] {
        let found = client.post(path, project()).await;
        assert_eq!(found.header("content-type"), Some("application/json"));
        let found = found.expect(201);
        for list in [
            "tools",
            "model_providers",
            "model_usages",
            "secrets",
            "outbound_destinations",
            "detected_requirements",
            "also",
            "run_args",
            "warnings",
        ] {
            assert!(found[list].is_array(), "{list}: {found}");
        }
        for (field, expected) in [
            ("entry_point", "agent.py"),
            ("framework", "langgraph"),
            ("adapter", "langgraph"),
            ("runtime_family", "python"),
            ("run_kind", "handler"),
            ("run_object", "graph"),
        ] {
            assert_eq!(found[field], expected, "{path}: {field}");
        }
        assert!(found["system_prompt_suggestion"].is_string(), "{found}");
        assert_declared(&found["detected_requirements"]);
        let tools = found["tools"].as_array().expect("a list");
        let tool = tools.iter().find(|tool| tool["name"] == "stripe-api").expect("the tool of the variable");
        assert_eq!(tool["base_url"], "https://api.stripe.com");
        assert_eq!((&tool["file"], &tool["line"]), (&json!("agent.py"), &json!(8)));
        assert_eq!(found["model_providers"], json!([{"provider": "openai", "model": "gpt-4o-mini"}]));
        let usage = &found["model_usages"][0];
        assert!(usage["role"].as_str().is_some_and(|role| !role.is_empty()), "{usage}");
        assert_eq!((&usage["file"], &usage["line"]), (&json!("agent.py"), &json!(9)));
        let plan = &found["plan"];
        assert_eq!((&plan["execution_mode"], &plan["build_required"]), (&json!("FAST_OVERLAY"), &json!(true)));
        assert!(plan["decision_reason"].as_str().is_some_and(|reason| reason.contains("langgraph")), "{plan}");
        let entry = &found["evidence"]["entry_point"];
        assert_eq!((&entry["value"], &entry["plugin"]), (&json!("agent.py"), &json!("python-detector@0.1.0")));
        let id = found["id"].as_str().expect("an id");
        assert_eq!(client.get(&format!("{prefix}/analysis/{id}")).await.expect(200), found);
    }
    for list in ["agents", "tools"] {
        assert_eq!(client.get(&format!("/api/{list}")).await.expect(200), json!([]), "nothing was made");
    }
}

#[tokio::test]
async fn what_detectors_of_two_languages_see_in_the_same_file_is_told_once() {
    let client = quiet().workspace("analysis-twice").await;
    // Put together here, so that no scanner takes the sample for a secret.
    let key = ["AKIA", "Q3EGRIJZ4XWTPN2B"].concat();
    let files = json!({
        "agent.py": GRAPH, "web/package.json": "{\"name\": \"web\"}", "web/index.js": "console.log('hi')\n",
        ".env": format!("A={key}\n\nB={key}\n"),
    });
    let found = analyze(&client, json!({"files": files})).await;
    let secrets = found["secrets"].as_array().expect("a list");
    let places: Vec<_> = secrets.iter().map(|secret| (&secret["file"], &secret["line"])).collect();
    assert_eq!(places, [(&json!(".env"), &json!(1)), (&json!(".env"), &json!(3))], "{secrets:?}");
    let warnings = found["warnings"].as_array().expect("a list").iter().filter_map(Value::as_str);
    assert_eq!(warnings.filter(|warning| warning.contains("looks like a secret")).count(), 2);
    let preview = client.post("/api/deploy/preview", json!({"agent_name": "twice", "source_files": files})).await;
    let claims = preview.expect(200)["decision"]["claims"].take();
    let by = |plugin: &str| {
        let claims = claims[plugin].as_array().expect("a list");
        claims.iter().filter(|claim| claim["kind"] == "secret").count()
    };
    assert_eq!((by("python-detector@0.1.0"), by("node-detector@0.1.0")), (2, 2), "each plugin's own word is kept");
}

#[tokio::test]
async fn a_tree_that_was_seen_is_not_read_again_and_the_answer_is_the_same() {
    let client = quiet().workspace("analysis-seen").await;
    let (one, two) = (analyze(&client, project()).await, analyze(&client, project()).await);
    assert_eq!((&one["timings"]["remembered"], &two["timings"]["remembered"]), (&json!(false), &json!(true)));
    let without_times = |found: &Value| {
        let mut found = masked(found);
        found.as_object_mut().expect("an object").remove("timings");
        found
    };
    assert_eq!(without_times(&one), without_times(&two));
    let spaced = serde_json::to_string_pretty(&project()).expect("JSON");
    let spaced = client.send(client.request(Method::POST, "/api/analyze").body(spaced)).await.expect(201);
    assert_eq!(spaced["timings"]["remembered"], true, "the tree counts, and not how it is written");
    assert_eq!(without_times(&one), without_times(&spaced));
    let other = quiet().workspace("analysis-seen-other").await;
    assert_eq!(analyze(&other, project()).await["timings"]["remembered"], false, "workspaces share no memory");
}

#[tokio::test]
async fn what_another_version_of_a_plugin_said_is_not_remembered_for_this_one() {
    let client = quiet().workspace("analysis-rebound").await;
    let files = json!({"files": {
        "agent.py": "import acme_agents\n\n\ndef handler(message):\n    return acme_agents.answer(message)\n",
    }});
    assert_eq!(analyze(&client, files.clone()).await["framework"], "none");
    let operator = quiet().operator();
    let installed = operator.upload("/api/plugins", component("tests/third-party-detector")).await;
    assert!([200, 201].contains(&installed.status), "{installed:?}");
    let path = "/api/workspaces/analysis-rebound/plugins/detectors/acme";
    operator.put(path, json!({"plugin": "third-party-detector"})).await.expect(200);
    let found = analyze(&client, files.clone()).await;
    assert_eq!((&found["framework"], &found["timings"]["remembered"]), (&json!("acme-agents"), &json!(false)));
    let candidates = found["evidence"]["framework"]["candidates"].as_array().expect("a list");
    assert!(candidates.iter().any(|candidate| candidate["value"] == "none"), "a conflict is shown: {found}");
    operator.delete(path).await.expect(200);
    let found = analyze(&client, files).await;
    assert_eq!((&found["framework"], &found["timings"]["remembered"]), (&json!("none"), &json!(true)));
}

#[tokio::test]
async fn what_the_strategy_refuses_is_still_analysed_and_the_refusal_is_a_warning() {
    let client = quiet().workspace("analysis-refused").await;
    let app =
        "import streamlit as st\nfrom openai import OpenAI\n\nst.title(\"Ask\")\nst.write(OpenAI().models.list())\n";
    for (files, entry_point) in [
        (json!({"app.py": app, "requirements.txt": "streamlit\nopenai\n"}), "app.py"),
        (json!({"notes.txt": "nothing that runs\n"}), ""),
    ] {
        let found = analyze(&client, json!({"files": files})).await;
        assert_eq!(found["entry_point"], entry_point, "{found}");
        if found.get("plan").is_none() {
            assert_ne!(found["warnings"], json!([]), "{found}");
        }
        assert!(found["framework"].as_str().is_some_and(|id| !id.is_empty()), "{found}");
    }
}

#[tokio::test]
async fn how_a_project_runs_and_how_it_would_be_started_here_are_two_answers() {
    let client = quiet().workspace("analysis-run-kind").await;
    let flow = "from langgraph.graph import MessagesState, StateGraph\n\nsteps = StateGraph(MessagesState)\nworkflow = steps.compile()\n";
    let files = json!({
        "flow.py": flow, "requirements.txt": "langgraph\n", "langgraph.json": r#"{"graphs": {"desk": "./flow.py:workflow"}}"#,
    });
    let found = analyze(&client, json!({"files": files})).await;
    assert_eq!((&found["entry_point"], &found["run_kind"]), (&json!("flow.py"), &json!("framework_cli")));
    assert_eq!((&found["run_object"], &found["run_args"]), (&json!("workflow"), &json!(["langgraph", "dev"])));
    assert_eq!(found["evidence"]["run_kind"]["value"], "framework_cli");
    assert_eq!(found["evidence"]["run_kind"]["candidates"][0]["value"], "handler");
    let preview = client.post("/api/deploy/preview", json!({"agent_name": "desk", "source_files": files})).await;
    let preview = preview.expect(200);
    let (plan, planned) = (&preview["decision"]["plan"], &found["plan"]);
    assert_eq!((&plan["run_kind"], &plan["run_object"]), (&json!("handler"), &json!("workflow")));
    assert_eq!((&planned["run_kind"], &planned["run_object"]), (&plan["run_kind"], &plan["run_object"]));
    let ground = &preview["decision"]["evidence"]["run_kind"];
    assert_eq!((&ground["value"], &ground["candidates"][0]["value"]), (&json!("handler"), &json!("framework_cli")));
    for warnings in [&found["warnings"], &preview["decision"]["warnings"]] {
        let named = "`langgraph dev` (run kind framework_cli), which no runtime image of this host starts";
        assert!(
            warnings.as_array().is_some_and(|all| all.iter().any(|one| one.to_string().contains(named))),
            "{warnings}"
        );
    }
}

#[tokio::test]
async fn the_language_is_that_of_the_detector_whose_file_starts() {
    let client = quiet().workspace("analysis-language").await;
    let node = json!({
        "server.js": "import OpenAI from 'openai'\nnew OpenAI()\n",
        "package.json": r#"{"scripts": {"start": "node server.js"}, "dependencies": {"openai": "5"}}"#,
    });
    let mut both = node.clone();
    both["tools/notes.py"] = json!("def note(text):\n    return text\n");
    let python = json!({"agent.py": "def handler(message):\n    return message\n"});
    for (files, language) in [(node, json!("node")), (both, json!("node")), (python, json!("python"))] {
        let found = analyze(&client, json!({"files": files})).await;
        assert_eq!(found["runtime_family"], language, "{found}");
    }
    let nothing = analyze(&client, json!({"files": {"notes.txt": "x"}})).await;
    assert!(nothing.get("runtime_family").is_none() && nothing["framework"] == "none", "{nothing}");
    assert_eq!(nothing["evidence"], json!({}), "that nobody sees a framework is nobody's finding");
}

#[tokio::test]
async fn a_builder_that_is_absent_is_a_warning() {
    let client = quiet().workspace("analysis-builder").await;
    let handler = "def handler(message):\n    return message\n";
    let found = analyze(&client, json!({"files": {"agent.py": handler, "requirements.txt": "torch==2.1\n"}})).await;
    assert_eq!(found["detected_requirements"], json!(["torch==2.1"]));
    let warnings = found["warnings"].as_array().expect("a list");
    assert!(
        warnings.iter().any(|text| text.as_str().is_some_and(|text| text.contains("lacks the builder"))),
        "{found}"
    );
}

#[tokio::test]
async fn requirements_and_entry_point_alone_are_answered_too() {
    let client = quiet().workspace("analysis-requirements").await;
    for prefix in ["/api", "/api/v1", "/api/v1/workspaces/analysis-requirements"] {
        let answer = client.post(&format!("{prefix}/requirements"), project()).await.expect(200);
        assert_declared(&answer["requirements"]);
        assert_eq!(answer["entry_point"], "agent.py");
        assert_eq!(keys(&answer), ["entry_point", "requirements", "warnings"]);
    }
}

#[tokio::test]
async fn files_are_checked_as_those_of_a_deploy() {
    let client = quiet().workspace("analysis-limits").await;
    let many = |count: usize| {
        let file = |index: usize| (format!("f{index}.txt"), Value::from(""));
        json!({"files": (0..count).map(file).collect::<Map<_, _>>()})
    };
    let large = |bytes: usize| json!({"files": {"data.txt": "x".repeat(bytes)}});
    for path in ["/api/analyze", "/api/requirements"] {
        for (body, status, code, field) in [
            (json!({}), 400, "missing_field", "files"),
            (json!({"files": null}), 400, "missing_field", "files"),
            (json!({"files": {}}), 400, "missing_field", "files"),
            (json!({"files": ["a.py"]}), 400, "invalid_type", "files"),
            (json!({"files": {"a.py": 1}}), 400, "invalid_type", "files.a.py"),
            (json!({"files": {"../a.py": ""}}), 400, "invalid_path", "files"),
            (json!({"files": {"a.py": "", "./a.py": ""}}), 400, "duplicate_path", "files"),
            (json!({"files": {"a.py": ""}, "entry_point": "b.py"}), 400, "unknown_entry_point", "entry_point"),
            (many(2_001), 413, "too_many_files", "files"),
            (large((16 << 20) + 1), 413, "source_too_large", "files"),
        ] {
            assert_refused(&client.post(path, body).await, status, code, field);
        }
        let taken = |answer: Answer| assert!(matches!(answer.status, 200 | 201), "{answer:?}");
        taken(client.post(path, many(2_000)).await);
        taken(client.post(path, large(16 << 20)).await);
    }
    let nobody = Client::new(&quiet().url(), "");
    assert_eq!(nobody.post("/ingestion/analyze", project()).await.status, 401);
    assert_eq!(nobody.post("/api/requirements", project()).await.status, 401);
}

#[tokio::test]
async fn an_analysis_is_of_its_workspace_and_only_so_many_are_kept() {
    let (client, other) = (quiet().workspace("analysis-kept").await, quiet().workspace("analysis-kept-other").await);
    let path = |found: &Value| format!("/api/analysis/{}", found["id"].as_str().expect("an id"));
    let first = path(&analyze(&client, project()).await);
    assert_eq!(other.get(&first).await.expect(404)["error"], "analysis not found");
    assert_eq!(client.get("/api/analysis/analysis-000000000000").await.expect(404)["error"], "analysis not found");
    client.get(&first).await.expect(200);
    for _ in 0..256 {
        analyze(&client, project()).await;
    }
    let gone = client.get(&first).await;
    assert_eq!((gone.status, &gone.body["error"]), (404, &json!("analysis not found")));
    assert!(gone.body["hint"].as_str().is_some_and(|hint| hint.contains("expired")), "{gone:?}");
}

#[tokio::test]
async fn a_detector_that_breaks_is_a_500_here_too_and_is_asked_again_the_next_time() {
    let client = quiet().workspace("analysis-broken").await;
    let operator = quiet().operator();
    let installed = operator.upload("/api/plugins", component("tests/trap")).await;
    assert!([200, 201].contains(&installed.status), "{installed:?}");
    let path = "/api/workspaces/analysis-broken/plugins/detectors/trap";
    operator.put(path, json!({"plugin": "trap"})).await.expect(200);
    for _ in 0..2 {
        let answer = client.post("/api/analyze", project()).await;
        assert_refused(&answer, 500, "agent_creation_failed", "");
    }
    operator.delete(path).await.expect(200);
    let found = analyze(&client, project()).await;
    assert_eq!(found["timings"]["remembered"], true, "the sound detectors' answers were kept");
}
