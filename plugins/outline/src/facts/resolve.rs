//! Where a Python import comes from: a file of the tree, the standard library, or a distribution.

use super::Origin;
use crate::paths::{child, folder};
use crate::python::distributions;
use crate::python::imports::Import;
use crate::python::standard_library::is_standard;

/// Answers for the imports of one file.
pub struct Resolver<'a> {
    importer: &'a str,
    roots: Vec<String>,
    has_file: &'a dyn Fn(&str) -> bool,
}

impl<'a> Resolver<'a> {
    /// Looks where the imports of the file `importer` may lead.
    pub fn new(importer: &'a str, has_file: &'a dyn Fn(&str) -> bool) -> Self {
        Self { importer, roots: roots(importer, has_file), has_file }
    }

    /// Decides as Python would: what the tree holds comes first, then the standard library, then what is installed.
    pub fn origin(&self, import: &Import<'_>) -> Origin {
        if import.level > 0 {
            let base = (1..import.level).fold(folder(self.importer), |base, _| folder(base));
            return Origin::Local(find(base, import, self.has_file));
        }
        let mut found = self.roots.iter().filter_map(|root| find(root, import, self.has_file));
        // Nothing imports itself.
        if let Some(path) = found.find(|path| path != self.importer) {
            return Origin::Local(Some(path));
        }
        if is_standard(import.module) {
            return Origin::StandardLibrary;
        }
        let mut requirements = distributions::candidates(import.module);
        if requirements.is_empty() {
            // `from google import adk` names its module behind `import`.
            let below = |name: &&str| distributions::candidates(&format!("{}.{name}", import.module));
            requirements = import.names.iter().flat_map(below).collect();
        }
        let mut names: Vec<String> = Vec::new();
        for requirement in requirements {
            names.extend(distributions::project_name(&requirement).filter(|name| !names.contains(name)));
        }
        Origin::Distribution(names)
    }
}

/// The folders that may be on Python's path when the file runs: its own and those above it, each with its `src`. A folder
/// that is a package is none: inside a package, a neighbour is imported with a dot.
fn roots(importer: &str, has_file: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut roots = Vec::new();
    let mut base = folder(importer);
    loop {
        if base.is_empty() || !has_file(&child(base, "__init__.py")) {
            roots.extend([base.to_owned(), child(base, "src")]);
        }
        if base.is_empty() {
            return roots;
        }
        base = folder(base);
    }
}

/// The file below `root` that the import loads first. A folder without `__init__.py` counts only when it holds what is
/// asked of it: an installed package of that name would win over it.
fn find(root: &str, import: &Import<'_>, has_file: &dyn Fn(&str) -> bool) -> Option<String> {
    let mut stem = root.to_owned();
    let at = |stem: &str| {
        let candidates = [format!("{stem}.py"), child(stem, "__init__.py"), format!("{stem}.pyi")];
        candidates.into_iter().find(|path| has_file(path))
    };
    for part in import.module.split('.').filter(|part| !part.is_empty()) {
        stem = child(&stem, part);
        if let Some(path) = at(&stem) {
            return Some(path);
        }
    }
    import.names.iter().find_map(|name| at(&child(&stem, name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::imports::imports;
    use crate::python::scan::scan;

    fn origin_of(importer: &str, code: &str, files: &[&str]) -> Origin {
        let scan = scan(code);
        Resolver::new(importer, &|path| files.contains(&path)).origin(&imports(&scan.lines)[0])
    }

    fn local(path: &str) -> Origin {
        Origin::Local(Some(path.to_owned()))
    }

    fn distribution(names: &[&str]) -> Origin {
        Origin::Distribution(names.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_module_of_the_tree_comes_before_everything_else() {
        for (importer, code, files, found) in [
            ("main.py", "import agents", &["agents.py"][..], "agents.py"),
            (
                "main.py",
                "from agents.triage import x",
                &["agents/__init__.py", "agents/triage.py"],
                "agents/__init__.py",
            ),
            ("main.py", "from agents.triage import x", &["agents/triage.py"], "agents/triage.py"),
            ("main.py", "from agents import triage", &["agents/triage.py"], "agents/triage.py"),
            ("tests/test_a.py", "import mine", &["src/mine/__init__.py"], "src/mine/__init__.py"),
            ("backend/app/main.py", "from app.core import x", &["backend/app/core.py"], "backend/app/core.py"),
            ("main.py", "import json", &["json.py"], "json.py"),
        ] {
            assert_eq!(origin_of(importer, code, files), local(found), "{importer}: {code}");
        }
    }

    #[test]
    fn relative_imports_are_local_with_or_without_their_file() {
        assert_eq!(origin_of("a/b/c.py", "from .. import d", &["a/d.py"]), local("a/d.py"));
        assert_eq!(
            origin_of("a/b/c.py", "from .openai import d", &["a/b/openai/__init__.py"]),
            local("a/b/openai/__init__.py")
        );
        assert_eq!(origin_of("a.py", "from . import gone", &[]), Origin::Local(None));
    }

    #[test]
    fn a_name_that_only_looks_local_is_a_distribution() {
        let adk = distribution(&["google-adk"]);
        assert_eq!(origin_of("main.py", "from google import adk", &[]), adk);
        assert_eq!(origin_of("main.py", "from google.adk import Agent", &["google.txt"]), adk);
        let swarms = distribution(&["swarms"]);
        assert_eq!(origin_of("swarms/main.py", "from swarms import Agent", &["swarms/main.py"]), swarms);
        let inside_a_package = &["llm/__init__.py", "llm/swarms.py", "llm/base.py"];
        assert_eq!(origin_of("llm/base.py", "import swarms", inside_a_package), swarms);
        assert_eq!(origin_of("swarms.py", "import swarms", &["swarms.py"]), swarms, "nothing imports itself");
    }

    #[test]
    fn the_standard_library_is_told_from_distributions() {
        assert_eq!(origin_of("a.py", "import os.path", &[]), Origin::StandardLibrary);
        assert_eq!(origin_of("a.py", "import yaml", &[]), distribution(&["pyyaml"]));
        assert_eq!(origin_of("a.py", "import langchain_openai", &[]), distribution(&["langchain-openai"]));
    }
}
