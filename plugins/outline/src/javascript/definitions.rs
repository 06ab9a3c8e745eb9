//! What the top level of a JavaScript or TypeScript file defines.

use super::scan::Scan;

/// One definition, or an assignment to what a module exports.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Definition<'a> {
    /// Its name; `default` for `export default …` and `module.exports = …` without one.
    pub name: &'a str,
    /// What it is.
    pub kind: DefinitionKind,
    /// True behind `export`, and for `exports.name = …`.
    pub exported: bool,
    /// What is assigned, else what follows the name.
    pub value: &'a str,
    /// Its line, from 1.
    pub line: u32,
}

/// What a definition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefinitionKind {
    /// `function`, `async function`, `function*`.
    Function,
    /// `class`, `abstract class`.
    Class,
    /// `const`, `let`, `var`, or an assignment.
    Variable,
    /// `interface`, `type`, `enum`, `namespace`, `declare …`: nothing that starts.
    Type,
}

/// Every definition of the top level, in order.
#[must_use]
pub fn definitions<'a>(scan: &Scan<'a>) -> Vec<Definition<'a>> {
    let mut found = Vec::new();
    for statement in &scan.statements {
        if let Some(definition) = definition(statement.text, scan.line(statement.at)) {
            found.push(definition);
        }
    }
    found
}

fn definition(text: &str, line: u32) -> Option<Definition<'_>> {
    let mut rest = text;
    let exported = take_word(&mut rest, "export");
    let default = exported && take_word(&mut rest, "default");
    while ["declare", "abstract", "async"].iter().any(|word| take_word(&mut rest, word)) {}
    let kinds: [(&str, DefinitionKind); 9] = [
        ("const", DefinitionKind::Variable),
        ("let", DefinitionKind::Variable),
        ("var", DefinitionKind::Variable),
        ("function", DefinitionKind::Function),
        ("class", DefinitionKind::Class),
        ("interface", DefinitionKind::Type),
        ("type", DefinitionKind::Type),
        ("enum", DefinitionKind::Type),
        ("namespace", DefinitionKind::Type),
    ];
    let Some((_, kind)) = kinds.into_iter().find(|(word, _)| take_word(&mut rest, word)) else {
        return if default { Some(named("default", rest, true, line)) } else { assignment(text, line) };
    };
    let rest = rest.trim_start_matches(|c: char| c == '*' || c.is_whitespace());
    let (name, rest) = rest.split_at(rest.find(|c: char| !is_word(c)).unwrap_or(rest.len()));
    let name = match name {
        "" if default => "default",
        "" => return None,
        name => name,
    };
    let value = if kind == DefinitionKind::Variable { assigned(rest) } else { rest.trim_start() };
    Some(Definition { name, kind, exported, value, line })
}

/// `module.exports = …`, `exports.name = …`, `export = …`.
fn assignment(text: &str, line: u32) -> Option<Definition<'_>> {
    let rest = text.strip_prefix("module.").unwrap_or(text);
    let rest = rest.strip_prefix("exports").or_else(|| rest.strip_prefix("export "))?;
    let (name, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|c: char| !is_word(c)).unwrap_or(rest.len())),
        None => ("default", rest),
    };
    let value = rest.trim_start().strip_prefix('=').filter(|value| !value.starts_with('='))?;
    (!name.is_empty()).then(|| named(name, value, true, line))
}

fn named<'a>(name: &'a str, value: &'a str, exported: bool, line: u32) -> Definition<'a> {
    Definition { name, kind: DefinitionKind::Variable, exported, value: value.trim_start(), line }
}

/// Behind the first `=` that is neither `=>` nor `==`, so behind a type as well.
fn assigned(rest: &str) -> &str {
    const LONGEST_TYPE: usize = 400;
    let bytes = rest.as_bytes();
    let is_assignment = |at: &usize| bytes[*at] == b'=' && !matches!(bytes.get(at + 1), Some(b'>' | b'='));
    let at = (0..bytes.len().min(LONGEST_TYPE)).find(is_assignment);
    at.map_or("", |at| rest[at + 1..].trim_start())
}

/// Takes `word` and the blanks behind it from the front of `rest`.
fn take_word(rest: &mut &str, word: &str) -> bool {
    match rest.strip_prefix(word) {
        Some(behind) if !behind.starts_with(|c: char| is_word(c) || c == '.' || c == '=') => {
            *rest = behind.trim_start();
            true
        }
        _ => false,
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::javascript::scan::scan;

    fn found(text: &str) -> Vec<(String, DefinitionKind, bool, String)> {
        definitions(&scan(text, false))
            .iter()
            .map(|found| (found.name.to_owned(), found.kind, found.exported, found.value.to_owned()))
            .collect()
    }

    #[test]
    fn definitions_know_their_name_and_value() {
        let text = "export const agent: Agent<{a: 1}> = new Agent({\n  a: 1 })\nlet x = 1; async function main() {}\n\
                    export default class {}\nexport default { fetch }\nmodule.exports = app\nexports.handler = async () => {}\n\
                    interface Y { z: 1 }\nexport abstract class A extends B {}\n";
        let found = found(text);
        let names: Vec<_> = found.iter().map(|(name, kind, exported, _)| (name.as_str(), *kind, *exported)).collect();
        let expected = [
            ("agent", DefinitionKind::Variable, true),
            ("x", DefinitionKind::Variable, false),
            ("main", DefinitionKind::Function, false),
            ("default", DefinitionKind::Class, true),
            ("default", DefinitionKind::Variable, true),
            ("default", DefinitionKind::Variable, true),
            ("handler", DefinitionKind::Variable, true),
            ("Y", DefinitionKind::Type, false),
            ("A", DefinitionKind::Class, true),
        ];
        assert_eq!(names, expected);
        assert_eq!(found[0].3, "new Agent({\n  a: 1 })");
        assert_eq!(found[4].3, "{ fetch }");
    }

    #[test]
    fn calls_nested_names_and_words_that_begin_alike_define_nothing() {
        assert_eq!(
            found("main()\nconstant = 1\nif (x) { const y = 1 }\nexporter.z = 1\nexport { a as b }\nletter()\n"),
            []
        );
    }
}
