//! What an agent is given: its settings, its tools, a model; and nothing of the server's own.

use super::{answer, deploy, deploy_with};
use crate::harness::{CANARY, shared};
use serde_json::{Value, json};

/// Answers with all variables.
const MIRROR: &str = "import json, os\ndef handler(message):\n    return json.dumps(dict(os.environ))\n";

#[tokio::test]
async fn an_agent_sees_its_settings_and_nothing_of_the_servers_environment() {
    let client = shared().workspace("agents-env").await;
    let tool = json!({"name": "ledger", "base_url": "https://ledger.example.com/v2", "description": "Books"});
    client.post("/api/v1/tools", tool).await.expect(201);
    let more = json!({
        "system_prompt": "Be kind.",
        "required_tools": ["ledger"],
        "tool_url_mappings": {"https://api.old.example.com": "ledger"},
        "llm_configs": [
            {"provider": "openai", "model": "gpt-4o-mini", "role": "default"},
            {"provider": "openai", "model": "text-embedding-3-small", "role": "embedding"},
        ],
        "env": [{"name": "COLOUR", "value": "blue = \"sky\"\nand sea"}, {"name": "MAX_TOOL_ITERATIONS", "value": "3"}],
    });
    deploy_with(&client, "mirror", MIRROR, more).await;
    let seen: Value = serde_json::from_str(&answer(&client, "mirror", "?").await).expect("JSON");
    let expected = [
        ("AGENT_NAME", "mirror"),
        ("SYSTEM_PROMPT", "Be kind."),
        ("USER_ENTRY_POINT", "agent.py"),
        ("LLM_MODEL", "gpt-4o-mini"),
        ("LLM_PROVIDER", "openai"),
        ("LLM_MODEL_EMBEDDING", "text-embedding-3-small"),
        ("TOOL_NAMES", "ledger"),
        ("OPENAI_API_KEY", "platform-managed"),
        ("COLOUR", "blue = \"sky\"\nand sea"),
        ("MAX_TOOL_ITERATIONS", "3"),
    ];
    for (name, value) in expected {
        assert_eq!(seen[name], value, "{name}");
    }
    // The gateway stands for the tool, in the agent's own variable and in what its code has written down.
    let ledger = seen["TOOL_URL_LEDGER"].as_str().expect("an address").to_owned();
    let (gateway, pass) = (format!("{}/tool/", shared().url()), seen["OPENAI_BASE_URL"].as_str().expect("an address"));
    let pass = pass.split('/').nth(4).expect("http://host/llm/PASS/v1");
    assert_eq!(ledger, format!("{gateway}{pass}/ledger"));
    assert_eq!(seen["TOOL_URL_REWRITES_JSON"], json!({"https://api.old.example.com": ledger}).to_string());
    let all = seen.to_string();
    let keys = [shared().workspace_key(), shared().operator_key(), client.key().to_owned()];
    for secret in [CANARY.0, CANARY.1, "RUST_LOG", "WINDLASS_"].into_iter().chain(keys.iter().map(String::as_str)) {
        assert!(!all.contains(secret), "{secret} is in {all}");
    }
}

#[tokio::test]
async fn the_starter_kit_answers_without_a_key_or_code_and_its_echo_tool_is_reached() {
    let client = shared().workspace("agents-starter").await;
    client.send(client.request(reqwest::Method::POST, "/api/starter-kit")).await.expect(201);
    let more = json!({
        "required_tools": ["echo-tool"],
        "llm_configs": [{"provider": "playground-llm", "model": "playground"}],
        "requirements": "runagents>=0.2.0\n",
    });
    deploy_with(&client, "hello", "print(\"hello\")", more).await;
    let said = answer(&client, "hello", "good morning").await;
    let expected = "This is the Windlass playground: it answers by rule, no model is behind it. You said: good morning";
    assert_eq!(said, expected, "the built-in loop asks the playground");

    let code = "import json, os, urllib.request\ndef handler(message):\n    url = os.environ[\"TOOL_URL_ECHO_TOOL\"] + \"/echo\"\n    \
                request = urllib.request.Request(url, data=json.dumps({\"said\": message}).encode(), headers={\"Content-Type\": \"application/json\"})\n    \
                return urllib.request.urlopen(request).read().decode()\n";
    deploy_with(&client, "caller", code, json!({"required_tools": ["echo-tool"]})).await;
    let echoed: Value = serde_json::from_str(&answer(&client, "caller", "ping").await).expect("JSON");
    assert_eq!((&echoed["method"], &echoed["body"]), (&json!("POST"), &json!({"said": "ping"})), "{echoed}");
}

#[tokio::test]
async fn an_agent_that_requires_no_tool_is_told_of_none() {
    let client = shared().workspace("agents-no-tools").await;
    client.post("/api/starter-kit", json!({})).await.expect(201);
    deploy(&client, "mirror", MIRROR).await;
    let seen: Value = serde_json::from_str(&answer(&client, "mirror", "?").await).expect("JSON");
    assert_eq!((&seen["TOOL_NAMES"], &seen["TOOL_URL_ECHO_TOOL"]), (&json!(""), &Value::Null));
}

/// Answers with what the runtime knows of its tools, and whether a program can be started beside it.
const TOOLBOX: &str = r#"
import json, os, subprocess, sys

def handler(message):
    runtime = sys.modules["runagents.runtime"]
    subprocess.run(["true"], check=True)
    return json.dumps([len(runtime.TOOL_DEFINITIONS), len(os.environ["TOOL_NAMES"].split(","))])
"#;

#[tokio::test]
async fn an_agent_with_more_tools_than_one_variable_can_describe_starts_and_knows_them_all() {
    let client = shared().workspace("agents-many-tools").await;
    // Far past the 128 KiB that Linux takes for one variable.
    let tool = |number: usize| {
        let url = format!("https://tool-{number}.example.com");
        json!({"name": format!("tool-{number}"), "base_url": url, "description": "what it is for ".repeat(60)})
    };
    let tools: Vec<Value> = (0..256).map(tool).collect();
    deploy_with(&client, "toolbox", TOOLBOX, json!({"tools_to_create": tools})).await;
    assert_eq!(answer(&client, "toolbox", "?").await, "[256, 256]");
}
