//! Reads source files for plugins. Knows languages, no framework.
//!
//! Two readers: [`facts`] (imports, strings, definitions) come from the shared outline in microseconds; patterns that a
//! plugin declares are matched on a tree-sitter parse, made when it is first asked for, once a file and deploy.
//! Invariants: a pattern is compiled here only after it has passed the [`rules`] and, at install, a [`check`] in a child
//! process; each parse and match ends by its deadline; nothing here walks a tree by recursion; what could bring a grammar's
//! scanner down is refused before it is parsed ([`nesting`]).

pub mod check;
pub mod child;
mod grammar;
mod nesting;
mod pattern;
mod rules;
mod trees;

pub use grammar::Grammar;
pub use pattern::{DeclaredPattern, Pattern, Refused};
pub use rules::{MAX_PATTERN_BYTES, MAX_PATTERNS};
pub use trees::{Capture, MAX_PARSED_BYTES, QueryError, Trees};
pub use windlass_outline::facts;
