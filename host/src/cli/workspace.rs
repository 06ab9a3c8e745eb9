//! `windlass workspace`.

use super::client::{Body, Connection};
use super::table::{self, Column};
use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Create a workspace and its first key
    #[command(after_help = "Example:\n  windlass workspace create payments")]
    Create {
        /// Its name: 1 to 63 of a-z, 0-9 and `-`
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// List the workspaces
    #[command(after_help = "Example:\n  windlass workspace list")]
    List {
        #[command(flatten)]
        connection: Connection,
    },
}

const COLUMNS: &[Column] = &[("NAME", "name"), ("CREATED", "created_at")];

impl Command {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Create { name, connection } => {
                let body = Body::Json(json!({ "name": name }));
                let answer = connection.send(Method::POST, &["workspaces"], body).await?;
                println!("{}", if connection.json { format!("{answer:#}") } else { created(&name, &answer) });
            }
            Self::List { connection } => {
                let answer = connection.send(Method::GET, &["workspaces"], Body::Empty).await?;
                let text = || table::render(table::items(&answer), COLUMNS, "There are no workspaces.");
                println!("{}", if connection.json { format!("{answer:#}") } else { text() });
            }
        }
        Ok(())
    }
}

fn created(name: &str, answer: &Value) -> String {
    match answer["token"].as_str() {
        Some(token) => format!("Created the workspace {name}. This is its key; it is not shown again:\n{token}"),
        None => format!("Created the workspace {name}."),
    }
}
