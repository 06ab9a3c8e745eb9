//! Deploy drafts: deploys in the making, changed by one writer at a time through a version.

use crate::limits::within;
use crate::row::{all, execute, first, get, json, to_json};
use crate::{Store, StoreError};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use windlass_domain::WorkspaceName;
use windlass_domain::agent::UnixMillis;

/// Where a draft is; the contract's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DraftStatus {
    /// Being written.
    InProgress,
    /// Deployed.
    Completed,
    /// Given up.
    Abandoned,
}

impl DraftStatus {
    /// The contract's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Abandoned => "ABANDONED",
        }
    }

    /// The status of that word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::InProgress, Self::Completed, Self::Abandoned].into_iter().find(|status| status.as_str() == text)
    }
}

/// A deploy draft.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftRecord {
    /// Its id.
    pub id: String,
    /// Its workspace.
    pub workspace: WorkspaceName,
    /// The id of the key that made it.
    pub owner: String,
    /// Where it is.
    pub status: DraftStatus,
    /// Counted from 1, up by one with every change.
    pub version: u32,
    /// What it says so far, in the wire's shape.
    pub body: Value,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it was last changed.
    pub updated_at: UnixMillis,
}

/// A draft as a deploy has read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftSeen {
    /// Its id.
    pub id: String,
    /// Its version then.
    pub version: u32,
}

impl Store {
    /// Adds a draft; [`StoreError::Exists`] where its id is taken.
    pub async fn insert_draft(&self, draft: DraftRecord) -> Result<(), StoreError> {
        let (body, limits) = (to_json("deploy draft", &draft.body)?, self.limits);
        self.write(move |connection| {
            let sql = "INSERT INTO drafts (workspace, id, owner, status, version, body, created_at, updated_at)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
            let values = params![
                draft.workspace.as_str(),
                draft.id,
                draft.owner,
                draft.status.as_str(),
                draft.version,
                body,
                draft.created_at,
                draft.updated_at,
            ];
            within(connection, &draft.workspace, limits, || match execute(connection, sql, values)? {
                0 => Err(StoreError::exists("deploy draft", &draft.id)),
                _ => Ok(()),
            })
            .map_err(|error| error.for_workspace(&draft.workspace))
        })
        .await
    }

    /// One draft of a workspace.
    pub fn draft(&self, workspace: &WorkspaceName, id: &str) -> Result<Option<DraftRecord>, StoreError> {
        self.read(|connection| find(connection, workspace, id))
    }

    /// The drafts of a workspace, last changed first; `None` takes any status, any owner.
    pub fn drafts(
        &self,
        workspace: &WorkspaceName,
        status: Option<DraftStatus>,
        owner: Option<&str>,
    ) -> Result<Vec<DraftRecord>, StoreError> {
        let sql = "SELECT * FROM drafts
                   WHERE workspace = ?1 AND status = coalesce(?2, status) AND owner = coalesce(?3, owner)
                   ORDER BY updated_at DESC, id";
        let values = params![workspace.as_str(), status.map(DraftStatus::as_str), owner];
        self.read(|connection| all(connection, sql, values, read_draft))
    }

    /// Changes a draft that is still at `expected_version`, and counts its version up; [`StoreError::Stale`] where
    /// somebody was faster, [`StoreError::NotFound`] where there is none of that id.
    pub async fn update_draft(
        &self,
        workspace: &WorkspaceName,
        id: &str,
        expected_version: u32,
        status: DraftStatus,
        body: &Value,
        now: UnixMillis,
    ) -> Result<DraftRecord, StoreError> {
        let (json, limits) = (to_json("deploy draft", body)?, self.limits);
        let (workspace, id, body) = (workspace.clone(), id.to_owned(), body.clone());
        self.write(move |connection| {
            let draft = find(connection, &workspace, &id)?;
            let draft = draft.ok_or_else(|| StoreError::not_found("deploy draft", &id))?;
            if draft.version != expected_version {
                let (expected, found) = (expected_version, draft.version);
                return Err(StoreError::Stale { what: "deploy draft", name: id, expected, found });
            }
            let draft = DraftRecord { status, version: draft.version + 1, body, updated_at: now, ..draft };
            let sql = "UPDATE drafts SET status = ?3, version = ?4, body = ?5, updated_at = ?6
                       WHERE workspace = ?1 AND id = ?2";
            let values = params![workspace.as_str(), id, status.as_str(), draft.version, json, now];
            within(connection, &workspace, limits, || execute(connection, sql, values))?;
            Ok(draft)
        })
        .await
    }

    /// Deletes a draft; returns whether there was one.
    pub async fn delete_draft(&self, workspace: &WorkspaceName, id: &str) -> Result<bool, StoreError> {
        let (workspace, id) = (workspace.clone(), id.to_owned());
        self.write(move |connection| {
            let sql = "DELETE FROM drafts WHERE workspace = ?1 AND id = ?2";
            Ok(execute(connection, sql, [workspace.as_str(), &id])? > 0)
        })
        .await
    }
}

/// Marks a draft as deployed, within the transaction of the deploy. One that is completed already, has been changed since it
/// was read, or is gone stays as it is.
pub(crate) fn complete(
    connection: &Connection,
    workspace: &WorkspaceName,
    seen: &DraftSeen,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let sql = "UPDATE drafts SET status = ?4, version = version + 1, updated_at = ?5
               WHERE workspace = ?1 AND id = ?2 AND version = ?3 AND status <> ?4";
    let status = DraftStatus::Completed.as_str();
    execute(connection, sql, params![workspace.as_str(), seen.id, seen.version, status, now])?;
    Ok(())
}

fn find(connection: &Connection, workspace: &WorkspaceName, id: &str) -> Result<Option<DraftRecord>, StoreError> {
    let sql = "SELECT * FROM drafts WHERE workspace = ?1 AND id = ?2";
    first(connection, sql, [workspace.as_str(), id], read_draft)
}

pub(crate) fn read_draft(row: &Row) -> Result<DraftRecord, StoreError> {
    let status = get::<String>(row, "status")?;
    Ok(DraftRecord {
        id: get(row, "id")?,
        workspace: crate::row::name(row, "workspace")?,
        owner: get(row, "owner")?,
        status: DraftStatus::parse(&status).ok_or_else(|| StoreError::corrupt("draft status", status))?,
        version: get(row, "version")?,
        body: json(row, "body")?,
        created_at: get(row, "created_at")?,
        updated_at: get(row, "updated_at")?,
    })
}
