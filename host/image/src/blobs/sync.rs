//! From written to durable: flush the files, rename them, flush their folders.

use super::{Blobs, Ingest};
use crate::{Digest, ImageError};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;

/// Makes written blobs durable under their names. The files are flushed side by side, then the folders: one journal
/// commit of the file system serves all the flushes that wait for it.
pub(super) fn publish(blobs: &Blobs, written: Vec<(Digest, Ingest)>) -> Result<(), ImageError> {
    side_by_side(&written, |(_, ingest)| ingest.flush())?;
    let mut folders = BTreeSet::new();
    for (digest, ingest) in written {
        let path = blobs.path(&digest);
        ingest.rename(&path)?;
        folders.extend(path.parent().map(PathBuf::from));
    }
    let folders: Vec<PathBuf> = folders.into_iter().collect();
    side_by_side(&folders, |folder| sync_folder(folder))
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> Result<(), ImageError> {
    File::open(folder).and_then(|file| file.sync_all()).map_err(|error| ImageError::io("flush", folder, error))
}

impl Blobs {
    /// Writes a small file beside the blobs, `folder/name` below the store, as durably as a blob and as whole.
    pub(crate) fn write_side_file(&self, path: &Path, bytes: &[u8]) -> Result<(), ImageError> {
        let folder = path.parent().unwrap_or(path);
        fs::create_dir_all(folder).map_err(|error| ImageError::io("make", folder, error))?;
        let mut ingest = self.ingest(bytes.len() as u64)?;
        ingest.write(bytes)?;
        ingest.flush()?;
        ingest.rename(path)?;
        sync_folder(folder)?;
        sync_folder(self.root())
    }
}

/// Runs `flush` on each item, all but the first on a thread of its own. Batches are an image's blobs: three or so.
fn side_by_side<T: Sync>(items: &[T], flush: impl Fn(&T) -> Result<(), ImageError> + Sync) -> Result<(), ImageError> {
    let Some((first, rest)) = items.split_first() else { return Ok(()) };
    thread::scope(|scope| {
        let flush = &flush;
        let others: Vec<_> = rest.iter().map(|item| scope.spawn(move || flush(item))).collect();
        let mut outcome = flush(first);
        for other in others {
            let result = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            outcome = outcome.and(result);
        }
        outcome
    })
}
