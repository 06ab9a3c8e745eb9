//! What the actions of plans have done, by their idempotency keys.

use crate::row::{execute, first, get, json, to_json};
use crate::{Store, StoreError};
use rusqlite::params;
use serde_json::Value;
use windlass_domain::WorkspaceName;
use windlass_domain::agent::UnixMillis;

/// An action that was done.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionRecord {
    /// The digest of what was asked: another one under the same key is another action.
    pub digest: String,
    /// What was answered.
    pub result: Value,
}

impl Store {
    /// What was done under a key; `None`: nothing yet.
    pub fn action(&self, workspace: &WorkspaceName, key: &str) -> Result<Option<ActionRecord>, StoreError> {
        let sql = "SELECT * FROM actions WHERE workspace = ?1 AND idempotency_key = ?2";
        self.read(|connection| {
            first(connection, sql, [workspace.as_str(), key], |row| {
                Ok(ActionRecord { digest: get(row, "digest")?, result: json(row, "result")? })
            })
        })
    }

    /// Keeps what was done under a key; [`StoreError::Exists`] where something was done under it before.
    pub async fn insert_action(
        &self,
        workspace: &WorkspaceName,
        key: &str,
        record: ActionRecord,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let result = to_json("action", &record.result)?;
        let (workspace, key) = (workspace.clone(), key.to_owned());
        self.write(move |connection| {
            let sql = "INSERT INTO actions (workspace, idempotency_key, digest, result, created_at)
                       VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
            let values = params![workspace.as_str(), key, record.digest, result, now];
            match execute(connection, sql, values).map_err(|error| error.for_workspace(&workspace))? {
                0 => Err(StoreError::exists("action", &key)),
                _ => Ok(()),
            }
        })
        .await
    }
}
