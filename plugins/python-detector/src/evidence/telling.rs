//! Which statements can tell anything: the others need no walk.
//!
//! Invariant: every rule of `tool_rules`, `models` and `prompts` asks for a URL, a model's name, or a name that holds one of
//! [`NAMES`]. A debug build walks what is passed over too, and panics where it tells something.

use windlass_outline::providers;
use windlass_outline::python::scan::{Line, Literal};
use windlass_outline::words::Words;

/// What the names around a literal or a list hold where a rule takes it.
const NAMES: Words = Words::new(&[
    // Tools: `tools=[…]`, `TOOL_URL_X`, `ToolNode([…])`, `create_agent(model, […])`.
    "tool",
    "function",
    "from_defaults",
    "_agent",
    // Models: `model="…"`.
    "model",
    // Prompts: `("system", "…")`, `instructions="…"`.
    "system",
    "developer",
    "prompt",
    "instruction",
    "prefix",
    "backstory",
]);

/// The statements of one module.
pub struct Telling<'m> {
    text: &'m str,
    /// Where the next of [`NAMES`] stands.
    next: Option<usize>,
}

impl<'m> Telling<'m> {
    /// For the statements of a text, in order.
    pub fn of(text: &'m str) -> Self {
        Self { text, next: NAMES.find(text, 0) }
    }

    /// True for a statement that may tell something, and for each that does; `literals` are those that start in it.
    pub fn may_be(&mut self, line: &Line<'_>, literals: &[Literal<'_>]) -> bool {
        // The line is a part of the text.
        let start = line.text.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
        if self.next.is_some_and(|next| next < start) {
            self.next = NAMES.find(self.text, start);
        }
        let is_named = self.next.is_some_and(|next| next < start + line.text.len());
        let is_telling =
            |literal: &Literal<'_>| literal.text.starts_with("http") || providers::model(literal.text).is_some();
        is_named && (!literals.is_empty() || line.text.contains('[')) || literals.iter().any(is_telling)
    }
}
