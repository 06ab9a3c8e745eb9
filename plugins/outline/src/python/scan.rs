//! Python text as logical lines, string literals and calls.
//!
//! Invariants: comments are in neither; a bracket or a backslash joins physical lines; nothing is copied. Broken source
//! never fails: an open bracket ends where a statement starts in column one, an open string at its line's end.

use crate::bytes::position;

/// A file's logical lines, literals and calls, in order.
#[derive(Debug, Default)]
pub struct Scan<'a> {
    /// The logical lines that hold something.
    pub lines: Vec<Line<'a>>,
    /// The string literals.
    pub literals: Vec<Literal<'a>>,
    /// The calls.
    pub calls: Vec<Call<'a>>,
}

/// One call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Call<'a> {
    /// The dotted name before the bracket: `st.title`; with a dot in front where it is asked of what comes before:
    /// `.compile` in `StateGraph(S).compile()`.
    pub callee: &'a str,
    /// The logical line that it stands on: an index into [`Scan::lines`].
    pub line: usize,
    /// Where the first part ends and the last one starts.
    parts: (u32, u32),
}

impl<'a> Call<'a> {
    /// The last part of its name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        &self.callee[self.parts.1 as usize..]
    }

    /// The first part of its name; empty for `.compile`.
    #[must_use]
    pub fn root(&self) -> &'a str {
        &self.callee[..self.parts.0 as usize]
    }
}

/// One logical line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line<'a> {
    /// The physical line it starts on, from 1.
    pub number: u32,
    /// The width of its leading white space; a tab counts as one.
    pub indent: usize,
    /// From its first character on, as written: inner comments and line ends included.
    pub text: &'a str,
}

/// One string literal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Literal<'a> {
    /// Between the quotes, as written.
    pub text: &'a str,
    /// The physical line it starts on, from 1.
    pub line: u32,
    /// The code of its logical line that precedes it, without the literal's prefix letters.
    pub before: &'a str,
}

impl Literal<'_> {
    /// True for a docstring or another string that is a statement of its own.
    #[must_use]
    pub fn is_statement(&self) -> bool {
        self.before.is_empty()
    }
}

/// The most lines, literals and calls that are kept of one file: what holds more is data, and its rest tells no more.
const MOST: usize = 200_000;

/// True for the bytes that the scanner stops at inside a logical line.
const STOPS: [bool; 256] = {
    let mut stops = [false; 256];
    let bytes = b"\n\\#()[]{}\"'";
    let mut i = 0;
    while i < bytes.len() {
        stops[bytes[i] as usize] = true;
        i += 1;
    }
    stops
};

/// Scans a whole file.
#[must_use]
pub fn scan(text: &str) -> Scan<'_> {
    // Room for code of the usual density: lists that grow are copied each time.
    let room = (text.len() / 48).min(MOST);
    let (lines, literals, calls) = (Vec::with_capacity(room), Vec::with_capacity(room), Vec::with_capacity(room));
    let found = Scan { lines, literals, calls };
    let mut scanner = Scanner { text, bytes: text.as_bytes(), at: 0, line: 1, found };
    while scanner.at < scanner.bytes.len() && !scanner.is_full() {
        scanner.line();
    }
    scanner.found
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    line: u32,
    found: Scan<'a>,
}

impl Scanner<'_> {
    fn is_full(&self) -> bool {
        self.found.lines.len().max(self.found.literals.len()).max(self.found.calls.len()) >= MOST
    }

    fn line(&mut self) {
        let left = self.at;
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\r' | 0x0c)) {
            self.at += 1;
        }
        match self.bytes.get(self.at) {
            None => return,
            Some(b'#') => return self.skip_comment(),
            Some(b'\n') => {
                self.line += 1;
                self.at += 1;
                return;
            }
            Some(_) => {}
        }
        let (start, number) = (self.at, self.line);
        self.finish_line(start);
        let text = self.text.get(start..self.at).unwrap_or_default().trim_end();
        self.found.lines.push(Line { number, indent: start - left, text });
    }

    /// Moves behind the logical line that starts at `start`.
    fn finish_line(&mut self, start: usize) {
        let mut depth = 0_usize;
        loop {
            self.skip_to(|byte| STOPS[byte as usize]);
            match self.bytes.get(self.at) {
                None => return,
                Some(b'\n') => {
                    self.line += 1;
                    self.at += 1;
                    if depth == 0 || self.statement_starts_here() {
                        return;
                    }
                }
                Some(b'\\') => self.skip_escape(),
                Some(b'#') => self.skip_comment(),
                Some(b'(') => {
                    self.call(start);
                    depth += 1;
                    self.at += 1;
                }
                Some(b'[' | b'{') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b'"' | b'\'') => self.string(start),
                Some(_) => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
            }
        }
    }

    /// Notes what the bracket here calls, if it calls: `def f(` and `class C(` do not.
    fn call(&mut self, start: usize) {
        // Backwards over the name; the dots on the way tell its parts.
        let (mut from, mut name, mut root) = (self.at, None, self.at);
        while from > start {
            match self.bytes[from - 1] {
                b'.' => {
                    name.get_or_insert(from);
                    root = from - 1;
                }
                byte if byte.is_ascii_alphanumeric() || byte == b'_' => {}
                _ => break,
            }
            from -= 1;
        }
        let parts = (root - from, name.map_or(0, |name| name - from));
        let before = self.bytes[start..from].trim_ascii_end();
        let is_call = from < self.at && !self.bytes[from].is_ascii_digit();
        let is_defined = before.ends_with(b"def") || before == b"class";
        let has_room = self.found.calls.len() < MOST;
        if let Some(callee) = self.text.get(from..self.at).filter(|_| is_call && !is_defined && has_room) {
            let Ok(parts) = u32::try_from(parts.0).and_then(|root| Ok((root, u32::try_from(parts.1)?))) else { return };
            self.found.calls.push(Call { callee, line: self.found.lines.len(), parts });
        }
    }

    /// True in column one before a word that no expression starts with: the bracket before it was never closed.
    fn statement_starts_here(&self) -> bool {
        let rest = &self.bytes[self.at..];
        matches!(rest.first(), Some(b'd' | b'c' | b'i' | b'f'))
            && [&b"def "[..], b"class ", b"import ", b"from "].iter().any(|word| rest.starts_with(word))
    }

    fn skip_comment(&mut self) {
        self.skip_to(|byte| byte == b'\n');
    }

    /// To the next byte that `stops`, or to the end.
    fn skip_to(&mut self, stops: impl Fn(u8) -> bool) {
        self.at += position(&self.bytes[self.at..], stops);
    }

    /// Behind a backslash and what it escapes; a line end counts.
    fn skip_escape(&mut self) {
        self.at += 1;
        if self.bytes.get(self.at) == Some(&b'\r') {
            self.at += 1;
        }
        if self.bytes.get(self.at) == Some(&b'\n') {
            self.line += 1;
        }
        self.at = (self.at + 1).min(self.bytes.len());
    }

    fn string(&mut self, start: usize) {
        let quote = self.bytes[self.at];
        let before = without_prefix(&self.text[start..self.at]);
        let triple = self.bytes[self.at..].starts_with(&[quote; 3]);
        let width = if triple { 3 } else { 1 };
        let (from, line) = (self.at + width, self.line);
        self.at = from;
        let to = loop {
            self.skip_to(|byte| byte == quote || byte == b'\\' || byte == b'\n');
            match self.bytes.get(self.at) {
                None => break self.at,
                Some(b'\\') => self.skip_escape(),
                Some(b'\n') if !triple => break self.at,
                Some(&byte) if byte == quote && (!triple || self.bytes[self.at..].starts_with(&[quote; 3])) => {
                    self.at += width;
                    break self.at - width;
                }
                Some(&byte) => {
                    self.line += u32::from(byte == b'\n');
                    self.at += 1;
                }
            }
        };
        // An escape can end inside a character of several bytes: then there is no text to take.
        let text = self.text.get(from..to).unwrap_or_default();
        if self.found.literals.len() < MOST {
            self.found.literals.push(Literal { text, line, before });
        }
    }
}

/// Code without the letters (`r`, `b`, `u`, `f`, `t`) that belong to the literal behind it.
fn without_prefix(code: &str) -> &str {
    let rest = code.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let prefix = &code[rest.len()..];
    let is_prefix =
        prefix.len() <= 2 && prefix.chars().all(|c| matches!(c.to_ascii_lowercase(), 'r' | 'b' | 'u' | 'f' | 't'));
    let ends_word = rest.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    if is_prefix && !ends_word { rest } else { code }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(u32, usize, &str)> {
        scan(text).lines.iter().map(|line| (line.number, line.indent, line.text)).collect()
    }

    #[test]
    fn brackets_backslashes_and_triple_quotes_join_lines() {
        let text = "a = (1, # one\n  2)\nb = 1 + \\\n  2\nc = '''x\ny'''\n  d\n";
        assert_eq!(
            lines(text),
            [(1, 0, "a = (1, # one\n  2)"), (3, 0, "b = 1 + \\\n  2"), (5, 0, "c = '''x\ny'''"), (7, 2, "d")]
        );
    }

    #[test]
    fn comments_and_blank_lines_are_no_lines() {
        assert_eq!(lines("# import a\n\n   # b\nc # d 'e\n"), [(4, 0, "c # d 'e")]);
        assert!(scan("c # d 'e'\n").literals.is_empty());
    }

    #[test]
    fn literals_know_their_text_line_and_what_is_before() {
        let found = scan("x = f(\n  rb'a\\'b', \"c\")\n'''doc'''\n");
        let literals: Vec<_> = found.literals.iter().map(|l| (l.text, l.line, l.before, l.is_statement())).collect();
        assert_eq!(
            literals,
            [("a\\'b", 2, "x = f(\n  ", false), ("c", 2, "x = f(\n  rb'a\\'b', ", false), ("doc", 3, "", true)]
        );
    }

    #[test]
    fn calls_know_their_name_and_their_line_and_definitions_are_none() {
        let found =
            scan("x = 1\n@tool()\ndef f(a=g()):\n    return StateGraph(S).compile(st.x (1), (2))\nclass C(B): ...\n");
        let calls: Vec<_> = found.calls.iter().map(|call| (call.callee, call.root(), call.name(), call.line)).collect();
        let expected = [
            ("tool", "tool", "tool", 1),
            ("g", "g", "g", 2),
            ("StateGraph", "StateGraph", "StateGraph", 3),
            (".compile", "", "compile", 3),
        ];
        assert_eq!(calls, expected);
    }

    #[test]
    fn a_file_of_data_is_read_to_a_bound() {
        for unit in ["x\n", "'a',", "f(", "['a',"] {
            let text = unit.repeat(MOST + 10);
            let found = scan(&text);
            let most = found.lines.len().max(found.literals.len()).max(found.calls.len());
            assert_eq!(most, MOST, "{unit}");
        }
        assert_eq!(scan(&"x\n".repeat(10)).lines.len(), 10);
    }

    #[test]
    fn broken_source_loses_no_more_than_its_statement() {
        assert_eq!(lines("a = (1,\nimport os\n")[1], (2, 0, "import os"));
        assert_eq!(lines("a = 'open\nimport os\n")[1], (2, 0, "import os"));
        for text in ["'", "'''", "\\", "\"\\", "(", "'\\é", "a\\\r", "\r", "é'é", "f'"] {
            assert!(scan(text).lines.len() <= 1, "{text}");
        }
    }
}
