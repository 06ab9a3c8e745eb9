//! What the built-in detectors find in code besides its framework and its start, and the claims that they make of it.
//!
//! A detector knows its language: where a literal stands and what that means. What it found is kept, weighed against what
//! else was found, and claimed here, so that a claim reads alike whatever the language.

pub mod mcp;
pub mod models;
pub mod prompts;
pub mod secrets;
pub mod tools;

/// Where something was seen.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// The file.
    pub file: &'a str,
    /// The line in it, from 1.
    pub line: u32,
    /// How much its file counts, 0.0 to 1.0.
    pub weight: f32,
}

/// What follows the last dot of a dotted name.
#[must_use]
pub fn last_part(name: &str) -> &str {
    let start = name.bytes().rposition(|byte| byte == b'.').map_or(0, |dot| dot + 1);
    &name[start..]
}
