//! A backup of a server that takes deploys, restored beside it: what was acknowledged before is there, whole, and runs.

use crate::agents::{answer, deploy};
use crate::harness::{Answer, Client, Server, Settings, release};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;
use windlass_domain::source::sha256;

const CLIENTS: usize = 64;

fn windlass(arguments: &[&str], data_dir: &Path) -> Output {
    let mut command = Command::new(release().join("windlass"));
    command.args(arguments).arg("--data-dir").arg(data_dir).output().expect("the program runs")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn backup(server: &Server, to: &Path, more: &[&str]) -> Output {
    let to = to.to_str().expect("plain text");
    let output = windlass(&[&["backup", "--to", to], more].concat(), server.data_dir());
    assert!(output.status.success(), "{}", text(&output));
    output
}

/// A server over what a backup restores to.
async fn restored(from: &Path, settings: Settings) -> Server {
    Server::start_over(settings, |data_dir| {
        let output = windlass(&["restore", "--from", from.to_str().expect("plain text")], data_dir);
        assert!(output.status.success(), "{}", text(&output));
    })
    .await
}

fn overlay(number: usize) -> Value {
    json!({
        "agent_name": format!("agent-{number}"),
        "source_files": {"agent.py": format!("print({number})\n")},
        "requirements": "runagents>=0.2.0\n",
    })
}

/// Deploys until it is told to stop; how many were acknowledged.
async fn deploy_on(client: Client, first: usize, stop: Arc<AtomicBool>) -> usize {
    let mut number = first;
    while !stop.load(Ordering::Relaxed) {
        client.deploy(overlay(number)).await.expect(201);
        number += CLIENTS;
    }
    (number - first) / CLIENTS
}

async fn assert_pullable(client: &Client, agent: &str, image: &str) {
    let tag = image.rsplit(':').next().expect("a tag");
    let manifest: Answer = client.get(&format!("/v2/default/{agent}/manifests/{tag}")).await;
    assert_eq!(manifest.status, 200, "{agent}: {manifest:?}");
    let layers = manifest.body["layers"].as_array().expect("a list");
    for blob in layers.iter().chain([&manifest.body["config"]]) {
        let digest = blob["digest"].as_str().expect("a digest");
        let bytes = client.get(&format!("/v2/default/{agent}/blobs/{digest}")).await.bytes;
        assert_eq!(sha256(&bytes), digest, "{agent}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_during_64_deploys_at_once_holds_everything_that_was_acknowledged_before() {
    let server = Server::start(Settings::without_agents()).await;
    let client = server.client();
    let mut before = Vec::new();
    for number in 0..20 {
        before.push(client.deploy(overlay(1_000_000 + number)).await.expect(201));
    }
    let stop = Arc::new(AtomicBool::new(false));
    let busy: Vec<_> =
        (0..CLIENTS).map(|first| tokio::spawn(deploy_on(server.client(), first, stop.clone()))).collect();
    while client.get("/api/v1/agents").await.expect(200).as_array().map_or(0, Vec::len) < 20 + CLIENTS {}
    let folder = TempDir::new().expect("a folder");
    let to = folder.path().join("backup");
    let output = backup(&server, &to, &[]);
    server.operator().post_nothing("/api/sweep").await.expect(200);
    stop.store(true, Ordering::Relaxed);
    let mut meanwhile = 0;
    for client in busy {
        meanwhile += client.await.expect("every answer was a 201");
    }
    assert!(meanwhile > CLIENTS, "{meanwhile}");
    assert!(text(&output).contains("Warning") && text(&output).contains("files"), "{}", text(&output));

    let copy = restored(&to, Settings::without_agents()).await;
    let client = copy.client();
    for deployed in &before {
        let agent = deployed["agent"].as_str().expect("a name");
        let shown = client.get(&format!("/api/v1/agents/{agent}")).await.expect(200);
        assert_eq!(shown["decision_id"], deployed["decision_id"]);
        assert_pullable(&client, agent, deployed["image_uri"].as_str().expect("an image")).await;
    }
    // Those that came while it was made are there whole or not at all.
    let agents = client.get("/api/v1/agents").await.expect(200);
    let agents = agents.as_array().expect("a list");
    assert!(agents.len() >= 20 + CLIENTS, "{}", agents.len());
    for agent in agents {
        let (name, image) =
            (agent["name"].as_str().expect("a name"), agent["spec"]["image"].as_str().expect("an image"));
        assert_pullable(&client, name, image).await;
    }
}

#[tokio::test]
async fn secrets_open_and_agents_run_in_what_was_restored() {
    let server = Server::start(Settings::default()).await;
    let client = server.client();
    let tool = json!({"name": "t", "base_url": "https://t.example.com", "auth_type": "APIKey"});
    deploy(&client, "bot", "def handler(message):\n    return {\"response\": \"back: \" + message}\n").await;
    client
        .deploy(json!({"agent_name": "image", "image": "example.com/bot:1", "tools_to_create": [tool]}))
        .await
        .expect(201);
    let provider = json!({"name": "openai", "credentials": {"api_key": "sk-sealed-away"}, "spec": {"provider": "openai",
        "endpoint": "https://api.example.com/v1", "models": ["m"], "auth": {"type": "APIKey"}}});
    client.post("/api/model-providers", provider).await.expect(201);
    let folder = TempDir::new().expect("a folder");
    let (whole, without) = (folder.path().join("whole"), folder.path().join("without"));
    backup(&server, &whole, &[]);
    backup(&server, &without, &["--without-keys"]);
    let over = windlass(&["restore", "--from", whole.to_str().expect("plain text")], server.data_dir());
    assert!(over.status.code() == Some(1) && text(&over).contains("not empty"), "{}", text(&over));
    let shown = client.get("/api/model-providers/openai").await.expect(200);
    drop(server);

    let copy = restored(&whole, Settings::default()).await;
    assert_eq!(copy.client().get("/api/model-providers/openai").await.expect(200), shown);
    assert_eq!(answer(&copy.client(), "bot", "hi").await, "back: hi");

    // Without its key, the server does not start over stored secrets, and says which file it wants.
    let bare = folder.path().join("bare");
    let output = windlass(&["restore", "--from", without.to_str().expect("plain text")], &bare);
    assert!(output.status.success() && text(&output).contains("secret.key"), "{}", text(&output));
    let refused = windlass(&["serve", "--no-agents", "--listen", "127.0.0.1:0"], &bare);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused).contains("secret.key is missing"), "{}", text(&refused));
}

#[tokio::test]
async fn what_cannot_be_backed_up_or_restored_is_refused_by_name() {
    let folder = TempDir::new().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let refused = |output: Output, word: &str| {
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(text(&output).contains(word), "{}", text(&output));
    };
    let to = path("to").display().to_string();
    refused(windlass(&["backup", "--to", &to], &path("nowhere")), "no data directory");
    std::fs::create_dir(path("empty")).expect("made");
    refused(windlass(&["restore", "--from", &path("empty").display().to_string()], &path("data")), "no backup");
    assert!(!path("data").exists());
}
