//! Whether a tool's address answers: `tools/probe`, and `tools/{name}/test`, which keeps what it saw.

use crate::harness::{Client, assert_refused, masked, quiet};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// The URL of a server that answers everything with that status.
async fn answering(status: u16) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let _ = connection.read(&mut [0; 2048]).await;
            let head = format!("HTTP/1.1 {status} X\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n");
            let _ = connection.write_all(head.as_bytes()).await;
        }
    });
    url
}

/// A URL on which nothing listens.
async fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    format!("http://{}", listener.local_addr().expect("bound"))
}

/// A probe's result without how long it took, once that is known to be a number.
fn result(mut answer: Value) -> Value {
    let fields = answer.as_object_mut().expect("an object");
    assert!(fields.remove("latency_ms").is_some_and(|latency| latency.is_u64()));
    assert_eq!(fields.remove("error").is_some(), fields["status_code"] == 0, "a failure has a reason");
    answer
}

async fn add_tool(client: &Client, name: &str, url: &str) {
    client.post("/api/tools", json!({"name": name, "base_url": url})).await.expect(201);
}

#[tokio::test]
async fn any_answer_but_a_servers_failure_is_reachable() {
    let client = quiet().workspace("probe-url").await;
    for (status, reachable) in
        [(200, true), (302, true), (401, true), (403, true), (404, true), (500, false), (503, false)]
    {
        let url = answering(status).await;
        let seen = client.post("/api/v1/tools/probe", json!({"url": url})).await.expect(200);
        assert_eq!(result(seen), json!({"reachable": reachable, "status_code": status}));
    }
    let seen = client.post("/api/tools/probe", json!({"url": silent().await})).await.expect(200);
    assert_eq!(result(seen), json!({"reachable": false, "status_code": 0}));
}

#[tokio::test]
async fn a_test_makes_what_it_saw_the_tools_status_until_the_tool_is_changed() {
    let client = quiet().workspace("probe-tool").await;
    let (good, bad) = (answering(401).await, answering(500).await);
    add_tool(&client, "good", &good).await;
    add_tool(&client, "bad", &bad).await;
    for (name, reachable, status, phase) in [("good", true, 401, "Available"), ("bad", false, 500, "Unreachable")] {
        let path = format!("/api/v1/tools/{name}");
        assert_eq!(client.get(&path).await.expect(200)["status"], json!({"phase": "Pending"}));
        let seen = client.post_nothing(&format!("{path}/test")).await.expect(200);
        assert_eq!(result(seen.clone()), json!({"reachable": reachable, "status_code": status}));
        let kept = client.get(&path).await.expect(200)["status"].clone();
        let expected = json!({"phase": phase, "last_probe_time": "TIME", "probe_latency_ms": seen["latency_ms"]});
        assert_eq!(masked(&kept), expected);
        assert_eq!(
            client.get("/api/tools").await.expect(200).to_string().matches("last_probe_time").count(),
            1 + usize::from(name == "bad")
        );
    }
    add_tool(&client, "good", &good).await;
    assert_eq!(client.get("/api/tools/good").await.expect(200)["status"]["phase"], "Available", "it is the same tool");
    add_tool(&client, "good", &bad).await;
    assert_eq!(client.get("/api/tools/good").await.expect(200)["status"], json!({"phase": "Pending"}));
}

#[tokio::test]
async fn the_starter_kits_tool_is_reachable() {
    let client = quiet().workspace("probe-kit").await;
    client.post_nothing("/api/starter-kit").await.expect(201);
    let seen = client.post_nothing("/api/tools/echo-tool/test").await.expect(200);
    assert_eq!(result(seen), json!({"reachable": true, "status_code": 200}));
}

#[tokio::test]
async fn addresses_of_the_infrastructure_are_refused_and_change_nothing() {
    let client = quiet().workspace("probe-metadata").await;
    for url in [
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fe80::1]/",
        "http://0.0.0.0/",
    ] {
        assert_refused(&client.post("/api/tools/probe", json!({"url": url})).await, 400, "address_refused", "url");
        add_tool(&client, "t", url).await;
        let answer = client.post_nothing("/api/tools/t/test").await;
        assert_refused(&answer, 400, "address_refused", "spec.connection.baseUrl");
        assert_eq!(client.get("/api/tools/t").await.expect(200)["status"], json!({"phase": "Pending"}));
    }
}

#[tokio::test]
async fn what_is_no_url_or_no_tool_is_refused() {
    let client = quiet().workspace("probe-wrong").await;
    for (body, code) in [
        (json!({}), "missing_field"),
        (json!({"url": ""}), "missing_field"),
        (json!({"url": "example.com"}), "invalid_url"),
        (json!({"url": "ftp://example.com"}), "invalid_url"),
        (json!({"url": "http://user:pw@example.com"}), "invalid_url"),
        (json!({"url": 1}), "invalid_type"),
    ] {
        assert_refused(&client.post("/api/tools/probe", body).await, 400, code, "url");
    }
    assert_eq!(client.post_nothing("/api/tools/probe").await.expect(400)["code"], "missing_body");
    assert_eq!(client.post_nothing("/api/tools/none/test").await.expect(404)["error"], "tool \"none\" not found");
    client.get("/api/tools/none/test").await.expect(405);
}

#[tokio::test]
async fn a_tool_may_be_called_probe() {
    let client = quiet().workspace("probe-name").await;
    client.get("/api/tools/probe").await.expect(404);
    add_tool(&client, "probe", &answering(200).await).await;
    assert_eq!(client.get("/api/v1/tools/probe").await.expect(200)["name"], "probe");
    let path = "/api/v1/workspaces/probe-name/tools/probe";
    assert_eq!(client.get(path).await.expect(200)["name"], "probe");
    assert_eq!(client.post_nothing(&format!("{path}/test")).await.expect(200)["reachable"], true);
    client.delete(path).await.expect(200);
    client.get(path).await.expect(404);
}
