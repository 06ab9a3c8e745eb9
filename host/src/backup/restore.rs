//! Restoring a backup into an empty data directory.

use super::list::{Entry, List, copy};
use super::make::sync_folders;
use super::{BackupError, Progress, named_by};
use std::collections::HashSet;
use std::path::Path;
use windlass_store::{Restoring, Snapshot};

/// What was restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// All of its files, and their bytes.
    pub progress: Progress,
    /// When the backup was begun, in milliseconds since the Unix epoch, UTC.
    pub begun_at: i64,
    /// Whether the key that opens sealed secrets was in it.
    pub has_keys: bool,
}

/// Restores the backup `from` into the new or empty folder `data_dir`. Until all is there and checked, the folder does not
/// open as a data directory.
pub fn restore(from: &Path, data_dir: &Path, mut tell: impl FnMut(Progress)) -> Result<Restored, BackupError> {
    let list = List::read(from)?;
    let restoring = Restoring::begin(data_dir)?;
    let mut progress = Progress { of_files: list.files.len(), ..Progress::default() };
    for entry in &list.files {
        tell(progress);
        let found = match copy(&entry.path, from, data_dir) {
            Err(BackupError::File { action: "open", source, .. }) => return Err(damaged(entry, source.to_string())),
            found => found?,
        };
        if found.bytes != entry.bytes {
            return Err(damaged(entry, format!("it has {} bytes, and had {}", found.bytes, entry.bytes)));
        }
        if found.digest != entry.digest {
            return Err(damaged(entry, "its content is another".to_owned()));
        }
        progress = Progress { files: progress.files + 1, bytes: progress.bytes + found.bytes, ..progress };
    }
    check_whole(&list, data_dir)?;
    sync_folders(data_dir)?;
    restoring.finish()?;
    let has_keys = list.files.iter().any(|entry| entry.path == Snapshot::SECRET_KEY);
    Ok(Restored { progress, begun_at: list.begun_at, has_keys })
}

/// The database is there, opens, and names nothing that the list lacks.
fn check_whole(list: &List, data_dir: &Path) -> Result<(), BackupError> {
    let lacks = |file: &str| BackupError::Damaged { file: file.to_owned(), reason: "it is not in the list".to_owned() };
    let listed: HashSet<&str> = list.files.iter().map(|entry| entry.path.as_str()).collect();
    if !listed.contains(Snapshot::DATABASE) {
        return Err(lacks(Snapshot::DATABASE));
    }
    let snapshot = Snapshot::read(&data_dir.join(Snapshot::DATABASE))?;
    match named_by(&snapshot).find(|path| !listed.contains(path.as_str())) {
        Some(path) => Err(lacks(&path)),
        None => Ok(()),
    }
}

fn damaged(entry: &Entry, reason: String) -> BackupError {
    BackupError::Damaged { file: entry.path.clone(), reason }
}
