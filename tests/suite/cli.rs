//! The command line against a running server: what it prints, where, and with which exit code.

use crate::harness::{Client, Server, quiet, release, root};
use serde_json::Value;
use std::process::Command;

/// What a command printed, and its exit code.
struct Done {
    code: Option<i32>,
    out: String,
    error: String,
}

fn run(environment: &[(&str, &str)], arguments: &[&str]) -> Done {
    let output = Command::new(release().join("windlass"))
        .args(arguments)
        .env_remove("WINDLASS_KEY")
        .env_remove("WINDLASS_URL")
        .envs(environment.iter().copied())
        .output()
        .expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Done { code: output.status.code(), out: text(output.stdout), error: text(output.stderr) }
}

/// Runs a command as the operator of `server`.
fn operate(server: &Server, arguments: &[&str]) -> Done {
    run(&[("WINDLASS_URL", &server.url()), ("WINDLASS_KEY", &server.operator_key())], arguments)
}

/// Runs it to success; what it printed for the caller.
#[track_caller]
fn operate_well(server: &Server, arguments: &[&str]) -> String {
    let done = operate(server, arguments);
    assert_eq!(done.code, Some(0), "{arguments:?}: {}", done.error);
    done.out
}

#[track_caller]
fn assert_failed(done: &Done, code: i32, words: &[&str]) {
    assert_eq!((done.code, done.out.as_str()), (Some(code), ""), "{}", done.error);
    for word in words {
        assert!(done.error.contains(word), "`{word}` is not in: {}", done.error);
    }
}

#[test]
fn help_names_every_command_and_serve_help_every_setting_with_its_variable() {
    let help = run(&[], &["--help"]);
    assert_eq!(help.code, Some(0));
    for word in
        ["serve", "keys", "plugin", "workspace", "backup", "restore", "WINDLASS_URL", "WINDLASS_KEY", "Example:"]
    {
        assert!(help.out.contains(word), "{word}");
    }
    let serve = run(&[], &["serve", "--help"]).out;
    let readme = std::fs::read_to_string(root().join("README.md")).expect("a README");
    let settings = [
        ("--listen", "WINDLASS_LISTEN"),
        ("--data-dir", "WINDLASS_DATA_DIR"),
        ("--public-url", "WINDLASS_PUBLIC_URL"),
        ("--tls-cert", "WINDLASS_TLS_CERT"),
        ("--tls-key", "WINDLASS_TLS_KEY"),
        ("--behind-proxy", "WINDLASS_BEHIND_PROXY"),
        ("--no-agents", "WINDLASS_NO_AGENTS"),
        ("--unsafe-agents", "WINDLASS_UNSAFE_AGENTS"),
        ("--uv", "WINDLASS_UV"),
        ("--python", "WINDLASS_PYTHON"),
        ("--runtime-base", "WINDLASS_RUNTIME_BASES"),
        ("--insecure-registry", "WINDLASS_INSECURE_REGISTRIES"),
        ("--catalog-dir", "WINDLASS_CATALOG_DIR"),
        ("--memo-mib", "WINDLASS_MEMO_MIB"),
        ("--requests-per-minute", "WINDLASS_REQUESTS_PER_MINUTE"),
        ("--workspace-agents", "WINDLASS_WORKSPACE_AGENTS"),
        ("--workspace-mib", "WINDLASS_WORKSPACE_MIB"),
        ("--keep-revisions", "WINDLASS_KEEP_REVISIONS"),
        ("--keep-days", "WINDLASS_KEEP_DAYS"),
        ("--keep-inputs", "WINDLASS_KEEP_INPUTS"),
        ("--keep-inputs-days", "WINDLASS_KEEP_INPUTS_DAYS"),
        ("--silent-seconds", "WINDLASS_SILENT_SECONDS"),
        ("--egress-grant", "WINDLASS_EGRESS_GRANTS"),
        ("--plugin-strikes", "WINDLASS_PLUGIN_STRIKES"),
        ("--plugin-strike-seconds", "WINDLASS_PLUGIN_STRIKE_SECONDS"),
        ("--plugin-pause-seconds", "WINDLASS_PLUGIN_PAUSE_SECONDS"),
        ("--open-metrics", "WINDLASS_OPEN_METRICS"),
        ("--otlp-endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        ("--log-format", "WINDLASS_LOG_FORMAT"),
        ("--log", "RUST_LOG"),
    ];
    for (flag, variable) in settings {
        for (text, place) in [(&serve, "serve --help"), (&readme, "README.md")] {
            assert!(text.contains(flag) && text.contains(variable), "{flag} or {variable} is not in {place}");
        }
    }
    let flags = serve.split_whitespace().filter(|word| word.starts_with("--"));
    let flags = flags.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '-'));
    for flag in flags.filter(|flag| *flag != "--help") {
        assert!(
            settings.iter().any(|(known, _)| *known == flag),
            "{flag} is not in this test, so maybe not in README.md"
        );
    }
}

#[tokio::test]
async fn a_key_is_created_listed_and_revoked() {
    let server = quiet();
    server.workspace("cli-keys").await;
    let created = operate(server, &["keys", "create", "ci", "--workspace", "cli-keys", "--expires-in-days", "90"]);
    let key = created.out.trim().to_owned();
    assert!(
        created.code == Some(0) && key.starts_with("ra_ws_") && !key.contains('\n'),
        "the key alone: {}",
        created.out
    );
    assert!(created.error.contains("it is not shown again") && !created.error.contains(&key), "{}", created.error);
    let client = Client::new(&server.url(), &key);
    assert_eq!(client.get("/api/v1/agents").await.status, 200);

    let listed = operate_well(server, &["keys", "list", "-w", "cli-keys"]);
    let line = listed.lines().find(|line| line.contains(" ci ")).expect("the key");
    assert!(line.contains(&key[key.len() - 4..]) && !listed.contains(&key), "{listed}");
    let id = line.split_whitespace().next().expect("an id");
    assert_eq!(operate_well(server, &["keys", "revoke", id, "-w", "cli-keys"]), format!("Revoked {id}.\n"));
    assert_eq!(client.get("/api/v1/agents").await.status, 401);
    assert_failed(&operate(server, &["keys", "revoke", "key-none", "-w", "cli-keys"]), 1, &["error: ", "key-none"]);
}

#[tokio::test]
async fn a_workspace_is_created_and_listed() {
    let server = quiet();
    let created = operate_well(server, &["workspace", "create", "cli-made"]);
    let key = created.lines().last().expect("a key");
    assert_eq!(created, format!("Created the workspace cli-made. This is its key; it is not shown again:\n{key}\n"));
    assert_eq!(Client::new(&server.url(), key).get("/api/v1/agents").await.status, 200);
    let listed = operate_well(server, &["workspace", "list"]);
    assert!(listed.starts_with("NAME") && listed.lines().any(|line| line.starts_with("cli-made ")), "{listed}");
    let json: Value = serde_json::from_str(&operate_well(server, &["workspace", "list", "--json"])).expect("JSON");
    assert!(json.as_array().expect("a list").iter().any(|workspace| workspace["name"] == "cli-made"));
    assert_failed(
        &operate(server, &["workspace", "create", "cli-made"]),
        1,
        &["workspace \"cli-made\" exists already"],
    );
    assert_failed(&operate(server, &["workspace", "create", "Not A Name"]), 1, &["(hint: "]);
}

#[tokio::test]
async fn a_plugin_is_installed_bound_and_listed() {
    let server = quiet();
    server.workspace("cli-plugin").await;
    let guest = root().join("target/components/tests/third-party-detector.wasm").display().to_string();
    assert_eq!(
        operate_well(server, &["plugin", "install", &guest]),
        "Installed third-party-detector@0.1.0, a detector.\n"
    );
    assert!(operate_well(server, &["plugin", "list"]).lines().any(|line| line.starts_with("third-party-detector ")));
    let bind = ["plugin", "bind", "detectors/acme", "third-party-detector", "--workspace", "cli-plugin"];
    assert_eq!(
        operate_well(server, &bind),
        "third-party-detector is the detectors/acme of cli-plugin from the next deploy on.\n"
    );
    let bound = operate_well(server, &["plugin", "list", "--workspace", "cli-plugin"]);
    let has = |slot: &str, from: &str| {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        bound.lines().map(words).any(|line| line[0] == slot && line[3] == from && line[6] == "Ready")
    };
    assert!(has("detectors/acme", "workspace") && has("strategy", "host"), "{bound}");

    let unknown = ["plugin", "bind", "strategy", "standard-stratgy", "-w", "cli-plugin"];
    assert_failed(&operate(server, &unknown), 1, &["not found", "(hint: did you mean `standard-strategy`?)"]);
    let script = root().join("plugins/build").display().to_string();
    assert_failed(&operate(server, &["plugin", "install", &script]), 1, &["this is not WebAssembly", "(hint: "]);
    assert_failed(&operate(server, &["plugin", "install", "/nowhere.wasm"]), 1, &["cannot read /nowhere.wasm"]);
}

#[tokio::test]
async fn a_slot_is_bound_on_terms_looked_back_at_and_rolled_back() {
    let server = quiet();
    server.workspace("cli-slot").await;
    let terms = ["--limit", "time_ms=40", "--on-failure", "fallback", "--settings", "{}"];
    let at = ["--workspace", "cli-slot"];
    let bind = |plugin: &'static str| [&["plugin", "bind", "strategy", plugin], &at[..]].concat();
    operate_well(server, &[&bind("fastest")[..], &terms].concat());
    operate_well(server, &bind("always-full-build"));
    let history = operate_well(server, &[&["plugin", "history", "strategy"], &at[..]].concat());
    let lines: Vec<Vec<&str>> = history.lines().skip(1).map(|line| line.split_whitespace().take(3).collect()).collect();
    assert_eq!(lines, [["2", "bind", "always-full-build"], ["1", "bind", "fastest"]]);
    assert_eq!(
        operate_well(server, &[&["plugin", "rollback", "strategy"], &at[..]].concat()),
        "fastest is the strategy of cli-slot from the next deploy on.\n"
    );
    let shown = server.operator().get("/api/workspaces/cli-slot/plugins/strategy").await.expect(200);
    assert_eq!(shown["binding"]["limits"], serde_json::json!({"time_ms": 40}));
    operate_well(server, &[&["plugin", "unbind", "strategy"], &at[..]].concat());
    assert!(operate_well(server, &["plugin", "list", "--host"]).lines().any(|line| line.contains("standard-strategy")));
    let wrong = [&bind("fastest")[..], &["--limit", "time_ms=0"]].concat();
    assert_failed(&operate(server, &wrong), 1, &["limits.time_ms", "(hint: "]);
}

#[tokio::test]
async fn what_cannot_be_reached_or_opened_is_named_with_a_hint() {
    let server = quiet();
    let client = server.workspace("cli-refused").await;
    let list = ["workspace", "list"];
    let gone = run(&[("WINDLASS_URL", "http://127.0.0.1:9"), ("WINDLASS_KEY", "wl_op_x")], &list);
    assert_failed(&gone, 1, &["error: no answer from http://127.0.0.1:9", "(hint: `windlass serve` starts a server"]);
    let url = server.url();
    let wrong = run(&[("WINDLASS_URL", &url), ("WINDLASS_KEY", client.key())], &list);
    assert_failed(&wrong, 1, &["error: ", "(hint: "]);
    let nothing = run(&[("WINDLASS_URL", &url), ("WINDLASS_DATA_DIR", "/nowhere")], &list);
    assert_failed(&nothing, 1, &["WINDLASS_KEY is not set", "/nowhere/operator-key", "(hint: "]);
    // On the server's machine its data directory is enough.
    let data_dir = server.data_dir().display().to_string();
    assert_eq!(run(&[("WINDLASS_URL", &url), ("WINDLASS_DATA_DIR", &data_dir)], &list).code, Some(0));
    assert_failed(&run(&[], &["plugin", "bind"]), 2, &["Usage:"]);
}

#[test]
fn an_open_address_needs_tls_or_a_proxy() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let data = folder.path().join("data").display().to_string();
    let serve = |more: &[&str]| run(&[], &[&["serve", "--no-agents", "--data-dir", &data], more].concat());
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let refused = serve(&["--listen", address]);
        assert_failed(
            &refused,
            2,
            &["--listen", "is reachable from other machines", "--tls-cert", "--behind-proxy", "(hint: "],
        );
    }
    assert!(!folder.path().join("data").exists(), "refused before anything is opened");
    assert_failed(&serve(&["--tls-cert", "/nowhere.pem"]), 2, &["--tls-key", "(hint: "]);
    // Behind a proxy the address is taken: what is refused then is that it is not of this machine.
    assert_failed(&serve(&["--listen", "192.0.2.1:0", "--behind-proxy"]), 1, &["cannot listen on 192.0.2.1:0"]);
}
