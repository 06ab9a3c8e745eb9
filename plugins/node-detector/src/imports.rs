//! What the imports of a project mean: its own files by their index.

use std::collections::{HashMap, HashSet};
use windlass_outline::javascript::aliases::Config;
use windlass_outline::javascript::manifest::Manifest;
use windlass_outline::javascript::resolve::{self, Layout};

/// What an import means; a source file by its index.
pub type Target<'a> = resolve::Target<'a, usize>;

/// Resolves imports of one tree.
#[derive(Debug)]
pub struct Resolver<'a> {
    /// Source files by path.
    sources: HashMap<&'a str, usize>,
    /// Every file.
    paths: HashSet<&'a str>,
    layout: &'a Layout,
}

impl<'a> Resolver<'a> {
    /// Knows the tree; `sources` are the paths of the source files in order.
    pub fn new(sources: impl Iterator<Item = &'a str>, paths: &'a [String], layout: &'a Layout) -> Self {
        Self {
            sources: sources.enumerate().map(|(at, path)| (path, at)).collect(),
            paths: paths.iter().map(String::as_str).collect(),
            layout,
        }
    }

    /// The configurations of the compiler that hold for a folder, the nearest first.
    pub fn configs(&self, folder: &str) -> impl Iterator<Item = &Config> {
        self.layout.configs(folder)
    }

    /// True when the tree has this file.
    pub fn has_file(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// The source file at a place: as written, as its TypeScript, with an ending, or the index of a folder.
    pub fn source(&self, place: &str) -> Option<usize> {
        resolve::source(place, &|path| self.sources.get(path).copied())
    }

    /// What `specifier` means in the file `importer`.
    pub fn resolve<'s>(&self, importer: &str, specifier: &'s str) -> Target<'s> {
        self.layout.resolve(importer, specifier, &|path| self.sources.get(path).copied())
    }

    /// The package that a file belongs to: the one of the nearest folder.
    pub fn package_of(&self, path: &str) -> Option<&'a Manifest> {
        self.layout.package_of(path)
    }
}
