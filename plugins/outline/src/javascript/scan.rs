//! JavaScript and TypeScript text as top-level statements, literals and calls.
//!
//! Invariants: comments and regular expressions are in none of them; what nests is held on a stack of our own, never by
//! recursion; no byte is looked at more than a few times; nothing is copied. Broken source never fails: an open quote
//! ends at its line's end, an open template is no template, and `import` or `export` in column one ends whatever is open.

mod lexer;
mod markup;
mod tokens;

use std::ops::Range;

/// What one file shows.
#[derive(Debug, Default)]
pub struct Scan<'a> {
    /// The statements of the top level, in order.
    pub statements: Vec<Statement<'a>>,
    /// The literals, in the order in which they start.
    pub literals: Vec<Literal<'a>>,
    /// The calls, in order.
    pub calls: Vec<Call<'a>>,
    text: &'a str,
    comments: Vec<Range<usize>>,
    /// Where each line but the first starts.
    lines: Vec<usize>,
}

/// One statement of the top level, with all that is in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statement<'a> {
    /// Where it starts, in bytes.
    pub at: usize,
    /// As written, comments included, without the semicolon.
    pub text: &'a str,
}

/// Where a literal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiteralKind {
    /// `'…'` or `"…"`.
    Quoted,
    /// `` `…` ``, its `${…}` as written.
    Template,
    /// An attribute of a JSX element.
    Attribute,
    /// The text between JSX elements.
    Text,
}

/// One literal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Literal<'a> {
    /// Between the quotes, as written.
    pub text: &'a str,
    /// Where it starts, in bytes.
    pub at: usize,
    /// The code of its statement that precedes it.
    pub before: &'a str,
    /// What it is.
    pub kind: LiteralKind,
    /// The innermost call around it: an index of [`Scan::calls`].
    pub call: Option<usize>,
    /// How many brackets are open around it.
    pub depth: usize,
}

/// One call: a name in front of `(`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Call<'a> {
    /// The dotted name, e.g. `app.listen`.
    pub name: &'a str,
    /// Where its `(` is, in bytes.
    pub at: usize,
    /// True behind `new`.
    pub is_new: bool,
    /// How many brackets are open around it.
    pub depth: usize,
}

/// Scans a whole file. `jsx` tells whether `<` may start an element: true but for `.ts`, `.mts` and `.cts`.
#[must_use]
pub fn scan(text: &str, jsx: bool) -> Scan<'_> {
    lexer::Lexer::new(text, jsx).run()
}

/// True where a file's name allows JSX in it.
#[must_use]
pub fn allows_jsx(path: &str) -> bool {
    ![".ts", ".mts", ".cts"].iter().any(|ending| path.ends_with(ending))
}

impl<'a> Scan<'a> {
    /// The line, from 1, of a place in bytes.
    #[must_use]
    pub fn line(&self, at: usize) -> u32 {
        let before = self.lines.partition_point(|start| *start <= at);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }

    /// The statement of the top level that a place in bytes is in.
    #[must_use]
    pub fn statement_at(&self, at: usize) -> Option<&Statement<'a>> {
        let before = self.statements.partition_point(|statement| statement.at <= at);
        self.statements.get(before.checked_sub(1)?)
    }

    /// Every place of `needle` that is neither in a comment nor in a literal (a template's `${…}` is code).
    pub fn places(&self, needle: &str) -> impl Iterator<Item = usize> {
        self.text.match_indices(needle).map(|(at, _)| at).filter(|at| self.is_code(*at))
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    fn is_code(&self, at: usize) -> bool {
        let next = self.comments.partition_point(|comment| comment.start <= at);
        if next.checked_sub(1).is_some_and(|last| self.comments[last].end > at) {
            return false;
        }
        let next = self.literals.partition_point(|literal| literal.at <= at);
        let Some(literal) = next.checked_sub(1).map(|last| &self.literals[last]) else { return true };
        literal.kind == LiteralKind::Template || literal.at + literal.text.len() < at
    }
}

impl<'a> Scan<'a> {
    /// The name of the innermost call around a literal; empty where there is none.
    #[must_use]
    pub fn callee(&self, literal: &Literal<'_>) -> &'a str {
        literal.call.and_then(|at| self.calls.get(at)).map_or("", |call| call.name)
    }
}

impl Literal<'_> {
    /// The property that it is the value of, e.g. `model` in `model: "…"` and in `model="…"`.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        let before = self.before.trim_end().strip_suffix([':', '='])?.trim_end();
        let before = before.strip_suffix(['"', '\'']).unwrap_or(before);
        let start = before.rfind(|c: char| !tokens::is_word(c)).map_or(0, |at| at + 1);
        Some(before.get(start..)?).filter(|key| !key.is_empty())
    }
}

#[cfg(test)]
mod tests;
