//! Making a backup, beside a server that runs or without one.

use super::list::{List, copy, entry_of};
use super::{BackupError, IMAGES, KEYS, Progress, failed, named_by};
use crate::edge;
use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use windlass_image::hold;
use windlass_store::Snapshot;

/// What was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// All of its files, and their bytes.
    pub progress: Progress,
    /// Whether the keys are in it.
    pub has_keys: bool,
}

/// Backs `data_dir` up into the new or empty folder `to`. Without the keys, sealed secrets do not open after a restore
/// until the key file is put back. What was written is removed again on a failure.
pub fn make(data_dir: &Path, to: &Path, with_keys: bool, tell: impl FnMut(Progress)) -> Result<Made, BackupError> {
    if !data_dir.join(Snapshot::DATABASE).is_file() {
        return Err(BackupError::NoDataDir(data_dir.to_owned()));
    }
    let was_there = take(data_dir, to)?;
    let made = fill(data_dir, to, with_keys, tell);
    if made.is_err() {
        empty(to, was_there);
    }
    made
}

/// Makes the folder, or takes an empty one; whether it was there.
fn take(data_dir: &Path, to: &Path) -> Result<bool, BackupError> {
    let absolute = |path: &Path| std::path::absolute(path).map_err(failed("find", path));
    if absolute(to)?.starts_with(absolute(data_dir)?) {
        return Err(BackupError::Taken(to.to_owned()));
    }
    match DirBuilder::new().mode(0o700).create(to) {
        Ok(()) => Ok(false),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let mut entries = fs::read_dir(to).map_err(failed("list", to))?;
            if entries.next().is_some() { Err(BackupError::Taken(to.to_owned())) } else { Ok(true) }
        }
        Err(error) => Err(failed("make", to)(error)),
    }
}

fn fill(data_dir: &Path, to: &Path, with_keys: bool, mut tell: impl FnMut(Progress)) -> Result<Made, BackupError> {
    let mut list = List::new(edge::now());
    let _hold = hold(&data_dir.join(IMAGES))?;
    let snapshot = Snapshot::take(data_dir, &to.join(Snapshot::DATABASE))?;
    list.files.push(entry_of(Snapshot::DATABASE, to)?);
    let paths = paths(data_dir, &snapshot, with_keys);
    let mut progress = Progress { files: 1, of_files: paths.len() + 1, bytes: list.files[0].bytes };
    for path in paths {
        tell(progress);
        let entry = copy(&path, data_dir, to)?;
        progress = Progress { files: progress.files + 1, bytes: progress.bytes + entry.bytes, ..progress };
        list.files.push(entry);
    }
    sync_folders(to)?;
    list.write(to)?;
    Ok(Made { progress, has_keys: with_keys })
}

/// What belongs to the snapshot, below the data directory.
fn paths(data_dir: &Path, snapshot: &Snapshot, with_keys: bool) -> Vec<String> {
    let keys = [Snapshot::SECRET_KEY].into_iter().chain(KEYS).filter(|file| with_keys && data_dir.join(file).is_file());
    keys.map(str::to_owned).chain(named_by(snapshot)).collect()
}

/// Makes the names in a folder, and in those below it, durable.
pub(super) fn sync_folders(folder: &Path) -> Result<(), BackupError> {
    for entry in fs::read_dir(folder).map_err(failed("list", folder))? {
        let path = entry.map_err(failed("list", folder))?.path();
        if path.is_dir() {
            sync_folders(&path)?;
        }
    }
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("flush", folder))
}

/// Removes what a backup that failed has written; what cannot be removed has no list and is no backup.
fn empty(to: &Path, was_there: bool) {
    let entries: Vec<PathBuf> = fs::read_dir(to).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    for path in entries {
        let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
    }
    if !was_there {
        let _ = fs::remove_dir(to);
    }
}
