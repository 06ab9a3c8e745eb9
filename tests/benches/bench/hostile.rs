//! Innocent previews of one workspace, alone and beside hostile guests of another that never rest: the same p99, nearly.

use crate::harness::{Client, Server, Settings, component};
use crate::project;
use crate::timings::{Timings, print_ratio};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tokio::task::JoinSet;

/// Innocent previews of each way, in turns of so many.
const RUNS: usize = 1_000;
const TURN: usize = 100;
/// Hostile clients at once; each sends the next deploy when the last one has failed.
const ATTACKERS: usize = 8;
/// The hostile guests, each in a workspace of its own name.
const GUESTS: [&str; 4] = ["endless-loop", "memory-bomb", "trap", "attacks"];

/// Measures both ways in turns.
pub async fn run() {
    let server = Server::start(Settings::without_agents()).await;
    let attackers = attackers(&server).await;
    let client = server.client();
    let (mut alone, mut beside) = (Timings::default(), Timings::default());
    let mut turn = 0;
    while beside.len() < RUNS {
        previews(&client, &mut turn, &mut alone).await;
        let stop = Arc::new(AtomicBool::new(false));
        let mut attacks = JoinSet::new();
        for number in 0..ATTACKERS {
            attacks.spawn(attack(attackers[number % attackers.len()].clone(), number, stop.clone()));
        }
        previews(&client, &mut turn, &mut beside).await;
        stop.store(true, Ordering::Relaxed);
        attacks.join_all().await;
    }
    let what =
        "Previews of 20 files, 100 KB, beside guests that loop, bomb, trap and call without end (aim at p99: 1.5)";
    print_ratio(what, ("beside eight hostile clients", &beside), ("alone", &alone));
}

/// A client of a workspace for each hostile guest.
async fn attackers(server: &Server) -> Vec<Client> {
    let mut clients = Vec::new();
    for guest in GUESTS {
        let client = server.workspace(guest).await;
        let operator = server.operator();
        let installed = operator.upload("/api/plugins", component(&format!("tests/{guest}"))).await;
        installed.expect(201);
        let slot = format!("/api/workspaces/{guest}/plugins/detectors/bad");
        operator.put(&slot, json!({"plugin": guest})).await.expect(200);
        clients.push(client);
    }
    clients
}

async fn previews(client: &Client, turn: &mut usize, timings: &mut Timings) {
    for _ in 0..TURN {
        *turn += 1;
        let files = project::varied(&project::files(), *turn);
        let body = json!({"agent_name": "innocent", "source_files": files, "requirements": project::REQUIREMENTS});
        let started = Instant::now();
        let answer = client.post("/api/deploy/preview", body).await;
        timings.note(started);
        answer.expect(200);
    }
}

async fn attack(client: Client, number: usize, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let answer = client.deploy(hostile(number)).await;
        assert!(answer.status >= 500 || answer.status == 429, "{answer:?}");
    }
}

fn hostile(number: usize) -> Value {
    let files = json!({"agent.py": "def handler(message):\n    return message\n", "attack.txt": "endless host calls"});
    json!({"agent_name": format!("hostile-{number}"), "source_files": files})
}
