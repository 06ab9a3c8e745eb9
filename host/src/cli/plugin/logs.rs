//! What a plugin has logged: `windlass plugin logs`.

use super::super::client::Connection;
use super::super::table;
use crate::bootstrap::DEFAULT_WORKSPACE;
use clap::Args;
use serde_json::Value;
use std::time::Duration;

/// How often lines to come are asked for.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// The log of a slot.
#[derive(Debug, Args)]
pub(in crate::cli) struct Logs {
    /// The slot: `strategy`, `tool-provider` or `detectors/NAME`
    slot: String,
    /// The workspace
    #[arg(long, short, value_name = "NAME", default_value = DEFAULT_WORKSPACE)]
    workspace: String,
    /// Only lines of this level and above: debug, info, warn or error
    #[arg(long, value_name = "LEVEL", default_value = "debug")]
    level: String,
    /// Go on with the lines to come, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    #[command(flatten)]
    connection: Connection,
}

impl Logs {
    /// Prints the lines, and with `follow` those to come, which are asked for again and again.
    pub async fn show(&self) -> anyhow::Result<()> {
        let path = ["workspaces", &self.workspace, "plugins", &self.slot, "logs"];
        let mut since = 0;
        loop {
            let query = [("level", self.level.clone()), ("since", since.to_string())];
            let lines = self.connection.ask(&path, &query).await?;
            for line in table::items(&lines) {
                println!("{}", if self.connection.json { line.to_string() } else { shown(line) });
                since = line["id"].as_u64().unwrap_or(since);
            }
            if !self.follow {
                return Ok(());
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }
}

/// Time, level, plugin and message; nothing in it moves the cursor.
fn shown(line: &Value) -> String {
    let text = |field: &str| line[field].as_str().unwrap_or("?").to_owned();
    format!("{} {:<5} {}: {}", text("time"), text("level"), text("plugin"), text("message").escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_of_a_plugin_is_one_line() {
        let line =
            json!({"id": 7, "time": "2026-01-02T03:04:05Z", "level": "warn", "plugin": "a@1.0.0", "message": "b\nc"});
        assert_eq!(shown(&line), "2026-01-02T03:04:05Z warn  a@1.0.0: b\\nc");
    }
}
