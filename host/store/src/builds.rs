//! Builds: one image made, or the reason why not.

use crate::limits::within;
use crate::row::{execute, first, get, name};
use crate::{ImageRecord, Store, StoreError, images};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use windlass_domain::agent::UnixMillis;
use windlass_domain::{AgentName, WorkspaceName};

/// Where a build is; the contract's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BuildStatus {
    /// Not started.
    Pending,
    /// At work.
    Building,
    /// The image is there.
    Succeeded,
    /// There is no image.
    Failed,
}

impl BuildStatus {
    /// The contract's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Building => "BUILDING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        [Self::Pending, Self::Building, Self::Succeeded, Self::Failed]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| StoreError::corrupt("build status", text))
    }
}

/// A build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildRecord {
    /// Its id, e.g. `build-a1b2c3`.
    pub id: String,
    /// Its workspace.
    pub workspace: WorkspaceName,
    /// What is built: the agent's name.
    pub name: AgentName,
    /// Where it is.
    pub status: BuildStatus,
    /// The image reference that it makes; known before it is done.
    pub image: String,
    /// The digest of the image's manifest, once it is there.
    pub image_digest: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: UnixMillis,
    /// When it succeeded or failed.
    pub completed_at: Option<UnixMillis>,
}

/// What changes as a build goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildOutcome {
    /// Where it is.
    pub status: BuildStatus,
    /// The digest of the image's manifest.
    pub image_digest: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// When it succeeded or failed.
    pub completed_at: Option<UnixMillis>,
}

impl Store {
    /// Adds a build, and to the index of images what it made, in one transaction; [`StoreError::Exists`] where its id is
    /// taken.
    pub async fn insert_build(&self, build: BuildRecord, image: Option<ImageRecord>) -> Result<(), StoreError> {
        let limits = self.limits;
        self.write(move |connection| {
            let change = || {
                if let Some(image) = &image {
                    images::insert(connection, image)?;
                }
                if insert(connection, &build)? { Ok(()) } else { Err(StoreError::exists("build", &build.id)) }
            };
            within(connection, &build.workspace, limits, change).map_err(|error| error.for_workspace(&build.workspace))
        })
        .await
    }

    /// One build of a workspace.
    pub fn build(&self, workspace: &WorkspaceName, id: &str) -> Result<Option<BuildRecord>, StoreError> {
        let sql = "SELECT * FROM builds WHERE workspace = ?1 AND id = ?2";
        self.read(|connection| first(connection, sql, [workspace.as_str(), id], read_build))
    }

    /// Moves a build on; [`StoreError::NotFound`] where there is none of that id.
    pub async fn update_build(
        &self,
        workspace: &WorkspaceName,
        id: &str,
        outcome: BuildOutcome,
    ) -> Result<(), StoreError> {
        let (workspace, id) = (workspace.clone(), id.to_owned());
        self.write(move |connection| {
            let sql = "UPDATE builds SET status = ?3, image_digest = ?4, error = ?5, completed_at = ?6
                       WHERE workspace = ?1 AND id = ?2";
            let BuildOutcome { status, image_digest, error, completed_at } = outcome;
            let values = params![workspace.as_str(), id, status.as_str(), image_digest, error, completed_at];
            match execute(connection, sql, values)? {
                0 => Err(StoreError::not_found("build", id)),
                _ => Ok(()),
            }
        })
        .await
    }
}

/// Adds a build; returns whether its id is new. One that is known stays as it is.
pub(crate) fn insert(connection: &Connection, build: &BuildRecord) -> Result<bool, StoreError> {
    let sql = "INSERT INTO builds (workspace, id, name, status, image, image_digest, error, created_at, completed_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
    let values = params![
        build.workspace.as_str(),
        build.id,
        build.name.as_str(),
        build.status.as_str(),
        build.image,
        build.image_digest,
        build.error,
        build.created_at,
        build.completed_at,
    ];
    Ok(execute(connection, sql, values)? > 0)
}

fn read_build(row: &Row) -> Result<BuildRecord, StoreError> {
    Ok(BuildRecord {
        id: get(row, "id")?,
        workspace: name(row, "workspace")?,
        name: name(row, "name")?,
        status: BuildStatus::parse(&get::<String>(row, "status")?)?,
        image: get(row, "image")?,
        image_digest: get(row, "image_digest")?,
        error: get(row, "error")?,
        created_at: get(row, "created_at")?,
        completed_at: get(row, "completed_at")?,
    })
}
