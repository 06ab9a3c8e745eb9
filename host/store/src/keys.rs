//! API keys. The token itself is never here: only its SHA-256, a prefix and the last four characters to show.

use crate::row::{all, execute, first, get, optional_name};
use crate::{AuditEntry, Store, StoreError, audit};
use rusqlite::{Connection, Row, params};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use windlass_domain::WorkspaceName;
use windlass_domain::agent::UnixMillis;

/// `last_used_at` is written at most this often for one key, in milliseconds.
const TOUCH_EVERY: UnixMillis = 60_000;

/// What a key opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyKind {
    /// The whole host.
    Operator,
    /// One workspace.
    Workspace(WorkspaceName),
}

impl KeyKind {
    fn workspace(&self) -> Option<&str> {
        match self {
            Self::Operator => None,
            Self::Workspace(workspace) => Some(workspace.as_str()),
        }
    }
}

/// A key, as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its id.
    pub id: String,
    /// What it opens.
    pub kind: KeyKind,
    /// What its maker called it.
    pub name: String,
    /// The first characters of the token, e.g. `ra_ws_`.
    pub prefix: String,
    /// The last four characters of the token.
    pub last4: String,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it was last used, to the minute; `None`: never.
    pub last_used_at: Option<UnixMillis>,
    /// From when on it opens nothing; `None`: never.
    pub expires_at: Option<UnixMillis>,
    /// Whether it was revoked.
    pub revoked: bool,
}

impl KeyRecord {
    /// Whether it opens anything at `now`.
    #[must_use]
    pub fn is_valid(&self, now: UnixMillis) -> bool {
        !self.revoked && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

/// When each key's last use was last written, so that a request costs no write.
#[derive(Debug, Default)]
pub(crate) struct Touches(Mutex<HashMap<String, UnixMillis>>);

impl Touches {
    /// True when the use at `now` is worth a write; it is then taken as written.
    fn is_due(&self, id: &str, now: UnixMillis) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match last.get_mut(id) {
            Some(at) if now - *at < TOUCH_EVERY => false,
            Some(at) => {
                *at = now;
                true
            }
            None => {
                last.insert(id.to_owned(), now);
                true
            }
        }
    }

    /// The next use of the key is worth a write again.
    fn forget(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

impl Store {
    /// Adds a key. `token_hash` is the SHA-256 of the whole token.
    ///
    /// [`StoreError::Exists`] where the id or the token is known already, [`StoreError::NotFound`] for its workspace.
    pub async fn insert_key(
        &self,
        record: KeyRecord,
        token_hash: [u8; 32],
        audit: Option<AuditEntry>,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            insert(connection, &record, token_hash)?;
            audit::append(connection, audit.as_ref())
        })
        .await
    }

    /// The key with that token hash, valid or not: ask [`KeyRecord::is_valid`]. The hot path of every request.
    pub fn key_by_hash(&self, token_hash: &[u8; 32]) -> Result<Option<KeyRecord>, StoreError> {
        let sql = "SELECT * FROM keys WHERE token_hash = ?1";
        self.read(|connection| first(connection, sql, [token_hash], read_key))
    }

    /// The key with that id.
    pub fn key(&self, id: &str) -> Result<Option<KeyRecord>, StoreError> {
        self.read(|connection| first(connection, "SELECT * FROM keys WHERE id = ?1", [id], read_key))
    }

    /// The keys of a workspace, oldest first, revoked ones too.
    pub fn workspace_keys(&self, workspace: &WorkspaceName) -> Result<Vec<KeyRecord>, StoreError> {
        let sql = "SELECT * FROM keys WHERE workspace = ?1 ORDER BY created_at, id";
        self.read(|connection| all(connection, sql, [workspace.as_str()], read_key))
    }

    /// The operator keys, oldest first, revoked ones too.
    pub fn operator_keys(&self) -> Result<Vec<KeyRecord>, StoreError> {
        let sql = "SELECT * FROM keys WHERE workspace IS NULL ORDER BY created_at, id";
        self.read(|connection| all(connection, sql, [], read_key))
    }

    /// Revokes a key; returns whether there is one of that id. Revoking it again changes nothing.
    pub async fn revoke_key(&self, id: &str, audit: Option<AuditEntry>) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.write(move |connection| {
            let is_there = execute(connection, "UPDATE keys SET revoked = 1 WHERE id = ?1", [&id])? > 0;
            audit::append(connection, audit.as_ref().filter(|_| is_there))?;
            Ok(is_there)
        })
        .await
    }

    /// Gives a key another token, and `record`'s last characters and expiry; the old token opens nothing from then on.
    /// Returns whether there is such a key that is not revoked.
    pub async fn rotate_key(
        &self,
        record: KeyRecord,
        token_hash: [u8; 32],
        audit: Option<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let id = record.id.clone();
        let rotated = self.write(move |connection| {
            let sql = "UPDATE keys SET token_hash = ?2, last4 = ?3, expires_at = ?4, last_used_at = NULL
                       WHERE id = ?1 AND NOT revoked";
            let values = params![record.id, token_hash, record.last4, record.expires_at];
            let is_there = execute(connection, sql, values)? > 0;
            audit::append(connection, audit.as_ref().filter(|_| is_there))?;
            Ok(is_there)
        });
        let rotated = rotated.await?;
        self.touches.forget(&id);
        Ok(rotated)
    }

    /// Notes that a key was used. Costs a write at most once a minute for each key, and none where the queue is full.
    pub fn touch_key(&self, id: &str, now: UnixMillis) {
        if self.touches.is_due(id, now) {
            let id = id.to_owned();
            self.writer.write_if_idle(move |connection| {
                execute(connection, "UPDATE keys SET last_used_at = ?2 WHERE id = ?1", params![id, now])?;
                Ok(())
            });
        }
    }
}

pub(crate) fn insert(connection: &Connection, record: &KeyRecord, token_hash: [u8; 32]) -> Result<(), StoreError> {
    let sql = "INSERT INTO keys (id, workspace, name, token_hash, prefix, last4, created_at, last_used_at,
                                 expires_at, revoked)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING";
    let workspace = record.kind.workspace();
    let values = params![
        record.id,
        workspace,
        record.name,
        token_hash,
        record.prefix,
        record.last4,
        record.created_at,
        record.last_used_at,
        record.expires_at,
        record.revoked,
    ];
    let inserted = execute(connection, sql, values);
    match inserted.map_err(|error| error.for_workspace(workspace.unwrap_or("*")))? {
        0 => Err(StoreError::exists("key", &record.id)),
        _ => Ok(()),
    }
}

fn read_key(row: &Row) -> Result<KeyRecord, StoreError> {
    Ok(KeyRecord {
        id: get(row, "id")?,
        kind: optional_name(row, "workspace")?.map_or(KeyKind::Operator, KeyKind::Workspace),
        name: get(row, "name")?,
        prefix: get(row, "prefix")?,
        last4: get(row, "last4")?,
        created_at: get(row, "created_at")?,
        last_used_at: get(row, "last_used_at")?,
        expires_at: get(row, "expires_at")?,
        revoked: get(row, "revoked")?,
    })
}
