//! Decisions: why each revision is what it is. They are written with their deploy and never changed.

use crate::row::{all, execute, first, json};
use crate::{Store, StoreError};
use rusqlite::{Connection, params};
use windlass_domain::agent::UnixMillis;
use windlass_domain::decision::Decision;
use windlass_domain::{AgentRef, WorkspaceName};

impl Store {
    /// One decision of a workspace.
    pub fn decision(&self, workspace: &WorkspaceName, id: &str) -> Result<Option<Decision>, StoreError> {
        let sql = "SELECT body FROM decisions WHERE workspace = ?1 AND id = ?2";
        self.read(|connection| first(connection, sql, [workspace.as_str(), id], |row| json(row, "body")))
    }

    /// The latest decisions about an agent's name, newest first, at most `limit`; also those of deleted agents.
    pub fn decisions(&self, agent: &AgentRef, limit: u32) -> Result<Vec<Decision>, StoreError> {
        let sql = "SELECT body FROM decisions WHERE workspace = ?1 AND agent = ?2
                   ORDER BY created_at DESC, rowid DESC LIMIT ?3";
        let values = params![agent.workspace.as_str(), agent.name.as_str(), limit];
        self.read(|connection| all(connection, sql, values, |row| json(row, "body")))
    }
}

/// Keeps a decision; one that is kept already (applied again by its id) stays as it is.
pub(crate) fn insert(
    connection: &Connection,
    agent: &AgentRef,
    id: &str,
    body: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO decisions (workspace, id, agent, body, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT DO NOTHING";
    execute(connection, sql, params![agent.workspace.as_str(), id, agent.name.as_str(), body, now])?;
    Ok(())
}
