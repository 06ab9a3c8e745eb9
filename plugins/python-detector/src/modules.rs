//! The Python files of a tree, scanned once.

use crate::entry_point::{Shape, shape};
use windlass_outline::python::imports::{Import, imports};
use windlass_outline::python::scan::{Line, Literal, scan};

/// One Python file and what is in it.
#[derive(Debug)]
pub struct Module<'a> {
    /// Its path in the tree.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Its logical lines.
    pub lines: Vec<Line<'a>>,
    /// Its imports.
    pub imports: Vec<Import<'a>>,
    /// Its string literals.
    pub literals: Vec<Literal<'a>>,
    /// What can start in it.
    pub shape: Shape<'a>,
}

impl<'a> Module<'a> {
    /// Scans one file.
    pub fn read(path: &'a str, text: &'a str) -> Self {
        let found = scan(text);
        Self {
            path,
            text,
            imports: imports(&found.lines),
            shape: shape(&found.lines),
            literals: found.literals,
            lines: found.lines,
        }
    }

    /// The folder it lies in; empty for the root.
    pub fn folder(&self) -> &'a str {
        folder(self.path)
    }

    /// True for what tests, builds or documents the project rather than being it.
    pub fn is_aside(&self) -> bool {
        let (folders, name) = self.path.rsplit_once('/').unwrap_or(("", self.path));
        name.starts_with("test_")
            || name.ends_with("_test.py")
            || matches!(name, "conftest.py" | "setup.py" | "noxfile.py")
            || folders.split('/').any(|part| matches!(part, "tests" | "test" | "docs" | "examples" | "scripts"))
    }
}

/// The folder of a path; empty for the root.
pub fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
