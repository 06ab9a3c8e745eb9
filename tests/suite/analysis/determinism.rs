//! The same tree gives the same decision, byte for byte: in any order, on two threads, remembered or not.

use crate::harness::{Client, Server, Settings, quiet, root};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// Decisions in all.
const RUNS: usize = 1_000;
/// The workspace, which is in the digest of a request.
const WORKSPACE: &str = "determinism";

/// A project of the fixtures as a request.
struct Project {
    name: String,
    body: Value,
}

/// The text files below a folder, by their path in it.
fn files(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.map(|entry| entry.expect("an entry")) {
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files(&entry.path(), &format!("{path}/"), found);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            found.insert(path, text);
        }
    }
}

fn projects() -> Arc<[Project]> {
    let mut projects = Vec::new();
    for entry in fs::read_dir(root().join("tests/fixtures")).expect("the fixtures").flatten() {
        let folder = entry.path().join("project");
        let mut source = BTreeMap::new();
        if folder.is_dir() {
            files(&folder, "", &mut source);
        }
        if !source.is_empty() {
            let name = entry.file_name().to_string_lossy().into_owned();
            projects.push(Project { name, body: json!({"agent_name": "a", "source_files": source}) });
        }
    }
    projects.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(projects.len() >= 80, "{} projects", projects.len());
    projects.into()
}

/// The decision, or the refusal, as text without its id and its times.
async fn decided(client: &Client, project: &Project) -> String {
    let answer = client.post("/api/deploy/preview", project.body.clone()).await;
    if answer.status != 200 {
        return format!("{} {}", answer.status, answer.body);
    }
    let mut decision = answer.body["decision"].clone();
    let fields = decision.as_object_mut().expect("an object");
    assert!(fields.remove("id").is_some() && fields.remove("timings").is_some());
    decision.to_string()
}

/// The order of one thread: xorshift (Marsaglia 2003) from a seed that a failure can be repeated with.
fn order(seed: u64, count: usize, of: usize) -> Vec<usize> {
    let mut state = seed;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % of as u64).expect("below a length")
    };
    (0..count).map(|_| next()).collect()
}

async fn decide_in_order(client: Client, projects: Arc<[Project]>, order: Vec<usize>) -> Vec<(usize, String)> {
    let mut seen = Vec::with_capacity(order.len());
    for index in order {
        seen.push((index, decided(&client, &projects[index]).await));
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_decisions_in_random_order_on_two_threads_are_the_same_byte_for_byte() {
    let mut settings = Settings::without_agents();
    settings.arguments.extend(["--memo-mib".to_owned(), "0".to_owned()]);
    let server = Server::start(settings).await;
    let client = server.workspace(WORKSPACE).await;
    let projects = projects();
    let threads = [0x9E37_79B9_7F4A_7C15, 0xD1B5_4A32_D192_ED03].map(|seed| {
        let order = order(seed, RUNS / 2, projects.len());
        tokio::spawn(decide_in_order(client.clone(), projects.clone(), order))
    });
    let mut first: BTreeMap<usize, String> = BTreeMap::new();
    for thread in threads {
        for (index, text) in thread.await.expect("a thread ends well") {
            let before = first.entry(index).or_insert_with(|| text.clone());
            assert_eq!(*before, text, "{}", projects[index].name);
        }
    }
    // The server of the other tests remembers: once asked and once remembered it says the same again.
    let client = quiet().workspace(WORKSPACE).await;
    for (index, text) in &first {
        for _ in 0..2 {
            assert_eq!(decided(&client, &projects[*index]).await, *text, "{}", projects[*index].name);
        }
    }
}
