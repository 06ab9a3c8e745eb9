//! Everything that can go wrong with an image, by name.

use crate::{Digest, Platform};
use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

/// Why an image could not be stored, read, built or imported.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The disk, or the quota on it, is full. Nothing was stored under the blob's name.
    #[error("no space left to write {}", path.display())]
    Full {
        /// The file that was written.
        path: PathBuf,
    },
    /// The file system failed in another way.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was tried: a verb, e.g. `read`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The store has no such blob.
    #[error("there is no blob {digest}")]
    Missing {
        /// The blob asked for.
        digest: Digest,
    },
    /// A stored blob no longer has the content that its name says: the disk, or somebody, changed it.
    #[error("the stored blob {digest} is corrupt: its content is {actual}")]
    Corrupt {
        /// The blob asked for.
        digest: Digest,
        /// The digest of what is there.
        actual: Digest,
    },
    /// What came in is not what was announced.
    #[error("expected {expected}, but the content that came is {actual}")]
    Mismatch {
        /// The announced digest.
        expected: Digest,
        /// The digest of what came.
        actual: Digest,
    },
    /// What came in has not the announced length.
    #[error("expected {expected} bytes for {digest}, but {actual} came")]
    WrongSize {
        /// The announced digest.
        digest: Digest,
        /// The announced length in bytes.
        expected: u64,
        /// The length in bytes, counted up to the point of refusal.
        actual: u64,
    },
    /// Something is larger than [`crate::limits`] allows.
    #[error("{what} is larger than {limit} bytes")]
    TooLarge {
        /// What it is, e.g. a digest or `the manifest`.
        what: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// A digest that is not `sha256:` and 64 lower-case hex digits.
    #[error("`{text}` is not a SHA-256 digest: write `sha256:` and 64 lower-case hex digits")]
    InvalidDigest {
        /// What was given, cut to 100 characters.
        text: String,
    },
    /// A tag, repository or image reference outside its grammar.
    #[error("`{text}` is not {what}")]
    InvalidName {
        /// What it should have been, with its article, e.g. `a tag`.
        what: &'static str,
        /// What was given, cut to 100 characters.
        text: String,
    },
    /// A manifest, index or configuration that does not hold together.
    #[error("{what} is not valid: {reason}")]
    InvalidDocument {
        /// Which document.
        what: String,
        /// Why.
        reason: String,
    },
    /// A kind of image that we do not build on: another media type, or a layer without content.
    #[error("{what} is not supported as part of a base image")]
    Unsupported {
        /// The media type or feature.
        what: String,
    },
    /// A source file whose name means "delete" in a layer (OCI image spec, layer.md, "Whiteouts").
    #[error("a source file may not be called `{path}`: names that start with `.wh.` delete files in an image")]
    ReservedName {
        /// The path in the source tree.
        path: String,
    },
    /// The base image exists, but not for this platform.
    #[error("{name} has no image for {platform}; it has {}", if available.is_empty() { "none".to_owned() } else { available.join(", ") })]
    NoPlatform {
        /// The image.
        name: String,
        /// The platform asked for.
        platform: Platform,
        /// The platforms that are there, as `os/architecture`.
        available: Vec<String>,
    },
    /// The registry does not know the image.
    #[error("the registry has no image {reference}")]
    NotFound {
        /// The reference asked for.
        reference: String,
    },
    /// The registry wants other credentials.
    #[error("the registry refuses to give {reference} to us: check the credentials that Docker keeps for it")]
    Unauthorized {
        /// The reference asked for.
        reference: String,
    },
    /// The registry could not be reached or answered nonsense.
    #[error("cannot fetch {reference}: {reason}")]
    Registry {
        /// The reference asked for.
        reference: String,
        /// What went wrong, with its causes. Never holds a credential.
        reason: String,
    },
}

impl ImageError {
    /// The error of a file operation; tells a full disk from everything else.
    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path: path.to_owned() },
            _ => Self::Io { doing, path: path.to_owned(), source },
        }
    }

    /// A document that does not hold together.
    pub(crate) fn document(what: &(impl Display + ?Sized), reason: &(impl Display + ?Sized)) -> Self {
        Self::InvalidDocument { what: what.to_string(), reason: reason.to_string() }
    }

    /// A name outside its grammar.
    pub(crate) fn name(what: &'static str, text: &str) -> Self {
        Self::InvalidName { what, text: text.chars().take(100).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        let path = Path::new("blobs/x");
        // ENOSPC, EDQUOT and EIO (Linux, errno.h).
        for (code, full) in [(28, true), (122, true), (5, false)] {
            let error = ImageError::io("write", path, io::Error::from_raw_os_error(code));
            assert_eq!(matches!(error, ImageError::Full { .. }), full, "{error}");
        }
    }
}
