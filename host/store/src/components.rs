//! The files of installed components: `plugins/<sha256 hex>.wasm` in the data directory, immutable, verified when read.

use crate::row::{all, get};
use crate::{StoreError, directory};
use rusqlite::Connection;
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use windlass_domain::source;

/// The folder of the components.
const FOLDER: &str = "plugins";
const SUFFIX: &str = "wasm";

/// Writes a component under its digest, flushed to the disk; [`StoreError::Corrupt`] where it has another one.
pub(crate) fn write(data_dir: &Path, digest: &str, component: &[u8]) -> Result<(), StoreError> {
    verify(digest, component)?;
    let path = path(data_dir, digest);
    if fs::read(&path).is_ok_and(|stored| stored == component) {
        return Ok(());
    }
    let folder = data_dir.join(FOLDER);
    fs::create_dir_all(&folder).map_err(|error| StoreError::file("write", &folder, error))?;
    directory::write_durably(&path, component, 0o600).map_err(|error| StoreError::file("write", &path, error))
}

/// The component of that digest, verified.
pub(crate) fn read(data_dir: &Path, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let path = path(data_dir, digest);
    let component = match fs::read(&path) {
        Ok(component) => component,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::file("read", &path, error)),
    };
    verify(digest, &component)?;
    Ok(Some(component))
}

/// Removes the components that no plugin has any more, and what a killed write left behind. Only while nothing else
/// uses the store: when it opens. Names that are not a component's are left alone.
pub(crate) fn sweep(data_dir: &Path, connection: &Connection) -> Result<(), StoreError> {
    let kept = all(connection, "SELECT DISTINCT digest FROM plugins", [], |row| get::<String>(row, "digest"))?;
    let kept: HashSet<String> = kept.into_iter().collect();
    // Without the folder there is nothing to sweep.
    for entry in fs::read_dir(data_dir.join(FOLDER)).into_iter().flatten().flatten() {
        if is_leftover(&entry.file_name().to_string_lossy(), &kept) {
            fs::remove_file(entry.path()).map_err(|error| StoreError::file("remove", &entry.path(), error))?;
        }
    }
    Ok(())
}

fn is_leftover(file: &str, kept: &HashSet<String>) -> bool {
    let Some((hex, suffix)) = file.split_once('.') else { return false };
    let digest = format!("sha256:{hex}");
    let is_half_written = suffix.ends_with(directory::TEMPORARY);
    is_digest(&digest) && (is_half_written || suffix == SUFFIX && !kept.contains(&digest))
}

fn path(data_dir: &Path, digest: &str) -> PathBuf {
    data_dir.join(relative(digest))
}

/// Where a component is, below the data directory.
pub(crate) fn relative(digest: &str) -> String {
    // What is not a digest must not lead out of the folder: it names a file that cannot exist.
    let hex = if is_digest(digest) { &digest["sha256:".len()..] } else { "none" };
    format!("{FOLDER}/{hex}.{SUFFIX}")
}

fn is_digest(digest: &str) -> bool {
    let hex = digest.strip_prefix("sha256:");
    hex.is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')))
}

fn verify(digest: &str, component: &[u8]) -> Result<(), StoreError> {
    let found = source::sha256(component);
    if found == digest {
        Ok(())
    } else {
        Err(StoreError::corrupt(format!("component {digest}"), format_args!("its digest is {found}")))
    }
}
