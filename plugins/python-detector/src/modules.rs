//! The Python files of a tree, scanned once.

use crate::entry_point::shape::{Shape, defines};
use crate::frameworks::{Use, uses};
use windlass_outline::paths::{self, folder};
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
    /// The names that its module level defines.
    pub defines: Vec<&'a str>,
    /// What it uses of the frameworks, if their modules are not local ones.
    pub uses: Vec<Use>,
    /// What can start in it.
    pub shape: Shape<'a>,
}

impl<'a> Module<'a> {
    /// Scans one file.
    pub fn read(path: &'a str, text: &'a str) -> Self {
        let text = text.trim_start_matches('\u{feff}');
        let found = scan(text);
        let imports = imports(&found.lines);
        let uses = uses(&imports, &found.lines, &found.calls);
        let shape = Shape::read(&found, &imports, &uses);
        let defined = defines(&found.lines);
        let (mut lines, mut literals) = (found.lines, found.literals);
        // A guest's memory is small, and a list that grew has up to as much room again.
        lines.shrink_to_fit();
        literals.shrink_to_fit();
        Self { path, text, defines: defined, imports, uses, shape, literals, lines }
    }

    /// The folder it lies in; empty for the root.
    pub fn folder(&self) -> &'a str {
        folder(self.path)
    }

    /// Its name without folders.
    pub fn name(&self) -> &'a str {
        paths::name(self.path)
    }

    /// True for what tests, builds or documents the project rather than being it.
    pub fn is_aside(&self) -> bool {
        is_aside(self.path)
    }
}

/// True for a word that names what was kept beside its successor.
fn is_left_over(word: &str) -> bool {
    matches!(word, "copy" | "old" | "backup" | "archive" | "archived" | "legacy" | "deprecated")
}

/// True for a path whose name ends in `.` and `ending`.
pub fn has_ending(path: &str, ending: &str) -> bool {
    path.strip_suffix(ending).is_some_and(|stem| stem.ends_with('.'))
}

/// The folders that hold a manifest of Python.
pub fn parts(paths: &[String]) -> Vec<&str> {
    const MANIFESTS: [&str; 5] = ["requirements.txt", "pyproject.toml", "Pipfile", "setup.py", "Dockerfile"];
    let is_manifest = |path: &&String| MANIFESTS.contains(&paths::name(path));
    let mut parts: Vec<_> = paths.iter().filter(is_manifest).map(|path| folder(path)).collect();
    parts.sort_unstable();
    parts.dedup();
    parts
}

/// The folder of the nearest manifest around a path; the root where there is none.
pub fn part_of<'a>(parts: &[&str], path: &'a str) -> &'a str {
    let mut place = folder(path);
    while !place.is_empty() && !parts.contains(&place) {
        place = folder(place);
    }
    place
}

/// True for the path of what tests, builds or documents the project rather than being it.
pub fn is_aside(path: &str) -> bool {
    const FOLDERS: [&str; 22] = [
        "tests",
        "test",
        "docs",
        "doc",
        "examples",
        "example",
        "scripts",
        "evals",
        "eval",
        "evaluation",
        "benchmarks",
        "benchmark",
        "migrations",
        "alembic",
        "notebooks",
        "samples",
        "deployment",
        "deploy",
        "terraform",
        "infra",
        "infrastructure",
        "prereqs",
    ];
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    name.starts_with("test_")
        || name.ends_with("_test.py")
        || matches!(name, "conftest.py" | "setup.py" | "noxfile.py" | "test.py" | "tests.py")
        || folders.split('/').any(|part| FOLDERS.contains(&part) || part.split(['_', '-']).any(is_left_over))
}
