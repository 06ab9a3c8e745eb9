//! The OpenAPI document: it is the route table's, whole, readable by everybody, and what the server answers.

mod schemathesis;

use crate::harness::{Client, difference, quiet, release, root};
use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

async fn document() -> Value {
    quiet().client().get("/openapi.json").await.expect(200)
}

#[tokio::test]
async fn the_document_is_what_its_snapshot_shows() {
    let shown = format!("{:#}\n", document().await);
    let difference = difference(&root().join("docs/openapi.json"), &shown);
    assert!(difference.is_none(), "docs/openapi.json: {}", difference.unwrap_or_default());
}

#[tokio::test]
async fn the_command_line_prints_the_same() {
    let output = Command::new(release().join("windlass")).arg("openapi").output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).expect("JSON"), document().await);
}

#[tokio::test]
async fn document_and_page_need_no_key_and_nothing_from_elsewhere() {
    let nobody = Client::new(&quiet().url(), "");
    for path in ["/openapi.json", "/api/openapi.json"] {
        let answer = nobody.get(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{path}");
        assert_eq!(answer.body["openapi"], "3.1.0", "{path}");
    }
    let page = nobody.get("/docs").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let text = String::from_utf8(page.bytes).expect("text");
    assert!(text.contains("openapi.json"), "it reads the document");
    for outside in ["http://", "https://", "src=", "@import", "<link"] {
        assert!(!text.contains(outside), "the page names {outside}");
    }
}

/// TRACE is taken nowhere, and its refusal names the methods that are.
#[tokio::test]
async fn every_path_takes_the_methods_that_the_document_lists_and_no_other() {
    let client = quiet().client();
    let document = document().await;
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.len() > 80, "the document has {} paths", paths.len());
    for (path, methods) in paths {
        let documented: BTreeSet<String> =
            methods.as_object().expect("methods").keys().map(|method| method.to_uppercase()).collect();
        let answer = client.send(client.request(Method::TRACE, &filled(path))).await;
        assert_eq!(answer.status, 405, "{path}: {answer:?}");
        let allowed = answer.header("allow").unwrap_or_default().split(',').map(|method| method.trim().to_owned());
        // HEAD is GET without the body: a document does not list it apart.
        let allowed: BTreeSet<String> = allowed.filter(|method| method != "HEAD").collect();
        assert_eq!(allowed, documented, "{path}");
    }
}

/// A path with something in place of each parameter.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
    parts.collect::<Vec<_>>().join("/")
}
