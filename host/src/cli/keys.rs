//! `windlass keys`.

use super::client::{Body, Connection};
use super::table::{self, Column};
use crate::bootstrap::DEFAULT_WORKSPACE;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::json;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Create a key; it is printed once, and only its hash is kept
    #[command(after_help = "Example:\n  windlass keys create ci --workspace payments --expires-in-days 90")]
    Create {
        /// What to call it
        name: String,
        /// After how many days it opens nothing any more [default: never]
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
        expires_in_days: Option<u32>,
        #[command(flatten)]
        at: Workspace,
    },
    /// List the keys, by their last four characters
    #[command(after_help = "Example:\n  windlass keys list --workspace payments")]
    List {
        #[command(flatten)]
        at: Workspace,
    },
    /// Revoke a key; it opens nothing from the next request on
    #[command(after_help = "Example:\n  windlass keys revoke key-0123456789ab --workspace payments")]
    Revoke {
        /// Its id, as `windlass keys list` shows it
        id: String,
        #[command(flatten)]
        at: Workspace,
    },
}

#[derive(Debug, Args)]
pub(super) struct Workspace {
    /// The workspace of the keys
    #[arg(long, short, value_name = "NAME", default_value = DEFAULT_WORKSPACE)]
    workspace: String,
    #[command(flatten)]
    connection: Connection,
}

const COLUMNS: &[Column] = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("KEY ENDS IN", "last4"),
    ("CREATED", "createdAt"),
    ("LAST USED", "lastUsedAt"),
    ("EXPIRES", "expiresAt"),
];

impl Command {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Create { name, expires_in_days, at } => {
                let mut body = json!({ "name": name });
                if let Some(days) = expires_in_days {
                    body["expiresInDays"] = days.into();
                }
                let path = ["workspaces", &at.workspace, "keys"];
                let answer = at.connection.send(Method::POST, &path, Body::Json(body)).await?;
                let token = answer["token"].as_str().unwrap_or_default();
                let id = answer.pointer("/key/id").and_then(|id| id.as_str()).unwrap_or("-");
                // The key alone on stdout, so that a script can take it.
                if !at.connection.json {
                    eprintln!("Created {id} in {}. This is the key; it is not shown again:", at.workspace);
                }
                println!("{}", if at.connection.json { format!("{answer:#}") } else { token.to_owned() });
            }
            Self::List { at } => {
                let answer =
                    at.connection.send(Method::GET, &["workspaces", &at.workspace, "keys"], Body::Empty).await?;
                let none = format!("The workspace {} has no keys.", at.workspace);
                let text = || table::render(table::items(&answer), COLUMNS, &none);
                println!("{}", if at.connection.json { format!("{answer:#}") } else { text() });
            }
            Self::Revoke { id, at } => {
                let path = ["workspaces", &at.workspace, "keys", &id];
                let answer = at.connection.send(Method::DELETE, &path, Body::Empty).await?;
                println!("{}", if at.connection.json { format!("{answer:#}") } else { format!("Revoked {id}.") });
            }
        }
        Ok(())
    }
}
