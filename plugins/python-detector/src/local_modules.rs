//! Which imports mean a file of the tree: the first place Python looks.
//!
//! Folders are numbered and each name is looked up in its folder, so that no path is put together to ask for it.

use crate::modules::Module;
use crate::names::Names;
use std::hash::BuildHasherDefault;
use windlass_outline::paths::{self, folder};
use windlass_outline::python::imports::Import;

/// The number of the project's own folder.
const PROJECT: usize = 0;

/// The modules of one tree, as seen from its entry point.
#[derive(Debug)]
pub struct LocalModules<'a> {
    /// What a name means in a folder: a file, a folder, or both.
    entries: Names<(usize, &'a str), Entry>,
    /// The folders, each with the one above it.
    folders: Vec<Folder>,
    numbers: Names<&'a str, usize>,
    modules: &'a [Module<'a>],
    /// The folder of the entry point; none while it is not known.
    start: Option<usize>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    file: Option<usize>,
    folder: Option<usize>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Folder {
    above: usize,
    init: Option<usize>,
}

impl<'a> LocalModules<'a> {
    /// Reads the paths; `entry_point` is the file that starts.
    pub fn new(modules: &'a [Module<'a>], entry_point: Option<&str>) -> Self {
        let mut local = Self {
            entries: Names::with_capacity_and_hasher(modules.len() * 2, BuildHasherDefault::default()),
            folders: vec![Folder::default()],
            numbers: Names::from_iter([("", PROJECT)]),
            modules,
            start: None,
        };
        for (index, module) in modules.iter().enumerate() {
            let number = local.number(folder(module.path));
            let name = paths::name(module.path);
            let stem = name.strip_suffix(".py").unwrap_or(name);
            local.entries.entry((number, stem)).or_default().file = Some(index);
            if stem == "__init__" {
                local.folders[number].init = Some(index);
            }
        }
        local.start = entry_point.and_then(|path| local.numbers.get(folder(path)).copied());
        local
    }

    /// The number of a folder, which is entered with those above it where it is new.
    fn number(&mut self, path: &'a str) -> usize {
        if let Some(number) = self.numbers.get(path) {
            return *number;
        }
        let (mut above, mut from) = (PROJECT, 0);
        for end in path.match_indices('/').map(|(at, _)| at).chain([path.len()]) {
            let known = self.numbers.get(&path[..end]).copied();
            above = known.unwrap_or_else(|| {
                let number = self.folders.len();
                self.folders.push(Folder { above, init: None });
                self.numbers.insert(&path[..end], number);
                self.entries.entry((above, &path[from..end])).or_default().folder = Some(number);
                number
            });
            from = end + 1;
        }
        above
    }

    /// Points to another entry point.
    pub fn started_from(&mut self, entry_point: &str) {
        self.start = self.numbers.get(folder(entry_point)).copied();
    }

    /// True when an import in `importer` means a file of the tree.
    pub fn is_local(&self, importer: &Module<'_>, import: &Import<'_>) -> bool {
        import.level > 0 || self.base(importer, import).is_some()
    }

    /// The files that an import loads, by their place in the tree: the module, the packages around it, and the submodules
    /// it names.
    pub fn loaded_by(&self, importer: &Module<'_>, import: &Import<'_>) -> Vec<usize> {
        let mut found = Vec::new();
        let Some(here) = self.numbers.get(importer.folder()).copied() else { return found };
        if import.level > 0 {
            let base = (1..import.level).fold(here, |base, _| self.folders[base].above);
            self.load(base, import, &mut found);
        } else if let Some(base) = self.base(importer, import) {
            self.load(base, import, &mut found);
        }
        found
    }

    /// The file that a dotted name means, seen from `importer`: `app.main` of `uvicorn.run("app.main:app")`.
    pub fn file_of(&self, importer: &Module<'_>, module: &str) -> Option<usize> {
        let here = *self.numbers.get(importer.folder())?;
        self.roots(here).find_map(|root| self.walk(root, module).and_then(|(entry, _)| self.start_of(entry)))
    }

    /// True for a folder with Python below it.
    pub fn is_folder(&self, path: &str) -> bool {
        self.numbers.contains_key(path)
    }

    /// The file that a dotted name means from a folder of the tree, given by its path.
    pub fn file_from(&self, folder: &str, module: &str) -> Option<usize> {
        let root = *self.numbers.get(folder)?;
        self.walk(root, module).and_then(|(entry, _)| self.start_of(entry))
    }

    /// The file that a module run starts with, and whether it is the whole folder that runs.
    fn start_of(&self, entry: Entry) -> Option<usize> {
        let main = |number| self.entries.get(&(number, "__main__")).and_then(|entry| entry.file);
        entry.file.or_else(|| entry.folder.and_then(|number| main(number).or(self.folders[number].init)))
    }

    /// The folder from which an absolute import is found.
    fn base(&self, importer: &Module<'_>, import: &Import<'_>) -> Option<usize> {
        let first = import.module.split('.').next().unwrap_or_default();
        let here = self.numbers.get(importer.folder()).copied()?;
        self.roots(here).find(|root| self.entries.contains_key(&(*root, first)) && self.holds(*root, importer, import))
    }

    /// The folders that `sys.path` may hold: the entry point's, those around the importer that are no packages, `src`.
    fn roots(&self, here: usize) -> impl Iterator<Item = usize> {
        let around =
            std::iter::successors(Some(here), |number| (*number != PROJECT).then(|| self.folders[*number].above));
        let is_root =
            |number: &usize| *number == PROJECT || self.start.is_none() || self.folders[*number].init.is_none();
        let source = self.entries.get(&(PROJECT, "src")).and_then(|entry| entry.folder);
        self.start.into_iter().chain(around.filter(is_root).chain(source))
    }

    /// True when the import is found whole: Python takes a package elsewhere over a mere folder, and code that runs does not
    /// ask a file for modules below it or for names that it lacks.
    fn holds(&self, root: usize, importer: &Module<'_>, import: &Import<'_>) -> bool {
        let Some((entry, _)) = self.walk(root, import.module) else { return false };
        let init = entry.folder.and_then(|number| self.folders[number].init);
        let Some(file) = entry.file.or(init) else {
            // A folder alone offers no more than the files in it.
            let below = |name: &str| entry.folder.is_some_and(|number| self.entries.contains_key(&(number, name)));
            return import.names.iter().any(|name| below(name));
        };
        if self.modules[file].path == importer.path {
            return false;
        }
        let offers = |name: &str| {
            offers(&self.modules[file], name)
                || entry.folder.is_some_and(|number| self.entries.contains_key(&(number, name)))
        };
        import.names.is_empty() || import.names.iter().any(|name| *name == "*" || offers(name))
    }

    /// What a dotted name means from a folder, and the entries on the way.
    fn walk(&self, root: usize, module: &str) -> Option<(Entry, Vec<Entry>)> {
        let mut way = Vec::new();
        let mut entry = Entry { file: None, folder: Some(root) };
        for part in module.split('.').filter(|part| !part.is_empty()) {
            entry = *self.entries.get(&(entry.folder?, part))?;
            way.push(entry);
        }
        Some((entry, way))
    }

    fn load(&self, base: usize, import: &Import<'_>, found: &mut Vec<usize>) {
        let Some((last, way)) = self.walk(base, import.module) else { return };
        found.extend(self.folders[base].init.filter(|_| import.level > 0));
        for entry in way {
            found.extend(entry.file.or(entry.folder.and_then(|number| self.folders[number].init)));
        }
        let Some(folder) = last.folder else { return };
        for name in &import.names {
            if let Some(entry) = self.entries.get(&(folder, *name)) {
                found.extend(entry.file.or(entry.folder.and_then(|number| self.folders[number].init)));
            }
        }
    }
}

/// True when a file defines or imports a name, or may: a star or `__getattr__` makes that unknowable.
fn offers(module: &Module<'_>, name: &str) -> bool {
    module.defines.iter().any(|defined| *defined == name || *defined == "__getattr__")
        || module.imports.iter().any(|import| import.names == ["*"] || import.bound().any(|(bound, _)| bound == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules<'a>(files: &[(&'a str, &'a str)]) -> Vec<Module<'a>> {
        files.iter().map(|(path, text)| Module::read(path, text)).collect()
    }

    /// Whether the first import of the first file is local when `start` starts.
    fn first_is_local(start: Option<&str>, files: &[(&str, &str)]) -> bool {
        let modules = modules(files);
        let start = modules.iter().find(|module| Some(module.path) == start).map(|module| module.path);
        LocalModules::new(&modules, start).is_local(&modules[0], &modules[0].imports[0])
    }

    #[test]
    fn files_packages_and_the_src_folder_are_local() {
        for (import, file, text) in [
            ("import openai", "openai.py", ""),
            ("import billing.core", "src/billing/core.py", ""),
            ("from pkg import yaml", "pkg/yaml.py", ""),
            ("from agents import Agent", "agents/__init__.py", "class Agent: ...\n"),
            ("from agents import Agent", "agents/__init__.py", "from .base import *\n"),
            ("from agents import writer", "agents/writer.py", ""),
        ] {
            assert!(first_is_local(Some("agent.py"), &[("agent.py", import), (file, text)]), "{import}");
        }
    }

    #[test]
    fn what_the_file_or_folder_of_that_name_does_not_hold_comes_from_elsewhere() {
        for (import, file) in [
            ("import yaml", "pkg/yaml.py"),
            ("import requests", "other.py"),
            ("from agents import Agent, Runner", "agents/writer.py"),
            ("from agents import Agent, Runner", "agents/__init__.py"),
            ("from agents.mcp import Server", "agents.py"),
            ("import langgraph", "langgraph/agent.py"),
        ] {
            assert!(!first_is_local(Some("agent.py"), &[("agent.py", import), (file, "x = 1\n")]), "{import} {file}");
        }
        assert!(!first_is_local(Some("crewai.py"), &[("crewai.py", "import crewai")]));
    }

    #[test]
    fn folders_around_the_importer_are_searched_unless_they_are_packages() {
        let files = [("app/main.py", "import helpers"), ("app/helpers.py", "")];
        assert!(first_is_local(Some("app/main.py"), &files) && first_is_local(None, &files));
        let package = [("app/a.py", "import openai"), ("app/openai.py", ""), ("app/__init__.py", ""), ("main.py", "")];
        assert!(!first_is_local(Some("main.py"), &package) && first_is_local(Some("app/a.py"), &package));
    }
}
