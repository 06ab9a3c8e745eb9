//! From the first request to the last: not ready, ready, failed, streamed, logged, deleted.

use super::{answer, ask, deploy, eventually};
use crate::harness::{masked, shared};
use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use std::net::TcpStream;
use std::time::Duration;

#[tokio::test]
async fn an_agent_is_a_503_with_a_time_until_it_is_ready_and_then_answers_as_itself() {
    let client = shared().workspace("agents-slow-start").await;
    let code =
        "import time\ntime.sleep(1)\ndef handler(message):\n    return {\"response\": \"At last: \" + message}\n";
    deploy(&client, "slow", code).await;
    let early = ask(&client, "slow", "hello").await;
    assert_eq!((early.status, early.body["code"].as_str()), (503, Some("agent_starting")), "{early:?}");
    assert!(early.header("retry-after").and_then(|seconds| seconds.parse::<u64>().ok()).is_some(), "{early:?}");
    assert_eq!(answer(&client, "slow", "hello").await, "At last: hello");
    let older = client.post("/api/agents/agents-slow-start/slow/invoke", json!({"message": "hi"})).await;
    assert_eq!(older.expect(200)["response"], "At last: hi", "the brief's path answers too");
    let agent = client.get("/api/v1/agents/slow").await.expect(200);
    assert_eq!((&agent["status"]["phase"], &agent["status"]["serving_revision"]), (&json!("Running"), &json!(1)));
}

#[tokio::test]
async fn an_agent_that_fails_to_import_is_a_502_with_its_last_words_until_a_sound_one_replaces_it() {
    let client = shared().workspace("agents-broken").await;
    deploy(&client, "broken", "raise RuntimeError(\"no such luck\")\ndef handler(message): ...\n").await;
    let client = &client;
    let failed = eventually("a 502", || async {
        let answer = ask(client, "broken", "hello").await;
        (answer.status != 503).then_some(answer)
    });
    let failed = failed.await;
    assert_eq!((failed.status, failed.body["code"].as_str()), (502, Some("agent_failed")), "{failed:?}");
    let error = failed.body["error"].as_str().expect("an error");
    assert!(error.starts_with("failed to reach agent: ") && error.contains("no such luck"), "{error}");
    assert_eq!(client.get("/api/v1/agents/broken").await.expect(200)["status"]["phase"], "Failed");
    deploy(client, "broken", "def handler(message):\n    return \"mended\"\n").await;
    let mended = eventually("the mended agent", || async {
        let answer = ask(client, "broken", "hello").await;
        (answer.status == 200).then_some(answer)
    });
    assert_eq!(mended.await.body["response"], "mended");
}

/// An agent whose stream says `first`, waits until it is told to go on, and says `second`.
const STREAMING: &str = r#"
import sys, threading

told = threading.Event()
runtime = sys.modules["runagents.runtime"]

def stream(self):
    self.rfile.read(int(self.headers["Content-Length"]))
    self.send_response(200)
    self.send_header("Content-Type", "text/event-stream")
    self.end_headers()
    self._write_sse({"type": "content", "content": "first"})
    told.wait(120)
    self._write_sse({"type": "content", "content": "second"})
    self._write_sse_done("none", [])

runtime.AgentHandler._handle_invoke_stream = stream

def handler(message):
    told.set()
    return "told"
"#;

#[tokio::test]
async fn a_stream_comes_event_by_event_as_the_agent_writes_it() {
    let client = shared().workspace("agents-stream").await;
    deploy(&client, "streamer", STREAMING).await;
    eventually("the start", || async {
        let agent = client.get("/api/v1/agents/streamer").await.expect(200);
        (agent["status"]["phase"] == "Running").then_some(())
    })
    .await;
    let request = client.request(Method::POST, "/api/v1/agents/streamer/invoke/stream");
    let response = request.json(&json!({"message": "go"})).send().await.expect("an answer");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut events = response.bytes_stream();
    let mut text = String::new();
    while !text.contains("\n\n") {
        text.push_str(&String::from_utf8_lossy(&events.next().await.expect("an event").expect("read")));
    }
    // The agent writes no more until it is told: what is here has passed on its own.
    assert_eq!(text, "data: {\"type\": \"content\", \"content\": \"first\"}\n\n");
    assert_eq!(ask(&client, "streamer", "go on").await.expect(200)["response"], "told");
    while let Some(piece) = events.next().await {
        text.push_str(&String::from_utf8_lossy(&piece.expect("read")));
    }
    assert!(text.contains("second") && text.ends_with("data: [DONE]\n\n"), "{text}");
}

#[tokio::test]
async fn logs_are_shown_from_their_end_and_followed_as_they_are_written() {
    let client = shared().workspace("agents-logs").await;
    deploy(&client, "talker", "def handler(message):\n    print(\"heard\", message)\n    return message\n").await;
    for word in ["one", "two"] {
        answer(&client, "talker", word).await;
    }
    let messages = |lines: &Value| -> Vec<String> {
        lines
            .as_array()
            .expect("a list")
            .iter()
            .map(|line| line["message"].as_str().expect("text").to_owned())
            .collect()
    };
    eventually("the second line", || async {
        let lines = client.get("/api/v1/agents/talker/logs").await.expect(200);
        messages(&lines).iter().any(|line| line == "heard two").then_some(())
    })
    .await;
    let all = client.get("/api/v1/agents/talker/logs").await.expect(200);
    let heard = all.as_array().expect("a list").iter().find(|line| line["message"] == "heard one");
    let expected = json!({"time": "TIME", "stream": "stdout", "revision": 1, "message": "heard one"});
    assert_eq!(masked(heard.expect("the first line")), expected);
    let last = client.get("/api/v1/agents/talker/logs?tail=1").await.expect(200);
    assert_eq!(messages(&last), messages(&all)[messages(&all).len() - 1..], "the tail is the end");

    let request = client.request(Method::GET, "/api/v1/agents/talker/logs?tail=0&follow=true");
    let mut events = request.send().await.expect("an answer").bytes_stream();
    answer(&client, "talker", "three").await;
    let mut text = String::new();
    while !text.contains("heard three") {
        let piece = tokio::time::timeout(Duration::from_mins(1), events.next()).await.expect("a line in time");
        text.push_str(&String::from_utf8_lossy(&piece.expect("an event").expect("read")));
    }
    assert!(text.starts_with("data: {") && !text.contains("heard two"), "{text}");
}

#[tokio::test]
async fn a_deleted_agent_stops_and_is_unknown() {
    let client = shared().workspace("agents-delete").await;
    deploy(&client, "brief", "import os\ndef handler(message):\n    return os.environ[\"PORT\"]\n").await;
    let port: u16 = answer(&client, "brief", "?").await.parse().expect("a port");
    TcpStream::connect(("127.0.0.1", port)).expect("the agent listens");
    assert_eq!(client.delete("/api/v1/agents/brief").await.expect(200), json!({"status": "deleted"}));
    eventually("the end of the process", || async { TcpStream::connect(("127.0.0.1", port)).is_err().then_some(()) })
        .await;
    let gone = ask(&client, "brief", "hello").await;
    assert_eq!(gone.expect(404), json!({"error": "agent brief not found", "code": "not_found"}));
}
