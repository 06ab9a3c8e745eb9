//! What a tool provider reaches over HTTP, and which secrets it has: what its plugin.json asks for and its binding grants, and
//! nothing else, whatever name or redirect leads there.

use super::{install, request};
use crate::harness::{Client, Recorder, Server, Settings};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const SECRET: &str = "sk-live/4f9a&71";
const ENCODED: &str = "sk-live%2F4f9a%2671";

async fn bind(server: &Server, workspace: &str, plugin: &str, settings: Value, grants: Value) {
    let path = format!("/api/workspaces/{workspace}/plugins/tool-provider");
    let body = json!({"plugin": plugin, "settings": settings, "grants": grants});
    server.operator().put(&path, body).await.expect(200);
}

/// What the guest says that it got of each URL, and the answer whole.
async fn asked(client: &Client, agent: &str) -> (Vec<String>, Value) {
    let answer = client.deploy(request(agent)).await.expect(201);
    let warnings = answer["warnings"].as_array().expect("a list").iter();
    let warnings = warnings.filter_map(|warning| warning.as_str().or_else(|| warning["message"].as_str()));
    (warnings.filter(|warning| warning.starts_with("http")).map(str::to_owned).collect(), answer)
}

/// A server that sends everybody elsewhere.
async fn redirecting(to: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let answer = format!("HTTP/1.1 302 X\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let _ = connection.read(&mut [0; 4096]).await;
            let _ = connection.write_all(answer.as_bytes()).await;
        }
    });
    address.to_string()
}

#[tokio::test]
async fn nothing_inside_is_reached_in_any_spelling_or_by_any_way_without_its_address() {
    let server = Server::start(Settings::without_agents()).await;
    install(&server.operator(), "http-client").await;
    let client = server.workspace("ssrf").await;
    let inside = Recorder::start(&[(200, "inside")]).await;
    let port = inside.url().rsplit(':').next().expect("a port").to_owned();
    let hosts = ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost", "2130706433", "0x7f.1", "0.0.0.0", "[::1]"];
    let mut urls: Vec<String> = hosts.iter().map(|host| format!("http://{host}:{port}/")).collect();
    urls.extend(["http://169.254.169.254/latest", "http://10.0.0.1/", "http://[fd00:ec2::254]/"].map(str::to_owned));
    let grants = json!({"hosts": ["*", "*:*"]});
    bind(&server, "ssrf", "http-client", json!({"urls": &urls}), grants).await;
    let (said, _) = asked(&client, "a").await;
    let refused = |url: &String| format!("{url}: HttpError::RefusedAddress");
    assert_eq!(said, urls.iter().map(refused).collect::<Vec<_>>());

    // A host that may be asked sends the plugin on to one that may not.
    let ways = [redirecting("http://169.254.169.254/").await, redirecting(&format!("http://localhost:{port}/")).await];
    let urls = ways.map(|address| format!("http://{address}/"));
    let grants = json!({"hosts": ["*", "*:*"], "addresses": ["127.0.0.1"]});
    bind(&server, "ssrf", "http-client", json!({"urls": &urls[..1]}), grants).await;
    let (said, _) = asked(&client, "a").await;
    assert_eq!(said, [format!("{}: HttpError::RefusedAddress", urls[0])]);
    let hosts: Vec<&str> = urls.iter().map(|url| url.trim_start_matches("http://").trim_end_matches('/')).collect();
    let grants = json!({"hosts": hosts, "addresses": ["127.0.0.1"]});
    bind(&server, "ssrf", "http-client", json!({"urls": urls}), grants).await;
    let (said, _) = asked(&client, "a").await;
    assert!(said.iter().all(|said| said.ends_with("HttpError::NotGranted")), "{said:?}");
    assert!(inside.arrived().is_empty(), "{:?}", inside.arrived());

    let log = server.log();
    for line in ["no answer of 169.254.169.254 over HTTP: its address is not public", "the host is not granted"] {
        assert!(log.contains(line), "the operator reads `{line}`");
    }
}

#[tokio::test]
async fn a_granted_host_is_asked_and_the_time_of_the_call_and_the_count_of_requests_hold() {
    let server = Server::start(Settings::without_agents()).await;
    install(&server.operator(), "http-client").await;
    let client = server.workspace("granted").await;
    let upstream = Recorder::start(&[(200, "hello")]).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let host = upstream.url().trim_start_matches("http://");
    let silent_host = silent.local_addr().expect("bound").to_string();
    let grants = json!({"hosts": [host, silent_host], "addresses": ["127.0.0.0/8"]});
    let urls = ["one", "two", "three", "four"].map(|path| format!("{}/{path}", upstream.url()));
    let path = "/api/workspaces/granted/plugins/tool-provider";
    let body =
        json!({"plugin": "http-client", "settings": {"urls": urls}, "grants": grants, "limits": {"http_calls": 2}});
    server.operator().put(path, body).await.expect(200);
    let (said, _) = asked(&client, "a").await;
    let ends = ["200 hello", "200 hello", r#"HttpError::Limit("calls")"#, r#"HttpError::Limit("calls")"#];
    assert_eq!(said, std::array::from_fn::<_, 4, _>(|index| format!("{}: {}", urls[index], ends[index])));
    let body = json!({
        "plugin": "http-client", "settings": {"urls": [format!("http://{silent_host}")]}, "grants": grants,
        "limits": {"time_ms": 100},
    });
    server.operator().put(path, body).await.expect(200);
    // What it waited for was its time, but for enough of it to say so.
    let (said, _) = asked(&client, "b").await;
    assert!(said[0].ends_with("HttpError::Timeout"), "{said:?}");
}

fn holds(folder: &Path, needle: &str) -> bool {
    fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        let has = |bytes: Vec<u8>| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
        if path.is_dir() { holds(&path, needle) } else { fs::read(&path).is_ok_and(has) }
    })
}

#[tokio::test]
async fn a_secret_reaches_its_plugin_and_whom_that_asks_and_nothing_else() {
    let server = Server::start(Settings::without_agents()).await;
    let operator = server.operator();
    install(&operator, "http-client").await;
    let client = server.workspace("secret").await;
    let path = "/api/workspaces/secret/secrets/billing-key";
    assert_eq!(operator.get("/api/workspaces/secret/secrets").await.expect(200), json!([]));
    operator.get(path).await.expect(404);
    let stored = operator.put(path, json!({"value": SECRET})).await.expect(200);
    let listed = operator.get("/api/workspaces/secret/secrets").await.expect(200);
    assert_eq!((&listed[0], &listed[0]["name"]), (&stored, &json!("billing-key")));
    assert_eq!(operator.put(path, json!({"value": "short"})).await.expect(400)["field"], "value");
    client.get(path).await.expect(403);

    let upstream = Recorder::start(&[(200, "you sent {authorization}")]).await;
    let host = upstream.url().trim_start_matches("http://");
    let (settings, addresses) = (json!({"urls": [upstream.url()]}), ["127.0.0.1"]);
    bind(&server, "secret", "http-client", settings.clone(), json!({"hosts": [host], "addresses": addresses})).await;
    asked(&client, "without").await;
    let grants = json!({"hosts": [host], "addresses": addresses, "secrets": ["billing-key"]});
    bind(&server, "secret", "http-client", settings, grants).await;
    let (said, answer) = asked(&client, "with").await;
    let keys: Vec<_> = upstream.arrived().iter().map(|it| it.header("authorization").map(str::to_owned)).collect();
    assert_eq!(keys, [Some("Bearer no-secret".to_owned()), Some(format!("Bearer {SECRET}"))]);
    assert_eq!(said, [format!("{}: 200 you sent Bearer {{secret:billing-key}}", upstream.url())]);

    let id = answer["decision_id"].as_str().expect("an id");
    let decision = client.get(&format!("/api/v1/decisions/{id}")).await.expect(200);
    let tool = client.get("/api/v1/tools/told").await.expect(200);
    assert_eq!(tool["spec"]["description"], "the secret is {secret:billing-key}");
    let listed = operator.get("/api/workspaces/secret/secrets").await.expect(200);
    let texts = [answer.to_string(), decision.to_string(), tool.to_string(), listed.to_string(), server.log()];
    for text in &texts {
        assert!(!text.contains(SECRET) && !text.contains(ENCODED), "{text}");
    }
    assert!(server.log().contains("the secret is {secret:billing-key}"), "the log has the guest's lines");
    assert!(!holds(server.data_dir(), SECRET) && !holds(server.data_dir(), ENCODED));

    operator.delete(path).await.expect(200);
    operator.delete(path).await.expect(404);
    asked(&client, "after").await;
    let last = upstream.arrived().pop().expect("a request");
    assert_eq!(last.header("authorization"), Some("Bearer no-secret"));
}

const DOCUMENT: &str = r#"{"openapi": "3.1.0", "paths": {
    "/pets": {"get": {"operationId": "listPets", "summary": "All pets"}},
    "/pets/{id}": {"delete": {}}
}}"#;

#[tokio::test]
async fn an_openapi_document_fills_the_capabilities_of_a_created_tool_where_its_host_is_granted() {
    let server = Server::start(Settings::without_agents()).await;
    let client = server.workspace("openapi").await;
    let upstream = Recorder::start(&[(404, "{}"), (200, DOCUMENT)]).await;
    let host = upstream.url().trim_start_matches("http://");
    let create = |agent: &str, url: &str| {
        let mut request = request(agent);
        request["tools_to_create"] = json!([{"name": agent, "base_url": url}]);
        request
    };
    let shown = async |agent: &str, url: &str| {
        let answer = client.deploy(create(agent, url)).await.expect(201);
        let tool = client.get(&format!("/api/v1/tools/{agent}")).await.expect(200);
        (tool["spec"]["capabilities"].clone(), answer["warnings"].to_string())
    };
    let (without, _) = shown("by-default", upstream.url()).await;
    bind(&server, "openapi", "openapi-tools", json!({}), json!({})).await;
    let (not_granted, silent) = shown("not-granted", upstream.url()).await;
    assert_eq!((&without, &not_granted), (&Value::Null, &Value::Null));
    assert!(!silent.contains("capabilities") && upstream.arrived().is_empty(), "{silent}");

    bind(&server, "openapi", "openapi-tools", json!({}), json!({"hosts": [host]})).await;
    let (inside, warned) = shown("inside", upstream.url()).await;
    assert_eq!(inside, Value::Null);
    assert!(warned.contains("its address is inside, and not granted"), "{warned}");

    let grants = json!({"hosts": [host], "addresses": ["127.0.0.1"]});
    bind(&server, "openapi", "openapi-tools", json!({}), grants.clone()).await;
    let (filled, _) = shown("pets", upstream.url()).await;
    assert_eq!(
        filled,
        json!([
            {"name": "listPets", "method": "GET", "path": "/pets", "description": "All pets"},
            {"name": "delete_pets_id", "method": "DELETE", "path": "/pets/*"},
        ])
    );
    let paths: Vec<_> = upstream.arrived().into_iter().map(|arrived| arrived.line).collect();
    assert_eq!(paths, ["GET /openapi.json", "GET /swagger.json"]);

    upstream.answer(200, "<html>");
    let (none, warned) = shown("html", upstream.url()).await;
    assert_eq!(none, Value::Null);
    assert!(
        warned.contains("the capabilities of the tool `html` are not known") && warned.contains("it is no JSON"),
        "{warned}"
    );
    upstream.answer(200, DOCUMENT);
    let at = json!({"url": format!("{}/elsewhere", upstream.url())});
    bind(&server, "openapi", "openapi-tools", at, grants.clone()).await;
    shown("elsewhere", upstream.url()).await;
    assert_eq!(upstream.arrived().pop().expect("a request").line, "GET /elsewhere");
    let path = "/api/workspaces/openapi/plugins/tool-provider";
    let body = json!({"plugin": "openapi-tools", "settings": {"url": "/relative"}, "grants": grants});
    server.operator().put(path, body).await.expect(400);
}
