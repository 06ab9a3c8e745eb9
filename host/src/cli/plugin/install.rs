//! `windlass plugin install`: sends a component, and follows what becomes of it.

use super::super::client::{Body, Connection, in_words};
use anyhow::{Context as _, bail};
use reqwest::Method;
use serde_json::Value;
use std::fs;
use std::io::{IsTerminal as _, Write as _, stderr};
use std::path::Path;
use std::time::Duration;

/// How often the server is asked how far it is.
const PAUSE: Duration = Duration::from_millis(100);

/// The installed plugin.
pub(super) async fn install(file: &Path, connection: &Connection) -> anyhow::Result<Value> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut answer = connection.send_with(Method::POST, &["plugins"], "wait=0", Body::Bytes(bytes)).await?;
    // A plugin has no status: it was installed before the answer.
    while let (Some(id), Some(status)) = (answer["id"].as_str(), answer["status"].as_str()) {
        show(&line(&answer));
        match status {
            "SUCCEEDED" => return Ok(answer["plugin"].take()),
            "FAILED" => bail!("{}", in_words(&answer["refusal"]).unwrap_or_else(|| "it was not installed".to_owned())),
            _ => tokio::time::sleep(PAUSE).await,
        }
        answer = connection.send(Method::GET, &["plugins", "installs", id], Body::Empty).await?;
    }
    Ok(answer)
}

/// How far it is: `compile, 37 %`; nothing once it is over.
fn line(install: &Value) -> String {
    match (install["status"].as_str(), install["phase"].as_str()) {
        (Some("PENDING"), _) => "waiting for its turn".to_owned(),
        (Some("RUNNING"), Some(phase)) => format!("{phase}, {} %", install["progress"]),
        _ => String::new(),
    }
}

/// Replaces the line before, where somebody looks at it.
fn show(line: &str) {
    if stderr().is_terminal() {
        // Nobody is helped when this fails.
        let _ = write!(stderr(), "\r\x1b[2K{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_line_says_what_is_done_and_goes_when_it_is_over() {
        for (install, expected) in [
            (json!({"status": "PENDING"}), "waiting for its turn"),
            (json!({"status": "RUNNING", "phase": "compile", "progress": 37}), "compile, 37 %"),
            (json!({"status": "SUCCEEDED", "progress": 100}), ""),
        ] {
            assert_eq!(line(&install), expected);
        }
    }
}
