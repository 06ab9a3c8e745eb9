//! What source files say, read by the host: imports, string constants, definitions, and what patterns catch.
//!
//! The same trait is there natively, over a source tree that a test writes down; only `query` is not, since the parser
//! behind it is the host's.

pub use crate::bindings::detector::windlass::plugin::syntax::{
    Capture, Definition, ModuleImport, Origin, StringConstant, SyntaxError,
};
use std::collections::BTreeMap;
use windlass_outline::facts;

/// Reads the files of one deploy.
pub trait Syntax {
    /// The imports of a file, in order.
    fn imports(&self, path: &str) -> Result<Vec<ModuleImport>, SyntaxError>;
    /// The string constants of a file, in order; comments hold none.
    fn strings(&self, path: &str) -> Result<Vec<StringConstant>, SyntaxError>;
    /// Functions, methods and classes of a file, and what it assigns at its top level, in order.
    fn definitions(&self, path: &str) -> Result<Vec<Definition>, SyntaxError>;
    /// What a pattern catches in a file; `pattern` is its place in the `patterns` of plugin.json, from 0. Natively there is
    /// no parser: the error is `other("no_parser")`.
    fn query(&self, path: &str, pattern: u32) -> Result<Vec<Capture>, SyntaxError>;
}

impl ModuleImport {
    /// True when it is no file of the tree, and `name` is its module, a package above it, or a distribution that may hold
    /// it.
    #[must_use]
    pub fn is_of(&self, name: &str) -> bool {
        let Origin::Distribution(candidates) = &self.origin else { return false };
        // A dot leads below a module of Python; the name of a package of JavaScript may hold one.
        let separators: &[char] = if candidates.iter().any(|own| own.contains('.')) { &['/'] } else { &['.', '/'] };
        let rest = self.module.strip_prefix(name);
        let below = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(separators));
        // `from google import adk` is of `google.adk`.
        let named = || {
            let parent = name.rsplit_once('.').filter(|(package, _)| *package == self.module);
            parent.is_some_and(|(_, name)| self.names.iter().any(|own| own == name))
        };
        below || candidates.iter().any(|own| own == name) || named()
    }
}

impl Syntax for BTreeMap<String, String> {
    fn imports(&self, path: &str) -> Result<Vec<ModuleImport>, SyntaxError> {
        let found = facts::imports(path, text(self, path)?, self);
        wire(found, |found| ModuleImport {
            module: found.module,
            names: found.names,
            level: found.level,
            line: found.line,
            scope: found.scope.to_owned(),
            origin: match found.origin {
                facts::Origin::Local(path) => Origin::Local(path),
                facts::Origin::StandardLibrary => Origin::StandardLibrary,
                facts::Origin::Distribution(names) => Origin::Distribution(names),
            },
            ext: Vec::new(),
        })
    }

    fn strings(&self, path: &str) -> Result<Vec<StringConstant>, SyntaxError> {
        wire(facts::strings(path, text(self, path)?), |found| StringConstant {
            value: found.value,
            line: found.line,
            is_docstring: found.is_docstring,
            assigned_to: found.assigned_to,
            ext: Vec::new(),
        })
    }

    fn definitions(&self, path: &str) -> Result<Vec<Definition>, SyntaxError> {
        wire(facts::definitions(path, text(self, path)?), |found| Definition {
            kind: found.kind.to_owned(),
            name: found.name,
            line: found.line,
            is_top_level: found.is_top_level,
            decorators: found.decorators,
            callee: found.callee,
            ext: Vec::new(),
        })
    }

    fn query(&self, path: &str, _: u32) -> Result<Vec<Capture>, SyntaxError> {
        text(self, path)?;
        Err(SyntaxError::Other("no_parser".to_owned()))
    }
}

fn text<'a>(files: &'a BTreeMap<String, String>, path: &str) -> Result<&'a str, SyntaxError> {
    files.get(path).map(String::as_str).ok_or(SyntaxError::NotFound)
}

fn wire<T, U>(found: Option<Vec<T>>, wire: impl Fn(T) -> U) -> Result<Vec<U>, SyntaxError> {
    found.map(|found| found.into_iter().map(wire).collect()).ok_or(SyntaxError::OtherLanguage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{Files as _, tree};

    #[test]
    fn a_tree_that_is_written_down_is_read_as_the_host_reads_it() {
        let files = tree(&[
            (
                "main.py",
                "import acme.agents\nfrom acme import agents\nfrom tools import search\nMODEL = 'x'\nagent = acme.Agent()\n",
            ),
            ("tools.py", "import os\n"),
            ("README.md", "import acme\n"),
        ]);
        let read = files.syntax();
        let imports = read.imports("main.py").expect("read");
        assert!(imports[0].is_of("acme") && imports[0].is_of("acme.agents") && !imports[0].is_of("ac"));
        assert!(imports[1].is_of("acme.agents") && !imports[1].is_of("acme.tools"));
        assert_eq!(imports[2].origin, Origin::Local(Some("tools.py".to_owned())));
        assert!(!imports[2].is_of("tools"));
        assert_eq!(read.strings("main.py").expect("read")[0].assigned_to.as_deref(), Some("MODEL"));
        assert_eq!(read.definitions("main.py").expect("read")[1].callee.as_deref(), Some("acme.Agent"));
        assert_eq!(
            files.all_imports().iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(),
            ["main.py", "main.py", "main.py", "tools.py"]
        );
    }

    #[test]
    fn what_cannot_be_read_is_told_apart() {
        let files = tree(&[("README.md", ""), ("a.py", "")]);
        let read = files.syntax();
        assert_eq!(read.imports("b.py"), Err(SyntaxError::NotFound));
        assert_eq!(read.strings("README.md"), Err(SyntaxError::OtherLanguage));
        assert_eq!(read.query("a.py", 0), Err(SyntaxError::Other("no_parser".to_owned())));
    }
}
