//! schemathesis (PyPI) makes requests of the document, good ones and bad ones, and holds every answer against it: status,
//! media type, schema, and that what the schema forbids is refused. The same requests each time: no seed is drawn.

use crate::harness::{Server, Settings, root};
use tokio::process::Command;

/// How many requests are made up for an operation, beside those that cover each limit of its schema.
const EXAMPLES: &str = "10";

/// An operator's key opens every operation, and none of them takes it away.
#[tokio::test]
async fn every_answer_is_one_that_the_document_has() {
    let program = root().join("target/sdk/schemathesis/bin/st");
    assert!(program.exists(), "{} is missing; `make test` makes it", program.display());
    let server = Server::start(Settings::without_agents()).await;
    let settings = root().join("tests/suite/openapi/schemathesis.toml");
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(program);
    command.current_dir(&folder).env("HOME", folder.path()).arg("--config-file").arg(settings);
    command.args(["run", "--no-color", "--continue-on-failure", "--warnings", "off", "--max-examples", EXAMPLES]);
    command.args(["--header", &format!("Authorization: Bearer {}", server.operator_key())]);
    let output = command.arg(format!("{}/openapi.json", server.url())).output().await.expect("schemathesis runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("No issues found"), "{said}");
}
