//! `windlass plugin`.

use super::client::{Body, Connection};
use super::compare;
use super::table::{self, Column};
use crate::bootstrap::DEFAULT_WORKSPACE;
use anyhow::Context as _;
use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    #[command(flatten)]
    Compare(compare::Command),
    /// Install a plugin into the running server: checked, compiled and tried once
    #[command(after_help = "Example:\n  windlass plugin install my-strategy.wasm")]
    Install {
        /// The component
        file: PathBuf,
        #[command(flatten)]
        connection: Connection,
    },
    /// Let an installed plugin decide for a workspace, from its next deploy on
    #[command(after_help = "Example:\n  windlass plugin bind strategy my-strategy --workspace payments")]
    Bind {
        /// What it decides: `strategy`, `tool-provider` or `detectors/NAME`
        slot: String,
        /// The plugin: NAME, or NAME@VERSION for other than the version installed last
        plugin: String,
        /// The workspace
        #[arg(long, short, value_name = "NAME", default_value = DEFAULT_WORKSPACE)]
        workspace: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// List what is installed, or what decides for one workspace
    #[command(after_help = "Example:\n  windlass plugin list --workspace payments")]
    List {
        /// List what decides for this workspace
        #[arg(long, short, value_name = "NAME")]
        workspace: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
}

const INSTALLED: &[Column] =
    &[("NAME", "name"), ("VERSION", "version"), ("WORLD", "world"), ("BUILT IN", "builtin"), ("DIGEST", "digest")];
const BOUND: &[Column] = &[("SLOT", "slot"), ("PLUGIN", "plugin"), ("VERSION", "version"), ("FROM", "origin")];

impl Command {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Compare(command) => command.run().await?,
            Self::Install { file, connection } => {
                let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
                let answer = connection.send(Method::POST, &["plugins"], Body::Bytes(bytes)).await?;
                let text = || format!("Installed {}.", title(&answer));
                println!("{}", if connection.json { format!("{answer:#}") } else { text() });
            }
            Self::Bind { slot, plugin, workspace, connection } => {
                let path = ["workspaces", &workspace, "plugins", &slot];
                let answer = connection.send(Method::PUT, &path, Body::Json(binding(&plugin))).await?;
                let text = || format!("{plugin} is the {slot} of {workspace} from the next deploy on.");
                println!("{}", if connection.json { format!("{answer:#}") } else { text() });
            }
            Self::List { workspace, connection } => {
                let text = match &workspace {
                    None => {
                        let answer = connection.send(Method::GET, &["plugins"], Body::Empty).await?;
                        show(&connection, &answer, INSTALLED, "No plugin is installed.")
                    }
                    Some(name) => {
                        let path = ["workspaces", name, "plugins"];
                        let answer = connection.send(Method::GET, &path, Body::Empty).await?;
                        show(&connection, &answer, BOUND, "No plugin is bound: nothing can be decided.")
                    }
                };
                println!("{text}");
            }
        }
        Ok(())
    }
}

fn show(connection: &Connection, answer: &Value, columns: &[Column], none: &str) -> String {
    if connection.json { format!("{answer:#}") } else { table::render(table::items(answer), columns, none) }
}

/// The body that binds `NAME` or `NAME@VERSION`.
fn binding(plugin: &str) -> Value {
    match plugin.split_once('@') {
        Some((name, version)) => json!({ "plugin": name, "version": version }),
        None => json!({ "plugin": plugin }),
    }
}

/// `name@version`, and the world.
fn title(answer: &Value) -> String {
    let text = |field: &str| answer[field].as_str().unwrap_or("?").to_owned();
    format!("{}@{}, a {}", text("name"), text("version"), text("world"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_asked_for_only_where_it_is_named() {
        assert_eq!(binding("mine"), json!({ "plugin": "mine" }));
        assert_eq!(binding("mine@1.2.0"), json!({ "plugin": "mine", "version": "1.2.0" }));
    }

    #[test]
    fn an_installed_plugin_is_named_with_version_and_world() {
        let answer = json!({ "name": "mine", "version": "1.2.0", "world": "strategy" });
        assert_eq!(title(&answer), "mine@1.2.0, a strategy");
    }
}
