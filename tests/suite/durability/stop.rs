//! SIGTERM: what is under way is finished, the rest is refused, and the process ends in time with 0.

use crate::harness::{Server, Settings};
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

/// Sends the head and half of a deploy's body, tells that it did, and the rest half a second later; the whole answer.
fn slow_deploy(server: &Server) -> (thread::JoinHandle<String>, std::sync::mpsc::Receiver<()>) {
    let body = json!({"agent_name": "slow", "image": "registry.example.com/slow:1"}).to_string();
    let (address, key) = (server.address(), server.workspace_key());
    let (sent, half) = std::sync::mpsc::channel();
    let client = thread::spawn(move || {
        let mut stream = TcpStream::connect(&address).expect("it listens");
        let (first, rest) = body.split_at(body.len() / 2);
        let head = format!(
            "POST /api/deploy HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + first).as_bytes()).expect("sent");
        thread::sleep(Duration::from_millis(300));
        sent.send(()).expect("somebody waits");
        thread::sleep(Duration::from_millis(500));
        stream.write_all(rest.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    });
    (client, half)
}

#[tokio::test]
async fn a_request_under_way_is_finished_and_recorded_and_the_process_ends_with_0() {
    let mut server = Server::start(Settings::default()).await;
    let (client, half) = slow_deploy(&server);
    half.recv().expect("half is sent");
    let (took, clean) = server.terminate();
    let answer = client.join().expect("no panic");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(clean && took < Duration::from_secs(10), "{took:?}: {}", server.log());
    assert!(TcpStream::connect(server.address()).is_err(), "nobody listens any more");
    let server = server.restart().await;
    assert_eq!(server.client().get("/api/v1/agents/slow").await.expect(200)["revision"], 1);
}

#[tokio::test]
async fn a_client_that_never_finishes_does_not_hold_the_process_up() {
    let mut server = Server::start(Settings::without_agents()).await;
    let mut stream = TcpStream::connect(server.address()).expect("it listens");
    let head = format!(
        "POST /api/deploy HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: 99\r\n\r\n{{",
        server.workspace_key()
    );
    stream.write_all(head.as_bytes()).expect("sent");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (took, _) = server.terminate();
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test]
async fn a_second_start_is_ready_soon() {
    let server = Server::start(Settings::default()).await;
    server
        .client()
        .deploy(json!({"agent_name": "bot", "source_files": {"agent.py": "def handler(m):\n    return m\n"}}))
        .await
        .expect(201);
    let started = Instant::now();
    let server = server.restart().await;
    let took = started.elapsed();
    println!("the second start was ready after {took:?} (the aim is under 2 s)");
    assert!(took < Duration::from_secs(20), "{took:?}: {}", server.log());
}
