//! The settings of a workspace: a value for each name; an absent one is the caller's default.

use crate::row::{execute, first, json, to_json};
use crate::{Store, StoreError};
use rusqlite::params;
use windlass_domain::WorkspaceName;

/// After how many minutes without a request a session of the console ends. The name of a row: never change it.
const SESSION_IDLE_MINUTES: &str = "session-idle-minutes";

impl Store {
    /// After how many minutes without a request a session of the console ends; `None`: never set.
    pub fn session_idle_minutes(&self, workspace: &WorkspaceName) -> Result<Option<u32>, StoreError> {
        let sql = "SELECT value FROM settings WHERE workspace = ?1 AND name = ?2";
        let values = [workspace.as_str(), SESSION_IDLE_MINUTES];
        self.read(|connection| first(connection, sql, values, |row| json(row, "value")))
    }

    /// Sets it.
    pub async fn set_session_idle_minutes(&self, workspace: &WorkspaceName, minutes: u32) -> Result<(), StoreError> {
        let value = to_json("setting", &minutes)?;
        let workspace = workspace.clone();
        self.write(move |connection| {
            let sql = "INSERT INTO settings (workspace, name, value) VALUES (?1, ?2, ?3)
                       ON CONFLICT (workspace, name) DO UPDATE SET value = excluded.value";
            execute(connection, sql, params![workspace.as_str(), SESSION_IDLE_MINUTES, value])
                .map_err(|error| error.for_workspace(&workspace))?;
            Ok(())
        })
        .await
    }
}
