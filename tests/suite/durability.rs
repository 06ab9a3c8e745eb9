//! What was acknowledged is there after any death of the process; what was not has left no half.

use crate::harness::{Client, Server, Settings};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Deploys in all, and how many are acknowledged between two kills.
const DEPLOYS: usize = 200;
const BETWEEN_KILLS: usize = 20;
const CLIENTS: usize = 4;

/// One deploy of each kind in turn, each with a tool of its own.
fn request(number: usize) -> Value {
    let mut request = json!({
        "agent_name": format!("agent-{number}"),
        "tools_to_create": [{"name": format!("tool-{number}"), "base_url": "https://api.example.com"}],
        "required_tools": [format!("tool-{number}")],
    });
    let source = json!({"agent.py": format!("def handler(message):\n    return \"{number}\"\n")});
    match number % 3 {
        0 => request["image"] = "ghcr.io/acme/agent:1".into(),
        1 => request["source_files"] = source,
        _ => {
            request["source_files"] = source;
            request["requirements"] = "runagents>=0.2.0\n".into();
        }
    }
    request
}

/// Deploys until the numbers run out or the server dies; what was acknowledged.
async fn deploy_on(client: Client, next: Arc<AtomicUsize>, acknowledged: Arc<AtomicUsize>) -> Vec<(usize, Value)> {
    let mut answers = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::SeqCst);
        if number >= DEPLOYS {
            return answers;
        }
        let sent = client.request(Method::POST, "/api/deploy").json(&request(number)).send().await;
        let Ok(answer) = sent else { return answers };
        assert_eq!(answer.status(), 201);
        let Ok(body) = answer.json().await else { return answers };
        answers.push((number, body));
        acknowledged.fetch_add(1, Ordering::SeqCst);
    }
}

/// Everything that the answer reported is there, whole.
async fn assert_whole(client: &Client, number: usize, answer: &Value) {
    let agent = client.get(&format!("/api/v1/agents/agent-{number}")).await.expect(200);
    assert_eq!((&agent["revision"], &agent["decision_id"]), (&json!(1), &answer["decision_id"]), "{agent}");
    let decision = format!("/api/v1/decisions/{}", answer["decision_id"].as_str().expect("an id"));
    let decision = client.get(&decision).await.expect(200);
    assert_eq!(decision["plan"]["execution_mode"], answer["execution_mode"]);
    client.get(&format!("/api/v1/tools/tool-{number}")).await.expect(200);
    let Some(image) = answer["image_uri"].as_str() else { return };
    let build = format!("/api/v1/builds/{}", answer["build_id"].as_str().expect("a build"));
    assert_eq!(client.get(&build).await.expect(200)["status"], "SUCCEEDED");
    let (_, tag) = image.rsplit_once(':').expect("a tag");
    let repository = format!("/v2/default/agent-{number}");
    let manifest = client.get(&format!("{repository}/manifests/{tag}")).await.expect(200);
    for blob in manifest["layers"].as_array().expect("layers").iter().chain([&manifest["config"]]) {
        let digest = blob["digest"].as_str().expect("a digest");
        let bytes = client.get(&format!("{repository}/blobs/{digest}")).await;
        assert_eq!((bytes.status, bytes.bytes.len() as u64), (200, blob["size"].as_u64().expect("a size")));
    }
}

/// The numbers behind the names of a list: `agent-7` is 7.
async fn numbers(client: &Client, path: &str) -> BTreeSet<usize> {
    let list = client.get(path).await.expect(200);
    let names = list.as_array().expect("a list").iter().map(|entry| entry["name"].as_str().expect("a name"));
    names.map(|name| name.rsplit_once('-').expect("a number").1.parse().expect("a number")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_acknowledged_deploy_survives_kills_whole_and_nothing_is_left_by_halves() {
    let mut server = Server::start(Settings::without_agents()).await;
    let next = Arc::new(AtomicUsize::new(0));
    let mut acknowledged = Vec::new();
    let mut kills = 0;
    while next.load(Ordering::SeqCst) < DEPLOYS {
        let count = Arc::new(AtomicUsize::new(0));
        let deploys = || tokio::spawn(deploy_on(server.client(), next.clone(), count.clone()));
        let clients: Vec<_> = (0..CLIENTS).map(|_| deploys()).collect();
        while count.load(Ordering::SeqCst) < BETWEEN_KILLS && !clients.iter().all(tokio::task::JoinHandle::is_finished)
        {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        server.kill();
        kills += 1;
        for client in clients {
            acknowledged.extend(client.await.expect("no panic"));
        }
        server = server.restart().await;
        let client = server.client();
        for (number, answer) in &acknowledged {
            assert_whole(&client, *number, answer).await;
        }
        let (agents, tools) = (numbers(&client, "/api/v1/agents").await, numbers(&client, "/api/v1/tools").await);
        assert_eq!(agents, tools, "no agent without its tool, no tool without its agent");
        let known: BTreeSet<usize> = acknowledged.iter().map(|(number, _)| *number).collect();
        // A deploy may have been recorded whose answer the kill cut off: at most one a client and kill.
        assert!(agents.is_superset(&known));
        assert!(agents.len() - known.len() <= kills * CLIENTS, "{} of {}", known.len(), agents.len());
    }
    assert!(acknowledged.len() > DEPLOYS / 2 && kills > 3, "{} after {kills} kills", acknowledged.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_drains_what_is_under_way_and_ends_within_ten_seconds() {
    let mut server = Server::start(Settings::without_agents()).await;
    let client = server.client();
    let deploys: Vec<_> = (0..8)
        .map(|number| {
            let client = client.clone();
            tokio::spawn(async move { client.request(Method::POST, "/api/deploy").json(&request(number)).send().await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(2)).await;
    let (took, clean) = tokio::task::block_in_place(|| server.terminate());
    assert!(clean && took < Duration::from_secs(10), "{took:?} {}", server.log());
    let mut acknowledged = Vec::new();
    for (number, deploy) in deploys.into_iter().enumerate() {
        if let Ok(answer) = deploy.await.expect("no panic") {
            assert_eq!(answer.status(), 201);
            acknowledged.push(number);
        }
    }
    let server = server.restart().await;
    for number in acknowledged {
        server.client().get(&format!("/api/v1/agents/agent-{number}")).await.expect(200);
    }
}

#[tokio::test]
async fn a_restart_keeps_keys_and_is_quick_and_strange_files_do_no_harm() {
    let server = Server::start(Settings::without_agents()).await;
    let key = server.workspace_key();
    server.client().deploy(request(2)).await.expect(201);
    for strange in ["strange.txt", "plugins/strange.wasm", "images/strange", "plugin-cache/strange"] {
        fs::write(server.data_dir().join(strange), b"not ours").expect("written");
    }
    let started = Instant::now();
    let server = server.restart().await;
    println!("a second start took {:?}", started.elapsed());
    assert_eq!(server.workspace_key(), key);
    assert!(server.data_dir().join("strange.txt").exists());
    assert_eq!(server.client().deploy(request(2)).await.expect(201)["revision"], 1);
}
