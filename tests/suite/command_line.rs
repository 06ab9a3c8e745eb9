//! The command line as an operator types it.

use crate::harness::{Server, Settings, component, quiet, release};
use serde_json::Value;
use std::process::{Command, Output};

/// Runs `windlass` with the operator's key of the quiet server.
fn windlass(arguments: &[&str]) -> Output {
    let server = quiet();
    let mut command = Command::new(release().join("windlass"));
    command.args(arguments).env("WINDLASS_URL", server.url()).env("WINDLASS_KEY", server.operator_key());
    command.output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn succeeds(arguments: &[&str]) -> String {
    let output = windlass(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// What a refused command says, after checking its exit code.
fn refused(arguments: &[&str], code: i32) -> String {
    let output = windlass(arguments);
    assert_eq!(output.status.code(), Some(code), "{}", text(&output.stdout));
    text(&output.stderr)
}

#[test]
fn help_teaches_with_examples() {
    for arguments in
        [&["--help"][..], &["serve", "--help"], &["keys", "create", "--help"], &["plugin", "bind", "--help"]]
    {
        let help = succeeds(arguments);
        assert!(
            help.contains("Usage:") && (arguments[0] == "--help" || help.contains("Example")),
            "{arguments:?}: {help}"
        );
    }
    assert!(succeeds(&["serve", "--help"]).contains("WINDLASS_DATA_DIR"));
}

#[test]
fn workspaces_keys_and_plugins_are_managed_from_the_command_line() {
    succeeds(&["workspace", "create", "cli-team"]);
    assert!(succeeds(&["workspace", "list"]).contains("cli-team"));
    let created: Value =
        serde_json::from_str(&succeeds(&["keys", "create", "ci", "--workspace", "cli-team", "--json"])).expect("JSON");
    let id = created["key"]["id"].as_str().expect("an id");
    assert!(created["token"].as_str().expect("a token").starts_with("ra_ws_"));
    assert!(succeeds(&["keys", "list", "--workspace", "cli-team"]).contains(id));
    succeeds(&["keys", "revoke", id, "--workspace", "cli-team"]);
    assert!(!succeeds(&["keys", "list", "--workspace", "cli-team"]).contains(id));

    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), component("tests/alternative-strategy")).expect("written");
    succeeds(&["plugin", "install", &file.path().to_string_lossy()]);
    succeeds(&["plugin", "bind", "strategy", "alternative-strategy", "--workspace", "cli-team"]);
    assert!(succeeds(&["plugin", "list", "--workspace", "cli-team"]).contains("alternative-strategy"));
    assert!(!succeeds(&["plugin", "list", "--workspace", "default"]).contains("alternative-strategy"));
}

#[test]
fn a_refusal_names_the_fix_and_has_its_exit_code() {
    succeeds(&["workspace", "create", "cli-refusals"]);
    let said = refused(&["plugin", "bind", "strategy", "standard-strateg", "--workspace", "cli-refusals"], 1);
    assert!(said.starts_with("error:") && said.contains("standard-strategy"), "{said}");
    assert!(refused(&["plugin", "install", "/no/such/file.wasm"], 1).contains("/no/such/file.wasm"));
    assert!(refused(&["plugin", "bnd"], 2).contains("bind"));
    let said = refused(&["serve", "--listen", "0.0.0.0:0"], 2);
    assert!(said.contains("--behind-proxy") && said.contains("--tls-cert"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_server_on_the_same_data_directory_is_refused_by_name() {
    let server = Server::start(Settings::without_agents()).await;
    let data = server.data_dir().to_string_lossy().into_owned();
    let said = refused(&["serve", "--listen", "127.0.0.1:0", "--data-dir", &data], 1);
    assert!(said.contains(&data), "{said}");
    server.client().get("/api/v1/agents").await.expect(200);
}
