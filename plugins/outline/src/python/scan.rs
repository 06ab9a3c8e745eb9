//! Python text as logical lines, string literals and calls.
//!
//! Invariants: comments are in neither; a bracket or a backslash joins physical lines; nothing is copied. Broken source
//! never fails: an open bracket ends where a statement starts in column one, an open string at its line's end.

use crate::bytes::Marks;

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

/// The bytes that the scanner stops at inside a logical line.
const STOPS: [u8; 11] = *b"\n\\#()[]{}\"'";

/// Scans a whole file.
#[must_use]
pub fn scan(text: &str) -> Scan<'_> {
    // Room for code of the usual density: lists that grow are copied each time.
    let room = (text.len() / 32).min(MOST);
    let (lines, literals, calls) = (Vec::with_capacity(room), Vec::with_capacity(room), Vec::with_capacity(room));
    let mut found = Scan { lines, literals, calls };
    let stops = Marks::of(text.as_bytes(), STOPS);
    let mut scanner = Scanner { text, bytes: text.as_bytes(), stops: &stops, at: 0, line: 1 };
    while scanner.at < scanner.bytes.len() && !found.is_full() {
        scanner.line(&mut found);
    }
    found
}

impl Scan<'_> {
    fn is_full(&self) -> bool {
        self.lines.len().max(self.literals.len()).max(self.calls.len()) >= MOST
    }
}

/// What was found is not in here, so that these few fields stay in registers.
struct Scanner<'a, 's> {
    text: &'a str,
    bytes: &'a [u8],
    stops: &'s Marks,
    at: usize,
    line: u32,
}

impl<'a> Scanner<'a, '_> {
    fn line(&mut self, found: &mut Scan<'a>) {
        let left = self.at;
        while self.bytes[self.at..].starts_with(b"    ") {
            self.at += 4;
        }
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
        self.finish_line(start, found);
        let text = trim_end(self.text.get(start..self.at).unwrap_or_default());
        found.lines.push(Line { number, indent: start - left, text });
    }

    /// Moves behind the logical line that starts at `start`.
    fn finish_line(&mut self, start: usize, found: &mut Scan<'a>) {
        let mut depth = 0_usize;
        loop {
            self.at = self.stops.next(self.at);
            match self.bytes.get(self.at) {
                None => return,
                Some(b'\n') => {
                    self.line += 1;
                    self.at += 1;
                    if depth == 0 || statement_starts(&self.bytes[self.at..]) {
                        return;
                    }
                }
                Some(b'\\') => self.skip_escape(),
                Some(b'#') => self.skip_comment(),
                Some(b'(') => {
                    if found.calls.len() < MOST {
                        found.calls.extend(call(self.text, start, self.at, found.lines.len()));
                    }
                    depth += 1;
                    self.at += 1;
                }
                Some(b'[' | b'{') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b'"' | b'\'') => self.string(start, found),
                Some(_) => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
            }
        }
    }

    fn skip_comment(&mut self) {
        self.at = skip_to([b'\n'; 3], self.bytes, self.stops, self.at);
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

    fn string(&mut self, start: usize, found: &mut Scan<'a>) {
        let quote = self.bytes[self.at];
        let before = without_prefix(&self.text[start..self.at]);
        let triple = self.bytes[self.at..].starts_with(&[quote; 3]);
        let width = if triple { 3 } else { 1 };
        let (from, line) = (self.at + width, self.line);
        self.at = from;
        let to = loop {
            self.at = skip_to([quote, b'\\', b'\n'], self.bytes, self.stops, self.at);
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
        if found.literals.len() < MOST {
            found.literals.push(Literal { text, line, before });
        }
    }
}

/// The next of three of [`STOPS`] at or behind `at`, or the end.
fn skip_to(wanted: [u8; 3], bytes: &[u8], stops: &Marks, at: usize) -> usize {
    let mut at = stops.next(at);
    while bytes.get(at).is_some_and(|byte| !wanted.contains(byte)) {
        at = stops.next(at + 1);
    }
    at
}

/// What the bracket at `at` calls, if it calls: `def f(` and `class C(` do not. `start` is where its logical line starts,
/// `line` the index of it.
fn call(text: &str, start: usize, at: usize, line: usize) -> Option<Call<'_>> {
    // Backwards over the name; the dots on the way tell its parts.
    let bytes = text.as_bytes();
    let (mut from, mut name, mut root) = (at, None, at);
    while from > start {
        match bytes[from - 1] {
            b'.' => {
                name.get_or_insert(from);
                root = from - 1;
            }
            byte if byte.is_ascii_alphanumeric() || byte == b'_' => {}
            _ => break,
        }
        from -= 1;
    }
    if from == at || bytes[from].is_ascii_digit() {
        return None;
    }
    let before = bytes[start..from].trim_ascii_end();
    let is_defined = before.ends_with(b"def") || before == b"class";
    let callee = text.get(from..at).filter(|_| !is_defined)?;
    let (root, name) = (u32::try_from(root - from).ok()?, u32::try_from(name.map_or(0, |name| name - from)).ok()?);
    Some(Call { callee, line, parts: (root, name) })
}

/// True in column one before a word that no expression starts with: the bracket before it was never closed.
fn statement_starts(rest: &[u8]) -> bool {
    matches!(rest.first(), Some(b'd' | b'c' | b'i' | b'f'))
        && [&b"def "[..], b"class ", b"import ", b"from "].iter().any(|word| rest.starts_with(word))
}

/// A line without the white space at its end, which is mostly one line end.
fn trim_end(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    if line.bytes().next_back().is_some_and(|last| last.is_ascii_graphic()) { line } else { line.trim_end() }
}

/// Code without the letters (`r`, `b`, `u`, `f`, `t`) that belong to the literal behind it.
fn without_prefix(code: &str) -> &str {
    if !code.bytes().next_back().is_some_and(|last| last.is_ascii_alphabetic()) {
        return code;
    }
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
