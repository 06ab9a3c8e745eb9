//! Backups: a folder that holds all of a data directory that cannot be made again, and a list of it with checksums.
//!
//! Invariants: the database is copied first, as it is at one moment, then what it names, which is kept from being removed
//! meanwhile; so everything that was acknowledged before a backup began is whole in it. The list is written last: a folder
//! without one is no backup. Restoring checks every byte, and what is not restored to the end does not start.

mod list;
mod make;
mod restore;

pub use make::{Made, make};
pub use restore::{Restored, restore};

use crate::app::IMAGES;
use crate::bootstrap::{BOOTSTRAP_FILE, OPERATOR_FILE};
use std::io;
use std::path::{Path, PathBuf};
use windlass_image::ImageError;
use windlass_store::{OpenError, Snapshot};

/// The keys of the first start: whoever has a backup with them can act as the server's operator.
const KEYS: [&str; 2] = [BOOTSTRAP_FILE, OPERATOR_FILE];

/// How far the work is: files and bytes that are done, and all there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// The files that are done.
    pub files: usize,
    /// All files.
    pub of_files: usize,
    /// The bytes that are done.
    pub bytes: u64,
}

/// Why a backup was not made or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is no data directory to back up.
    #[error("{} is no data directory of windlass (hint: name it with --data-dir)", .0.display())]
    NoDataDir(PathBuf),
    /// The backup would go into the data directory, or over something.
    #[error("{} is not empty, or lies in the data directory (hint: name a folder that is not there yet)", .0.display())]
    Taken(PathBuf),
    /// There is no list, so what there is was not made to its end.
    #[error("{} is no backup: it has no {} (hint: a backup that was cut off has none; use another one)", .0.display(), list::FILE)]
    NoBackup(PathBuf),
    /// A newer program made it.
    #[error(
        "the backup was made by the newer version {program}, in a form that this program does not know (hint: restore it with that version)"
    )]
    Newer {
        /// The version that made it.
        program: String,
    },
    /// A byte of it is not what was written.
    #[error("the backup is damaged: {file}: {reason}; nothing was restored that starts (hint: use another backup)")]
    Damaged {
        /// Which file of it.
        file: String,
        /// How it shows.
        reason: String,
    },
    /// The database could not be copied or opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The blobs could not be held.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A file could not be read or written.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// The files that a database names outside itself, as paths in a data directory and in a backup.
fn named_by(snapshot: &Snapshot) -> impl Iterator<Item = String> {
    let blob = |digest: &String| {
        let hex = digest.trim_start_matches("sha256:");
        format!("{IMAGES}/sha256/{}/{hex}", hex.get(..2).unwrap_or_default())
    };
    snapshot.components.iter().cloned().chain(snapshot.blobs.iter().map(blob))
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::File { action, path, source }
}

#[cfg(test)]
mod tests;
