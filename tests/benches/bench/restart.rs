//! A restart with a hundred plugins, the cache warm; and with a JavaScript and a Python one where they have been built
//! (`target/components/bench/NAME.wasm`).

use crate::harness::{Server, Settings, component, root};
use std::time::Instant;

/// How many light plugins are installed.
const PLUGINS: usize = 100;
/// The heavy ones, where they are there.
const HEAVY: [&str; 2] = ["javascript", "python"];

/// Installs, restarts, and tells the time and the memory.
pub async fn run() {
    let server = Server::start(Settings::without_agents()).await;
    let operator = server.operator();
    let guest = component("tests/third-party-detector");
    for number in 0..PLUGINS {
        operator.upload("/api/plugins", of_version(&guest, number)).await.expect(201);
    }
    let mut heavy = Vec::new();
    for name in HEAVY {
        match std::fs::read(root().join(format!("target/components/bench/{name}.wasm"))) {
            Ok(bytes) => {
                operator.upload("/api/plugins", bytes).await.expect(201);
                heavy.push(name);
            }
            Err(_) => println!("  there is no component of {name}: it is left out"),
        }
    }
    let started = Instant::now();
    let server = server.restart().await;
    let took = started.elapsed();
    println!("\nA restart with {PLUGINS} Rust plugins beside the built-in ones, and {heavy:?}; the cache is warm");
    println!("  ready after {:.2} s (aim: 2 s)", took.as_secs_f64());
    let figures = server.operator().get("/metrics").await.bytes;
    let figures = String::from_utf8(figures).expect("text");
    let resident = figures.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
    let resident: f64 = resident.expect("the figure").parse().expect("a number");
    println!("  resident memory {:.0} MB (aim: 400 MB)", resident / 1e6);
}

/// The same guest with another version in its metadata: its text is as long.
fn of_version(guest: &[u8], number: usize) -> Vec<u8> {
    let (found, wanted) = (b"\"version\":\"0.1.0\"", format!("\"version\":\"9.{}.{}\"", number / 10, number % 10));
    assert_eq!(found.len(), wanted.len());
    let at = (0..guest.len() - found.len()).find(|at| guest[*at..].starts_with(found)).expect("its metadata");
    let mut bytes = guest.to_vec();
    bytes[at..at + wanted.len()].copy_from_slice(wanted.as_bytes());
    bytes
}
