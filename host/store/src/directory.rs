//! The data directory: private, owned by one server at a time, and every new file in it on the disk before it counts.

use crate::OpenError;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// The name of the lock file; it holds the process id of its owner.
const LOCK: &str = "windlass.lock";

/// The lock on a data directory. The kernel frees it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    _file: File,
}

/// Makes the directory (0700) where it is missing. One that exists keeps its permissions.
pub(crate) fn create(path: &Path) -> Result<(), OpenError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed("create", path))
}

/// Takes the lock, or names who has it.
pub(crate) fn lock(data_dir: &Path) -> Result<DirectoryLock, OpenError> {
    let path = data_dir.join(LOCK);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(failed("open", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
            return Err(OpenError::Locked { pid, file: path });
        }
        Err(TryLockError::Error(source)) => return Err(failed("lock", &path)(source)),
    }
    note_owner(&mut file).map_err(failed("write", &path))?;
    Ok(DirectoryLock { _file: file })
}

fn note_owner(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

/// Counts temporary names, so that two writers of one file do not share one.
static TEMPORARIES: AtomicU64 = AtomicU64::new(0);

/// Writes a file whole or not at all: a temporary name, flush, rename, flush of the folder.
pub(crate) fn write_durably(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let turn = TEMPORARIES.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_extension(format!("{turn}.tmp"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Makes an [`OpenError::File`] of an I/O error.
pub(crate) fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_owned();
    move |source| OpenError::File { action, path, source }
}
