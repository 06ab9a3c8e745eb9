//! Which files of the tree load which, and what a start therefore reaches.

use crate::entry_point::shape::Sign;
use crate::local_modules::LocalModules;
use crate::modules::{Module, has_ending};
use std::collections::HashSet;
use windlass_outline::paths::folder;
use windlass_outline::python::imports::Scope;

/// Which files each file loads: imports that run, and the files and modules that its texts name.
#[derive(Debug)]
pub struct Graph {
    loads: Vec<Vec<usize>>,
    /// How many files of the project proper load each.
    pub loaded_by: Vec<usize>,
}

impl Graph {
    /// Resolves every import once.
    pub fn new(modules: &[Module<'_>], local: &LocalModules<'_>) -> Self {
        let mut graph = Self { loads: Vec::with_capacity(modules.len()), loaded_by: vec![0; modules.len()] };
        for (index, module) in modules.iter().enumerate() {
            let mut loads: Vec<usize> = module
                .imports
                .iter()
                .filter(|import| import.scope != Scope::Typing)
                .flat_map(|import| local.loaded_by(module, import))
                .chain(module.literals.iter().filter_map(|literal| named_by(module, literal.text, local)))
                .filter(|loaded| *loaded != index)
                .collect();
            loads.sort_unstable();
            loads.dedup();
            if !module.is_aside() {
                // A package loads its own modules whoever starts.
                let is_own =
                    |loaded: usize| module.name() == "__init__.py" && modules[loaded].folder() == module.folder();
                for loaded in loads.iter().filter(|loaded| !is_own(**loaded)) {
                    graph.loaded_by[*loaded] += 1;
                }
            }
            graph.loads.push(loads);
        }
        graph.add_pages(modules);
        graph
    }

    /// Streamlit shows the files of a folder `pages` beside its home page.
    fn add_pages(&mut self, modules: &[Module<'_>]) {
        let draws = |module: &&Module<'_>| module.shape.has(Sign::Streamlit) || module.shape.has(Sign::StreamlitParts);
        let pages = modules.iter().enumerate().filter(|(_, module)| draws(module));
        for (page, module) in pages.filter(|(_, module)| module.folder().ends_with("pages")) {
            let above = folder(module.folder());
            let home = modules.iter().enumerate().filter(|(_, module)| module.folder() == above && draws(module));
            for (home, _) in home.filter(|(home, _)| !self.loads[*home].contains(&page)).collect::<Vec<_>>() {
                self.loads[home].push(page);
                self.loaded_by[page] += 1;
            }
        }
    }

    /// The files that one loads by itself.
    pub fn loads(&self, index: usize) -> &[usize] {
        &self.loads[index]
    }

    /// Which files run when the one starts, as far as imports tell: itself first.
    pub fn reached(&self, start: usize) -> Vec<usize> {
        let mut marks = Marks::new(self.loads.len());
        self.walk(start, &mut marks)
    }

    /// The same with marks that are used again, so that a walk costs what it reaches.
    pub fn walk(&self, start: usize, marks: &mut Marks) -> Vec<usize> {
        marks.round += 1;
        marks.seen[start] = marks.round;
        let mut reached = vec![start];
        let mut next = 0;
        while let Some(&index) = reached.get(next) {
            next += 1;
            for &loaded in &self.loads[index] {
                if std::mem::replace(&mut marks.seen[loaded], marks.round) != marks.round {
                    reached.push(loaded);
                }
            }
        }
        reached
    }
}

/// The files that a walk has seen, in which round.
#[derive(Debug)]
pub struct Marks {
    seen: Vec<u32>,
    round: u32,
}

impl Marks {
    /// None of so many files is seen.
    pub fn new(files: usize) -> Self {
        Self { seen: vec![0; files], round: 0 }
    }
}

/// The file that a text names: `app.main:app` for a server, `pages/chat.py` for a command or a page.
fn named_by(module: &Module<'_>, text: &str, local: &LocalModules<'_>) -> Option<usize> {
    const LONGEST: usize = 120;
    // Nearly every text ends here.
    let may_name = has_ending(text, "py") || text.bytes().any(|byte| byte == b':');
    if !may_name || text.len() > LONGEST || text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        return None;
    }
    if let Some(stem) = text.strip_suffix(".py") {
        let dotted = stem.trim_start_matches("./").replace('/', ".");
        return local.file_of(module, &dotted);
    }
    let (target, object) = text.split_once(':')?;
    let is_name = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
    };
    if is_name(target) && is_name(object) { local.file_of(module, target) } else { None }
}

/// The files that run when `entry_point` starts, as far as imports tell; all of them where nothing starts.
pub fn reachable<'a>(modules: &[Module<'a>], graph: &Graph, entry_point: Option<&str>) -> HashSet<&'a str> {
    match entry_point.and_then(|path| modules.iter().position(|module| module.path == path)) {
        Some(start) => graph.reached(start).into_iter().map(|index| modules[index].path).collect(),
        None => modules.iter().map(|module| module.path).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules<'a>(files: &[(&'a str, &'a str)]) -> Vec<Module<'a>> {
        files.iter().map(|(path, text)| Module::read(path, text)).collect()
    }

    #[test]
    fn what_the_entry_point_imports_or_names_is_reachable_and_the_rest_is_not() {
        let modules = modules(&[
            ("agent.py", "from pkg.a import x\nuvicorn.run('web.api:app')\nrun('tools/job.py')\n"),
            ("pkg/__init__.py", ""),
            ("pkg/a.py", "x = 1\nfrom . import b\n"),
            ("pkg/b.py", "from ..other import y\n"),
            ("other.py", ""),
            ("demo.py", "import crewai\n"),
            ("web/api.py", ""),
            ("tools/job.py", ""),
        ]);
        let graph = Graph::new(&modules, &LocalModules::new(&modules, Some("agent.py")));
        let mut reached: Vec<_> = reachable(&modules, &graph, Some("agent.py")).into_iter().collect();
        reached.sort_unstable();
        let expected =
            ["agent.py", "other.py", "pkg/__init__.py", "pkg/a.py", "pkg/b.py", "tools/job.py", "web/api.py"];
        assert_eq!(reached, expected);
        assert_eq!(reachable(&modules, &graph, None).len(), 8);
        assert_eq!((graph.loaded_by[2], graph.loaded_by[5]), (1, 0));
    }

    #[test]
    fn the_pages_beside_a_streamlit_home_are_its_own() {
        let page = "import streamlit as st\nst.title('x')\n";
        let modules = modules(&[("app.py", page), ("pages/one.py", page), ("web/pages/two.py", page)]);
        let graph = Graph::new(&modules, &LocalModules::new(&modules, None));
        assert_eq!(graph.loaded_by, [0, 1, 0]);
    }
}
