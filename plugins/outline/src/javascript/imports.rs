//! The imports of a JavaScript or TypeScript file.
//!
//! Every specifier is a literal, so they are read from the literals and the code in front of them.

use super::scan::{Literal, LiteralKind, Scan};

/// One import.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Import<'a> {
    /// The specifier, e.g. `@ai-sdk/openai`, `./tools.js`, `node:fs`.
    pub module: &'a str,
    /// What stands between `import` or `export` and `from`; empty for the other kinds.
    pub clause: &'a str,
    /// Its line, from 1.
    pub line: u32,
    /// Where its specifier starts, in bytes.
    pub at: usize,
    /// How many brackets are open around its specifier, those of its own call included.
    pub depth: usize,
    /// How it imports.
    pub kind: ImportKind,
}

/// How an import loads its module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// `import … from`, `import "…"`.
    Static,
    /// `import type … from`, `export type … from`: gone when it runs.
    Type,
    /// `export … from`.
    Export,
    /// `import(…)`.
    Dynamic,
    /// `require(…)`.
    Require,
}

/// Every import of a file, in order.
#[must_use]
pub fn imports<'a>(scan: &Scan<'a>) -> Vec<Import<'a>> {
    scan.literals.iter().filter_map(|literal| import(scan, literal)).collect()
}

fn import<'a>(scan: &Scan<'a>, literal: &Literal<'a>) -> Option<Import<'a>> {
    let is_name = !literal.text.is_empty()
        && match literal.kind {
            LiteralKind::Quoted => true,
            LiteralKind::Template => !literal.text.contains("${"),
            LiteralKind::Attribute | LiteralKind::Text => false,
        };
    let before = without_comment(literal.before.trim_end());
    let (clause, kind) = if !is_name {
        return None;
    } else if let Some(before) = before.strip_suffix('(') {
        ("", called(before.trim_end())?)
    } else if literal.depth == 0 && ends_with_word(before, "import") {
        ("", ImportKind::Static)
    } else {
        from(before)?
    };
    let Literal { text: module, at, depth, .. } = *literal;
    Some(Import { module, clause, line: scan.line(at), at, depth, kind })
}

/// `import(`, `require(`, `require.resolve(`.
fn called(before: &str) -> Option<ImportKind> {
    if ends_with_word(before, "import") {
        Some(ImportKind::Dynamic)
    } else if ends_with_word(before, "require") || before.ends_with("require.resolve") {
        Some(ImportKind::Require)
    } else {
        None
    }
}

/// `import … from`, `export … from`; a statement holds at most one, so its start tells which.
fn from(before: &str) -> Option<(&str, ImportKind)> {
    let statement = before.strip_suffix("from")?;
    let (rest, kind) = match (statement.strip_prefix("import"), statement.strip_prefix("export")) {
        (Some(rest), _) => (rest, ImportKind::Static),
        (_, Some(rest)) => (rest, ImportKind::Export),
        _ => return None,
    };
    let ends = |c: char| c.is_whitespace() || matches!(c, '{' | '}' | '*');
    if !rest.starts_with(ends) || !rest.ends_with(ends) {
        return None;
    }
    let clause = rest.trim();
    match clause.strip_prefix("type") {
        // `import type from "x"` imports a default named `type`.
        Some(types) if types.starts_with(ends) && !types.trim().is_empty() => Some((types.trim(), ImportKind::Type)),
        _ if only_types(clause) => Some((clause, ImportKind::Type)),
        _ => Some((clause, kind)),
    }
}

/// True for `{ type A, type B }`.
fn only_types(clause: &str) -> bool {
    let names = clause.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let mut names = names.into_iter().flat_map(|names| names.split(',')).map(str::trim).filter(|name| !name.is_empty());
    names.clone().count() > 0 && names.all(|name| name.starts_with("type ") && !name.starts_with("type as "))
}

fn ends_with_word(code: &str, word: &str) -> bool {
    code.strip_suffix(word)
        .is_some_and(|rest| !rest.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.')))
}

/// Without the one comment that bundlers read: `import(/* webpackIgnore: true */ "x")`.
fn without_comment(code: &str) -> &str {
    match code.strip_suffix("*/").and_then(|rest| rest.rfind("/*")) {
        Some(start) => code[..start].trim_end(),
        None => code,
    }
}

impl<'a> Import<'a> {
    /// The names that it takes out of its module: `b` of `{ b as c }`, `default` of `d`; none of `* as e`.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        let (own, rest) = self.clause.split_once('{').unwrap_or((self.clause, ""));
        let has_default = own.split(',').map(str::trim).any(|name| !name.is_empty() && !name.starts_with('*'));
        let inner = rest.trim_end_matches('}').split(',').map(str::trim);
        let inner = inner.map(|name| name.strip_prefix("type ").unwrap_or(name));
        let inner = inner.filter_map(|name| name.split_whitespace().next());
        has_default.then_some("default").into_iter().chain(inner)
    }

    /// The names that it binds here: `{ a, b as c }`, `d`, `* as e`.
    pub fn bindings(&self) -> impl Iterator<Item = &'a str> {
        let names = self.clause.split([',', '{', '}']).map(str::trim);
        names.filter_map(|name| name.rsplit(char::is_whitespace).next()).filter(|name| !name.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::javascript::scan::scan;

    fn found(text: &str) -> Vec<(&str, ImportKind)> {
        imports(&scan(text, true)).iter().map(|import| (import.module, import.kind)).collect()
    }

    #[test]
    fn every_form_of_import_is_read() {
        let text = "import a from 'a'\nimport {b,\n  c as d} from \"b\";import*as e from'e'\nimport 'f'\n\
                    const g = require('g'), h = await import(`h`)\nexport * from './i'\nexport { j } from \"j\"\n";
        let expected = [
            ("a", ImportKind::Static),
            ("b", ImportKind::Static),
            ("e", ImportKind::Static),
            ("f", ImportKind::Static),
            ("g", ImportKind::Require),
            ("h", ImportKind::Dynamic),
            ("./i", ImportKind::Export),
            ("j", ImportKind::Export),
        ];
        assert_eq!(found(text), expected);
    }

    #[test]
    fn imports_of_types_are_told_apart() {
        let text = "import type { A } from 'a'\nimport { type B } from 'b'\nimport { type C, d } from 'c'\n\
                    import type from 'e'\nexport type { F } from 'f'\n";
        let types: Vec<_> = found(text).into_iter().map(|(_, kind)| kind == ImportKind::Type).collect();
        assert_eq!(types, [true, true, false, false, true]);
    }

    #[test]
    fn comments_strings_and_other_calls_are_no_imports() {
        let text = "// import 'a'\n/* require('b') */\nconst c = \"import 'd'\", e = `\nimport f from 'f'\n`\n\
                    Array.from('g'); x.require('h'); important('i'); const from = 'j'\n";
        assert_eq!(found(text), []);
    }

    #[test]
    fn an_import_in_a_function_counts_and_so_does_one_with_a_comment_inside() {
        let text = "async function f() {\n  return import(/* webpackIgnore: true */ 'a')\n}\nimport { b, // why\n c } from 'b'\n";
        assert_eq!(found(text), [("a", ImportKind::Dynamic), ("b", ImportKind::Static)]);
    }

    #[test]
    fn names_are_taken_out_as_the_module_calls_them() {
        let text =
            "import a, { b as c, type d, } from 'x'\nimport * as e from 'y'\nexport { f } from 'z'\nimport 'g'\n";
        let names: Vec<_> =
            imports(&scan(text, false)).iter().flat_map(|import| import.names().collect::<Vec<_>>()).collect();
        assert_eq!(names, ["default", "b", "d", "f"]);
    }

    #[test]
    fn names_are_bound_as_renamed() {
        let scan = scan("import a, { b as c, d } from 'x'\nimport * as e from 'y'\n", false);
        let names: Vec<_> = imports(&scan).iter().flat_map(|import| import.bindings().collect::<Vec<_>>()).collect();
        assert_eq!(names, ["a", "c", "d", "e"]);
    }
}
