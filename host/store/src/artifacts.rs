//! Workflow artifacts: sources handed over first and deployed later by id. Never changed.

use crate::limits::within;
use crate::row::{execute, first, get, name};
use crate::sources::{pack, unpack};
use crate::{Store, StoreError};
use rusqlite::{Row, params};
use serde_json::Value;
use windlass_domain::WorkspaceName;
use windlass_domain::agent::UnixMillis;

/// A workflow artifact.
#[derive(Debug, Clone, PartialEq)]
pub struct ArtifactRecord {
    /// Its id.
    pub id: String,
    /// Its workspace.
    pub workspace: WorkspaceName,
    /// The id of the key that made it.
    pub owner: String,
    /// What it holds, in the wire's shape.
    pub body: Value,
    /// When it was made.
    pub created_at: UnixMillis,
}

impl Store {
    /// Adds an artifact; [`StoreError::Exists`] where its id is taken.
    pub async fn insert_artifact(&self, artifact: ArtifactRecord) -> Result<(), StoreError> {
        let ArtifactRecord { id, workspace, owner, body, created_at } = artifact;
        let packed = tokio::task::spawn_blocking(move || pack("workflow artifact", &body));
        let packed = packed.await.map_err(|_| StoreError::Panicked)??;
        let limits = self.limits;
        self.write(move |connection| {
            let sql = "INSERT INTO artifacts (workspace, id, owner, body, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
                       ON CONFLICT DO NOTHING";
            let values = params![workspace.as_str(), id, owner, packed, created_at];
            within(connection, &workspace, limits, || match execute(connection, sql, values)? {
                0 => Err(StoreError::exists("workflow artifact", &id)),
                _ => Ok(()),
            })
            .map_err(|error| error.for_workspace(&workspace))
        })
        .await
    }

    /// One artifact of a workspace. Unpacking takes some milliseconds a MiB.
    pub fn artifact(&self, workspace: &WorkspaceName, id: &str) -> Result<Option<ArtifactRecord>, StoreError> {
        let sql = "SELECT * FROM artifacts WHERE workspace = ?1 AND id = ?2";
        self.read(|connection| first(connection, sql, [workspace.as_str(), id], read_artifact))
    }
}

fn read_artifact(row: &Row) -> Result<ArtifactRecord, StoreError> {
    let id: String = get(row, "id")?;
    Ok(ArtifactRecord {
        workspace: name(row, "workspace")?,
        owner: get(row, "owner")?,
        body: unpack(&format!("workflow artifact {id}"), &get::<Vec<u8>>(row, "body")?)?,
        created_at: get(row, "created_at")?,
        id,
    })
}
