//! The whole project, read once: its packages, its source files and which of them load which.

use crate::imports::{Resolver, Target};
use crate::paths;
use crate::sources::Module;
use std::collections::HashSet;
use windlass_outline::javascript::imports::ImportKind;
use windlass_outline::javascript::manifest::Manifest;
use windlass_outline::javascript::resolve::Layout;
use windlass_plugin_sdk::Files;

/// A project.
pub struct Project<'a> {
    /// Every path of the tree.
    pub paths: &'a [String],
    /// Its files.
    pub files: &'a dyn Files,
    /// Its packages, those of the upper folders first.
    pub manifests: &'a [Manifest],
    /// Its source files, in order of path.
    pub modules: Vec<Module<'a>>,
    /// What imports mean.
    pub resolver: Resolver<'a>,
    /// Per module, what each of its imports means.
    pub targets: Vec<Vec<Target<'a>>>,
}

impl<'a> Project<'a> {
    /// Scans the texts and resolves what they import.
    pub fn new(paths: &'a [String], files: &'a dyn Files, layout: &'a Layout, texts: &'a [(String, String)]) -> Self {
        let modules: Vec<_> = texts.iter().map(|(path, text)| Module::read(path, text)).collect();
        let resolver = Resolver::new(texts.iter().map(|(path, _)| path.as_str()), paths, layout);
        let targets = modules
            .iter()
            .map(|module| module.imports.iter().map(|import| resolver.resolve(module.path, import.module)).collect())
            .collect();
        Self { paths, files, manifests: &layout.manifests, modules, resolver, targets }
    }

    /// The module of a path.
    pub fn module(&self, path: &str) -> Option<usize> {
        self.modules.binary_search_by(|module| module.path.cmp(path)).ok()
    }

    /// The files that a module loads when it runs.
    pub fn loaded_by(&self, module: usize) -> impl Iterator<Item = usize> {
        let imports = self.modules[module].imports.iter().zip(&self.targets[module]);
        imports.filter_map(|(import, target)| match target {
            Target::File(file) if import.kind != ImportKind::Type => Some(*file),
            _ => None,
        })
    }

    /// The modules that are loaded when `starts` run, those included, with their distance in imports.
    pub fn reached(&self, starts: impl IntoIterator<Item = usize>) -> Vec<(usize, usize)> {
        let mut reached: Vec<_> = starts.into_iter().map(|start| (start, 0)).collect();
        let mut seen: HashSet<_> = reached.iter().map(|(module, _)| *module).collect();
        let mut at = 0;
        while let Some((module, distance)) = reached.get(at).copied() {
            at += 1;
            for file in self.loaded_by(module) {
                if seen.insert(file) {
                    reached.push((file, distance + 1));
                }
            }
        }
        reached
    }

    /// The folder of the package that a file belongs to; the root's where there is none.
    pub fn package_folder(&self, path: &str) -> &'a str {
        self.resolver.package_of(path).map_or("", Manifest::folder)
    }

    /// True for tests, configurations and the like, seen from the file's package.
    pub fn is_aside(&self, path: &str) -> bool {
        paths::is_aside(paths::relative(path, self.package_folder(path)))
    }

    /// The text of a file; none where there is none.
    pub fn text(&self, path: &str) -> Option<String> {
        if self.resolver.has_file(path) { self.files.read(path).ok() } else { None }
    }
}
