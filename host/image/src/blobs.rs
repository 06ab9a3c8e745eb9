//! The content-addressed store: every blob is a file named by its SHA-256 digest, `sha256/ab/<hex>`.
//!
//! Invariants: a file under `sha256/` was complete, hashed and on disk before it got its name, so a kill or a power cut
//! at any moment leaves either the whole blob or none; names are never reused for other content. Files that we did not
//! write are left alone. One process owns a store (the data directory's lock sees to it): what an earlier process left
//! half-written in `tmp/` is removed when the store is opened.
//!
//! Durability, one policy: a call that stores something returns after fsync of the file, rename, fsync of the folder.
//! The blobs of one image are flushed side by side, and then each folder once, so that three small ones
//! cost about two waits for the disk, not six (measured: 1 to 5 ms against 20 to 24 one after another).
//! A blob that another call has renamed a moment ago counts as stored.

mod ingest;
mod removal;
mod sync;

use crate::limits::MAX_IN_MEMORY;
use crate::{Digest, ImageError};
pub use ingest::Ingest;
pub use removal::{Alone, Hold, Pin, hold};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::RwLock;

/// The prefix of the names of half-written files in `tmp/`; nothing else there is ours to remove.
const TEMPORARY_PREFIX: &str = "blob-";

/// A handle on the store. Cheap to clone; may be used from many threads.
#[derive(Debug, Clone)]
pub struct Blobs {
    root: Arc<Path>,
    /// Makes temporary names unique within the one process that owns the store.
    next_temporary: Arc<AtomicU64>,
    /// Shared by who stores blobs, exclusive for who removes some.
    pins: Arc<RwLock<()>>,
}

impl Blobs {
    /// Opens the store in the folder `root`, made when it is missing, and removes what an earlier process left half-written.
    ///
    /// All 256 folders are made at once, so that storing a blob never has to make one durable.
    pub fn open(root: &Path) -> Result<Self, ImageError> {
        let (shards, temporary) = (root.join("sha256"), root.join("tmp"));
        for folder in [&shards, &temporary] {
            fs::create_dir_all(folder).map_err(|error| ImageError::io("make", folder, error))?;
        }
        for shard in 0..=u8::MAX {
            let folder = shards.join(format!("{shard:02x}"));
            match fs::create_dir(&folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(ImageError::io("make", &folder, error));
                }
                _ => {}
            }
        }
        for folder in [&shards, &temporary, root] as [&Path; 3] {
            sync::sync_folder(folder)?;
        }
        remove_leftovers(&temporary)?;
        Ok(Self { root: root.into(), next_temporary: Arc::default(), pins: Arc::default() })
    }

    /// Stores `bytes`; a blob that is there already is not written again.
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, ImageError> {
        let digest = Digest::of(bytes);
        self.put_all(&[(digest, bytes)])?;
        Ok(digest)
    }

    /// Stores several blobs, each with the digest of its bytes, and waits for the disk as few times as possible.
    ///
    /// On an error some of them may be stored; none is stored in part.
    pub(crate) fn put_all(&self, blobs: &[(Digest, &[u8])]) -> Result<(), ImageError> {
        let mut written = Vec::new();
        for (digest, bytes) in blobs {
            if !self.contains(digest) {
                let mut ingest = self.ingest(bytes.len() as u64)?;
                ingest.write(bytes)?;
                written.push((*digest, ingest));
            }
        }
        sync::publish(self, written)
    }

    /// Begins to take in a blob piece by piece; it is refused when it grows over `limit` bytes.
    pub fn ingest(&self, limit: u64) -> Result<Ingest, ImageError> {
        let number = self.next_temporary.fetch_add(1, Ordering::Relaxed);
        let path = self.root.join("tmp").join(format!("{TEMPORARY_PREFIX}{}-{number}", std::process::id()));
        Ingest::create(self.clone(), path, limit)
    }

    /// Takes in a whole stream that must be `digest` and at most `limit` bytes long; gives its length in bytes.
    pub fn ingest_from(&self, mut from: impl Read, digest: &Digest, limit: u64) -> Result<u64, ImageError> {
        let mut ingest = self.ingest(limit)?;
        let mut buffer = vec![0; 128 * 1024];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => ingest.write(&buffer[..count])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ImageError::io("read the stream for", ingest.path(), error)),
            }
        }
        let length = ingest.length();
        ingest.finish(digest)?;
        Ok(length)
    }

    /// The whole blob, hashed again: a changed file is [`ImageError::Corrupt`]. At most [`MAX_IN_MEMORY`] bytes.
    pub fn get(&self, digest: &Digest) -> Result<Vec<u8>, ImageError> {
        let (file, length) = self.open_blob(digest)?;
        if length > MAX_IN_MEMORY {
            return Err(ImageError::TooLarge { what: digest.to_string(), limit: MAX_IN_MEMORY });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        file.take(MAX_IN_MEMORY)
            .read_to_end(&mut bytes)
            .map_err(|error| ImageError::io("read", &self.path(digest), error))?;
        let actual = Digest::of(&bytes);
        if actual == *digest { Ok(bytes) } else { Err(ImageError::Corrupt { digest: *digest, actual }) }
    }

    /// The file of a blob, at its start, and its length in bytes, for streaming in ranges. Not hashed: the client does that.
    pub fn open_blob(&self, digest: &Digest) -> Result<(File, u64), ImageError> {
        let path = self.path(digest);
        let file = File::open(&path).map_err(|error| missing_or(digest, "open", &path, error))?;
        let length = file.metadata().map_err(|error| ImageError::io("look at", &path, error))?.len();
        Ok((file, length))
    }

    /// True when the blob is stored.
    #[must_use]
    pub fn contains(&self, digest: &Digest) -> bool {
        self.path(digest).is_file()
    }

    /// The length of a stored blob in bytes.
    pub fn size(&self, digest: &Digest) -> Result<u64, ImageError> {
        let path = self.path(digest);
        let metadata = fs::metadata(&path).map_err(|error| missing_or(digest, "look at", &path, error))?;
        Ok(metadata.len())
    }

    /// The store's folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where the blob is, or would be.
    pub(crate) fn path(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.root.join("sha256").join(&hex[..2]).join(&hex)
    }
}

fn missing_or(digest: &Digest, doing: &'static str, path: &Path, error: io::Error) -> ImageError {
    match error.kind() {
        io::ErrorKind::NotFound => ImageError::Missing { digest: *digest },
        _ => ImageError::io(doing, path, error),
    }
}

fn remove_leftovers(folder: &Path) -> Result<(), ImageError> {
    let failed = |error| ImageError::io("clean", folder, error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(TEMPORARY_PREFIX)) {
            fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
