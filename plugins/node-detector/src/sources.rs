//! The source files of a tree, each scanned once.

use crate::paths;
use windlass_outline::javascript::definitions::{Definition, definitions};
use windlass_outline::javascript::imports::{Import, imports};
use windlass_outline::javascript::scan::{Scan, allows_jsx, scan};
use windlass_plugin_sdk::Files;

/// Of a longer file only so many bytes are read: what it imports stands at its head.
const LONGEST: usize = 256 * 1024;

/// One source file and what is in it.
#[derive(Debug)]
pub struct Module<'a> {
    /// Its path in the tree.
    pub path: &'a str,
    /// Its outline.
    pub scan: Scan<'a>,
    /// Its imports.
    pub imports: Vec<Import<'a>>,
    /// What its top level defines.
    pub definitions: Vec<Definition<'a>>,
}

/// The texts of the source files, in order of path.
pub fn read(paths: &[String], files: &dyn Files) -> Vec<(String, String)> {
    let sources = || paths.iter().filter(|path| paths::is_source(path));
    let mut chosen: Vec<_> = sources().filter(|path| !paths::is_installed_or_built(path)).collect();
    if chosen.iter().all(|path| paths::is_aside(path)) {
        // What was built is all there is.
        chosen = sources().filter(|path| !paths::is_installed(path)).collect();
    }
    chosen.into_iter().filter_map(|path| Some((path.clone(), cut(files.read(path).ok()?)))).collect()
}

fn cut(mut text: String) -> String {
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
    }
    text
}

impl<'a> Module<'a> {
    /// Scans one file.
    pub fn read(path: &'a str, text: &'a str) -> Self {
        let scan = scan(text, allows_jsx(path));
        Self { path, imports: imports(&scan), definitions: definitions(&scan), scan }
    }

    /// True when the first statements hold a directive, e.g. `use client`.
    pub fn has_directive(&self, directive: &str) -> bool {
        let head = self.scan.statements.iter().take(3);
        head.map(|statement| statement.text.trim_matches(['"', '\''])).any(|text| text == directive)
    }

    /// The first call of one of these names: the whole name, or what follows its last dot.
    pub fn call(&self, names: &[&str]) -> Option<u32> {
        let mut calls = self.scan.calls.iter();
        let call = calls.find(|call| names.iter().any(|name| is_named(call.name, name)))?;
        Some(self.scan.line(call.at))
    }
}

/// True for `name` itself, and for `….name` where `name` starts with a dot.
fn is_named(call: &str, name: &str) -> bool {
    if name.starts_with('.') { call.ends_with(name) } else { call == name }
}
