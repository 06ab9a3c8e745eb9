//! The list of a backup: what is in it, with checksums; and copying a file while its checksum is made.

use super::{BackupError, IMAGES, KEYS, failed};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use windlass_domain::source::hex_digest;
use windlass_store::Snapshot;

/// The name of the list.
pub(super) const FILE: &str = "backup.json";
/// The form of backups that this program writes, and the newest that it reads.
const FORMAT: u32 = 1;

/// What a backup says of itself.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct List {
    /// The form of the backup.
    format: u32,
    /// The version of the program that made it.
    pub(super) program: String,
    /// When it was begun, in milliseconds since the Unix epoch, UTC.
    pub(super) begun_at: i64,
    /// Every other file.
    pub(super) files: Vec<Entry>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Its path, in the backup and in a data directory.
    pub(super) path: String,
    /// Its length.
    pub(super) bytes: u64,
    /// Its checksum, `sha256:` + hex.
    pub(super) digest: String,
}

impl List {
    pub(super) fn new(begun_at: i64) -> Self {
        Self { format: FORMAT, program: env!("CARGO_PKG_VERSION").to_owned(), begun_at, files: Vec::new() }
    }

    /// Writes the list into its backup: with this, it is one.
    pub(super) fn write(&self, backup: &Path) -> Result<(), BackupError> {
        let path = backup.join(FILE);
        let write = || {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            File::open(backup)?.sync_all()
        };
        write().map_err(failed("write", &path))
    }

    /// Reads the list of a backup, and refuses one that this program does not know.
    pub(super) fn read(backup: &Path) -> Result<Self, BackupError> {
        let path = backup.join(FILE);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(BackupError::NoBackup(backup.to_owned())),
            text => text.map_err(failed("read", &path))?,
        };
        let damaged = |reason: String| BackupError::Damaged { file: FILE.to_owned(), reason };
        // The form is read first: a newer one may have other fields.
        let value: serde_json::Value = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        if value["format"].as_u64().is_some_and(|format| format > u64::from(FORMAT)) {
            let program = value["program"].as_str().unwrap_or("unknown").to_owned();
            return Err(BackupError::Newer { program });
        }
        let list: Self = serde_json::from_value(value).map_err(|error| damaged(error.to_string()))?;
        match list.files.iter().find(|entry| !is_ours(&entry.path)) {
            Some(entry) => Err(damaged(format!("`{}` is no file of a data directory", entry.path.escape_debug()))),
            None => Ok(list),
        }
    }
}

/// Whether a path is one that backups have: nothing that leads elsewhere, or that a server would take for something else.
fn is_ours(path: &str) -> bool {
    let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    match path.split('/').collect::<Vec<_>>()[..] {
        [file] => [Snapshot::DATABASE, Snapshot::SECRET_KEY].contains(&file) || KEYS.contains(&file),
        ["plugins", file] => file.strip_suffix(".wasm").is_some_and(is_hex),
        [IMAGES, "sha256", shard, file] => is_hex(shard) && is_hex(file),
        _ => false,
    }
}

/// Copies `path` from one folder below another (0600, on the disk), and makes its entry.
pub(super) fn copy(path: &str, from: &Path, to: &Path) -> Result<Entry, BackupError> {
    let target = to.join(path);
    let source = open(path, from)?;
    if let Some(folder) = target.parent() {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(failed("make", folder))?;
    }
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&target);
    let mut writer = created.map_err(failed("make", &target))?;
    let write = |piece: &[u8]| writer.write_all(piece).map_err(failed("write", &target));
    let entry = read(path, from, source, write)?;
    writer.sync_all().map_err(failed("flush", &target))?;
    Ok(entry)
}

/// The entry of a file that is there already.
pub(super) fn entry_of(path: &str, folder: &Path) -> Result<Entry, BackupError> {
    read(path, folder, open(path, folder)?, |_| Ok(()))
}

fn open(path: &str, folder: &Path) -> Result<File, BackupError> {
    let file = folder.join(path);
    File::open(&file).map_err(failed("open", &file))
}

/// Reads `path` of a folder, hands on each piece, and makes its entry.
fn read(
    path: &str,
    folder: &Path,
    mut reader: File,
    mut each: impl FnMut(&[u8]) -> Result<(), BackupError>,
) -> Result<Entry, BackupError> {
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 128 * 1024]);
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            count => count.map_err(failed("read", &folder.join(path)))?,
        };
        hash.update(&buffer[..count]);
        each(&buffer[..count])?;
        bytes += count as u64;
    }
    Ok(Entry { path: path.to_owned(), bytes, digest: hex_digest(&hash.finalize()) })
}
