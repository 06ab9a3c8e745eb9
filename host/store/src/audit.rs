//! The audit log of operator actions: who, what, before, after. Only ever appended to, in the transaction of the action:
//! each write that an operator can ask for takes the entry that goes with it.

use crate::row::{all, execute, get, json, to_json};
use crate::{Store, StoreError};
use rusqlite::{Connection, Row, params};
use serde_json::Value;
use windlass_domain::agent::UnixMillis;

/// What an operator did. Values must hold no secret: they are stored as they are.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// The id of the key.
    pub who: String,
    /// What was done to what, e.g. `bind strategy of default`.
    pub what: String,
    /// How it was; null for nothing.
    pub before: Value,
    /// How it is; null for nothing.
    pub after: Value,
    /// When.
    pub at: UnixMillis,
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRecord {
    /// Its number; later entries have higher ones.
    pub id: i64,
    /// What it says.
    pub entry: AuditEntry,
}

/// Appends what was done, within the transaction that does it; nothing where nobody has to answer for it.
pub(crate) fn append(connection: &Connection, entry: Option<&AuditEntry>) -> Result<(), StoreError> {
    let Some(AuditEntry { who, what, before, after, at }) = entry else { return Ok(()) };
    let (before, after) = (to_json("audit entry", before)?, to_json("audit entry", after)?);
    let sql = "INSERT INTO audit (who, what, before, after, at) VALUES (?1, ?2, ?3, ?4, ?5)";
    execute(connection, sql, params![who, what, before, after, at])?;
    Ok(())
}

impl Store {
    /// The latest entries, newest first, at most `limit`.
    pub fn audit_log(&self, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.read(|connection| all(connection, "SELECT * FROM audit ORDER BY id DESC LIMIT ?1", [limit], read_entry))
    }
}

fn read_entry(row: &Row) -> Result<AuditRecord, StoreError> {
    let entry = AuditEntry {
        who: get(row, "who")?,
        what: get(row, "what")?,
        before: json(row, "before")?,
        after: json(row, "after")?,
        at: get(row, "at")?,
    };
    Ok(AuditRecord { id: get(row, "id")?, entry })
}
