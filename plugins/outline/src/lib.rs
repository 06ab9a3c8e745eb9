//! The outline of source text: its logical lines, imports and literals, and what these mean in any language: URLs, models,
//! secrets.
//!
//! Host and guests share it: the host serves it to any plugin, a guest may read by itself. It is a careful scanner that
//! knows strings, comments, brackets and blocks, but no full grammar: a thousand times faster than a parser, and a broken
//! file still gives what can be read. Invariants: pure, linear in the text, never fails, no recursion.

pub mod bytes;
pub mod facts;
pub mod framework;
pub mod javascript;
pub mod paths;
pub mod providers;
pub mod python;
pub mod secrets;
pub mod toolname;
pub mod urls;
pub mod words;
