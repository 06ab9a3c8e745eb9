//! Code and templates, and the stack of what is open.

use super::tokens::{self, CODE, TEMPLATE};
use super::{Call, Literal, LiteralKind, Scan, Statement};

/// What is open.
#[derive(Debug, Clone, Copy)]
pub(super) enum Frame {
    /// A bracket in code, with the innermost call around what is in it.
    Bracket(Option<usize>),
    /// A template, with its index among the literals.
    Template(usize),
    /// `${` or JSX's `{`: code until its `}`.
    Expression(Option<usize>),
    /// A JSX tag; `true` for `</…>`.
    Tag(bool),
    /// Between a JSX element's tags.
    Children,
}

pub(super) struct Lexer<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) stack: Vec<Frame>,
    found: Scan<'a>,
    /// Where the last code before this place ends: blanks and comments are none.
    code_end: usize,
    jsx: bool,
    /// Where the open statement starts.
    start: Option<usize>,
    /// False once a template turned out never to end.
    templates: bool,
    /// Before this place no regular expression starts: one was tried and its line ended first.
    no_regex_before: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, jsx: bool) -> Self {
        let bytes = text.as_bytes();
        let lines = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
        // A byte order mark, and the line that names an interpreter, are no code.
        let mark = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let at = if text[mark..].starts_with("#!") { text.find('\n').unwrap_or(text.len()) } else { mark };
        Self {
            text,
            bytes,
            at,
            stack: Vec::new(),
            found: Scan { text, lines, ..Scan::default() },
            code_end: 0,
            jsx,
            start: None,
            templates: true,
            no_regex_before: 0,
        }
    }

    pub(super) fn run(mut self) -> Scan<'a> {
        loop {
            while self.at < self.bytes.len() {
                match self.stack.last() {
                    None | Some(Frame::Bracket(_) | Frame::Expression(_)) => self.code(),
                    Some(Frame::Template(literal)) => self.template(*literal),
                    Some(Frame::Tag(closing)) => self.tag(*closing),
                    Some(Frame::Children) => self.children(),
                }
            }
            if !self.rewind() {
                break;
            }
        }
        self.end_statement(self.bytes.len());
        self.found
    }

    /// Goes back behind the backtick of a template that never ended; from here on backticks are nothing. Happens once.
    fn rewind(&mut self) -> bool {
        let open = self.stack.iter().enumerate().find_map(|(depth, frame)| match frame {
            Frame::Template(literal) => Some((depth, *literal)),
            _ => None,
        });
        let Some((depth, literal)) = open.filter(|_| self.templates) else { return false };
        let start = self.found.literals[literal].at;
        self.found.literals.truncate(literal);
        self.found.calls.retain(|call| call.at < start);
        self.found.comments.retain(|comment| comment.start < start);
        self.stack.truncate(depth);
        self.templates = false;
        self.go_to(start);
        true
    }

    /// Goes on at a place behind which an expression may follow.
    pub(super) fn go_to(&mut self, place: usize) {
        self.at = place;
        self.code_end = place;
    }

    /// To the next byte of the set, or to the end; answers that byte.
    pub(super) fn skip_to(&mut self, stops: &[bool; 256]) -> Option<u8> {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|byte| stops[usize::from(*byte)]).unwrap_or(rest.len());
        self.bytes.get(self.at).copied()
    }

    fn code(&mut self) {
        let from = self.at;
        let stop = self.skip_to(&CODE);
        let gap = &self.bytes[from..self.at];
        if let Some(first) = gap.iter().position(|byte| !byte.is_ascii_whitespace()) {
            let last = gap.iter().rposition(|byte| !byte.is_ascii_whitespace()).unwrap_or(first);
            self.start.get_or_insert(from + first);
            self.code_end = from + last + 1;
        }
        match stop {
            None => {}
            Some(b'\n') => self.line_end(),
            Some(b'/') => self.slash(),
            Some(b';') => {
                if self.stack.is_empty() {
                    self.end_statement(self.at);
                }
                self.go_to(self.at + 1);
            }
            Some(quote @ (b'\'' | b'"')) => self.quoted(quote),
            Some(b'`') if self.templates => {
                let literal = self.open_literal(LiteralKind::Template, self.at + 1);
                self.stack.push(Frame::Template(literal));
                self.at += 1;
            }
            Some(b'(') => {
                let call = self.call();
                self.open(call);
            }
            Some(b'[' | b'{') => self.open(self.call_around()),
            Some(b')' | b']' | b'}') => self.close(),
            Some(b'<') if self.jsx && self.starts_element() => self.open_element(),
            Some(_) => self.step(1),
        }
    }

    /// Takes bytes as code.
    pub(super) fn step(&mut self, width: usize) {
        self.start.get_or_insert(self.at);
        self.go_to(self.at + width);
    }

    fn open(&mut self, call: Option<usize>) {
        self.step(1);
        self.stack.push(Frame::Bracket(call));
    }

    /// Any closing bracket closes the innermost one: telling them apart would not mend broken code.
    fn close(&mut self) {
        let is_brace = self.bytes[self.at] == b'}';
        self.step(1);
        match self.stack.last() {
            Some(Frame::Expression(_)) if !is_brace => {}
            Some(Frame::Expression(_) | Frame::Bracket(_)) => {
                self.stack.pop();
            }
            _ => {}
        }
    }

    fn call_around(&self) -> Option<usize> {
        match self.stack.last() {
            Some(Frame::Bracket(call) | Frame::Expression(call)) => *call,
            _ => None,
        }
    }

    /// Behind a line's end: a statement may end, and one of the module always does.
    pub(super) fn line_end(&mut self) {
        self.at += 1;
        if tokens::module_statement_starts(&self.bytes[self.at..]) {
            self.stack.clear();
            self.end_statement(self.at);
            return;
        }
        if !self.stack.is_empty() {
            return;
        }
        let rest = &self.bytes[self.at..];
        let Some(blank) = rest.iter().position(|byte| !byte.is_ascii_whitespace()) else {
            self.at = self.bytes.len();
            return;
        };
        self.at += blank;
        if self.start.is_some() && tokens::statement_ends(&self.bytes[..self.code_end], &self.bytes[self.at..]) {
            self.end_statement(self.at);
        }
    }

    fn end_statement(&mut self, end: usize) {
        if let Some(start) = self.start.take() {
            let text = self.text.get(start..self.code_end.clamp(start, end.max(start))).unwrap_or_default();
            if !text.is_empty() {
                self.found.statements.push(Statement { at: start, text });
            }
        }
        self.code_end = end;
    }

    fn slash(&mut self) {
        match self.bytes.get(self.at + 1) {
            Some(b'/') => {
                let rest = &self.bytes[self.at..];
                self.skip_comment(self.at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()));
            }
            Some(b'*') => self.skip_block_comment(),
            _ => match self.regex_end() {
                Some(end) => self.step(end - self.at),
                None => self.step(1),
            },
        }
    }

    pub(super) fn skip_block_comment(&mut self) {
        let end = self.text.get(self.at + 2..).and_then(|rest| rest.find("*/"));
        self.skip_comment(end.map_or(self.bytes.len(), |length| self.at + 2 + length + 2));
    }

    fn skip_comment(&mut self, end: usize) {
        self.found.comments.push(self.at..end);
        self.at = end;
    }

    /// Where the regular expression ends that starts here; none where `/` divides.
    fn regex_end(&mut self) -> Option<usize> {
        let before = &self.bytes[..self.code_end];
        let may_start = tokens::expression_follows(before) || before.last() == Some(&b'}');
        if !may_start || self.at < self.no_regex_before {
            return None;
        }
        let (mut at, mut in_class) = (self.at + 1, false);
        while let Some(byte) = self.bytes.get(at) {
            match byte {
                b'\n' => break,
                b'\\' => at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => return Some(at + 1),
                _ => {}
            }
            at += 1;
        }
        self.no_regex_before = at;
        None
    }

    fn quoted(&mut self, quote: u8) {
        let literal = self.open_literal(LiteralKind::Quoted, self.at + 1);
        let mut at = self.at + 1;
        let end = loop {
            match self.bytes.get(at) {
                None | Some(b'\n') => break at.min(self.bytes.len()),
                Some(b'\\') => at += if self.bytes[at..].starts_with(b"\\\r\n") { 3 } else { 2 },
                Some(byte) if *byte == quote => break at,
                Some(_) => at += 1,
            }
        };
        self.close_literal(literal, end);
        let closed = usize::from(self.bytes.get(end) == Some(&quote));
        self.step(end + closed - self.at);
    }

    /// Starts a literal whose quote stands here and whose text starts at `at`; answers its index.
    pub(super) fn open_literal(&mut self, kind: LiteralKind, at: usize) -> usize {
        let start = *self.start.get_or_insert(self.at);
        let before = self.text.get(start..self.at).unwrap_or_default();
        let (call, depth) = (self.call_around(), self.stack.len());
        self.found.literals.push(Literal { text: "", at, before, kind, call, depth });
        self.found.literals.len() - 1
    }

    pub(super) fn close_literal(&mut self, literal: usize, end: usize) {
        let text = self.text;
        if let Some(literal) = self.found.literals.get_mut(literal) {
            literal.text = text.get(literal.at..end).unwrap_or_default();
        }
    }

    fn template(&mut self, literal: usize) {
        match self.skip_to(&TEMPLATE) {
            Some(b'`') => {
                self.close_literal(literal, self.at);
                self.stack.pop();
                self.step(1);
            }
            Some(b'$') if self.bytes.get(self.at + 1) == Some(&b'{') => {
                let around = self.found.literals.get(literal).and_then(|literal| literal.call);
                self.stack.push(Frame::Expression(around));
                self.go_to(self.at + 2);
            }
            Some(b'\\') => self.at = (self.at + 2).min(self.bytes.len()),
            Some(_) => self.at += 1,
            None => {}
        }
    }

    /// The call whose `(` stands here: a new one, or the one around a plain bracket.
    fn call(&mut self) -> Option<usize> {
        let before = without_type_arguments(&self.bytes[..self.code_end]);
        let name = tokens::name_at_end(before, 80, true);
        let word = tokens::name_at_end(name, 12, false);
        if word.is_empty() || tokens::is_no_call(word) || name[0].is_ascii_digit() {
            return self.call_around();
        }
        let ahead = before[..before.len() - name.len()].trim_ascii_end();
        let ahead = tokens::name_at_end(ahead, 9, false);
        if ahead == b"function" {
            return self.call_around();
        }
        let end = before.len();
        let name = self.text.get(end - name.len()..end).unwrap_or_default();
        let call = Call { name, at: self.at, is_new: ahead == b"new", depth: self.stack.len() };
        self.found.calls.push(call);
        Some(self.found.calls.len() - 1)
    }

    fn starts_element(&self) -> bool {
        self.element_starts_here() && tokens::expression_follows(&self.bytes[..self.code_end])
    }
}

/// Code without the `<…>` that ends it: `new Agent<Context>(` calls `Agent`.
fn without_type_arguments(code: &[u8]) -> &[u8] {
    const LONGEST: usize = 80;
    if code.last() != Some(&b'>') || code.ends_with(b"=>") {
        return code;
    }
    let mut depth = 0_usize;
    for (back, byte) in code.iter().rev().take(LONGEST).enumerate() {
        match byte {
            b'>' => depth += 1,
            b'<' => depth -= 1,
            b';' | b'(' => return code,
            _ => {}
        }
        if depth == 0 {
            return &code[..code.len() - back - 1];
        }
    }
    code
}
