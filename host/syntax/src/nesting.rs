//! What is nested too deeply to be parsed.
//!
//! The scanners of tree-sitter-python 0.25 and tree-sitter-yaml 0.7 keep their open blocks in 1,024 bytes and abort the
//! process past about 380 and 250 of them. Blocks stand at rising columns, so the number of *different* columns at which a
//! block may start bounds their depth from above, whatever strings and comments hold: that bound is safe, a walk over
//! the lines is what an author expects. Both must hold. Deep brackets make error recovery slow; that is only a fence
//! before the deadline.

use crate::grammar::Grammar;
use std::collections::HashSet;

/// The most indented blocks inside each other.
const MAX_BLOCKS: usize = 100;
/// The most different columns of Python's lines: half of what its scanner bears.
const MAX_PYTHON_COLUMNS: usize = 190;
/// The same for YAML, whose scanner can open two blocks in one column.
const MAX_YAML_COLUMNS: usize = 110;
/// The most brackets inside each other.
const MAX_BRACKETS: usize = 256;

/// True when the text is not to be parsed.
pub fn is_too_nested(grammar: Grammar, text: &str) -> bool {
    let blocks = match grammar {
        Grammar::Python => has_deep_blocks(text, python_indent, MAX_PYTHON_COLUMNS),
        Grammar::Yaml => has_deep_blocks(text, yaml_indent, usize::MAX) || yaml_columns(text) > MAX_YAML_COLUMNS,
        Grammar::JavaScript | Grammar::TypeScript | Grammar::Tsx | Grammar::Json | Grammar::Toml => false,
    };
    blocks || has_deep_brackets(text)
}

/// Walks over the lines as a reader would, and counts the different widths on the way.
fn has_deep_blocks(text: &str, indent: impl Fn(&str) -> Option<(usize, &str)>, most_columns: usize) -> bool {
    let mut open: Vec<usize> = Vec::new();
    let mut columns = HashSet::new();
    let mut rest = text;
    while let Some((width, after)) = indent(rest) {
        rest = after.split_once('\n').map_or("", |(_, next)| next);
        columns.insert(width);
        while open.last().is_some_and(|column| *column >= width) {
            open.pop();
        }
        open.push(width);
        if open.len() > MAX_BLOCKS + 1 || columns.len() > most_columns {
            return true;
        }
    }
    false
}

/// The width of the white space that `text` starts with, as Python's scanner counts it (a tab is 8; a carriage return and a
/// form feed start anew; an escaped line end goes on), and what comes behind it. None at the end.
fn python_indent(text: &str) -> Option<(usize, &str)> {
    if text.is_empty() {
        return None;
    }
    let bytes = text.as_bytes();
    let (mut at, mut width) = (0, 0_usize);
    loop {
        match bytes.get(at) {
            Some(b' ') => width += 1,
            Some(b'\t') => width += 8,
            Some(b'\r' | b'\x0c') => width = 0,
            Some(b'\\') if bytes[at..].starts_with(b"\\\n") => at += 1,
            Some(b'\\') if bytes[at..].starts_with(b"\\\r\n") => at += 2,
            _ => return Some((width, &text[at..])),
        }
        at += 1;
    }
}

/// The same for YAML, where only spaces count.
fn yaml_indent(text: &str) -> Option<(usize, &str)> {
    (!text.is_empty()).then(|| {
        let rest = text.trim_start_matches(' ');
        (text.len() - rest.len(), rest)
    })
}

/// The number of different columns at which a YAML block may start: where a line starts, at an indicator (`- a`, `? b`,
/// `c: |`), and at what follows one, tags and anchors passed over.
fn yaml_columns(text: &str) -> usize {
    let mut columns = HashSet::new();
    for line in text.split(['\n', '\r']) {
        let mut starts = true;
        for (column, token) in tokens(line) {
            let is_indicator = matches!(token, "-" | "?" | ":");
            if starts || is_indicator || token.starts_with(['|', '>']) {
                columns.insert(column);
            }
            if let Some(key) = token.strip_suffix(':') {
                columns.insert(column + key.chars().count());
            }
            starts = is_indicator || token.ends_with(':') || (starts && token.starts_with(['&', '!', '*']));
        }
    }
    columns.len()
}

/// What white space separates, with the column of each.
fn tokens(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut column = 0;
    line.split([' ', '\t'])
        .map(move |token| {
            let start = column;
            column += token.chars().count() + 1;
            (start, token)
        })
        .filter(|(_, token)| !token.is_empty())
}

fn has_deep_brackets(text: &str) -> bool {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut escaped = false;
    for &byte in text.as_bytes() {
        match (quote, byte) {
            (_, b'\n') => (quote, escaped) = (None, false),
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(open), _) if byte == open => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_BRACKETS {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(depth: usize, head: &str) -> String {
        (0..depth).map(|level| " ".repeat(level) + head + "\n").collect()
    }

    #[test]
    fn blocks_are_taken_up_to_a_hundred() {
        for (grammar, head) in [(Grammar::Python, "if x:"), (Grammar::Yaml, "a:")] {
            assert!(!is_too_nested(grammar, &blocks(MAX_BLOCKS + 1, head)), "{head}");
            assert!(is_too_nested(grammar, &blocks(MAX_BLOCKS + 2, head)), "{head}");
            assert!(!is_too_nested(grammar, &format!("{head}\n b\n").repeat(1_000)), "many lines are no depth");
        }
    }

    #[test]
    fn a_string_cannot_hide_blocks() {
        let hidden: String = (0..400)
            .map(|level| {
                let indent = " ".repeat(level);
                [&indent, "if x:\n", &indent, " y = ''\'\nz''\'\n"].concat()
            })
            .collect();
        assert!(is_too_nested(Grammar::Python, &hidden));
        let continued: String = (1..400).map(|level| " \\\n".repeat(level) + "if x:\n").collect();
        assert!(is_too_nested(Grammar::Python, &continued));
    }

    #[test]
    fn yaml_nests_within_one_line_too() {
        assert!(is_too_nested(Grammar::Yaml, &format!("{}x", "- ".repeat(200))));
        assert!(is_too_nested(Grammar::Yaml, &format!("{}x", "- &a ".repeat(200))));
        let prose = format!("key: {}\n", "a sentence, with (brackets) and so on. ".repeat(100));
        assert!(!is_too_nested(Grammar::Yaml, &prose.repeat(10)));
    }

    #[test]
    fn brackets_are_counted_outside_of_strings() {
        let nested = |depth: usize| format!("x = {}{}", "(".repeat(depth), ")".repeat(depth));
        assert!(!is_too_nested(Grammar::Python, &nested(MAX_BRACKETS)));
        assert!(is_too_nested(Grammar::Python, &nested(MAX_BRACKETS + 1)));
        assert!(!is_too_nested(Grammar::Json, &format!("[\"{}\"]", "(".repeat(1_000))));
        assert!(is_too_nested(Grammar::Json, &"[".repeat(1_000)));
    }
}
