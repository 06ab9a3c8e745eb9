//! Patterns: as a plugin declares them, and compiled.

use crate::grammar::Grammar;
use crate::rules::{MAX_PATTERNS, broken_rule};
use serde::{Deserialize, Serialize};
use tree_sitter::Query;

/// A pattern as the metadata of a plugin declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredPattern {
    /// The grammar that it is for.
    pub language: Grammar,
    /// The query, in tree-sitter's language.
    pub query: String,
}

/// A pattern that is not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("pattern {index} is refused: {reason}")]
pub struct Refused {
    /// Its place in the metadata's list, from 0.
    pub index: usize,
    /// Its query, cut at 120 bytes.
    pub query: String,
    /// A part of a sentence: `it is longer than …`.
    pub reason: String,
}

impl Refused {
    /// The pattern at `index` of `declared` is refused.
    #[must_use]
    pub fn new(declared: &[DeclaredPattern], index: usize, reason: impl Into<String>) -> Self {
        let query = declared.get(index).map_or("", |pattern| pattern.query.as_str());
        let end = query.char_indices().map(|(at, _)| at).take_while(|at| *at <= 120).last().unwrap_or(0);
        let query = if query.len() <= 120 { query } else { &query[..end] };
        Self { index, query: query.to_owned(), reason: reason.into() }
    }
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Pattern {
    pub(crate) grammar: Grammar,
    pub(crate) query: Query,
}

/// The first pattern that breaks a rule of their text.
pub fn keep_rules(declared: &[DeclaredPattern]) -> Result<(), Refused> {
    if declared.len() > MAX_PATTERNS {
        let reason = format!("there are {} patterns, more than the {MAX_PATTERNS} of one plugin", declared.len());
        return Err(Refused::new(declared, MAX_PATTERNS, reason));
    }
    for (index, pattern) in declared.iter().enumerate() {
        if let Some(reason) = broken_rule(&pattern.query) {
            return Err(Refused::new(declared, index, reason));
        }
    }
    Ok(())
}

impl Pattern {
    /// Compiles a pattern; the error is a part of a sentence. Takes milliseconds for an ordinary pattern and without end
    /// for a hostile one: at install, [`crate::check`] comes first.
    pub fn compile(declared: &DeclaredPattern) -> Result<Self, String> {
        if let Some(reason) = broken_rule(&declared.query) {
            return Err(reason);
        }
        let grammar = declared.language;
        match Query::new(&grammar.language(), &declared.query) {
            Ok(query) => Ok(Self { grammar, query }),
            Err(error) => {
                let (row, column) = (error.row + 1, error.column + 1);
                let what = error.message.lines().next().unwrap_or_default();
                Err(format!("it is no query of {}: line {row}, column {column}: {what}", grammar.as_str()))
            }
        }
    }

    /// Compiles all patterns of a plugin.
    pub fn compile_all(declared: &[DeclaredPattern]) -> Result<Vec<Self>, Refused> {
        keep_rules(declared)?;
        let compile = |(index, pattern): (usize, &DeclaredPattern)| {
            Self::compile(pattern).map_err(|reason| Refused::new(declared, index, reason))
        };
        declared.iter().enumerate().map(compile).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(query: &str) -> DeclaredPattern {
        DeclaredPattern { language: Grammar::Python, query: query.to_owned() }
    }

    #[test]
    fn a_sound_pattern_compiles_and_any_other_is_refused_with_its_place() {
        assert!(Pattern::compile_all(&[python("(call) @a"), python("(identifier) @b")]).is_ok());
        let refused = Pattern::compile_all(&[python("(call) @a"), python("(nonsense) @b")]).expect_err("no such node");
        assert_eq!((refused.index, refused.query.as_str()), (1, "(nonsense) @b"));
        assert!(refused.reason.starts_with("it is no query of python: line 1, column 2"), "{}", refused.reason);
    }

    #[test]
    fn so_many_patterns_are_taken_and_no_more() {
        let declared = vec![python("(call) @a"); MAX_PATTERNS + 1];
        assert!(keep_rules(&declared[1..]).is_ok());
        assert_eq!(keep_rules(&declared).expect_err("one too many").index, MAX_PATTERNS);
    }

    #[test]
    fn a_long_query_is_cut_in_the_refusal() {
        let refused = Refused::new(&[python(&"é".repeat(300))], 0, "why");
        assert_eq!(refused.query.len(), 120);
    }
}
