//! A source tree: a read-only map of normalised paths to contents, with one digest.

use crate::Invalid;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::OnceLock;

/// The most files one deploy may carry.
pub const MAX_FILES: usize = 2_000;
/// The most bytes the contents of one deploy's files may sum to: 16 MiB.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The longest path, in bytes: what a ustar header and every file system take.
pub const MAX_PATH: usize = 255;

/// A path inside a source tree: relative, `/`-separated, without `.`, `..`, empty parts or NUL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourcePath(String);

impl SourcePath {
    /// Normalises `text` (`./a//b` becomes `a/b`) and refuses what leads out of the tree.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        let refuse = |what: &str, hint: &str| {
            Err(Invalid::new("invalid_path", field, format!("the path `{}` {what}", text.escape_debug()), hint))
        };
        if text.contains('\0') {
            return refuse("contains a NUL byte", "remove it");
        }
        if text.contains('\\') {
            return refuse("contains a backslash", "separate folders with `/`");
        }
        if text.starts_with('/') || text.as_bytes().get(1) == Some(&b':') {
            return refuse("is absolute", "use a path relative to the project's folder");
        }
        let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if parts.contains(&"..") {
            return refuse("contains `..`", "use a path inside the project's folder");
        }
        if text.chars().any(char::is_control) {
            return refuse("contains a control character", "remove it");
        }
        if parts.is_empty() || text.ends_with('/') {
            return refuse("names no file", "name a file, for example `agent.py`");
        }
        let path = parts.join("/");
        if path.len() > MAX_PATH {
            return refuse("is longer than 255 bytes", "shorten it");
        }
        Ok(Self(path))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourcePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The files of one deploy. Serialises as the plain map of path to content that the wire uses.
#[derive(Debug, Clone, Default)]
pub struct SourceTree {
    files: BTreeMap<SourcePath, String>,
    /// Computed when it is first asked for: a deploy asks several times, and a tree may have 16 MiB.
    digest: OnceLock<String>,
}

impl PartialEq for SourceTree {
    fn eq(&self, other: &Self) -> bool {
        self.files == other.files
    }
}

impl Eq for SourceTree {}

impl SourceTree {
    /// Checks and normalises a map of paths to contents; `field` is the request field that an error shall name.
    ///
    /// Refuses two spellings of one path, a file that is also a folder, and more than [`MAX_FILES`] or [`MAX_BYTES`]
    /// (code `too_many_files` or `source_too_large`: a 413).
    pub fn parse(field: &str, map: BTreeMap<String, String>) -> Result<Self, Invalid> {
        if map.len() > MAX_FILES {
            return Err(Invalid::new(
                "too_many_files",
                field,
                format!("{} files are more than the {MAX_FILES} that one deploy may carry", map.len()),
                "leave out dependencies and build output, or deploy an image",
            ));
        }
        let bytes: usize = map.values().map(String::len).sum();
        if bytes > MAX_BYTES {
            return Err(Invalid::new(
                "source_too_large",
                field,
                format!("the files sum to {bytes} bytes, more than the {MAX_BYTES} that one deploy may carry"),
                "leave out data files and build output, or deploy an image",
            ));
        }
        let mut files = BTreeMap::new();
        for (text, content) in map {
            let path = SourcePath::parse(field, &text)?;
            if files.insert(path.clone(), content).is_some() {
                return Err(Invalid::new(
                    "duplicate_path",
                    field,
                    format!("the path `{path}` is given twice"),
                    "give each file once",
                ));
            }
        }
        if let Some(path) = files.keys().find(|path| is_also_folder(&files, path)) {
            return Err(Invalid::new(
                "invalid_path",
                field,
                format!("`{path}` is both a file and a folder"),
                "rename one of them",
            ));
        }
        Ok(Self { files, digest: OnceLock::new() })
    }

    /// True when there is no file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// The content of `path`, spelled in its normal form.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// True when `folder` is a folder with at least one file below it.
    #[must_use]
    pub fn is_folder(&self, folder: &str) -> bool {
        self.under(folder).next().is_some()
    }

    /// The files below `folder`, in order of path.
    pub fn under(&self, folder: &str) -> impl Iterator<Item = (&str, &str)> {
        let prefix = format!("{folder}/");
        let start = SourcePath(prefix.clone());
        self.files
            .range(start..)
            .take_while(move |(path, _)| path.0.starts_with(&prefix))
            .map(|(path, content)| (path.as_str(), content.as_str()))
    }

    /// All files, in byte order of path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, content)| (path.as_str(), content.as_str()))
    }

    /// SHA-256 over every path and content, each preceded by its length as 8 little-endian bytes; `sha256:` + hex.
    #[must_use]
    pub fn digest(&self) -> String {
        self.digest.get_or_init(|| digest_of(self)).clone()
    }
}

fn digest_of(tree: &SourceTree) -> String {
    let mut hash = Sha256::new();
    for (path, content) in tree.iter() {
        for text in [path, content] {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
    }
    hex_digest(&hash.finalize())
}

impl std::borrow::Borrow<str> for SourcePath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for SourceTree {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.files.serialize(serializer)
    }
}

/// `sha256:` and the lower-case hex digits of `bytes`.
#[must_use]
pub fn hex_digest(bytes: &[u8]) -> String {
    let mut text = String::from("sha256:");
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The digest of one piece of content, `sha256:` + hex.
#[must_use]
pub fn sha256(content: &[u8]) -> String {
    hex_digest(&Sha256::digest(content))
}

fn is_also_folder(files: &BTreeMap<SourcePath, String>, path: &SourcePath) -> bool {
    let prefix = format!("{path}/");
    files.range(SourcePath(prefix.clone())..).next().is_some_and(|(next, _)| next.0.starts_with(&prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(paths: &[&str]) -> BTreeMap<String, String> {
        paths.iter().map(|path| ((*path).to_owned(), String::new())).collect()
    }

    #[test]
    fn paths_are_normalised() {
        let tree = SourceTree::parse("source_files", map(&["./a//b.py", "c.py"])).expect("good paths");
        assert_eq!(tree.iter().map(|(path, _)| path).collect::<Vec<_>>(), ["a/b.py", "c.py"]);
        assert!(tree.is_folder("a"));
        assert!(!tree.is_folder("c.py"));
    }

    #[test]
    fn paths_that_lead_out_or_collide_are_refused() {
        for bad in [
            &["../a"][..],
            &["/a"],
            &["a/../../b"],
            &["a\0"],
            &[""],
            &["."],
            &["a/"],
            &["C:\\a"],
            &["a", "./a"],
            &["a", "a/b"],
        ] {
            assert!(SourceTree::parse("source_files", map(bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn limits_hold_at_their_edge() {
        let names: Vec<String> = (0..=MAX_FILES).map(|n| format!("f{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert!(SourceTree::parse("source_files", map(&names[..MAX_FILES])).is_ok());
        assert_eq!(SourceTree::parse("source_files", map(&names)).expect_err("one too many").code, "too_many_files");
        let sized = |bytes| BTreeMap::from([("a".to_owned(), "x".repeat(bytes))]);
        assert!(SourceTree::parse("source_files", sized(MAX_BYTES)).is_ok());
        assert_eq!(SourceTree::parse("source_files", sized(MAX_BYTES + 1)).expect_err("over").code, "source_too_large");
    }

    #[test]
    fn the_digest_tells_a_moved_byte() {
        let one = SourceTree::parse("f", BTreeMap::from([("a".into(), "bc".into())])).expect("good");
        let two = SourceTree::parse("f", BTreeMap::from([("ab".into(), "c".into())])).expect("good");
        assert_ne!(one.digest(), two.digest());
    }
}
