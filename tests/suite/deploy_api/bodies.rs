//! Bodies that are no deploy: malformed, of the wrong shape, or too large to be read.

use super::HANDLER;
use crate::harness::{Answer, Client, assert_refused, quiet};
use futures_util::stream;
use reqwest::{Body, Method};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

const MIB: usize = 1 << 20;

async fn send(client: &Client, body: impl Into<Body>) -> Answer {
    client.send(client.request(Method::POST, "/api/deploy").body(body)).await
}

#[tokio::test]
async fn malformed_json_is_a_400_with_line_and_column() {
    let client = quiet().workspace("body-malformed").await;
    for (body, place) in [
        ("{\n  \"agent_name\": \"a\",\n  \"image\": }", "line 3 column 12"),
        ("{\"agent_name\": \"a\"", "line 1 column 18"),
        ("{\"agent_name\": \"a\"} x", "line 1 column 21"),
        ("agent_name=a", "line 1 column 1"),
        ("{'agent_name': 'a'}", "line 1 column 2"),
        ("{\"agent_name\": \"\\ud800\"}", "line 1 column 23"),
    ] {
        let answer = send(&client, body).await;
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!("malformed_json")), "{body}");
        assert!(answer.body["error"].as_str().is_some_and(|error| error.contains(place)), "{body}: {answer:?}");
        assert!(answer.body["hint"].is_string(), "{answer:?}");
    }
    let deep = format!("{{\"x\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(send(&client, deep).await.expect(400)["code"], "malformed_json");
    assert_eq!(send(&client, vec![b'{', b'"', 0xff, b'"']).await.expect(400)["code"], "malformed_json");
    assert_eq!(send(&client, "").await.expect(400)["code"], "missing_body");
}

#[tokio::test]
async fn a_wrong_type_is_a_400_with_its_json_path() {
    let client = quiet().workspace("body-type").await;
    for (body, path) in [
        (json!({"agent_name": 1}), "agent_name"),
        (json!({"source_files": ["agent.py"]}), "source_files"),
        (json!({"source_files": {"agent.py": {"text": "x"}}}), "source_files.agent.py"),
        (json!({"source_files": {"agent.py": null}}), "source_files.agent.py"),
        (json!({"required_tools": "t"}), "required_tools"),
        (json!({"required_tools": ["t", 2]}), "required_tools[1]"),
        (json!({"tool_url_mappings": {"https://a.example": 1}}), "tool_url_mappings.https://a.example"),
        (json!({"tools_to_create": [{"name": "t"}, "u"]}), "tools_to_create[1]"),
        (json!({"tools_to_create": [{"name": "t"}, {"port": "x"}]}), "tools_to_create[1].port"),
        (json!({"llm_configs": {"provider": "openai"}}), "llm_configs"),
        (json!({"llm_configs": [{"model": 4}]}), "llm_configs[0].model"),
        (json!({"env": {"A": "1"}}), "env"),
        (json!({"env": [{"name": "A", "value": 1}]}), "env[0].value"),
        (json!({"requirements": ["requests"]}), "requirements"),
        (json!({"policies": [["p"]]}), "policies[0]"),
    ] {
        assert_refused(&client.deploy(body).await, 400, "invalid_type", path);
    }
    for body in [json!([]), json!([{"agent_name": "a"}]), json!("a"), Value::Null, json!(1)] {
        assert_refused(&client.deploy(body).await, 400, "invalid_type", "");
    }
}

fn sized(bytes: usize) -> Vec<u8> {
    let body = json!({"agent_name": "a", "source_files": {"agent.py": HANDLER}}).to_string();
    let mut body = body.into_bytes();
    body.resize(bytes, b' ');
    body
}

#[tokio::test]
async fn a_body_of_64_mib_is_judged_and_one_beyond_is_a_413_that_the_client_sees() {
    let client = quiet().workspace("body-size").await;
    assert_eq!(send(&client, sized(64 * MIB)).await.expect(201)["revision"], 1);
    for bytes in [64 * MIB + 1, 80 * MIB] {
        assert_refused(&send(&client, sized(bytes)).await, 413, "body_too_large", "");
    }
    let chunks = (0..80).map(|_| Ok::<_, std::io::Error>(vec![b' '; MIB]));
    assert_refused(&send(&client, Body::wrap_stream(stream::iter(chunks))).await, 413, "body_too_large", "");
    assert_eq!(client.get("/api/agents").await.expect(200).as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_large_body_without_a_key_sees_its_401_and_to_no_path_its_404() {
    let client = quiet().workspace("body-refused").await;
    let nobody = Client::new(&quiet().url(), "");
    assert_eq!(send(&nobody, sized(70 * MIB)).await.status, 401);
    let request = client.request(Method::POST, "/api/nothing").body(sized(70 * MIB));
    assert_eq!(client.send(request).await.status, 404);
}

/// A client that writes everything before it reads: closing on it early would reset the connection.
#[test]
fn a_client_that_writes_the_whole_body_first_still_reads_the_413() {
    let server = quiet();
    let mut stream = TcpStream::connect(server.address()).expect("the server listens");
    let bytes = 70 * MIB;
    let head = format!(
        "POST /api/deploy HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nConnection: close\r\nContent-Length: {bytes}\r\n\r\n",
        server.workspace_key()
    );
    stream.write_all(head.as_bytes()).expect("the head is read");
    stream.write_all(&sized(bytes)).expect("the body is read to its end");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("body_too_large"), "{answer}");
}

#[tokio::test]
async fn a_path_that_is_given_twice_is_a_400_that_names_it_wherever_files_are_taken() {
    let client = quiet().workspace("body-twice").await;
    for (path, body, field) in [
        ("deploy", r#"{"agent_name": "a", "source_files": {"a.py": "1", "b.py": "", "a.py": "2"}}"#, "source_files"),
        ("deploy/preview", r#"{"agent_name": "a", "source_files": {"a.py": "1", "a.py": "1"}}"#, "source_files"),
        ("workflow-artifacts", r#"{"source_files": {"a.py": "1", "a.py": "2"}}"#, "source_files"),
        ("builds", r#"{"name": "a", "files": {"a.py": "1", "a.py": "2"}}"#, "files"),
        ("analyze", r#"{"files": {"a.py": "1", "a.py": "2"}}"#, "files"),
        ("requirements", r#"{"files": {"a.py": "1", "a.py": "2"}}"#, "files"),
    ] {
        let request = client.request(Method::POST, &format!("/api/{path}"));
        let answer = client.send(request.body(body)).await;
        assert_refused(&answer, 400, "duplicate_path", field);
        assert!(answer.body["error"].as_str().is_some_and(|error| error.contains("`a.py`")), "{answer:?}");
    }
}

#[tokio::test]
async fn fields_of_a_tool_that_nothing_knows_are_warned_of_in_either_form_and_what_was_answered_is_taken_back() {
    let client = quiet().workspace("body-tool").await;
    let flat = json!({"name": "t", "base_url": "https://t.example", "base_ulr": "x", "topology": "Internal"});
    let made = client.post("/api/tools", flat).await.expect(201);
    let unknown = |field: &str| format!("the field `{field}` is not known and was ignored");
    assert_eq!(made["warnings"], json!([unknown("base_ulr"), unknown("topology")]));
    let again = client.post("/api/tools", made.clone()).await.expect(201);
    assert_eq!(again.get("warnings"), None, "{again}");
    let nested = client.post("/api/tools", json!({"name": "t", "spec": made["spec"], "sepc": {}})).await.expect(201);
    assert_eq!(nested["warnings"], json!([unknown("sepc")]));
}
