//! A span for each call of a plugin, sent to a collector.

use super::request;
use crate::harness::{Recorder, Server, Settings};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_and_calls_of_plugins_are_sent_to_the_collector_that_is_named() {
    let collector = Recorder::start(&[(200, "")]).await;
    let arguments = ["--no-agents", "--otlp-endpoint", collector.url()].map(str::to_owned).into();
    let mut server = Server::start(Settings { arguments, ..Settings::default() }).await;
    server.client().deploy(request("traced")).await.expect(201);
    let (_, is_well) = tokio::task::block_in_place(|| server.terminate());
    assert!(is_well, "{}", server.log());
    let arrived = collector.arrived();
    assert!(!arrived.is_empty() && arrived.iter().all(|sent| sent.line == "POST /v1/traces"), "{arrived:?}");
    let sent: String = arrived.iter().map(|sent| sent.body.as_str()).collect();
    for text in [
        "windlass",
        "request",
        "/api/deploy",
        "plugin call",
        "python-detector@0.1.0",
        "detectors/python-detector",
        "standard-strategy@0.1.0",
        "tool-provider",
        "outcome",
        "answered",
    ] {
        assert!(sent.contains(text), "`{text}` is not in {sent:?}");
    }
    assert!(!sent.contains(&server.workspace_key()), "keys are nobody's");
}
