//! Which imports mean a file of the tree: the first place Python looks.

use crate::modules::{Module, folder};
use std::collections::{BTreeSet, HashSet};
use windlass_outline::python::imports::Import;

/// The modules of one tree, as seen from its entry point.
#[derive(Debug)]
pub struct LocalModules<'a> {
    paths: BTreeSet<&'a str>,
    /// Every file stem and folder name: what is not in here is not local, whatever the root.
    names: HashSet<&'a str>,
    /// The folders that `sys.path` would hold: the entry point's, the project's, `src`.
    roots: Vec<&'a str>,
}

impl<'a> LocalModules<'a> {
    /// Reads the paths; `entry_point` is the file that starts.
    pub fn new(modules: &[Module<'a>], entry_point: Option<&'a str>) -> Self {
        let mut names = HashSet::new();
        for module in modules {
            names.extend(module.path.split('/').map(|part| part.strip_suffix(".py").unwrap_or(part)));
        }
        let mut roots = vec![entry_point.map_or("", folder)];
        for root in ["", "src"] {
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        Self { paths: modules.iter().map(|module| module.path).collect(), names, roots }
    }

    /// True when an absolute import of `module` finds a file or folder of the tree.
    pub fn is_local(&self, module: &str) -> bool {
        let first = module.split('.').next().unwrap_or_default();
        self.names.contains(first) && self.roots.iter().any(|root| self.holds(&join(root, first)))
    }

    /// The files that an import loads: the module, the packages around it, and the submodules it names.
    pub fn loaded_by(&self, importer: &str, import: &Import<'_>) -> Vec<&'a str> {
        let mut found = Vec::new();
        if import.level > 0 {
            let mut base = folder(importer);
            for _ in 1..import.level {
                base = folder(base);
            }
            self.load(base, import, &mut found);
        } else if self.is_local(import.module) {
            let first = import.module.split('.').next().unwrap_or_default();
            if let Some(root) = self.roots.iter().find(|root| self.holds(&join(root, first))) {
                self.load(root, import, &mut found);
            }
        }
        found
    }

    fn load(&self, base: &str, import: &Import<'_>, found: &mut Vec<&'a str>) {
        let mut stem = base.to_owned();
        found.extend(self.file(&join(&stem, "__init__")));
        for part in import.module.split('.').filter(|part| !part.is_empty()) {
            stem = join(&stem, part);
            found.extend(self.file(&stem));
            found.extend(self.file(&join(&stem, "__init__")));
        }
        for name in &import.names {
            let name = join(&stem, name);
            found.extend(self.file(&name));
            found.extend(self.file(&join(&name, "__init__")));
        }
    }

    fn file(&self, stem: &str) -> Option<&'a str> {
        self.paths.get(format!("{stem}.py").as_str()).copied()
    }

    /// True when there is a file of that stem, or a folder with Python in it.
    fn holds(&self, stem: &str) -> bool {
        let folder = format!("{stem}/");
        self.file(stem).is_some()
            || self.paths.range(folder.as_str()..).next().is_some_and(|path| path.starts_with(&folder))
    }
}

/// The files that run when `entry_point` starts, as far as imports tell; all of them where nothing starts.
pub fn reachable<'a>(
    modules: &[Module<'a>],
    local: &LocalModules<'a>,
    entry_point: Option<&'a str>,
) -> HashSet<&'a str> {
    let Some(start) = entry_point.and_then(|path| modules.iter().find(|module| module.path == path)) else {
        return modules.iter().map(|module| module.path).collect();
    };
    let mut seen = HashSet::from([start.path]);
    let mut open = vec![start];
    while let Some(module) = open.pop() {
        for path in module.imports.iter().flat_map(|import| local.loaded_by(module.path, import)) {
            if seen.insert(path) {
                open.extend(modules.iter().find(|module| module.path == path));
            }
        }
    }
    seen
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules<'a>(files: &[(&'a str, &'a str)]) -> Vec<Module<'a>> {
        files.iter().map(|(path, text)| Module::read(path, text)).collect()
    }

    #[test]
    fn files_packages_and_the_src_folder_are_local() {
        let modules = modules(&[("agent.py", ""), ("openai.py", ""), ("src/billing/core.py", ""), ("pkg/yaml.py", "")]);
        let local = LocalModules::new(&modules, Some("agent.py"));
        assert!(local.is_local("openai") && local.is_local("billing.core") && local.is_local("pkg.yaml"));
        // `pkg/yaml.py` is `pkg.yaml`, never `yaml`; `src` itself is a folder in the project.
        assert!(!local.is_local("yaml") && !local.is_local("core") && !local.is_local("requests"));
    }

    #[test]
    fn the_folder_of_the_entry_point_is_searched_first() {
        let modules = modules(&[("app/agent.py", ""), ("app/helpers.py", "")]);
        assert!(LocalModules::new(&modules, Some("app/agent.py")).is_local("helpers"));
        assert!(!LocalModules::new(&modules, None).is_local("helpers"));
    }

    #[test]
    fn what_the_entry_point_imports_is_reachable_and_the_rest_is_not() {
        let modules = modules(&[
            ("agent.py", "from pkg.a import x\n"),
            ("pkg/__init__.py", ""),
            ("pkg/a.py", "from . import b\n"),
            ("pkg/b.py", "from ..other import y\n"),
            ("other.py", ""),
            ("demo.py", "import crewai\n"),
        ]);
        let local = LocalModules::new(&modules, Some("agent.py"));
        let mut reached: Vec<_> = reachable(&modules, &local, Some("agent.py")).into_iter().collect();
        reached.sort_unstable();
        assert_eq!(reached, ["agent.py", "other.py", "pkg/__init__.py", "pkg/a.py", "pkg/b.py"]);
        assert_eq!(reachable(&modules, &local, None).len(), 6);
    }
}
