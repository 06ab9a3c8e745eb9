//! A full disk: what would be written is a 507 and changes nothing, what was acknowledged can be read, agents go on, and with
//! space again all goes on, without a restart or after kill -9.

use crate::agents::{answer, deploy, eventually};
use crate::harness::{Answer, Client, Server, Settings, component};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// More than the log of the database and its free pages can hold, so that a full disk is met.
const TRIES: usize = 3_000;

async fn small(settings: Settings, mib: usize) -> Server {
    Server::start(Settings { disk_mib: Some(mib), ..settings }).await
}

/// Text that does not get smaller when it is packed.
fn noise(seed: usize, length: usize) -> String {
    let mut state = seed as u64 + 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b' ' + u8::try_from(state % 90).expect("below 90"))
    };
    (0..length).map(|_| next()).map(|c| if c == '\\' || c == '"' { 'x' } else { c }).collect()
}

fn request(number: usize) -> Value {
    let files = json!({"agent.py": "def handler(message):\n    return 1\n", "notes.txt": noise(number, 100_000)});
    match number % 3 {
        0 => json!({"agent_name": format!("a-{number}"), "image": "registry.example.com/bot:1"}),
        1 => json!({"agent_name": format!("a-{number}"), "source_files": files}),
        _ => json!({"agent_name": format!("a-{number}"), "source_files": files, "requirements": "runagents>=0.2.0\n"}),
    }
}

fn assert_full(answer: &Answer) {
    assert_eq!((answer.status, answer.body["code"].as_str()), (507, Some("insufficient_storage")), "{answer:?}");
    assert!(answer.body["hint"].as_str().is_some_and(|hint| hint.contains("free some space")), "{answer:?}");
}

/// Asks until the disk is found full; nothing else than success and 507 is ever answered.
async fn until_full(what: &str, ask: impl AsyncFn(usize) -> Answer) -> usize {
    for number in 0..TRIES {
        let answer = ask(number).await;
        if answer.status == 507 {
            assert_full(&answer);
            return number;
        }
        assert!((200..300).contains(&answer.status), "{what} {number}: {answer:?}");
    }
    panic!("{what}: the disk was never full");
}

/// What every acknowledged agent shows.
async fn agents(client: &Client) -> BTreeMap<String, Value> {
    let list = client.get("/api/v1/agents").await.expect(200);
    let mut agents = BTreeMap::new();
    for agent in list.as_array().expect("a list") {
        let name = agent["name"].as_str().expect("a name").to_owned();
        let mut revisions = client.get(&format!("/api/v1/agents/{name}/revisions")).await.expect(200);
        for revision in revisions.as_array_mut().expect("a list") {
            // The port of the server is in it, another one after a restart; the digest stays.
            revision.as_object_mut().expect("an object").remove("image");
        }
        let id = agent["decision_id"].as_str().expect("a decision");
        client.get(&format!("/api/v1/decisions/{id}")).await.expect(200);
        agents.insert(name, revisions);
    }
    agents
}

#[tokio::test]
async fn a_full_disk_is_a_507_for_each_write_loses_nothing_and_is_over_when_there_is_space() {
    let mut server = small(Settings::without_agents(), 96).await;
    let client = server.client();
    for number in 0..6 {
        client.deploy(request(number)).await.expect(201);
    }
    server.disk().fill();
    let deployed = until_full("deploy", async |number| client.deploy(request(6 + number)).await).await;
    let draft = |number| json!({"step": noise(number, 10_000)});
    until_full("draft", async |number| client.post("/api/deploy-drafts", draft(number)).await).await;
    let artifact = |number| json!({"source_files": {"agent.py": noise(number, 50_000)}});
    until_full("artifact", async |number| client.post("/api/workflow-artifacts", artifact(number)).await).await;
    let tool = |number| {
        json!({"name": format!("t-{number}"), "spec": {"connection": {"topology": "External",
        "baseUrl": format!("https://{number}.example.com"), "port": 443, "scheme": "HTTPS"}, "description": noise(number, 2_000)}})
    };
    until_full("tool", async |number| client.post("/api/tools", tool(number)).await).await;
    let build = |number| json!({"name": "built", "files": {"agent.py": noise(number, 50_000)}});
    until_full("build", async |number| client.post("/api/builds", build(number)).await).await;
    let plugin = component("tests/third-party-detector");
    assert_full(&server.operator().upload("/api/plugins", plugin.clone()).await);
    let image = json!({"agent_name": "late", "image": "registry.example.com/late:1"});
    until_full("image", async |number| {
        client.deploy(json!({"agent_name": format!("i-{number}"), "image": "registry.example.com/late:1"})).await
    })
    .await;
    let before = agents(&client).await;
    assert!((0..6 + deployed).all(|number| before.contains_key(&format!("a-{number}"))), "what was acknowledged");
    assert!(!before.contains_key(&format!("a-{}", 6 + deployed)), "what was not");

    server.kill();
    let mut server = server.restart().await;
    assert_eq!(agents(&server.client()).await, before, "after kill -9 on the full disk");
    assert!(server.terminate().1, "a full disk is no reason not to stop well");
    let server = server.restart().await;
    let client = server.client();
    assert_eq!(agents(&client).await, before, "after a stop on the full disk");
    server.disk().free();
    client.deploy(image).await.expect(201);
    client.deploy(request(6 + deployed)).await.expect(201);
    server.operator().upload("/api/plugins", plugin).await.expect(201);
    assert_eq!(agents(&client).await.len(), before.len() + 2);
}

#[tokio::test]
async fn an_agent_goes_on_while_the_disk_is_full_and_a_deploy_passes_once_there_is_space() {
    let server = small(Settings::default(), 512).await;
    let client = server.client();
    let code = |word: &str| format!("def handler(message):\n    return {{\"response\": \"{word} \" + message}}\n");
    deploy(&client, "bot", &code("first")).await;
    assert_eq!(answer(&client, "bot", "hi").await, "first hi");
    server.disk().fill();
    until_full("image", async |number| {
        client.deploy(json!({"agent_name": format!("i-{number}"), "image": "registry.example.com/late:1"})).await
    })
    .await;
    let second = json!({"agent_name": "bot", "source_files": {"agent.py": code("second")}, "entry_point": "agent.py"});
    for _ in 0..3 {
        assert_eq!(answer(&client, "bot", "hi").await, "first hi");
    }
    server.disk().free();
    client.deploy(second).await.expect(201);
    eventually("the second revision", async || (answer(&client, "bot", "hi").await == "second hi").then_some(())).await;
}
