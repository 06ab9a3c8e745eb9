//! The source tree, as the host lends it or as a test writes it down.

use crate::syntax::{ModuleImport, Syntax};
use std::collections::BTreeMap;
use windlass_outline::javascript::sources::is_installed;

pub use crate::bindings::detector::windlass::plugin::source::ReadError;

/// The files of one deploy. Paths are relative, `/`-separated and normalised.
pub trait Files {
    /// Every path, in byte order.
    fn paths(&self) -> Vec<String>;

    /// The paths whose name ends in `.` and `ending`, letters as given.
    fn with_ending(&self, ending: &str) -> Vec<String> {
        let mut paths = self.paths();
        paths.retain(|path| path.strip_suffix(ending).is_some_and(|stem| stem.ends_with('.')));
        paths
    }

    /// One file as text; bytes that are not UTF-8 become U+FFFD.
    fn read(&self, path: &str) -> Result<String, ReadError>;

    /// What the files say, without a parser of your own.
    fn syntax(&self) -> &dyn Syntax;

    /// Every import of every file in a language that is read, with the file's path; installed packages are left out.
    fn all_imports(&self) -> Vec<(String, ModuleImport)> {
        let mut found = Vec::new();
        for path in self.paths().into_iter().filter(|path| !is_installed(path)) {
            let imports = self.syntax().imports(&path).unwrap_or_default();
            found.extend(imports.into_iter().map(|import| (path.clone(), import)));
        }
        found
    }
}

impl Files for BTreeMap<String, String> {
    fn paths(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }

    fn read(&self, path: &str) -> Result<String, ReadError> {
        self.get(path).cloned().ok_or(ReadError::NotFound)
    }

    fn syntax(&self) -> &dyn Syntax {
        self
    }
}

/// A source tree written down: for tests and examples.
#[must_use]
pub fn tree(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}
