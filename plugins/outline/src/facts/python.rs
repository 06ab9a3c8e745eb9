//! Python's facts, out of its scan.

use super::chain::{chain, is_word, outside_brackets};
use super::{Definition, MAX_ENTRIES, ModuleImport, StringConstant, Tree, clip, resolve::Resolver};
use crate::python::imports::{self, Scope};
use crate::python::scan::{Line, Literal, scan};

pub fn imports(path: &str, text: &str, tree: &dyn Tree) -> Vec<ModuleImport> {
    let scan = scan(text);
    let found = imports::imports(&scan.lines);
    let has_file = |path: &str| tree.has_file(path);
    let resolver = Resolver::new(path, &has_file);
    found
        .iter()
        .take(MAX_ENTRIES)
        .map(|import| ModuleImport {
            module: clip(import.module).to_owned(),
            names: import.names.iter().take(MAX_ENTRIES).map(|name| clip(name).to_owned()).collect(),
            level: u32::try_from(import.level).unwrap_or(u32::MAX),
            line: import.line,
            scope: word(import.scope),
            origin: resolver.origin(import),
        })
        .collect()
}

fn word(scope: Scope) -> &'static str {
    match scope {
        Scope::Module => "module",
        Scope::Nested => "nested",
        Scope::Optional => "optional",
        Scope::Typing => "typing",
    }
}

pub fn strings(text: &str) -> Vec<StringConstant> {
    let constant = |literal: &Literal<'_>| StringConstant {
        value: clip(literal.text).to_owned(),
        line: literal.line,
        is_docstring: literal.is_statement(),
        assigned_to: assigned_to(literal.before),
    };
    scan(text).literals.iter().take(MAX_ENTRIES).map(constant).collect()
}

/// The name in front of the `=`, or the key in front of the `:`, that the code before a literal ends with.
fn assigned_to(before: &str) -> Option<String> {
    let code = before.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '(' | '\\'));
    if let Some(target) = code.strip_suffix(':') {
        return key(target);
    }
    let target = code.strip_suffix('=')?.trim_end_matches([':', '+']);
    if target.ends_with(['=', '!', '<', '>']) {
        return None;
    }
    // `name: str = "…"`: the annotation stands between the name and the value.
    let statement = target.split_once(':').filter(|(name, _)| is_dotted(name.trim())).map(|(name, _)| name.trim());
    let name = statement.unwrap_or_else(|| last_word(target));
    is_dotted(name).then(|| clip(name).to_owned())
}

/// `{"model": ` has the key `model`.
fn key(target: &str) -> Option<String> {
    let target = target.trim_end();
    let quote = target.chars().next_back().filter(|c| matches!(c, '"' | '\''))?;
    let inner = &target[..target.len() - 1];
    let start = inner.rfind(quote)? + 1;
    let name = &inner[start..];
    (!name.is_empty() && !name.contains('\n')).then(|| clip(name).to_owned())
}

fn last_word(code: &str) -> &str {
    let code = code.trim_end();
    let start = code
        .rfind(|c: char| !is_word(c) && c != '.')
        .map_or(0, |at| at + code[at..].chars().next().map_or(1, char::len_utf8));
    &code[start..]
}

fn is_dotted(name: &str) -> bool {
    !name.is_empty() && name.split('.').all(|part| !part.is_empty() && part.chars().all(is_word))
}

pub fn definitions(text: &str) -> Vec<Definition> {
    let mut reader = Reader::default();
    for line in &scan(text).lines {
        reader.read(line);
    }
    reader.found
}

/// A block that is still open: how far in its head stands, and the class that it is the body of.
struct Block {
    indent: usize,
    class: Option<String>,
}

#[derive(Default)]
struct Reader {
    found: Vec<Definition>,
    blocks: Vec<Block>,
    decorators: Vec<String>,
}

impl Reader {
    fn read(&mut self, line: &Line<'_>) {
        while self.blocks.last().is_some_and(|block| block.indent >= line.indent) {
            self.blocks.pop();
        }
        if let Some(decorator) = line.text.strip_prefix('@') {
            self.decorators.push(chain(decorator).map(|(name, _)| name).unwrap_or_default());
            return;
        }
        let decorators = std::mem::take(&mut self.decorators);
        if let Some((kind, name)) = head(line.text) {
            let class = self.blocks.last().and_then(|block| block.class.as_deref());
            let (kind, name) = match (kind, class) {
                ("function", Some(class)) => ("method", format!("{class}.{name}")),
                _ => (kind, name.to_owned()),
            };
            self.push(line, kind, &name, decorators, None);
            let class = (kind == "class").then_some(name);
            self.blocks.push(Block { indent: line.indent, class });
        } else if opens_block(line.text) {
            self.blocks.push(Block { indent: line.indent, class: None });
        } else if self.blocks.is_empty()
            && let Some((name, value)) = assignment(line.text)
        {
            self.push(line, "assignment", name, Vec::new(), callee(value));
        }
    }

    fn push(
        &mut self,
        line: &Line<'_>,
        kind: &'static str,
        name: &str,
        decorators: Vec<String>,
        callee: Option<String>,
    ) {
        if self.found.len() < MAX_ENTRIES {
            let (name, line) = (clip(name).to_owned(), line.number);
            let is_top_level = self.blocks.is_empty();
            self.found.push(Definition { kind, name, line, is_top_level, decorators, callee });
        }
    }
}

/// Kind and name of a line that starts a function or class.
fn head(text: &str) -> Option<(&'static str, &str)> {
    let rest = text.strip_prefix("async").map_or(text, str::trim_start);
    let (kind, rest) = match rest.split_once(char::is_whitespace)? {
        ("def", rest) => ("function", rest),
        ("class", rest) => ("class", rest),
        _ => return None,
    };
    let rest = rest.trim_start();
    let name = &rest[..rest.find(|c: char| !is_word(c)).unwrap_or(rest.len())];
    (!name.is_empty()).then_some((kind, name))
}

fn opens_block(text: &str) -> bool {
    let word = &text[..text.find(|c: char| !is_word(c)).unwrap_or(text.len())];
    matches!(
        word,
        "if" | "elif" | "else" | "for" | "while" | "try" | "except" | "finally" | "with" | "async" | "match" | "case"
    )
}

/// `name = value` and `name: annotation = value`.
fn assignment(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !is_word(c) && c != '.')?;
    let (name, rest) = (&text[..end], text[end..].trim_start());
    let rest = match rest.strip_prefix(':') {
        Some(annotated) => &annotated[outside_brackets(annotated).find(|(_, c)| *c == '=')?.0..],
        None => rest,
    };
    let value = rest.strip_prefix('=').filter(|value| !value.starts_with('='))?;
    is_dotted(name).then_some((name, value.trim_start()))
}

/// What makes the value, when a call does.
fn callee(value: &str) -> Option<String> {
    chain(value.strip_prefix("await ").unwrap_or(value)).filter(|(_, called)| *called).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::super::MAX_TEXT;
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_string_knows_what_it_is_given_to() {
        let text = "\"\"\"Doc.\"\"\"\nMODEL: str = 'a'\nx = f(model=\"b\", other={'key': 'c'})\nif x == 'd': pass  # 'e'\nself.name = (\n  'f')\n";
        let found: Vec<_> = strings(text)
            .into_iter()
            .map(|string| (string.value, string.line, string.is_docstring, string.assigned_to.unwrap_or_default()))
            .collect();
        let expected = [
            ("Doc.", 1, true, ""),
            ("a", 2, false, "MODEL"),
            ("b", 3, false, "model"),
            ("key", 3, false, ""),
            ("c", 3, false, "key"),
            ("d", 4, false, ""),
            ("f", 6, false, "self.name"),
        ];
        let expected = expected.map(|(value, line, doc, to)| (value.to_owned(), line, doc, to.to_owned()));
        assert_eq!(found, expected);
    }

    fn defined(text: &str) -> Vec<String> {
        let show = |found: Definition| {
            let decorators =
                [""].into_iter().chain(found.decorators.iter().map(String::as_str)).collect::<Vec<_>>().join(" @");
            let callee = found.callee.map(|name| format!(" = {name}")).unwrap_or_default();
            let nested = if found.is_top_level { "" } else { " nested" };
            format!("{} {} {}{decorators}{callee}{nested}", found.line, found.kind, found.name)
        };
        definitions(text).into_iter().map(show).collect()
    }

    #[test]
    fn functions_classes_methods_and_assignments_are_found() {
        let text = "@tool\n@app.post('/x', tags=['a'])\nasync def run(x): return 1\n\nclass A(B):\n    @property\n    def b(self):\n        def c(): pass\n\nif True:\n    def d(): pass\n";
        assert_eq!(
            defined(text),
            [
                "3 function run @tool @app.post",
                "5 class A",
                "7 method A.b @property nested",
                "8 function c nested",
                "11 function d nested"
            ]
        );
    }

    #[test]
    fn an_assignment_names_what_makes_its_value() {
        let text = "app = FastAPI(title='x')\ngraph = StateGraph(S).compile()\nn: int = 1\nr = await go(\n  1)\nx = a.b\ny = a + b()\nz = [f()]\na.b = c()\nif x == y: pass\nd['k'] = f()\nmake()\n";
        assert_eq!(
            defined(text),
            [
                "1 assignment app = FastAPI",
                "2 assignment graph = StateGraph().compile",
                "3 assignment n",
                "4 assignment r = go",
                "6 assignment x",
                "7 assignment y",
                "8 assignment z",
                "9 assignment a.b = c"
            ]
        );
    }

    #[test]
    fn broken_source_gives_what_can_be_read() {
        assert_eq!(
            defined("app = FastAPI(\ndef f(:\n  pass\nclass B\n"),
            ["1 assignment app = FastAPI", "2 function f", "4 class B"]
        );
        for text in ["=", "a =", "a: =", "@", "def", "class ", "a = é(", "x = '", "{'': '", "'':"] {
            definitions(text);
            strings(text);
        }
    }

    #[test]
    fn an_answer_is_bounded() {
        let text = "import a\nx = 'y'\n".repeat(MAX_ENTRIES + 1);
        assert_eq!(imports("a.py", &text, &BTreeMap::new()).len(), MAX_ENTRIES);
        assert_eq!((strings(&text).len(), definitions(&text).len()), (MAX_ENTRIES, MAX_ENTRIES));
        assert_eq!(strings(&format!("'{}é'", "x".repeat(MAX_TEXT - 1)))[0].value.len(), MAX_TEXT - 1);
    }
}
