//! Workspaces: the owners of everything else.

use crate::row::{all, execute, first, get, name};
use crate::{AuditEntry, KeyRecord, Store, StoreError, audit, keys};
use rusqlite::{Connection, Row, params};
use windlass_domain::WorkspaceName;
use windlass_domain::agent::UnixMillis;

/// A workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Its name.
    pub name: WorkspaceName,
    /// When it was made.
    pub created_at: UnixMillis,
}

impl Store {
    /// Makes a workspace; [`StoreError::Exists`] where there is one of that name.
    pub async fn create_workspace(&self, workspace: &WorkspaceName, now: UnixMillis) -> Result<Workspace, StoreError> {
        let workspace = Workspace { name: workspace.clone(), created_at: now };
        self.write(move |connection| insert(connection, workspace)).await
    }

    /// Makes a workspace and its first key, and notes who did it, all or nothing.
    pub async fn create_workspace_with_key(
        &self,
        workspace: &WorkspaceName,
        key: KeyRecord,
        token_hash: [u8; 32],
        audit: Vec<AuditEntry>,
    ) -> Result<Workspace, StoreError> {
        let workspace = Workspace { name: workspace.clone(), created_at: key.created_at };
        self.write(move |connection| {
            let workspace = insert(connection, workspace)?;
            keys::insert(connection, &key, token_hash)?;
            for entry in &audit {
                audit::append(connection, Some(entry))?;
            }
            Ok(workspace)
        })
        .await
    }

    /// One workspace.
    pub fn workspace(&self, workspace: &WorkspaceName) -> Result<Option<Workspace>, StoreError> {
        let sql = "SELECT name, created_at FROM workspaces WHERE name = ?1";
        self.read(|connection| first(connection, sql, [workspace.as_str()], read_workspace))
    }

    /// Every workspace, in order of name.
    pub fn workspaces(&self) -> Result<Vec<Workspace>, StoreError> {
        let sql = "SELECT name, created_at FROM workspaces ORDER BY name";
        self.read(|connection| all(connection, sql, [], read_workspace))
    }
}

fn insert(connection: &Connection, workspace: Workspace) -> Result<Workspace, StoreError> {
    let sql = "INSERT INTO workspaces (name, created_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    match execute(connection, sql, params![workspace.name.as_str(), workspace.created_at])? {
        0 => Err(StoreError::exists("workspace", &workspace.name)),
        _ => Ok(workspace),
    }
}

fn read_workspace(row: &Row) -> Result<Workspace, StoreError> {
    Ok(Workspace { name: name(row, "name")?, created_at: get(row, "created_at")? })
}
