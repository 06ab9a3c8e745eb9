//! What one file says, in words that hold for every language: the data behind the WIT interface `syntax`.
//!
//! The host serves it to guests, and the SDK serves it to their native tests, so both see the same. Languages are told
//! by a file's ending. Invariant: an answer is bounded by [`MAX_ENTRIES`] and [`MAX_TEXT`], whatever the file holds.

mod chain;
mod javascript;
mod python;
mod resolve;

pub use crate::javascript::resolve::Layout;
use crate::javascript::sources::is_source;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most entries of one answer; what comes after them is left out.
pub const MAX_ENTRIES: usize = 10_000;
/// The longest text in an answer, in bytes; a longer one is cut.
pub const MAX_TEXT: usize = 4 * 1024;

/// A language that this crate reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Python.
    Python,
    /// JavaScript and TypeScript, JSX included.
    JavaScript,
}

impl Language {
    /// The language of a file by the ending of its name; none when it is not read here.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        let (_, ending) = path.rsplit_once('.')?;
        match ending {
            "py" | "pyw" | "pyi" => Some(Self::Python),
            _ => is_source(path).then_some(Self::JavaScript),
        }
    }
}

/// The source tree around a file, as far as its imports ask for it.
pub trait Tree {
    /// True when the tree has this file.
    fn has_file(&self, path: &str) -> bool;
    /// The packages of JavaScript in it and the compiler's configurations; the same for every file, so worth keeping.
    fn layout(&self) -> Arc<Layout>;
}

/// A tree that is written down.
impl Tree for BTreeMap<String, String> {
    fn has_file(&self, path: &str) -> bool {
        self.contains_key(path)
    }

    fn layout(&self) -> Arc<Layout> {
        let paths: Vec<&str> = self.keys().map(String::as_str).collect();
        Arc::new(Layout::read(&paths, &|path| self.get(path).cloned()))
    }
}

/// One imported module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleImport {
    /// The module as written: in Python without the dots of a relative import, in JavaScript the whole specifier.
    pub module: String,
    /// The names that are taken out of it; empty for the module itself.
    pub names: Vec<String>,
    /// How many folders up a relative import starts, the file's own counting as one; 0 for an absolute one.
    pub level: u32,
    /// The line of its statement, from 1.
    pub line: u32,
    /// `module`, `nested`, `optional` or `typing`.
    pub scope: &'static str,
    /// Where the module comes from.
    pub origin: Origin,
}

/// Where an imported module comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file of the tree; its path where it is known.
    Local(Option<String>),
    /// The language's own library.
    StandardLibrary,
    /// A package to be installed: the distributions that may hold it, the likeliest first.
    Distribution(Vec<String>),
}

/// One string constant in the code; comments hold none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringConstant {
    /// Between the quotes, as written.
    pub value: String,
    /// The line it starts on, from 1.
    pub line: u32,
    /// True for a string that is a statement of its own, such as a docstring.
    pub is_docstring: bool,
    /// The variable, keyword argument or key that it is given to.
    pub assigned_to: Option<String>,
}

/// One definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// `function`, `method`, `class` or `assignment`.
    pub kind: &'static str,
    /// Its name; a method's carries the class: `Class.method`.
    pub name: String,
    /// Its line, from 1.
    pub line: u32,
    /// True when it stands in the file itself, in no block.
    pub is_top_level: bool,
    /// The names of its decorators, without `@` and arguments.
    pub decorators: Vec<String>,
    /// What an assigned value is made by: `FastAPI`, `builder.compile`, `StateGraph().compile`.
    pub callee: Option<String>,
}

/// Every import of a file of the tree, in order. None: the language is not read.
#[must_use]
pub fn imports(path: &str, text: &str, tree: &dyn Tree) -> Option<Vec<ModuleImport>> {
    match Language::of(path)? {
        Language::Python => Some(python::imports(path, text, tree)),
        Language::JavaScript => Some(javascript::imports(path, text, tree)),
    }
}

/// Every string constant of a file, in order. None: the language is not read.
#[must_use]
pub fn strings(path: &str, text: &str) -> Option<Vec<StringConstant>> {
    match Language::of(path)? {
        Language::Python => Some(python::strings(text)),
        Language::JavaScript => Some(javascript::strings(path, text)),
    }
}

/// Functions, classes, methods, and what the file assigns at its top level, in order. None: the language is not read.
#[must_use]
pub fn definitions(path: &str, text: &str) -> Option<Vec<Definition>> {
    match Language::of(path)? {
        Language::Python => Some(python::definitions(text)),
        Language::JavaScript => Some(javascript::definitions(path, text)),
    }
}

/// The start of `text`, at most [`MAX_TEXT`] bytes of whole characters.
#[must_use]
pub fn clip(text: &str) -> &str {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
