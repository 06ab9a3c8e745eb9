//! One server for a data directory; strangers' files in it do no harm; a newer schema is refused by name.

use super::serve_beside;
use crate::harness::{Client, Server, Settings};
use serde_json::json;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Where SQLite keeps `user_version`, a big-endian number (SQLite file format, 1.3).
const USER_VERSION: u64 = 60;

fn set_schema_version(file: &Path, version: u32) -> u32 {
    let file = OpenOptions::new().read(true).write(true).open(file).expect("the database");
    let mut before = [0; 4];
    file.read_exact_at(&mut before, USER_VERSION).expect("its header");
    file.write_all_at(&version.to_be_bytes(), USER_VERSION).expect("writable");
    u32::from_be_bytes(before)
}

#[tokio::test]
async fn a_second_server_on_the_same_data_directory_is_refused_by_name_and_harms_nothing() {
    let server = Server::start(Settings::without_agents()).await;
    let refused = serve_beside(&server);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{text}");
    let lock = server.data_dir().join("windlass.lock").display().to_string();
    for word in ["in use by process", &lock, "--data-dir"] {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
    server.client().deploy(json!({"agent_name": "bot", "image": "registry.example.com/bot:1"})).await.expect(201);
}

#[tokio::test]
async fn files_of_strangers_do_no_harm_and_stay() {
    let server = Server::start(Settings::without_agents()).await;
    let agent = json!({"agent_name": "bot", "source_files": {"agent.py": "print(1)\n"}, "requirements": "runagents\n"});
    server.client().deploy(agent.clone()).await.expect(201);
    let strangers = [
        "notes.txt",
        "plugins/readme.md",
        "plugin-cache/stranger",
        "images/stranger",
        "logs/stranger",
        "backup/old.db",
    ];
    fs::create_dir(server.data_dir().join("backup")).expect("writable");
    for name in strangers {
        fs::write(server.data_dir().join(name), name).expect("writable");
    }
    let server = server.restart().await;
    for name in strangers {
        assert_eq!(fs::read_to_string(server.data_dir().join(name)).expect("still there"), name);
    }
    assert_eq!(server.client().deploy(agent).await.expect(201)["revision"], 1);
}

#[tokio::test]
async fn a_newer_schema_is_refused_by_name_and_left_as_it_was() {
    let mut server = Server::start(Settings::without_agents()).await;
    server.client().deploy(json!({"agent_name": "bot", "image": "registry.example.com/bot:1"})).await.expect(201);
    assert!(server.terminate().1);
    let file = server.data_dir().join("windlass.db");
    let known = set_schema_version(&file, 999);
    let refused = serve_beside(&server);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{text}");
    for word in ["schema version 999", &format!("up to {known}"), &file.display().to_string(), "newer version"] {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
    assert_eq!(set_schema_version(&file, known), 999, "it was not touched");
    let server = server.restart().await;
    assert_eq!(server.client().get("/api/v1/agents/bot").await.expect(200)["name"], "bot");
}

#[tokio::test]
async fn keys_and_agents_survive_a_restart_and_a_revoked_key_stays_revoked() {
    let server = Server::start(Settings::without_agents()).await;
    let (first, operator) = (server.workspace_key(), server.operator_key());
    let made = server.operator().post("/api/workspaces/default/keys", json!({"name": "ci"})).await.expect(201);
    let gone = server.operator().post("/api/workspaces/default/keys", json!({"name": "gone"})).await.expect(201);
    let id = gone["key"]["id"].as_str().expect("an id");
    server.operator().delete(&format!("/api/workspaces/default/keys/{id}")).await.expect(200);
    server.client().deploy(json!({"agent_name": "bot", "image": "registry.example.com/bot:1"})).await.expect(201);

    let server = server.restart().await;
    assert_eq!((server.workspace_key(), server.operator_key()), (first.clone(), operator));
    let token = |answer: &serde_json::Value| answer["token"].as_str().expect("a token").to_owned();
    for key in [first, token(&made)] {
        let agents = Client::new(&server.url(), &key).get("/api/v1/agents").await.expect(200);
        assert_eq!(agents[0]["name"], "bot");
    }
    assert_eq!(Client::new(&server.url(), &token(&gone)).get("/api/v1/agents").await.status, 401);
}
