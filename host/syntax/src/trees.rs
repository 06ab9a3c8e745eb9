//! The parsed files of one deploy, and patterns matched on them.

use crate::grammar::Grammar;
use crate::nesting::is_too_nested;
use crate::pattern::Pattern;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use tree_sitter::{ParseOptions, Parser, QueryCursor, QueryCursorOptions, QueryMatch, StreamingIterator as _, Tree};
use windlass_outline::facts::{MAX_ENTRIES, clip};

/// The largest file that is parsed, in bytes: a tree takes 30 (Python) to 160 (a list of numbers) times its text.
pub const MAX_PARSED_BYTES: usize = 1024 * 1024;
/// The bytes of text whose trees are kept for the deploy; what comes after them is parsed again when it is asked for again.
const MAX_KEPT_BYTES: usize = 1024 * 1024;
/// The most matches in progress at once. An ordinary pattern has a handful.
const MATCHES_IN_PROGRESS: u32 = 256;
/// The steps after which a match that has not ended is looked at: 100 KB need some 60 of an ordinary pattern.
const FIRST_LOOK: u64 = 64;

/// What a pattern has caught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// The number of the match in this answer, from 0: what is caught together.
    pub match_number: u32,
    /// The capture's name in the pattern, without `@`.
    pub name: String,
    /// The text, at most 4 KiB of it.
    pub text: String,
    /// The line that it starts on, from 1.
    pub line: u32,
}

/// Why there are no captures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The file is not in the pattern's language.
    #[error("the file is not in the language of the pattern")]
    OtherLanguage,
    /// More than [`MAX_PARSED_BYTES`].
    #[error("the file is larger than what is parsed")]
    TooLarge,
    /// Nested deeper than is parsed.
    #[error("the file is nested deeper than is parsed")]
    TooNested,
    /// The pattern has too many ways to match this file.
    #[error("the pattern has too many ways to match this file")]
    TooManyMatches,
    /// The time is over.
    #[error("the time is over")]
    OutOfTime,
}

/// The trees of one deploy, by path. Whoever asks first parses, within its own time.
#[derive(Debug, Default)]
pub struct Trees {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    trees: HashMap<String, Arc<Tree>>,
    bytes: usize,
}

impl Trees {
    /// Matches a pattern on a file, unless `is_over` says that the time is over, which it is asked again and again. The same
    /// path must mean the same text for as long as these trees live.
    pub fn query(
        &self,
        pattern: &Pattern,
        path: &str,
        text: &str,
        is_over: &dyn Fn() -> bool,
    ) -> Result<Vec<Capture>, QueryError> {
        if Grammar::of(path) != Some(pattern.grammar) {
            return Err(QueryError::OtherLanguage);
        }
        let tree = self.tree(pattern.grammar, path, text, is_over)?;
        captures(pattern, &tree, text, is_over)
    }

    /// The number of trees that are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).trees.len()
    }

    /// True when nothing has been parsed, or nothing was small enough to keep.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn tree(
        &self,
        grammar: Grammar,
        path: &str,
        text: &str,
        is_over: &dyn Fn() -> bool,
    ) -> Result<Arc<Tree>, QueryError> {
        // Held while parsing, so that two detectors of a deploy do not parse one file twice.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tree) = kept.trees.get(path) {
            return Ok(tree.clone());
        }
        let tree = Arc::new(parse(grammar, text, is_over)?);
        if kept.bytes + text.len() <= MAX_KEPT_BYTES {
            kept.bytes += text.len();
            kept.trees.insert(path.to_owned(), tree.clone());
        }
        Ok(tree)
    }
}

fn parse(grammar: Grammar, text: &str, is_over: &dyn Fn() -> bool) -> Result<Tree, QueryError> {
    if text.len() > MAX_PARSED_BYTES {
        return Err(QueryError::TooLarge);
    }
    if is_too_nested(grammar, text) {
        return Err(QueryError::TooNested);
    }
    let mut parser = Parser::new();
    // The grammars are of this build; one that does not fit would show in every test.
    parser.set_language(&grammar.language()).map_err(|_| QueryError::OtherLanguage)?;
    let mut in_time = |_: &tree_sitter::ParseState| continue_unless(is_over());
    let options = ParseOptions::new().progress_callback(&mut in_time);
    let bytes = text.as_bytes();
    let mut read = |at: usize, _| bytes.get(at..).unwrap_or_default();
    parser.parse_with_options(&mut read, None, Some(options)).ok_or(QueryError::OutOfTime)
}

fn continue_unless(is_over: bool) -> ControlFlow<()> {
    if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// Whether a match has gone over its limit shows only when it ends, and one that has may go on for minutes. So it is ended
/// after some steps, looked at, and begun anew with four times as many: the answer does not depend on the clock, and an
/// ordinary match ends the first time.
fn captures(
    pattern: &Pattern,
    tree: &Tree,
    text: &str,
    is_over: &dyn Fn() -> bool,
) -> Result<Vec<Capture>, QueryError> {
    let mut steps = FIRST_LOOK;
    loop {
        if let Some(found) = try_captures(pattern, tree, text, is_over, steps)? {
            return Ok(found);
        }
        steps = steps.saturating_mul(4);
    }
}

/// None: it did not end within so many steps.
fn try_captures(
    pattern: &Pattern,
    tree: &Tree,
    text: &str,
    is_over: &dyn Fn() -> bool,
    most_steps: u64,
) -> Result<Option<Vec<Capture>>, QueryError> {
    let mut cursor = QueryCursor::new();
    cursor.set_match_limit(MATCHES_IN_PROGRESS);
    let (mut steps, mut out_of_time) = (0, false);
    let mut progress = |_: &tree_sitter::QueryCursorState| {
        steps += 1;
        out_of_time = is_over();
        if out_of_time || steps > most_steps { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let mut found = Vec::new();
    let mut matches = cursor.matches_with_options(
        &pattern.query,
        tree.root_node(),
        text.as_bytes(),
        QueryCursorOptions::new().progress_callback(&mut progress),
    );
    let mut number = 0;
    while let Some(matched) = matches.next() {
        add(pattern, text, matched, number, &mut found);
        number += 1;
        if found.len() >= MAX_ENTRIES {
            break;
        }
    }
    drop(matches);
    if out_of_time {
        Err(QueryError::OutOfTime)
    } else if cursor.did_exceed_match_limit() {
        Err(QueryError::TooManyMatches)
    } else if steps > most_steps {
        Ok(None)
    } else {
        Ok(Some(found))
    }
}

fn add(pattern: &Pattern, text: &str, matched: &QueryMatch<'_, '_>, number: u32, found: &mut Vec<Capture>) {
    let names = pattern.query.capture_names();
    for capture in matched.captures().iter().take(MAX_ENTRIES - found.len()) {
        let name = usize::try_from(capture.index).ok().and_then(|index| names.get(index));
        found.push(Capture {
            match_number: number,
            name: name.map(ToString::to_string).unwrap_or_default(),
            text: clip(text.get(capture.node.byte_range()).unwrap_or_default()).to_owned(),
            line: u32::try_from(capture.node.start_position().row).unwrap_or(u32::MAX).saturating_add(1),
        });
    }
}

#[cfg(test)]
mod tests;
