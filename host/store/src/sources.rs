//! Source trees, once each, by digest: zstd over the JSON map of path to content.

use crate::row::{damaged_json, execute, first, get, to_json};
use crate::{Store, StoreError};
use rusqlite::{Connection, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use windlass_domain::agent::UnixMillis;
use windlass_domain::source::SourceTree;

/// Larger trees are packed off the async threads, in bytes of content: packing takes some 3 ms a MiB.
const INLINE: usize = 128 * 1024;
/// The zstd level: the fastest, since the flush of the disk is the cost.
const LEVEL: i32 = 1;

/// A tree ready to be stored.
pub(crate) struct Packed {
    digest: String,
    tree: Vec<u8>,
}

impl Store {
    /// Keeps a tree; returns its digest. One that is kept already stays as it is.
    pub async fn put_source(&self, tree: Arc<SourceTree>, now: UnixMillis) -> Result<String, StoreError> {
        let digest = tree.digest();
        let packed = pack_source(tree).await?;
        self.write(move |connection| insert(connection, &packed, now)).await?;
        Ok(digest)
    }

    /// The tree of that digest. Unpacking takes some milliseconds a MiB.
    pub fn source(&self, digest: &str) -> Result<Option<SourceTree>, StoreError> {
        let sql = "SELECT tree FROM sources WHERE digest = ?1";
        let packed = self.read(|connection| first(connection, sql, [digest], |row| get::<Vec<u8>>(row, "tree")))?;
        packed.map(|packed| unpack_tree(digest, &packed)).transpose()
    }
}

/// The tree ready to be stored.
pub(crate) async fn pack_source(tree: Arc<SourceTree>) -> Result<Packed, StoreError> {
    let size: usize = tree.iter().map(|(path, content)| path.len() + content.len()).sum();
    if size <= INLINE {
        return pack_tree(&tree);
    }
    tokio::task::spawn_blocking(move || pack_tree(&tree)).await.map_err(|_| StoreError::Panicked)?
}

pub(crate) fn insert(connection: &Connection, packed: &Packed, now: UnixMillis) -> Result<(), StoreError> {
    let sql = "INSERT INTO sources (digest, tree, created_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    execute(connection, sql, params![packed.digest, packed.tree, now])?;
    Ok(())
}

fn pack_tree(tree: &SourceTree) -> Result<Packed, StoreError> {
    Ok(Packed { digest: tree.digest(), tree: pack("source", tree)? })
}

fn unpack_tree(digest: &str, packed: &[u8]) -> Result<SourceTree, StoreError> {
    let what = || format!("source {digest}");
    let map = unpack(&what(), packed)?;
    let tree = SourceTree::parse("source_files", map).map_err(|invalid| StoreError::corrupt(what(), invalid))?;
    if tree.digest() == digest { Ok(tree) } else { Err(StoreError::corrupt(what(), "its digest is another")) }
}

/// A value as packed JSON, for what may be large.
pub(crate) fn pack(what: &'static str, value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    let json = to_json(what, value)?;
    zstd::bulk::compress(json.as_bytes(), LEVEL).map_err(|error| StoreError::not_json(what, error))
}

/// What [`pack`] packed; `what` names it in the error.
pub(crate) fn unpack<T: DeserializeOwned>(what: &str, packed: &[u8]) -> Result<T, StoreError> {
    let json = zstd::stream::decode_all(packed).map_err(|error| StoreError::corrupt(what, error))?;
    serde_json::from_slice(&json).map_err(|error| damaged_json(what, &error))
}
