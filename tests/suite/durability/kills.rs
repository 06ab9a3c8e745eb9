//! kill -9 in a loop during 200 deploys of several clients: what was acknowledged is there whole, and nothing else is.

use crate::harness::{Client, Server, Settings};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use windlass_domain::source::sha256;

const DEPLOYS: usize = 200;
const CLIENTS: usize = 6;
/// The server is killed each time that so many more deploys are acknowledged.
const KILL_EVERY: usize = 25;

/// What the clients share: the next deploy, and the answers.
#[derive(Default)]
struct Work {
    next: AtomicUsize,
    acknowledged: Mutex<BTreeMap<usize, Value>>,
}

impl Work {
    fn count(&self) -> usize {
        self.acknowledged.lock().expect("not poisoned").len()
    }
}

fn agent(number: usize) -> String {
    format!("agent-{number}")
}

/// An image, an overlay or an instant agent, each with a tool of its own.
fn request(number: usize) -> Value {
    let mut request = json!({
        "agent_name": agent(number),
        "tools_to_create": [{"name": format!("tool-{number}"), "base_url": format!("https://{number}.example.com")}],
    });
    match number % 3 {
        0 => request["image"] = format!("registry.example.com/agent:{number}").into(),
        1 => {
            request["source_files"] = json!({"agent.py": format!("print({number})\n")});
            request["requirements"] = "runagents>=0.2.0\n".into();
        }
        _ => request["source_files"] = json!({"agent.py": format!("def handler(message):\n    return {number}\n")}),
    }
    request
}

/// Deploys until all is done or the server is gone. A deploy that was cut off is not sent again.
async fn deploy_on(client: Client, work: Arc<Work>) {
    loop {
        let number = work.next.fetch_add(1, Ordering::Relaxed);
        if number >= DEPLOYS {
            return;
        }
        let request = client.request(reqwest::Method::POST, "/api/deploy").json(&request(number));
        let Ok(answer) = request.send().await else { return };
        let status = answer.status();
        let Ok(body) = answer.json::<Value>().await else { return };
        assert_eq!(status, 201, "{body}");
        work.acknowledged.lock().expect("not poisoned").insert(number, body);
    }
}

/// Every blob of an image is served under its digest.
async fn assert_pullable(client: &Client, number: usize, digest: &str) {
    let repository = format!("/v2/default/{}", agent(number));
    let manifest = client.get(&format!("{repository}/manifests/{digest}")).await;
    assert_eq!(manifest.status, 200, "{number}: {manifest:?}");
    let layers = manifest.body["layers"].as_array().expect("a list");
    for blob in layers.iter().chain([&manifest.body["config"]]) {
        let name = blob["digest"].as_str().expect("a digest");
        let bytes = client.get(&format!("{repository}/blobs/{name}")).await.bytes;
        assert_eq!(sha256(&bytes), name, "{number}");
    }
}

/// An agent that is there is there with its revision, decision, tool, source and image.
async fn assert_whole(client: &Client, number: usize) {
    let shown = client.get(&format!("/api/v1/agents/{}", agent(number))).await.expect(200);
    assert_eq!(shown["spec"]["requiredTools"], json!([{"name": format!("tool-{number}")}]), "{shown}");
    let revisions = client.get(&format!("/api/v1/agents/{}/revisions", agent(number))).await.expect(200);
    assert_eq!((revisions.as_array().map(Vec::len), &revisions[0]["revision"]), (Some(1), &json!(1)));
    let id = shown["decision_id"].as_str().expect("an id");
    let decision = client.get(&format!("/api/v1/decisions/{id}")).await.expect(200);
    assert_eq!(decision["plan"]["execution_mode"], shown["execution_mode"]);
    let image = shown["spec"]["image"].as_str().unwrap_or_default();
    if number % 3 == 1 {
        let tag = image.rsplit(':').next().expect("a tag");
        assert_pullable(client, number, tag).await;
    }
}

/// Agents and tools belong together one to one; what was acknowledged is among them as it was answered.
async fn check(server: &Server, work: &Work) {
    let client = server.client();
    let names = async |list: &str, prefix: &str| {
        let list = client.get(&format!("/api/v1/{list}")).await.expect(200);
        let name = |item: &Value| item["name"].as_str().and_then(|name| name.strip_prefix(prefix)?.parse().ok());
        let mut names: Vec<usize> =
            list.as_array().expect("a list").iter().map(|item| name(item).expect("ours")).collect();
        names.sort_unstable();
        names
    };
    let agents = names("agents", "agent-").await;
    assert_eq!(agents, names("tools", "tool-").await, "no half tool, and no agent without its tool");
    let acknowledged = work.acknowledged.lock().expect("not poisoned").clone();
    for (number, answer) in &acknowledged {
        assert!(agents.contains(number), "{number} was acknowledged and is gone");
        let shown = client.get(&format!("/api/v1/agents/{}", agent(*number))).await.expect(200);
        assert_eq!(shown["decision_id"], answer["decision_id"], "{number}");
        if let Some(id) = answer["build_id"].as_str() {
            client.get(&format!("/api/v1/builds/{id}")).await.expect(200);
        }
    }
    for number in agents {
        assert_whole(&client, number).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_deploy_survives_a_kill_whole_and_nothing_half_does() {
    let mut server = Server::start(Settings::without_agents()).await;
    let work = Arc::new(Work::default());
    let mut kills = 0;
    while work.next.load(Ordering::Relaxed) < DEPLOYS {
        let clients: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(deploy_on(server.client(), work.clone()))).collect();
        let enough = work.count() + KILL_EVERY;
        while work.count() < enough && !clients.iter().all(tokio::task::JoinHandle::is_finished) {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        server.kill();
        kills += 1;
        for client in clients {
            client.await.expect("every answer was a 201");
        }
        server = server.restart().await;
        check(&server, &work).await;
    }
    assert!(kills >= 4 && work.count() > DEPLOYS / 2, "{kills} kills, {} acknowledged", work.count());
    println!("{kills} kills; {} of {DEPLOYS} deploys acknowledged, all of them whole", work.count());
}
