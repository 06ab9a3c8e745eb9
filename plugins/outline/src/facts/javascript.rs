//! JavaScript's and TypeScript's facts, out of their scan.
//!
//! Only the top level is outlined, so definitions are those of the file itself, without decorators.

use super::chain::{chain, is_word};
use super::{Definition, MAX_ENTRIES, ModuleImport, Origin, StringConstant, Tree, clip};
use crate::javascript::definitions::{self, DefinitionKind};
use crate::javascript::imports::{self, Import, ImportKind};
use crate::javascript::resolve::{Layout, Target};
use crate::javascript::scan::{Literal, LiteralKind, Scan, allows_jsx, scan};
use crate::javascript::sources::is_source;

pub fn imports(path: &str, text: &str, tree: &dyn Tree) -> Vec<ModuleImport> {
    let scan = scan(text, allows_jsx(path));
    let layout = tree.layout();
    let found = imports::imports(&scan);
    found
        .iter()
        .take(MAX_ENTRIES)
        .map(|import| ModuleImport {
            module: clip(import.module).to_owned(),
            names: import.names().take(MAX_ENTRIES).map(|name| clip(name).to_owned()).collect(),
            level: level(import.module),
            line: import.line,
            scope: scope(&scan, import),
            origin: origin(path, import.module, &layout, tree),
        })
        .collect()
}

/// `./` is the file's own folder, each `../` one more.
fn level(module: &str) -> u32 {
    let ups = module.split('/').take_while(|part| *part == "..").count();
    let level = if module == "." || module.starts_with("./") {
        1
    } else if ups > 0 {
        ups + 1
    } else {
        0
    };
    u32::try_from(level).unwrap_or(u32::MAX)
}

fn scope(scan: &Scan<'_>, import: &Import<'_>) -> &'static str {
    let statement = scan.statement_at(import.at);
    match import.kind {
        ImportKind::Type => "typing",
        ImportKind::Static | ImportKind::Export => "module",
        _ if statement.is_some_and(|statement| is_try(statement.text)) => "optional",
        // Its own bracket is open around it.
        ImportKind::Dynamic | ImportKind::Require if import.depth <= 1 => "module",
        ImportKind::Dynamic | ImportKind::Require => "nested",
    }
}

fn is_try(statement: &str) -> bool {
    statement.strip_prefix("try").is_some_and(|rest| rest.trim_start().starts_with('{'))
}

fn origin(importer: &str, module: &str, layout: &Layout, tree: &dyn Tree) -> Origin {
    let known = |path: &str| (is_source(path) && tree.has_file(path)).then(|| path.to_owned());
    match layout.resolve(importer, module, &known) {
        Target::File(path) => Origin::Local(Some(path)),
        Target::Local => Origin::Local(None),
        Target::Runtime => Origin::StandardLibrary,
        Target::Package(name) => Origin::Distribution(vec![clip(name).to_owned()]),
    }
}

pub fn strings(path: &str, text: &str) -> Vec<StringConstant> {
    let scan = scan(text, allows_jsx(path));
    let constants = scan.literals.iter().filter(|literal| literal.kind != LiteralKind::Text);
    let constant = |literal: &Literal<'_>| StringConstant {
        value: clip(literal.text).to_owned(),
        line: scan.line(literal.at),
        // Such as `"use client"`.
        is_docstring: literal.depth == 0 && literal.before.trim().is_empty(),
        assigned_to: declared(literal.before).or_else(|| literal.key()).map(|name| clip(name).to_owned()),
    };
    constants.take(MAX_ENTRIES).map(constant).collect()
}

/// The name in `const name: Type =`, where a type stands in front of the `=`.
fn declared(before: &str) -> Option<&str> {
    /// No declaration is longer, in bytes: each literal looks back over so many only.
    const LONGEST: usize = 200;
    let code = before.trim_end().strip_suffix('=')?;
    let code = &code[code.ceil_char_boundary(code.len().saturating_sub(LONGEST))..];
    let start = ["const ", "let ", "var ", "readonly "].iter().filter_map(|word| Some(code.rfind(word)? + word.len()));
    let (name, kind) = code[start.max()?..].split_once(':')?;
    let is_name = !name.is_empty() && name.chars().all(is_word);
    (is_name && !kind.contains(['=', '(', '{'])).then_some(name)
}

pub fn definitions(path: &str, text: &str) -> Vec<Definition> {
    let found = definitions::definitions(&scan(text, allows_jsx(path)));
    let runs = found.iter().filter(|found| found.kind != DefinitionKind::Type);
    let definition = |found: &definitions::Definition<'_>| Definition {
        kind: match found.kind {
            DefinitionKind::Function => "function",
            DefinitionKind::Class => "class",
            DefinitionKind::Variable | DefinitionKind::Type => "assignment",
        },
        name: clip(found.name).to_owned(),
        line: found.line,
        is_top_level: true,
        decorators: Vec::new(),
        callee: (found.kind == DefinitionKind::Variable).then(|| callee(found.value)).flatten(),
    };
    runs.take(MAX_ENTRIES).map(definition).collect()
}

/// What makes the value, when a call does: `Agent` of `new Agent<T>({…})`, `z.object().strict` of `z.object({…}).strict()`.
fn callee(value: &str) -> Option<String> {
    let words = ["await ", "new "];
    let value = words.iter().fold(value, |value, word| value.strip_prefix(word).unwrap_or(value).trim_start());
    let name = &value[..value.find(|c: char| !is_word(c) && c != '.').unwrap_or(value.len())];
    let behind = &value[name.len()..];
    let typed = behind.starts_with('<').then(|| behind.find(">(")).flatten();
    let made = match typed {
        Some(end) => chain(&format!("{name}{}", &behind[end + 1..])),
        None => chain(value),
    };
    made.filter(|(_, called)| *called).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn an_import_knows_its_names_its_scope_and_where_it_comes_from() {
        let text = "import fs from 'node:fs'\nimport { Agent as A } from 'acme/agents'\nimport type { T } from 'acme'\n\
                    export * from '../lib/x.js'\nconst b = require('b')\nasync function f() { await import('@me/own') }\n\
                    try { require('c') } catch {}\nimport { d } from '@/lib/x'\nimport './gone.css'\n";
        let tree = BTreeMap::from(
            [
                ("src/a/main.ts", ""),
                ("src/lib/x.ts", ""),
                ("tsconfig.json", "{\"compilerOptions\": {\"paths\": {\"@/*\": [\"./src/*\"]}}}"),
                ("own/package.json", "{\"name\": \"@me/own\"}"),
                ("own/index.ts", ""),
            ]
            .map(|(path, text)| (path.to_owned(), text.to_owned())),
        );
        let show = |import: &ModuleImport| {
            let origin = match &import.origin {
                Origin::Local(path) => format!("local {}", path.as_deref().unwrap_or("?")),
                Origin::StandardLibrary => "standard".to_owned(),
                Origin::Distribution(names) => names.join(" "),
            };
            format!("{} {} {:?} {} {}: {origin}", import.line, import.module, import.names, import.level, import.scope)
        };
        let found: Vec<_> = imports("src/a/main.ts", text, &tree).iter().map(show).collect();
        let expected = [
            "1 node:fs [\"default\"] 0 module: standard",
            "2 acme/agents [\"Agent\"] 0 module: acme",
            "3 acme [\"T\"] 0 typing: acme",
            "4 ../lib/x.js [] 2 module: local src/lib/x.ts",
            "5 b [] 0 module: b",
            "6 @me/own [] 0 nested: local own/index.ts",
            "7 c [] 0 optional: c",
            "8 @/lib/x [\"d\"] 0 module: local src/lib/x.ts",
            "9 ./gone.css [] 1 module: local ?",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_string_knows_what_it_is_given_to() {
        let text = "'use client'\nconst MODEL: string = 'a' // 'no'\nconst c = f({ model: `b`, \"key\": 'c' })\n\
                    if (x === 'd') {}\nthis.name = 'e'\nconst p = <P title=\"f\">text</P>\n";
        let found: Vec<_> = strings("a.tsx", text)
            .into_iter()
            .map(|string| (string.value, string.line, string.is_docstring, string.assigned_to.unwrap_or_default()))
            .collect();
        let expected = [
            ("use client", 1, true, ""),
            ("a", 2, false, "MODEL"),
            ("b", 3, false, "model"),
            ("key", 3, false, ""),
            ("c", 3, false, "key"),
            ("d", 4, false, ""),
            ("e", 5, false, "name"),
            ("f", 6, false, "title"),
        ];
        assert_eq!(found, expected.map(|(value, line, doc, to)| (value.to_owned(), line, doc, to.to_owned())));
    }

    #[test]
    fn a_definition_names_what_makes_its_value() {
        let text = "export const agent = new Agent<{ a: string }>({\n a: 1 })\nconst graph = new StateGraph(S).addNode('x', f).compile()\n\
                    const app = await make(1), y = 2\nconst run = async () => {}\nexport function main() {}\nexport default class {}\n\
                    interface I {}\nmodule.exports = app\n";
        let show = |found: &Definition| {
            format!("{} {} {} {}", found.line, found.kind, found.name, found.callee.as_deref().unwrap_or("-"))
        };
        let found: Vec<_> = definitions("a.ts", text).iter().map(show).collect();
        let expected = [
            "1 assignment agent Agent",
            "3 assignment graph StateGraph().addNode().compile",
            "4 assignment app -",
            "5 assignment run -",
            "6 function main -",
            "7 class default -",
            "9 assignment default -",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn an_answer_is_bounded_and_broken_source_gives_what_can_be_read() {
        let text = "import 'a'\nx = 'y'\nvar z = 1\n".repeat(MAX_ENTRIES + 1);
        let answers = (imports("a.js", &text, &BTreeMap::new()), strings("a.js", &text), definitions("a.js", &text));
        assert_eq!((answers.0.len(), answers.1.len(), answers.2.len()), (MAX_ENTRIES, MAX_ENTRIES, MAX_ENTRIES));
        for text in ["=", "import {", "const a: = 'é", "var é: 'x' = 'y'", "const x = new <(", "= '"] {
            let _ = (imports("a.ts", text, &BTreeMap::new()), strings("a.ts", text), definitions("a.ts", text));
        }
    }
}
