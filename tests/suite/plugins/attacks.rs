//! A guest that attacks the host: what its caller gets, what the operator sees, and that everybody else is served on.

use super::{bind, builtin, decided, install, patient, request};
use crate::harness::{Answer, Client, Server, Settings, quiet};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const WORKSPACE: &str = "attacked";
const SLOT: &str = "detectors/attacks";

/// A workspace of a server's own with the attacker in it.
struct Attacked {
    server: Server,
    client: Client,
}

impl Attacked {
    async fn start() -> Self {
        let server = patient().await;
        let client = server.workspace(WORKSPACE).await;
        install(&server.operator(), "attacks").await;
        bind(&server.operator(), WORKSPACE, SLOT, "attacks").await;
        Self { server, client }
    }

    /// Deploys a source that asks for an attack.
    async fn deploy(&self, attack: &str) -> Answer {
        let mut request = request("victim");
        request["source_files"]["attack.txt"] = attack.into();
        self.client.deploy(request).await
    }

    /// What the attacker claimed, once the deploy has gone through.
    async fn claims(&self, attack: &str) -> Vec<String> {
        let answer = self.deploy(attack).await.expect(201);
        let id = answer["decision_id"].as_str().expect("an id");
        let decision = self.client.get(&format!("/api/v1/decisions/{id}")).await.expect(200);
        let claims = decision["claims"]["attacks@0.1.0"].as_array().expect("a list").iter();
        claims.map(|claim| claim["value"].as_str().expect("a text").to_owned()).collect()
    }

    /// What is counted of the attacker's calls that ended so.
    async fn counted(&self, outcome: &str) -> u64 {
        let labels =
            format!("workspace=\"{WORKSPACE}\",slot=\"{SLOT}\",plugin=\"attacks@0.1.0\",outcome=\"{outcome}\"");
        figure(&self.server, &format!("windlass_plugin_calls_total{{{labels}}}")).await
    }

    async fn logs(&self, query: &str) -> Vec<Value> {
        let path = format!("/api/workspaces/{WORKSPACE}/plugins/{SLOT}/logs{query}");
        self.client.get(&path).await.expect(200).as_array().expect("a list").clone()
    }
}

/// All figures.
async fn text(client: &Client) -> String {
    let answer = client.get("/metrics").await;
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"), "{answer:?}");
    String::from_utf8(answer.bytes).expect("text")
}

/// A figure of `/metrics`.
async fn figure(server: &Server, series: &str) -> u64 {
    let answer = text(&server.operator()).await;
    let line = answer.lines().find_map(|line| line.strip_prefix(series));
    line.unwrap_or_else(|| panic!("no {series} in\n{answer}")).trim().parse().expect("a whole number")
}

#[tokio::test]
async fn each_attack_is_a_named_error_that_is_counted_and_nobody_else_notices() {
    let attacked = Attacked::start().await;
    let mut counts = BTreeMap::new();
    for (attack, error, outcome) in [
        ("endless host calls", "it took longer than its limit of 50ms", "timed_out"),
        ("deep recursion", "it trapped: wasm trap: ", "trapped"),
        ("a million log lines", "it took longer than its limit of 50ms", "timed_out"),
        ("long log lines", "it asked for more bytes in calls of imports than its limit allows", "over_limit"),
        ("one endless log line", "it trapped: ", "trapped"),
        ("a huge error", "xxx", "failed"),
    ] {
        let before = counts.entry(outcome).or_insert(0);
        let answer = attacked.deploy(attack).await;
        assert_eq!(answer.status, 500, "{attack}: {answer:?}");
        let text = answer.body["error"].as_str().expect("a text");
        let prefix = "attacks@0.1.0 in the slot `detectors/attacks`";
        assert!(text.starts_with(prefix) && text.contains(error) && text.len() < 4096, "{attack}: {text:.200}");
        assert_eq!(answer.body["code"], "agent_creation_failed");
        *before += 1;
        assert_eq!(attacked.counted(outcome).await, *before, "{attack}");
        assert_eq!(decided(&attacked.server.client(), request("calm")).await, builtin(), "after {attack}");
    }
    assert_eq!(attacked.client.get("/api/v1/agents").await.expect(200), json!([]));
    attacked.deploy("none").await.expect(201);
}

#[tokio::test]
async fn lines_past_the_limit_are_counted_and_dropped_and_the_rest_is_shown_to_its_workspace_alone() {
    let attacked = Attacked::start().await;
    attacked.deploy("a thousand log lines").await.expect(201);
    let labels = format!("workspace=\"{WORKSPACE}\",slot=\"{SLOT}\",plugin=\"attacks@0.1.0\"");
    let figure = async |name: &str| figure(&attacked.server, &format!("{name}{{{labels}}}")).await;
    assert_eq!(figure("windlass_plugin_log_lines_total").await, 256);
    assert_eq!(figure("windlass_plugin_log_lines_dropped_total").await, 744);

    let lines = attacked.logs("?limit=1000").await;
    assert_eq!(lines.len(), 256);
    let first = &lines[0];
    assert_eq!(
        (&first["level"], &first["plugin"], &first["message"]),
        (&json!("warn"), &json!("attacks@0.1.0"), &json!("line 0\nof \u{1b}[31mmany"))
    );
    assert!(!attacked.server.log().contains("\u{1b}[31mmany"), "the log of the process shows no escapes");
    assert_eq!(attacked.logs("").await.len(), 100);
    assert_eq!(attacked.logs("?level=error").await, Vec::<Value>::new());
    let since = lines[250]["id"].as_u64().expect("a number");
    let rest: Vec<_> = attacked.logs(&format!("?since={since}")).await;
    assert_eq!(rest, lines[251..]);
    for refused in ["?limit=0", "?limit=1001", "?level=loud", "?since=-1"] {
        let path = format!("/api/workspaces/{WORKSPACE}/plugins/{SLOT}/logs{refused}");
        assert_eq!(attacked.client.get(&path).await.status, 400, "{refused}");
    }

    let other = attacked.server.workspace("beside").await;
    assert_eq!(other.get(&format!("/api/workspaces/beside/plugins/{SLOT}/logs")).await.expect(200), json!([]));
    let foreign = other.get(&format!("/api/workspaces/{WORKSPACE}/plugins/{SLOT}/logs")).await;
    assert_eq!(foreign.expect(403)["code"], "workspace_forbidden");
}

#[tokio::test]
async fn no_path_leads_out_of_the_tree() {
    let attacked = Attacked::start().await;
    let claims = attacked.claims("files of others").await;
    assert_eq!(claims.len(), 8);
    assert!(claims.iter().all(|claim| claim.ends_with(": ReadError::NotFound")), "{claims:?}");
}

/// Neither addresses nor hashes nor bits differ from call to call: there is nothing that a guest could answer differently by.
#[tokio::test]
async fn a_guest_that_wants_to_answer_differently_finds_nothing_to_do_it_by() {
    let settings = Settings::without_agents();
    let arguments = [settings.arguments, vec!["--memo-mib".to_owned(), "0".to_owned()]].concat();
    let server = Server::start(Settings { arguments, ..Settings::default() }).await;
    let client = server.workspace(WORKSPACE).await;
    install(&server.operator(), "attacks").await;
    bind(&server.operator(), WORKSPACE, SLOT, "attacks").await;
    let attacked = Attacked { server, client };
    let first = attacked.claims("other answers").await;
    assert_eq!(first.len(), 1);
    for _ in 0..20 {
        assert_eq!(attacked.claims("other answers").await, first);
    }
    let server = attacked.server.restart().await;
    let client = Client::new(&server.url(), attacked.client.key());
    assert_eq!(Attacked { server, client }.claims("other answers").await, first);
}

#[tokio::test]
async fn a_plugin_that_keeps_breaking_is_told_as_stopped() {
    let mut settings = Settings::without_agents();
    settings.arguments.extend(["--plugin-strikes=1", "--plugin-pause-seconds=86400"].map(str::to_owned));
    let server = Server::start(settings).await;
    let client = server.workspace(WORKSPACE).await;
    install(&server.operator(), "trap").await;
    bind(&server.operator(), WORKSPACE, SLOT, "trap").await;
    let series = format!("windlass_plugin_stopped{{workspace=\"{WORKSPACE}\",slot=\"{SLOT}\"}}");
    assert!(!text(&server.operator()).await.contains(&series));
    client.deploy(request("breaks")).await.expect(500);
    assert_eq!(figure(&server, &series).await, 1);
}

#[tokio::test]
async fn metrics_want_an_operator_or_a_setting() {
    let server = quiet();
    assert_eq!(Client::new(&server.url(), "").get("/metrics").await.expect(401)["code"], "missing_key");
    assert_eq!(server.client().get("/metrics").await.expect(403)["code"], "operator_only");
    let text = text(&server.operator()).await;
    for name in ["process_resident_memory_bytes", "process_cpu_seconds_total", "windlass_agents{phase=\"Running\"}"] {
        assert!(text.lines().any(|line| line.starts_with(name)), "{name} is not in\n{text}");
    }
    let arguments = vec!["--no-agents".to_owned(), "--open-metrics".to_owned()];
    let open = Server::start(Settings { arguments, ..Settings::default() }).await;
    assert_eq!(Client::new(&open.url(), "").get("/metrics").await.status, 200);
}
