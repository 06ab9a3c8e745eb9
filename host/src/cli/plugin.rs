//! `windlass plugin`.

mod binding;
mod install;
mod logs;

use binding::{Place, Terms};

use super::client::{Body, Connection};
use super::compare;
use super::table::{self, Column};
use clap::Subcommand;
use reqwest::Method;
use serde_json::Value;
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
    /// Let an installed plugin decide, from the next deploy on
    #[command(
        after_help = "Example:\n  windlass plugin bind strategy my-strategy --workspace payments --limit time_ms=20"
    )]
    Bind {
        #[command(flatten)]
        place: Place,
        /// The plugin: NAME, or NAME@VERSION for other than the version installed last
        plugin: String,
        #[command(flatten)]
        terms: Terms,
    },
    /// Give a slot back to what it inherits: the host's default, or the built-in plugin
    #[command(after_help = "Example:\n  windlass plugin unbind strategy --workspace payments")]
    Unbind {
        #[command(flatten)]
        place: Place,
    },
    /// List what has decided in a slot, the latest first
    #[command(after_help = "Example:\n  windlass plugin history strategy --workspace payments")]
    History {
        #[command(flatten)]
        place: Place,
    },
    /// Let decide what has decided before
    #[command(after_help = "Example:\n  windlass plugin rollback strategy --workspace payments --revision 3")]
    Rollback {
        #[command(flatten)]
        place: Place,
        /// The revision, as `history` lists it [default: the one before the latest]
        #[arg(long, value_name = "NUMBER")]
        revision: Option<u32>,
    },
    /// Show what the plugin in a slot has logged, of the calls for one workspace
    #[command(after_help = "Example:\n  windlass plugin logs strategy --workspace payments --follow")]
    Logs(logs::Logs),
    /// List what is installed, or what decides for one workspace, or by default
    #[command(after_help = "Example:\n  windlass plugin list --workspace payments")]
    List {
        /// List what decides for this workspace
        #[arg(long, short, value_name = "NAME")]
        workspace: Option<String>,
        /// List what decides where a workspace has nothing of its own
        #[arg(long, conflicts_with = "workspace")]
        host: bool,
        #[command(flatten)]
        connection: Connection,
    },
}

const INSTALLED: &[Column] =
    &[("NAME", "name"), ("VERSION", "version"), ("WORLD", "world"), ("BUILT IN", "builtin"), ("DIGEST", "digest")];
const BOUND: &[Column] = &[
    ("SLOT", "slot"),
    ("PLUGIN", "plugin"),
    ("VERSION", "version"),
    ("FROM", "origin"),
    ("REVISION", "revision"),
    ("SHADOW", "shadow"),
    ("STATE", "state.status"),
    ("WHY", "state.reason"),
];

impl Command {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Compare(command) => command.run().await?,
            Self::Install { file, connection } => {
                let answer = install::install(&file, &connection).await?;
                let text = || format!("Installed {}.", title(&answer));
                println!("{}", if connection.json { format!("{answer:#}") } else { text() });
            }
            Self::Bind { place, plugin, terms } => place.bind(&plugin, &terms).await?,
            Self::Unbind { place } => place.unbind().await?,
            Self::History { place } => place.history().await?,
            Self::Rollback { place, revision } => place.roll_back(revision).await?,
            Self::Logs(logs) => logs.show().await?,
            Self::List { workspace, host, connection } => {
                let path = match &workspace {
                    Some(name) => vec!["workspaces", name, "plugins"],
                    None if host => vec!["plugins", "defaults"],
                    None => vec!["plugins"],
                };
                let answer = connection.send(Method::GET, &path, Body::Empty).await?;
                let text = if workspace.is_some() || host {
                    show(&connection, &answer, BOUND, "No plugin is bound: nothing can be decided.")
                } else {
                    show(&connection, &answer, INSTALLED, "No plugin is installed.")
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

/// `name@version`, and the world.
fn title(answer: &Value) -> String {
    let text = |field: &str| answer[field].as_str().unwrap_or("?").to_owned();
    format!("{}@{}, a {}", text("name"), text("version"), text("world"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_installed_plugin_is_named_with_version_and_world() {
        let answer = json!({ "name": "mine", "version": "1.2.0", "world": "strategy" });
        assert_eq!(title(&answer), "mine@1.2.0, a strategy");
    }
}
