//! Durable image deploys over HTTP, one client and many, against what one flush of the same disk costs.

use crate::harness::{Client, Server, Settings};
use crate::timings::Timings;
use serde_json::json;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Agents deployed before the first that counts.
const WARM_UP: usize = 200;

/// Measures one client, many, and the disk.
pub async fn run() {
    let server = Server::start(Settings::without_agents()).await;
    let next = Arc::new(AtomicUsize::new(0));
    deploy(&server, 16, WARM_UP, &next).await;
    println!("\nImage deploys, each a new agent, acknowledged when it is on the disk");
    let mut rates = Vec::new();
    for (clients, count) in [(1, 500), (64, 6_400)] {
        // The disk's mood changes within seconds: it is asked before and after.
        let mut flush = flush_time(server.data_dir());
        let (timings, took) = deploy(&server, clients, count, &next).await;
        flush.extend(flush_time(server.data_dir()));
        println!("  one 4 KiB write and flush on this disk           p50 {:>10.1} µs", flush.percentile(50));
        let rate = f64::from(u32::try_from(count).expect("a small count")) / took.as_secs_f64();
        let (p50, p99) = (timings.percentile(50), timings.percentile(99));
        println!(
            "  {clients:>2} clients: {rate:>8.0} deploys/s                      p50 {p50:>10.1} µs   p99 {p99:>10.1} µs"
        );
        println!("  ratio to a flush for each deploy: {:.2} times as many", rate * flush.percentile(50) / 1e6);
        rates.push(rate);
    }
    println!("  ratio of 64 clients to 1: {:.2} times as many", rates[1] / rates[0]);
}

/// `count` deploys by `clients` at once; each client waits for its answer before it sends the next.
async fn deploy(server: &Server, clients: usize, count: usize, next: &Arc<AtomicUsize>) -> (Timings, Duration) {
    let end = next.load(Ordering::Relaxed) + count;
    let client = server.client();
    let mut tasks = JoinSet::new();
    let started = Instant::now();
    for _ in 0..clients {
        tasks.spawn(deploy_until(client.clone(), end, next.clone()));
    }
    let mut all = Timings::default();
    while let Some(timings) = tasks.join_next().await {
        all.extend(timings.expect("a client ends well"));
    }
    let took = started.elapsed();
    next.store(end, Ordering::Relaxed);
    (all, took)
}

async fn deploy_until(client: Client, end: usize, next: Arc<AtomicUsize>) -> Timings {
    let mut timings = Timings::default();
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= end {
            return timings;
        }
        let request = json!({"agent_name": format!("agent-{n}"), "image": format!("ghcr.io/acme/agent:{n}")});
        let started = Instant::now();
        let answer = client.deploy(request).await;
        timings.note(started);
        answer.expect(201);
    }
}

/// What a write that appends to a file and is flushed costs here.
fn flush_time(folder: &Path) -> Timings {
    let path = folder.join("flush");
    let mut file = File::create(&path).expect("a file");
    let mut timings = Timings::default();
    for _ in 0..200 {
        let started = Instant::now();
        file.write_all(&[7; 4096]).expect("written");
        file.sync_data().expect("flushed");
        timings.note(started);
    }
    std::fs::remove_file(path).expect("removed");
    timings
}
