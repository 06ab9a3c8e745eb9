//! What is taken and what is refused, at the edges: names, images, addresses, paths, variables, sizes.

use super::{HANDLER, everything, handler, keys, register_identity_provider, register_policy, register_tool, warnings};
use crate::harness::{Client, assert_refused, quiet};
use serde_json::{Map, Value, json};

/// Deploys what must be taken.
async fn taken(client: &Client, body: Value) -> Value {
    client.deploy(body).await.expect(201)
}

/// Deploys what must be refused with a 400 that names the field.
async fn refused(client: &Client, body: Value, code: &str, field: &str) -> Value {
    let answer = client.deploy(body).await;
    assert_refused(&answer, 400, code, field);
    answer.body
}

#[tokio::test]
async fn an_agents_name_is_a_dns_label_of_1_to_63() {
    let client = quiet().workspace("valid-name").await;
    for good in ["a", "0", "a-1", &"a".repeat(63)] {
        assert_eq!(taken(&client, handler(good, json!({}))).await["agent"], good);
    }
    for bad in ["A", "a_b", "-a", "a-", "a.b", "a b", "ä", "a\u{0}", "../a", &"a".repeat(64)] {
        refused(&client, handler(bad, json!({})), "invalid_name", "agent_name").await;
    }
    let hint = refused(&client, handler("My Agent", json!({})), "invalid_name", "agent_name").await["hint"].clone();
    assert!(hint.as_str().is_some_and(|hint| hint.ends_with("for example `my-agent`")), "{hint}");
}

#[tokio::test]
async fn an_image_is_an_oci_reference() {
    let client = quiet().workspace("valid-image").await;
    let digest = format!("ghcr.io/acme/a@sha256:{}", "0".repeat(64));
    for good in ["alpine", "localhost:5000/a/b:T_1.x", "ghcr.io/acme/my-agent:1.2.0", &digest] {
        taken(&client, json!({"agent_name": "a", "image": good})).await;
    }
    for bad in ["Alpine", "http://x/y", "a b", "a:b:c", "a@sha256:00", "a:", "ghcr.io/", "-x.io/a", &"a".repeat(256)] {
        refused(&client, json!({"agent_name": "a", "image": bad}), "invalid_image", "image").await;
    }
}

#[tokio::test]
async fn a_tools_address_port_scheme_and_authentication_are_checked() {
    let client = quiet().workspace("valid-tool").await;
    let with_field = |field: &str, value: Value| {
        let mut tool = json!({"name": "t", "base_url": "https://t.example"});
        tool[field] = value;
        handler("a", json!({"tools_to_create": [tool]}))
    };
    for (field, value) in [
        ("base_url", json!("http://10.0.0.1:1/x")),
        ("port", json!(1)),
        ("port", json!(65_535)),
        ("port", Value::Null),
        ("scheme", json!("HTTP")),
        ("auth_type", json!("OAuth2")),
        ("description", Value::Null),
        ("name", json!("t.v1")),
    ] {
        taken(&client, with_field(field, value)).await;
    }
    for (field, value, code) in [
        ("base_url", json!("t.example"), "invalid_url"),
        ("base_url", json!("/v1"), "invalid_url"),
        ("base_url", json!("ftp://t.example"), "invalid_url"),
        ("base_url", json!("https://"), "invalid_url"),
        ("base_url", json!("https://user:word@t.example"), "invalid_url"),
        ("port", json!(0), "invalid_port"),
        ("port", json!(65_536), "invalid_port"),
        ("port", json!(-1), "invalid_port"),
        ("port", json!("443"), "invalid_type"),
        ("port", json!(1.5), "invalid_type"),
        ("scheme", json!("GOPHER"), "unknown_value"),
        ("auth_type", json!("Basic"), "unknown_value"),
        ("name", json!("T 1"), "invalid_name"),
        ("description", json!(["no"]), "invalid_type"),
    ] {
        refused(&client, with_field(field, value), code, &format!("tools_to_create[0].{field}")).await;
    }
    let twice = json!([{"name": "t", "base_url": "https://a.example"}, {"name": "t", "base_url": "https://b.example"}]);
    refused(&client, handler("a", json!({"tools_to_create": twice})), "duplicate_tool", "tools_to_create[1].name")
        .await;
}

#[tokio::test]
async fn what_does_not_exist_is_named_with_the_nearest_that_does() {
    let client = quiet().workspace("valid-known").await;
    register_tool(&client, "stripe-api").await;
    register_policy(&client, "read-only").await;
    register_identity_provider(&client, "google").await;
    for (more, code, field, near) in [
        (json!({"required_tools": ["stripe-api", "strip-api"]}), "unknown_tool", "required_tools[1]", "stripe-api"),
        (
            json!({"tool_url_mappings": {"https://x.example": "stripe-ap"}}),
            "unknown_tool",
            "tool_url_mappings[\"https://x.example\"]",
            "stripe-api",
        ),
        (json!({"policies": ["readonly"]}), "unknown_policy", "policies[0]", "read-only"),
        (json!({"identity_provider": "gogle"}), "unknown_identity_provider", "identity_provider", "google"),
        (json!({"entry_point": "agnt.py"}), "unknown_entry_point", "entry_point", "agent.py"),
    ] {
        let answer = refused(&client, handler("a", more), code, field).await;
        assert!(
            answer["hint"].as_str().is_some_and(|hint| hint.contains(&format!("did you mean `{near}`?"))),
            "{answer}"
        );
    }
    let created = json!({"required_tools": ["new"], "tool_url_mappings": {"https://x.example": "new"},
        "tools_to_create": [{"name": "new", "base_url": "https://new.example"}]});
    taken(&client, handler("a", created)).await;
    refused(
        &client,
        handler("a", json!({"tool_url_mappings": {"x.example": "new"}})),
        "invalid_url",
        "tool_url_mappings[\"x.example\"]",
    )
    .await;
}

#[tokio::test]
async fn env_names_are_checked_and_given_once() {
    let client = quiet().workspace("valid-env").await;
    taken(&client, handler("a", json!({"env": [{"name": "_A1", "value": "x"}, {"name": "b", "value": null}]}))).await;
    for name in ["", "1A", "A-B", "A B", "A=B", "Ä"] {
        refused(
            &client,
            handler("a", json!({"env": [{"name": name, "value": "x"}]})),
            "invalid_env_name",
            "env[0].name",
        )
        .await;
    }
    refused(&client, handler("a", json!({"env": [{"value": "x"}]})), "invalid_env_name", "env[0].name").await;
    let twice = json!({"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "1"}]});
    refused(&client, handler("a", twice), "duplicate_env", "env[1].name").await;
    refused(&client, handler("a", json!({"env": [{"name": "A", "value": "\u{0}"}]})), "nul_byte", "env[0].value").await;
}

fn files(paths: &[&str]) -> Value {
    let file = |path: &&str| ((*path).to_owned(), HANDLER.into());
    json!({"agent_name": "a", "source_files": paths.iter().map(file).collect::<Map<String, Value>>()})
}

#[tokio::test]
async fn source_paths_are_relative_normal_and_stay_inside() {
    let client = quiet().workspace("valid-path").await;
    for good in ["agent.py", "./agent.py", "pkg//mod.py", "pkg/./mod.py", "..agent.py", "a b.py", "ä.py"] {
        taken(&client, files(&[good])).await;
    }
    let long = format!("{}.py", "a".repeat(253));
    for bad in
        ["", ".", "/agent.py", "../agent.py", "a/../b.py", "C:/a.py", "a\\b.py", "a\u{0}.py", "a\n.py", "a/", &long]
    {
        refused(&client, files(&[bad]), "invalid_path", "source_files").await;
    }
    refused(&client, files(&["agent.py", "./agent.py"]), "duplicate_path", "source_files").await;
    refused(&client, files(&["agent", "agent/x.py"]), "invalid_path", "source_files").await;
}

#[tokio::test]
async fn a_name_that_an_image_reserves_is_a_400_and_not_a_500() {
    let client = quiet().workspace("valid-whiteout").await;
    for bad in [".wh.x", "pkg/.wh.x", ".wh..wh..opq", ".wh.d/x.py"] {
        let mut body = files(&["agent.py", bad]);
        body["requirements"] = json!("runagents");
        refused(&client, body, "invalid_path", "source_files").await;
        let build = json!({"name": "a", "files": {"agent.py": HANDLER, bad: ""}});
        assert_eq!(client.post("/api/builds", build).await.expect(400)["code"], "invalid_path");
    }
    let mut near = files(&["agent.py", "wh.x", ".whx"]);
    near["requirements"] = json!("runagents");
    assert_eq!(taken(&client, near).await["execution_mode"], "FAST_OVERLAY");
}

#[tokio::test]
async fn two_thousand_files_and_16_mib_are_taken_and_one_more_is_a_413() {
    let client = quiet().workspace("valid-size").await;
    let many = |count: usize| {
        let file = |index: usize| (format!("f{index}.py"), Value::from(""));
        json!({"agent_name": "a", "source_files": (0..count).map(file).collect::<Map<_, _>>()})
    };
    let large = |bytes: usize| json!({"agent_name": "a", "source_files": {"agent.py": HANDLER, "data.txt": "x".repeat(bytes - HANDLER.len())}});
    taken(&client, many(2_000)).await;
    taken(&client, large(16 << 20)).await;
    let before = everything(&client).await;
    assert_refused(&client.deploy(many(2_001)).await, 413, "too_many_files", "source_files");
    assert_refused(&client.deploy(large((16 << 20) + 1)).await, 413, "source_too_large", "source_files");
    assert_eq!(everything(&client).await, before);
}

#[tokio::test]
async fn unknown_fields_are_warned_of_and_null_is_the_same_as_absence() {
    let client = quiet().workspace("valid-unknown").await;
    let odd = json!({"replicas": 3, "tools_to_create": [{"name": "t", "base_url": "https://t.example", "api": 1}]});
    let answer = taken(&client, handler("a", odd)).await;
    let unknown = |field: &str| format!("the field `{field}` is not known and was ignored");
    assert_eq!(answer["warnings"], json!([unknown("replicas"), unknown("tools_to_create[0].api")]));

    let plain = taken(&client, handler("b", json!({}))).await;
    let fields = [
        "namespace",
        "image",
        "artifact_id",
        "draft_id",
        "system_prompt",
        "required_tools",
        "tool_url_mappings",
        "tools_to_create",
        "llm_configs",
        "env",
        "requirements",
        "entry_point",
        "framework",
        "identity_provider",
        "policies",
        "decision_id",
    ];
    let nulls: Map<String, Value> = fields.iter().map(|field| ((*field).to_owned(), Value::Null)).collect();
    let again = taken(&client, handler("b", nulls.into())).await;
    assert_eq!((&again, keys(&again)), (&plain, keys(&plain)), "null made it another request");
}

#[tokio::test]
async fn an_unknown_provider_of_models_is_warned_of_and_a_missing_model_is_refused() {
    let client = quiet().workspace("valid-models").await;
    let answer = taken(&client, handler("a", json!({"llm_configs": [{"provider": "acme", "model": "m"}]}))).await;
    assert!(warnings(&answer).contains("no model provider serves `acme`"), "{answer}");
    let without = handler("a", json!({"llm_configs": [{"provider": "openai"}]}));
    refused(&client, without, "missing_field", "llm_configs[0].model").await;
}

#[tokio::test]
async fn an_entry_point_that_is_not_there_is_refused_with_what_could_start_instead() {
    let client = quiet().workspace("entry-point-absent").await;
    let files = json!({
        "agent.py": "def handler(message):\n    return message\n",
        "worker.py": "import openai\nif __name__ == '__main__':\n    openai.run()\n",
        "server.js": "import OpenAI from 'openai'\nnew OpenAI()\n",
        "package.json": r#"{"scripts": {"start": "node server.js"}, "dependencies": {"openai": "5"}}"#,
    });
    let deploy = json!({"agent_name": "a", "source_files": files, "entry_point": "agnt.py"});
    let named = json!({"files": files, "entry_point": "agnt.py"});
    let build = json!({"name": "a", "files": files, "entry_point": "agnt.py"});
    for (path, body) in [
        ("/api/deploy", &deploy),
        ("/api/deploy/preview", &deploy),
        ("/api/analyze", &named),
        ("/api/requirements", &named),
        ("/api/builds", &build),
    ] {
        let answer = client.post(path, body.clone()).await;
        assert_refused(&answer, 400, "unknown_entry_point", "entry_point");
        let answer = answer.body;
        assert!(answer["error"].as_str().is_some_and(|error| error.contains("`agnt.py`")), "{path}: {answer}");
        let candidates = answer["candidates"].as_array().expect("a list");
        let of = |path: &str| candidates.iter().find(|one| one["entry_point"] == path).expect(path);
        assert_eq!((&of("agent.py")["run_kind"], &of("agent.py")["rule"]), (&json!("handler"), &json!("handler")));
        assert_eq!(of("worker.py")["run_kind"], "script");
        assert_eq!(
            (&of("server.js")["run_kind"], &of("server.js")["plugin"]),
            (&json!("node"), &json!("node-detector@0.1.0"))
        );
        let scores: Vec<f64> = candidates.iter().filter_map(|one| one["score"].as_f64()).collect();
        assert!(scores.len() == candidates.len() && scores.is_sorted_by(|a, b| a >= b), "{answer}");
        let hint = answer["hint"].as_str().expect("a hint");
        assert!(hint.starts_with("did you mean `agent.py`?") && hint.contains("`worker.py` (script, 0."), "{hint}");
    }
    assert_eq!(client.get("/api/agents").await.expect(200), json!([]), "nothing was made");
    let unlike = json!({"files": {"notes.txt": "x"}, "entry_point": "q"});
    let answer = client.post("/api/analyze", unlike).await;
    assert_refused(&answer, 400, "unknown_entry_point", "entry_point");
    assert!(answer.body.get("candidates").is_none(), "{answer:?}");
}
