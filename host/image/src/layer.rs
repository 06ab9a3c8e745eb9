//! The source layer: a tar of the source tree under [`APP_DIR`], with nothing in it that differs from host to host.
//!
//! Invariants: entries in byte order of path with each parent folder before its content; owner root (the agent's user
//! may read its code and not change it), time 0, folders 0755, files 0644, or 0755 where they start with `#!`; GNU long
//! names over 100 bytes; a gzip header without time, name and operating system. The bytes depend on the tree and on the
//! pinned compressor, never on the machine.

use crate::{Digest, ImageError};
use flate2::{Compression, GzBuilder};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;
use tar::{EntryType, Header};
use windlass_domain::source::SourceTree;

/// The folder of the agent's source in an image, without the leading `/`; also the working directory.
pub const APP_DIR: &str = "app";
/// "Unknown" as the operating system of a gzip header (RFC 1952, section 2.3.1).
const GZIP_OS_UNKNOWN: u8 = 255;
/// zlib level: sources are small, and 6 costs 0.3 ms for 20 KB.
const GZIP_LEVEL: u32 = 6;

/// A compressed layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The gzip-compressed tar.
    pub bytes: Vec<u8>,
    /// The digest of [`Self::bytes`].
    pub digest: Digest,
    /// The digest of the tar before compression (OCI image spec, config.md, "Layer `DiffID`").
    pub diff_id: Digest,
}

/// Packs a source tree. Refuses names that an image would take as deletions.
pub fn source_layer(tree: &SourceTree) -> Result<Layer, ImageError> {
    let tar = write_tar(tree)?;
    let bytes = compress(&tar).map_err(|error| in_memory(&error))?;
    Ok(Layer { digest: Digest::of(&bytes), diff_id: Digest::of(&tar), bytes })
}

/// Writing to memory does not fail; a path that no header takes would, and [`SourceTree`] holds none.
fn in_memory(error: &io::Error) -> ImageError {
    ImageError::document("the source layer", error)
}

fn write_tar(tree: &SourceTree) -> Result<Vec<u8>, ImageError> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut append = |path: &str, kind: EntryType, mode: u32, content: &[u8]| {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, Path::new(path), content).map_err(|error| in_memory(&error))
    };
    append(&format!("{APP_DIR}/"), EntryType::Directory, 0o755, &[])?;
    let mut folders = BTreeSet::new();
    for (path, content) in tree.iter() {
        for (index, _) in path.match_indices('/') {
            let folder = &path[..index];
            if folders.insert(folder) {
                append(&format!("{APP_DIR}/{folder}/"), EntryType::Directory, 0o755, &[])?;
            }
        }
        if path.split('/').any(|part| part.starts_with(".wh.")) {
            return Err(ImageError::ReservedName { path: path.to_owned() });
        }
        let mode = if content.starts_with("#!") { 0o755 } else { 0o644 };
        append(&format!("{APP_DIR}/{path}"), EntryType::Regular, mode, content.as_bytes())?;
    }
    builder.into_inner().map_err(|error| in_memory(&error))
}

fn compress(tar: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new()
        .mtime(0)
        .operating_system(GZIP_OS_UNKNOWN)
        .write(Vec::with_capacity(tar.len() / 3), Compression::new(GZIP_LEVEL));
    encoder.write_all(tar)?;
    encoder.finish()
}

#[cfg(test)]
mod tests;
