//! The data directory: private, owned by one server at a time, and every new file in it on the disk before it counts.

use crate::OpenError;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The name of the lock file; it holds the process id of its owner.
const LOCK: &str = "windlass.lock";

/// How long a taken lock is waited for: a killed server frees it when the kernel has torn it down, and a child that it
/// was about to start holds it until it runs its own program.
const PATIENCE: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(10);

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
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if started.elapsed() < PATIENCE => std::thread::sleep(STEP),
            Err(TryLockError::WouldBlock) => return Err(OpenError::Locked { pid: read_owner(&mut file), file: path }),
            Err(TryLockError::Error(source)) => return Err(failed("lock", &path)(source)),
        }
    }
    match note_owner(&mut file) {
        // The lock is what counts; the note is for who finds it taken.
        Err(error) if error.kind() == io::ErrorKind::StorageFull => {}
        noted => noted.map_err(failed("write", &path))?,
    }
    Ok(DirectoryLock { _file: file })
}

fn read_owner(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn note_owner(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

/// How the name of a file ends while it is written.
pub(crate) const TEMPORARY: &str = ".tmp";
/// Counts temporary names, so that two writers of one file do not share one.
static TEMPORARIES: AtomicU64 = AtomicU64::new(0);

/// Writes a file whole or not at all: a temporary name, flush, rename, flush of the folder.
pub(crate) fn write_durably(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let turn = TEMPORARIES.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_extension(format!("{turn}{TEMPORARY}"));
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
