//! An agent that looks around finds its own code, and nothing of the server or of other agents.

use super::{answer, deploy, deploy_with};
use crate::harness::shared;
use serde_json::{Value, json};
use std::os::unix::fs::MetadataExt as _;

/// Tries to read each path it is given, walks the file system for names and texts, and tells what it could see.
const SPY: &str = r#"
import json, os, pathlib

def attempt(path):
    try:
        return "read: " + pathlib.Path(path).read_text(errors="replace")[:40]
    except OSError as error:
        return type(error).__name__

def found(names, text):
    hits = []
    for folder, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in ("/proc", "/sys", "/usr")]
        hits += [os.path.join(folder, name) for name in files if name in names]
        for name in files:
            path = os.path.join(folder, name)
            try:
                if os.path.isfile(path) and os.path.getsize(path) < 65536 and text in pathlib.Path(path).read_text(errors="replace"):
                    hits.append(path)
            except OSError:
                pass
    return sorted(hits)

def environments():
    texts = []
    for entry in os.listdir("/proc"):
        try:
            texts.append(pathlib.Path("/proc", entry, "environ").read_text(errors="replace"))
        except OSError:
            pass
    return "\n".join(texts)

def handler(message):
    asked = json.loads(message)
    return json.dumps({
        "own": attempt(asked["own"]),
        "paths": {path: attempt(path) for path in asked["paths"]},
        "listing": attempt_listing(asked["data"]),
        "found": found(asked["names"], asked["text"]),
        "canary": asked["canary"] in environments(),
        "uid": os.getuid(),
    })

def attempt_listing(path):
    try:
        return os.listdir(path)
    except OSError as error:
        return type(error).__name__
"#;

#[tokio::test]
async fn a_spy_reads_its_own_file_and_no_key_no_store_and_no_other_agents_source() {
    let server = shared();
    let client = server.workspace("agents-spied-on").await;
    let secret = "the-other-agents-trade-secret";
    let more = json!({"env": [{"name": "TRADE", "value": format!("env-{secret}")}]});
    deploy_with(&client, "victim", &format!("def handler(message):\n    return \"{secret}\"\n"), more).await;
    assert_eq!(answer(&client, "victim", "?").await, secret);
    let client = server.workspace("agents-spy").await;
    deploy(&client, "spy", SPY).await;

    let data = server.data_dir();
    let names = ["secret.key", "windlass.db", "windlass.db-wal", "bootstrap-key", "operator-key", "plugin-cache-key"];
    let paths: Vec<String> = names.iter().map(|name| data.join(name).display().to_string()).collect();
    // Spelled in two halves, so that the question itself is no hit.
    let (first, second) = secret.split_at(10);
    let question = json!({
        "own": "/app/agent.py", "paths": paths, "names": names, "data": data,
        "text": format!("{first}{second}"), "canary": secret,
    });
    let seen: Value = serde_json::from_str(&answer(&client, "spy", &question.to_string()).await).expect("JSON");
    assert!(seen["own"].as_str().is_some_and(|own| own.starts_with("read: ")), "the twin: {seen}");
    for path in &paths {
        assert_eq!(seen["paths"][path], "FileNotFoundError", "{path}");
    }
    assert_eq!(seen["listing"], "FileNotFoundError", "the data directory does not exist for agents");
    assert_eq!(seen["found"], json!([]), "neither by name nor by content");
    assert_eq!(seen["canary"], false, "no other process's environment");
    let question = json!({
        "own": "/app/agent.py", "paths": [], "names": ["agent.py"], "data": "/app", "text": "def environments", "canary": "AGENT_NAME=spy",
    });
    let twin: Value = serde_json::from_str(&answer(&client, "spy", &question.to_string()).await).expect("JSON");
    let found = twin["found"].as_array().expect("a list");
    assert!(
        found.contains(&json!("/app/agent.py")) && twin["canary"] == true,
        "the search finds what is there: {twin}"
    );
    let owner = std::fs::metadata(data).expect("the data directory").uid();
    assert_ne!(seen["uid"], owner, "agents are another user");
}
