//! The import statements of a file, with the block that each stands in.

use crate::python::scan::Line;

/// One imported module: `import a.b` or `from ..a import b, c`.
#[derive(Debug, Clone, PartialEq)]
pub struct Import<'a> {
    /// The dotted name; empty in `from . import x`.
    pub module: &'a str,
    /// The dots in front of a relative import.
    pub level: usize,
    /// The names behind `from … import`.
    pub names: Vec<&'a str>,
    /// What `as` calls differently here: the name or module, and its name in this file.
    pub renamed: Vec<(&'a str, &'a str)>,
    /// The physical line of its statement, from 1.
    pub line: u32,
    /// Where it stands.
    pub scope: Scope,
}

impl<'a> Import<'a> {
    /// The names that it binds in its file, each with the name behind `from … import` where there is one.
    pub fn bound(&self) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let here = |name: &'a str| self.renamed.iter().find(|(from, _)| *from == name).map(|(_, to)| *to);
        let module = self.module;
        let whole = self.names.is_empty().then(|| {
            let first = module.split('.').next().unwrap_or(module);
            (here(module).unwrap_or(first), None)
        });
        whole.into_iter().chain(self.names.iter().map(move |name| (here(name).unwrap_or(name), Some(*name))))
    }
}

/// Where an import stands, the strongest word first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// It runs when the module is loaded.
    Module,
    /// Inside a function, or under a condition: it may run.
    Nested,
    /// In a `try` or its `except`, or under `with suppress(…)`: the code can do without.
    Optional,
    /// Under `if TYPE_CHECKING`: it never runs.
    Typing,
}

/// Every import of a file, in order.
#[must_use]
pub fn imports<'a>(lines: &[Line<'a>]) -> Vec<Import<'a>> {
    let mut found = Vec::new();
    let mut blocks: Vec<(usize, Scope)> = Vec::new();
    for line in lines {
        while blocks.last().is_some_and(|(indent, _)| *indent >= line.indent) {
            blocks.pop();
        }
        let scope = blocks.last().map_or(Scope::Module, |(_, scope)| *scope);
        if let Some(opened) = opens(line.text) {
            blocks.push((line.indent, scope.max(opened)));
        } else if line.text.starts_with(['i', 'f'])
            && (line.text.starts_with("import") || line.text.starts_with("from"))
        {
            parse_statement(line, scope, &mut found);
        }
    }
    found
}

/// The scope inside the block that a line opens, where that is not the one outside.
fn opens(text: &str) -> Option<Scope> {
    // Nearly every line ends here.
    if !matches!(text.as_bytes().first(), Some(b'a' | b'd' | b'e' | b'f' | b'i' | b'm' | b't' | b'w')) {
        return None;
    }
    let end = text.bytes().position(|byte| !byte.is_ascii_alphanumeric() && byte != b'_').unwrap_or(text.len());
    match &text.as_bytes()[..end] {
        b"try" | b"except" => Some(Scope::Optional),
        b"with" if text.contains("suppress(") => Some(Scope::Optional),
        b"def" | b"async" | b"elif" | b"else" | b"for" | b"while" | b"match" => Some(Scope::Nested),
        b"if" => Some(if text.contains('T') && text.contains("TYPE_CHECKING") { Scope::Typing } else { Scope::Nested }),
        _ => None,
    }
}

fn parse_statement<'a>(line: &Line<'a>, scope: Scope, found: &mut Vec<Import<'a>>) {
    for statement in line.text.split(';') {
        let mut words = Words { rest: statement };
        match words.next() {
            Some("import") => parse_import(words, line.number, scope, found),
            Some("from") => found.extend(parse_from(words, line.number, scope)),
            _ => {}
        }
    }
}

/// `a.b as c, d`
fn parse_import<'a>(words: Words<'a>, line: u32, scope: Scope, found: &mut Vec<Import<'a>>) {
    let mut renamed = false;
    for word in words {
        match word {
            "as" => renamed = true,
            "," => {}
            name if std::mem::take(&mut renamed) => {
                if let Some(last) = found.last_mut() {
                    last.renamed.push((last.module, name));
                }
            }
            module if is_dotted_name(module) => {
                found.push(Import { module, level: 0, names: Vec::new(), renamed: Vec::new(), line, scope });
            }
            _ => return,
        }
    }
}

/// `..x.y import (z as w, v)`
fn parse_from(mut words: Words<'_>, line: u32, scope: Scope) -> Option<Import<'_>> {
    let target = words.next()?;
    let (mut module, mut level) = (target.trim_start_matches('.'), dots(target));
    let mut word = words.next()?;
    // `from . x import y` and `from .. import y` are both legal; so are spaces between dots.
    while word != "import" {
        if !module.is_empty() {
            return None;
        }
        (module, level) = (word.trim_start_matches('.'), level + dots(word));
        word = words.next()?;
    }
    if !(is_dotted_name(module) || module.is_empty() && level > 0) {
        return None;
    }
    let (mut names, mut renamed) = (Vec::new(), Vec::new());
    let mut is_renamed = false;
    for word in words {
        match word {
            "as" => is_renamed = true,
            "(" | ")" | "," => {}
            name if std::mem::take(&mut is_renamed) => renamed.extend(names.last().map(|last| (*last, name))),
            name => names.push(name),
        }
    }
    (!names.is_empty()).then_some(Import { module, level, names, renamed, line, scope })
}

fn dots(text: &str) -> usize {
    text.len() - text.trim_start_matches('.').len()
}

fn is_dotted_name(text: &str) -> bool {
    text.split('.').all(|part| {
        !part.is_empty()
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !part.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// The words of an import statement: dotted names, commas, brackets. Comments, backslashes and line ends are none.
struct Words<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            self.rest = self.rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\\');
            match self.rest.strip_prefix('#') {
                Some(comment) => self.rest = comment.find('\n').map_or("", |end| &comment[end..]),
                None => break,
            }
        }
        let first = self.rest.chars().next()?;
        let end = if matches!(first, ',' | '(' | ')') {
            1
        } else {
            let stop = |c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '#' | '\\');
            self.rest.find(stop).unwrap_or(self.rest.len())
        };
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::scan::scan;

    fn found(text: &str) -> Vec<(String, Vec<String>, Scope)> {
        imports(&scan(text).lines)
            .into_iter()
            .map(|import| {
                let module = ".".repeat(import.level) + import.module;
                (module, import.names.iter().map(ToString::to_string).collect(), import.scope)
            })
            .collect()
    }

    fn modules(text: &str) -> Vec<String> {
        found(text).into_iter().map(|(module, _, _)| module).collect()
    }

    #[test]
    fn every_form_of_import_is_read() {
        assert_eq!(modules("import a.b as c, d\nimport e; import f\n"), ["a.b", "d", "e", "f"]);
        let text = "from x.y import (  # why\n    z as w,\n    v,  # import q\n)\nfrom a \\\n  import b\n";
        assert_eq!(
            found(text),
            [
                ("x.y".to_owned(), vec!["z".to_owned(), "v".to_owned()], Scope::Module),
                ("a".to_owned(), vec!["b".to_owned()], Scope::Module)
            ]
        );
    }

    #[test]
    fn each_import_knows_what_it_is_called_in_its_file() {
        let found = scan("import a.b as c, d.e\nfrom x import (y as z, w)\n");
        let bound: Vec<_> = imports(&found.lines).iter().flat_map(|i| i.bound().collect::<Vec<_>>()).collect();
        assert_eq!(bound, [("c", None), ("d", None), ("z", Some("y")), ("w", Some("w"))]);
    }

    #[test]
    fn relative_imports_keep_their_dots() {
        assert_eq!(
            modules("from . import x\nfrom .a import b\nfrom ... import c\nfrom .. a import d\n"),
            [".", ".a", "...", "..a"]
        );
    }

    #[test]
    fn strings_comments_and_names_are_no_imports() {
        let text = "'''\nimport a\n'''\n# import b\nx = 'import c'\nimportant = 1\nfrom_here(2)\nyield from d\nimport_module('e')\n";
        assert_eq!(modules(text), Vec::<String>::new());
    }

    #[test]
    fn the_block_tells_how_much_an_import_counts() {
        let text = "import a\ntry:\n    import b\nexcept ImportError:\n    import c\nif TYPE_CHECKING:\n    import d\n\
                    def f():  # why\n    import e\n    try:\n        import g\n    finally:\n        pass\nimport h\n\
                    with contextlib.suppress(ImportError):\n    import i\nwith open(j):\n    import k\n";
        let scopes: Vec<_> = found(text).into_iter().map(|(module, _, scope)| (module, scope)).collect();
        let expected = [
            ("a", Scope::Module),
            ("b", Scope::Optional),
            ("c", Scope::Optional),
            ("d", Scope::Typing),
            ("e", Scope::Nested),
            ("g", Scope::Optional),
            ("h", Scope::Module),
            ("i", Scope::Optional),
            ("k", Scope::Module),
        ];
        assert_eq!(scopes, expected.map(|(module, scope)| (module.to_owned(), scope)));
    }
}
