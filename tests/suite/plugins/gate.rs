//! The install gate: what is refused is refused with a code, a reason and a hint, and leaves nothing behind.

use super::install;
use crate::harness::{Client, Server, Settings, component, quiet};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;

/// The first bytes of every component.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// A component that does nothing and says that of itself.
fn empty_component(metadata: &str) -> Vec<u8> {
    let name = b"windlass:plugin";
    let length = u8::try_from(1 + name.len() + metadata.len()).expect("short");
    assert!(length < 128, "one byte of LEB128");
    [COMPONENT, &[0, length, u8::try_from(name.len()).expect("short")], name, metadata.as_bytes()].concat()
}

/// The same guest with other bytes: an empty custom section at its end.
fn with_other_bytes(component: &[u8]) -> Vec<u8> {
    [component, &[0, 2, 1, b'x']].concat()
}

/// The detector `trap`, which says that it is a strategy.
fn liar() -> Vec<u8> {
    let (found, said) = (b"\"world\":\"detector\"", b"\"world\":\"strategy\"");
    let mut bytes = component("tests/trap");
    let places: Vec<usize> = (0..bytes.len() - found.len()).filter(|at| bytes[*at..].starts_with(found)).collect();
    assert_eq!(places.len(), 1, "the metadata says its world once");
    bytes[places[0]..places[0] + said.len()].copy_from_slice(said);
    bytes
}

/// Everything that installing could have left: files, and what is listed.
async fn traces(server: &Server) -> (BTreeSet<String>, Value) {
    let mut files = BTreeSet::new();
    for folder in ["plugins", "plugin-cache"] {
        for entry in fs::read_dir(server.data_dir().join(folder)).expect("a folder") {
            files.insert(format!("{folder}/{}", entry.expect("an entry").file_name().to_string_lossy()));
        }
    }
    (files, server.operator().get("/api/plugins").await.expect(200))
}

/// What is uploaded, its bytes, and the code, text (where it is not the parser's own) and hint of its refusal.
type Refusal = (&'static str, Vec<u8>, &'static str, Option<&'static str>, &'static str);

#[tokio::test]
async fn what_is_no_plugin_is_refused_by_name_and_leaves_nothing_behind() {
    let server = Server::start(Settings::without_agents()).await;
    let operator = server.operator();
    install(&operator, "trap").await;
    let before = traces(&server).await;
    let whole = component("tests/third-party-detector");
    let sdk = "build it with the plugin SDK, which writes the section `windlass:plugin`";
    let bytes = "send the bytes of the .wasm file as the body, not as a form";
    let cases: Vec<Refusal> = vec![
        ("a script", b"#!/bin/sh\n".to_vec(), "not_wasm", None, bytes),
        ("nothing", Vec::new(), "not_wasm", None, bytes),
        ("cut off", whole[..whole.len() / 2].to_vec(), "not_wasm", None, bytes),
        (
            "native code",
            b"\x7fELF\x02\x01\x01".to_vec(),
            "precompiled_refused",
            Some("this is precompiled native code, not a WebAssembly component"),
            "send the component itself; the server compiles it",
        ),
        (
            "a module",
            b"\0asm\x01\0\0\0".to_vec(),
            "core_module",
            Some("this is a core module, not a component"),
            "turn the module into a component, as the plugin SDK's build does",
        ),
        (
            "no metadata",
            COMPONENT.to_vec(),
            "invalid_metadata",
            Some("the plugin's metadata cannot be read: there are 0 `windlass:plugin` sections; one is needed"),
            sdk,
        ),
        ("no JSON", empty_component("{"), "invalid_metadata", None, sdk),
        (
            "nothing exported",
            empty_component(r#"{"name":"a","version":"1.0.0","world":"strategy","wit":"1.0.0"}"#),
            "wrong_world",
            None,
            "name the world in its metadata that it was built for",
        ),
    ];
    for (what, bytes, code, error, hint) in cases {
        let answer = operator.upload("/api/plugins", bytes).await;
        assert_eq!(
            (answer.status, &answer.body["code"], &answer.body["hint"]),
            (422, &json!(code), &json!(hint)),
            "{what}"
        );
        let text = answer.body["error"].as_str().expect("a text");
        assert!(error.map_or(!text.is_empty(), |error| error == text), "{what}: {text}");
        assert_eq!(traces(&server).await, before, "{what}");
    }
}

#[tokio::test]
async fn what_does_not_fit_this_host_is_refused_with_the_facts_as_fields() {
    let server = Server::start(Settings::without_agents()).await;
    let operator = server.operator();
    install(&operator, "trap").await;
    let before = traces(&server).await;
    let newer = empty_component(r#"{"name":"a","version":"1.0.0","world":"strategy","wit":"2.0.0"}"#);
    assert_eq!(
        operator.upload("/api/plugins", newer).await.expect(422),
        json!({
            "error": "it was built against windlass:plugin@2.0.0; this host serves >=1.0.0, <1.1.0", "found": "2.0.0",
            "supported": ">=1.0.0, <1.1.0", "code": "wit_version_unsupported", "hint": "build it against the supported version",
        })
    );
    assert_eq!(
        operator.upload("/api/plugins", component("tests/wrong-world")).await.expect(422),
        json!({
            "error": "it imports what its world does not offer: acme:unknown/secrets@9.9.9",
            "missing_imports": ["acme:unknown/secrets@9.9.9"], "code": "missing_imports",
            "hint": "build it without WASI and against its world alone",
        })
    );
    assert_eq!(
        operator.upload("/api/plugins", liar()).await.expect(409)["code"],
        "exists",
        "its name and version are those of `trap`"
    );
    assert_eq!(traces(&server).await, before);
}

#[tokio::test]
async fn a_detector_that_says_it_is_a_strategy_is_refused_for_what_it_imports() {
    let server = Server::start(Settings::without_agents()).await;
    let before = traces(&server).await;
    let refused = server.operator().upload("/api/plugins", liar()).await.expect(422);
    assert_eq!(
        (&refused["code"], &refused["missing_imports"]),
        (&json!("missing_imports"), &json!(["windlass:plugin/source@1.0.0"]))
    );
    assert_eq!(traces(&server).await, before);
}

#[tokio::test]
async fn a_component_is_taken_up_to_32_mib_and_is_a_413_past_them() {
    let operator = quiet().operator();
    let most = 32 * 1024 * 1024;
    assert_eq!(operator.upload("/api/plugins", vec![0; most]).await.expect(422)["code"], "not_wasm");
    assert_eq!(
        operator.upload("/api/plugins", vec![0; most + 1]).await.expect(413),
        json!({
            "error": "the component has 33554433 bytes, more than the 33554432 that are taken",
            "code": "component_too_large", "hint": "build it for size and strip its debug information",
        })
    );
}

#[tokio::test]
async fn a_version_never_changes_its_bytes_and_the_same_bytes_again_are_no_change() {
    let server = Server::start(Settings::without_agents()).await;
    let operator = server.operator();
    let guest = component("tests/trap");
    let first = operator.upload("/api/plugins", guest.clone()).await.expect(201);
    let before = traces(&server).await;
    let again = operator.upload("/api/plugins", guest.clone()).await.expect(200);
    assert_eq!(again["digest"], first["digest"]);
    assert_eq!(
        operator.upload("/api/plugins", with_other_bytes(&guest)).await.expect(409),
        json!({
            "error": "plugin \"trap@0.1.0\" exists already", "code": "exists",
            "hint": "a version never changes its bytes: give this component another version",
        })
    );
    assert_eq!(traces(&server).await, before);
}

/// What binding to that slot answers.
async fn bound(operator: &Client, slot: &str, plugin: &str) -> crate::harness::Answer {
    operator.put(&format!("/api/workspaces/gate-bind/plugins/{slot}"), json!({"plugin": plugin})).await
}

#[tokio::test]
async fn a_binding_needs_a_slot_a_known_plugin_and_its_world() {
    let server = quiet();
    let operator = server.operator();
    server.workspace("gate-bind").await;
    install(&operator, "trap").await;
    assert_eq!(
        bound(&operator, "strategy", "trap").await.expect(400),
        json!({
            "error": "`trap@0.1.0` is a detector; the slot `strategy` takes a strategy", "code": "wrong_world",
            "field": "plugin", "hint": "name a strategy",
        })
    );
    assert_eq!(
        bound(&operator, "strategy", "standard-stratgy").await.expect(404),
        json!({
            "error": "plugin \"standard-stratgy\" not found", "code": "not_found", "field": "plugin",
            "hint": "did you mean `standard-strategy`?",
        })
    );
    assert_eq!(bound(&operator, "detectors/bad", "trap@9.9.9").await.expect(404)["code"], "not_found");
    for slot in ["strategies", "detectors", "detectors/", "detectors/A%20B"] {
        let refused = bound(&operator, slot, "trap").await;
        assert!([400, 404].contains(&refused.status), "{slot}: {refused:?}");
    }
    assert_eq!(bound(&operator, "detectors/bad", "trap").await.expect(200)["plugin"], "trap");
    let missing =
        operator.put("/api/workspaces/gate-nobody/plugins/strategy", json!({"plugin": "standard-strategy"})).await;
    assert_eq!(missing.expect(404)["error"], "workspace \"gate-nobody\" not found");
}

#[tokio::test]
async fn a_workspace_key_opens_no_route_of_operators() {
    let server = quiet();
    let client = server.workspace("gate-key").await;
    let trap = component("tests/trap");
    let answers = [
        client.upload("/api/plugins", trap.clone()).await,
        client.get("/api/plugins").await,
        client.put("/api/workspaces/gate-key/plugins/detectors/x", json!({"plugin": "trap"})).await,
        client.delete("/api/workspaces/gate-key/plugins/strategy").await,
        client.post("/api/workspaces", json!({"name": "gate-mine"})).await,
        client.get("/api/workspaces").await,
    ];
    for answer in answers {
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(answer.body["hint"].is_string() && answer.body["code"].is_string(), "{answer:?}");
    }
    assert_eq!(Client::new(&server.url(), "").upload("/api/plugins", trap).await.status, 401);
    assert_eq!(server.operator().get("/api/plugins").await.status, 200);
}

/// Follows an install to its end.
async fn followed(operator: &Client, begun: &Value) -> Value {
    let path = format!("/api/plugins/installs/{}", begun["id"].as_str().expect("an id"));
    loop {
        let install = operator.get(&path).await.expect(200);
        let (progress, status) = (install["progress"].as_u64().expect("a number"), &install["status"]);
        match status.as_str().expect("a word") {
            "PENDING" => assert_eq!(progress, 0),
            "RUNNING" => assert!(progress < 100 && install["phase"].is_string(), "{install}"),
            _ => return install,
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_install_goes_on_by_itself_and_is_watched_to_its_end() {
    let server = Server::start(Settings::without_agents()).await;
    let operator = server.operator();
    let guest = component("tests/third-party-detector");
    let begun = operator.upload("/api/plugins?wait=0", guest.clone()).await.expect(202);
    let install = followed(&operator, &begun).await;
    assert_eq!((&install["status"], &install["progress"]), (&json!("SUCCEEDED"), &json!(100)));
    let expected = operator.get("/api/plugins/third-party-detector").await.expect(200);
    assert_eq!((&install["plugin"]["digest"], &install["plugin"]["size"]), (&expected["digest"], &json!(guest.len())));

    let before = traces(&server).await;
    let begun = operator.upload("/api/plugins?wait=0", component("tests/wrong-world")).await.expect(202);
    let install = followed(&operator, &begun).await;
    assert_eq!(install["status"], "FAILED");
    assert_eq!(install["refusal"]["missing_imports"], json!(["acme:unknown/secrets@9.9.9"]));
    assert_eq!(traces(&server).await, before);
    assert_eq!(operator.get("/api/plugins/installs/install-unknown").await.status, 404);
    assert_eq!(server.client().get("/api/plugins/installs/install-unknown").await.status, 403);
}

#[tokio::test]
async fn what_breaks_on_a_small_sample_is_refused_and_leaves_nothing_behind() {
    let server = Server::start(Settings::without_agents()).await;
    install(&server.operator(), "trap").await;
    let before = traces(&server).await;
    let refused = server.operator().upload("/api/plugins", component("tests/trap-at-once")).await.expect(422);
    assert_eq!(
        refused,
        json!({
            "error": "it broke when it was called on a small sample: it trapped: wasm trap: wasm `unreachable` instruction executed",
            "code": "smoke_call_failed",
            "hint": "it must answer, or refuse in its own words, about an agent of one small file within the default limits",
        })
    );
    assert_eq!(traces(&server).await, before);
}
