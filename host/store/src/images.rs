//! The index of the embedded registry: which repository holds which blob, and where its tags point.
//! The bytes are the image crate's; here is only who may see them.

use crate::row::{all, execute, first, get};
use crate::{Store, StoreError};
use rusqlite::{Connection, Row, params};
use windlass_domain::WorkspaceName;

/// What a blob is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobKind {
    /// An image manifest.
    Manifest,
    /// An image config.
    Config,
    /// A layer.
    Layer,
}

impl BlobKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Config => "config",
            Self::Layer => "layer",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        [Self::Manifest, Self::Config, Self::Layer]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| StoreError::corrupt("blob kind", text))
    }
}

/// A blob that a repository holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageBlob {
    /// Its digest, `sha256:` + hex.
    pub digest: String,
    /// Its media type.
    pub media_type: String,
    /// Its length in bytes.
    pub size: i64,
    /// What it is.
    pub kind: BlobKind,
}

/// A tag of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageTag {
    /// The tag.
    pub tag: String,
    /// The digest of the manifest that it points to.
    pub digest: String,
}

/// An image to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRecord {
    /// Whose it is: the first part of the repository's name on the wire.
    pub workspace: WorkspaceName,
    /// The rest of that name. An agent's images are in the repository of its own name, which goes with the agent.
    pub repository: String,
    /// Every blob of it, the manifest too.
    pub blobs: Vec<ImageBlob>,
    /// The tags to set; each points to a manifest of the repository.
    pub tags: Vec<ImageTag>,
}

impl Store {
    /// Adds an image to the index; tags that exist are moved. [`StoreError::NotFound`] where the workspace is unknown, or
    /// a tag points to a manifest that the repository does not hold.
    pub async fn record_image(&self, image: ImageRecord) -> Result<(), StoreError> {
        self.write(move |connection| insert(connection, &image)).await
    }

    /// A blob of a repository. `None` where the repository does not hold it, though another one may.
    pub fn image_blob(
        &self,
        workspace: &WorkspaceName,
        repository: &str,
        digest: &str,
    ) -> Result<Option<ImageBlob>, StoreError> {
        let sql = "SELECT * FROM image_blobs WHERE workspace = ?1 AND repository = ?2 AND digest = ?3";
        self.read(|connection| first(connection, sql, [workspace.as_str(), repository, digest], read_blob))
    }

    /// The manifest that a tag points to.
    pub fn image_tag(
        &self,
        workspace: &WorkspaceName,
        repository: &str,
        tag: &str,
    ) -> Result<Option<ImageBlob>, StoreError> {
        let sql = "SELECT image_blobs.* FROM image_tags JOIN image_blobs USING (workspace, repository, digest)
                   WHERE workspace = ?1 AND repository = ?2 AND tag = ?3";
        self.read(|connection| first(connection, sql, [workspace.as_str(), repository, tag], read_blob))
    }

    /// The tags of a repository, in order; `None` where there is no such repository.
    pub fn image_tags(&self, workspace: &WorkspaceName, repository: &str) -> Result<Option<Vec<ImageTag>>, StoreError> {
        let values = [workspace.as_str(), repository];
        self.read(|connection| {
            let sql = "SELECT tag, digest FROM image_tags WHERE workspace = ?1 AND repository = ?2 ORDER BY tag";
            let tags = all(connection, sql, values, |row| {
                Ok(ImageTag { tag: get(row, "tag")?, digest: get(row, "digest")? })
            })?;
            if !tags.is_empty() {
                return Ok(Some(tags));
            }
            let sql = "SELECT 1 FROM image_blobs WHERE workspace = ?1 AND repository = ?2 LIMIT 1";
            Ok(first(connection, sql, values, |_| Ok(()))?.map(|()| tags))
        })
    }
}

pub(crate) fn insert(connection: &Connection, image: &ImageRecord) -> Result<(), StoreError> {
    let workspace = image.workspace.as_str();
    let sql = "INSERT INTO image_blobs (workspace, repository, digest, media_type, size, kind)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
    for blob in &image.blobs {
        let values = params![workspace, image.repository, blob.digest, blob.media_type, blob.size, blob.kind.as_str()];
        execute(connection, sql, values).map_err(|error| error.for_workspace(workspace))?;
    }
    let sql = "INSERT INTO image_tags (workspace, repository, tag, digest) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET digest = excluded.digest";
    for tag in &image.tags {
        execute(connection, sql, params![workspace, image.repository, tag.tag, tag.digest])
            .map_err(|error| error.for_reference("manifest", &tag.digest))?;
    }
    Ok(())
}

/// Forgets a repository, tags and all.
pub(crate) fn delete_repository(
    connection: &Connection,
    workspace: &WorkspaceName,
    repository: &str,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM image_blobs WHERE workspace = ?1 AND repository = ?2";
    execute(connection, sql, [workspace.as_str(), repository])?;
    Ok(())
}

fn read_blob(row: &Row) -> Result<ImageBlob, StoreError> {
    Ok(ImageBlob {
        digest: get(row, "digest")?,
        media_type: get(row, "media_type")?,
        size: get(row, "size")?,
        kind: BlobKind::parse(&get::<String>(row, "kind")?)?,
    })
}
