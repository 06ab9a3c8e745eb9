//! Which modules of packages the code cannot do without: a package that is there may have no such module.

use crate::modules::Module;
use std::collections::HashSet;
use windlass_outline::python::imports::{Import, Scope};
use windlass_plugin_sdk::{Claims, kind};

/// The most modules that are claimed: the first ones are those that run first.
const MOST: usize = 200;

/// The modules seen so far, each where it is imported first.
#[derive(Default)]
pub struct Imported<'a> {
    names: HashSet<&'a str>,
    /// The file and the import.
    seen: Vec<(&'a str, &'a Import<'a>)>,
}

impl<'a> Imported<'a> {
    /// Notes what an import of a package loads. Of a name without dots the package's own presence tells enough.
    pub fn see(&mut self, module: &Module<'a>, import: &'a Import<'a>) {
        let is_needed = matches!(import.scope, Scope::Module | Scope::Nested);
        if is_needed && import.module.contains('.') && self.seen.len() < MOST && self.names.insert(import.module) {
            self.seen.push((module.path, import));
        }
    }

    /// Claims them.
    pub fn claim(&self, claims: &mut Claims) {
        for (path, import) in &self.seen {
            let score = if import.scope == Scope::Module { 0.8 } else { 0.6 };
            claims.add(kind::IMPORT, import.module, score).at(*path, import.line);
        }
    }
}
