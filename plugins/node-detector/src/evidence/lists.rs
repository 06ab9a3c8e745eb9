//! The tools that an agent is given: `tools: { weather, search: tool(…) }` and `tools: [lookup]`.

use crate::sources::Module;
use std::collections::HashSet;
use windlass_findings::last_part;
use windlass_findings::tools::is_name;
use windlass_outline::javascript::scan::Scan;

/// The longest list that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// The most lists of one module that are read.
const MOST: usize = 64;

/// A name in a list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Given<'a> {
    /// The name.
    pub text: &'a str,
    /// Where it stands, in bytes.
    pub at: usize,
}

/// The variables that hold a tool with a name of its own, which is claimed where it is made.
pub type LocalTools<'a> = HashSet<&'a str>;

/// Reads the definitions of all modules.
pub fn local_tools<'m, 'a: 'm>(modules: impl Iterator<Item = &'m Module<'a>>) -> LocalTools<'a> {
    const MAKERS: [&str; 8] = [
        "createTool(",
        "tool(",
        "ai.defineTool(",
        "defineTool(",
        "new Dynamic",
        "FunctionTool.from(",
        "llm.tool(",
        "createTool<",
    ];
    let definitions = modules.flat_map(|module| &module.definitions);
    let made = definitions.filter(|found| MAKERS.iter().any(|maker| found.value.starts_with(maker)));
    // `tool({description: …})` of the AI SDK has no name of its own: the key that it is given under is the name.
    made.filter(|found| names_itself(found.value)).map(|found| found.name).collect()
}

/// True when one of the call's arguments is an object that holds `id` or `name` at its own level.
fn names_itself(value: &str) -> bool {
    let Some(open) = value.find('(') else { return false };
    let arguments = parts(value, open + 1);
    arguments.iter().filter(|(_, argument)| argument.starts_with('{')).any(|(_, argument)| {
        let keys = parts(argument, 1);
        keys.iter().any(|(_, part)| matches!(name(part, false), Some("id" | "name")))
    })
}

/// The names that a module's lists of tools hold, but those of tools that name themselves.
pub fn given<'a>(module: &Module<'a>, local: &LocalTools<'_>) -> Vec<Given<'a>> {
    let scan = &module.scan;
    let mut found = Vec::new();
    for place in scan.places("ools").take(MOST) {
        if let Some((open, is_list)) = list_behind(scan, place) {
            let parts = parts(scan.text(), open);
            let names = parts.into_iter().filter_map(|(at, part)| Some(Given { text: name(part, is_list)?, at }));
            found.extend(names.filter(|given| is_name(given.text) && !local.contains(given.text)));
        }
    }
    found
}

/// The place behind the bracket of `tools: {`, `tools = [`; true for a list. Not `disabledTools`.
fn list_behind(scan: &Scan<'_>, place: usize) -> Option<(usize, bool)> {
    let text = scan.text();
    let (before, behind) = (text.get(..place)?, text.get(place + 4..)?);
    let head = before.strip_suffix(['t', 'T'])?;
    let is_plain =
        before.ends_with('t') && !head.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$'));
    let is_refused =
        ["disabled", "excluded", "disallowed", "allowed", "active"].iter().any(|word| head.ends_with(word));
    if is_refused || !(is_plain || before.ends_with('T')) {
        return None;
    }
    let rest = behind.trim_start();
    let rest = rest.strip_prefix([':', '='])?.trim_start();
    let is_list = rest.starts_with('[');
    let open = text.len() - rest.len() + 1;
    (is_list || rest.starts_with('{')).then_some((open, is_list))
}

/// The parts between the commas from `open` to the bracket that closes it, trimmed, with their places.
fn parts(text: &str, open: usize) -> Vec<(usize, &str)> {
    let bytes = text.as_bytes();
    let (mut parts, mut depth, mut start, mut at) = (Vec::new(), 0_usize, open, open);
    let end = text.len().min(open + LONGEST);
    let mut push = |from: usize, to: usize| {
        let part = text.get(from..to).unwrap_or_default();
        let trimmed = without_comments(part);
        if !trimmed.is_empty() {
            parts.push((from + part.len() - part.trim_start().len(), trimmed));
        }
    };
    while at < end {
        match bytes[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => break,
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 0 => {
                push(start, at);
                start = at + 1;
            }
            quote @ (b'"' | b'\'' | b'`') => {
                at += 1;
                while at < end && bytes[at] != quote {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or(end - at);
            }
            _ => {}
        }
        at += 1;
    }
    push(start, at.min(text.len()));
    parts
}

/// Without the comments in front.
fn without_comments(part: &str) -> &str {
    let mut part = part.trim();
    for _ in 0..16 {
        part = if part.starts_with("//") {
            part.split_once('\n').map_or("", |(_, rest)| rest.trim_start())
        } else if part.starts_with("/*") {
            part.split_once("*/").map_or("", |(_, rest)| rest.trim_start())
        } else {
            return part;
        };
    }
    part
}

/// The name of one part: a key of an object, a variable of a list.
fn name(part: &str, is_list: bool) -> Option<&str> {
    let part = part.trim_start_matches(['"', '\'']);
    let end = part.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '$' | '-' | '.')).unwrap_or(part.len());
    let (name, rest) = part.split_at(end);
    let rest = rest.trim_start_matches(['"', '\'']).trim_start();
    if name.is_empty() || name.starts_with('.') {
        return None;
    }
    if is_list {
        return rest.is_empty().then(|| last_part(name));
    }
    // Types of a declaration are no tools: `tools: { a: string }` holds none either, but no agent is given one.
    (rest.is_empty() || rest.starts_with(':') || rest.starts_with('(')).then_some(name)
}
