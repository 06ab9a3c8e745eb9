//! A blob on its way in: hashed and counted as it is written, without a name until it is whole.

use super::{Blobs, sync};
use crate::{Digest, ImageError};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A half-written blob. Dropping it removes it.
#[derive(Debug)]
pub struct Ingest {
    blobs: Blobs,
    temporary: Temporary,
    file: File,
    hash: Sha256,
    length: u64,
    limit: u64,
}

/// A file that is removed unless it was renamed.
#[derive(Debug)]
struct Temporary {
    path: PathBuf,
    published: bool,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.published {
            // Nothing to tell: the next opening of the store removes what cannot be removed now.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Ingest {
    pub(super) fn create(blobs: Blobs, path: PathBuf, limit: u64) -> Result<Self, ImageError> {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|error| ImageError::io("make", &path, error))?;
        let temporary = Temporary { path, published: false };
        Ok(Self { blobs, temporary, file, hash: Sha256::new(), length: 0, limit })
    }

    /// Takes the next piece.
    pub fn write(&mut self, piece: &[u8]) -> Result<(), ImageError> {
        self.length += piece.len() as u64;
        if self.length > self.limit {
            return Err(ImageError::TooLarge { what: "the blob".to_owned(), limit: self.limit });
        }
        self.hash.update(piece);
        self.file.write_all(piece).map_err(|error| ImageError::io("write", &self.temporary.path, error))
    }

    /// The number of bytes taken so far.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Stores the blob under `expected` when that is what came, and durably so; else refuses it.
    pub fn finish(self, expected: &Digest) -> Result<(), ImageError> {
        let actual = Digest::from_hash(self.hash.clone());
        if actual != *expected {
            return Err(ImageError::Mismatch { expected: *expected, actual });
        }
        let blobs = self.blobs.clone();
        sync::publish(&blobs, vec![(actual, self)])
    }

    pub(super) fn path(&self) -> &Path {
        &self.temporary.path
    }

    pub(super) fn flush(&self) -> Result<(), ImageError> {
        self.file.sync_all().map_err(|error| ImageError::io("flush", self.path(), error))
    }

    /// Gives the flushed file its name; durable only when the folder is flushed too.
    pub(super) fn rename(mut self, to: &Path) -> Result<(), ImageError> {
        fs::rename(self.path(), to).map_err(|error| ImageError::io("rename to", to, error))?;
        self.temporary.published = true;
        Ok(())
    }
}
