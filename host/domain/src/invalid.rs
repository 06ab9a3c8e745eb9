//! What is wrong with an input: which field, what, and how to mend it. Data, turned into an HTTP answer by `api`.

use std::fmt;

/// The longest text of a refusal, in bytes: what it quotes came from the client, and may be megabytes.
pub const MAX_TEXT: usize = 1_024;

fn clip(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        text.truncate(text.floor_char_boundary(MAX_TEXT));
        text.push('…');
    }
    text
}

/// A refused input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Invalid {
    /// A stable, machine-readable code in snake case, e.g. `invalid_name`, `unknown_tool`.
    pub code: &'static str,
    /// The path of the field in the request, e.g. `tools_to_create[0].base_url`.
    pub field: String,
    /// What is wrong, one sentence without the field's name in front.
    pub message: String,
    /// What to do next, one sentence.
    pub hint: String,
}

impl Invalid {
    /// Builds a refusal; `field` is the path of the field in the request.
    #[must_use]
    pub fn new(
        code: &'static str,
        field: impl Into<String>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { code, field: clip(field.into()), message: clip(message.into()), hint: hint.into() }
    }

    /// The same refusal, seen from the field that holds this one: `tools_to_create[0]` + `name`.
    #[must_use]
    pub fn under(mut self, parent: &str) -> Self {
        self.field = match (parent, self.field.as_str()) {
            (parent, "") => parent.to_owned(),
            (parent, field) if field.starts_with('[') => format!("{parent}{field}"),
            (parent, field) => format!("{parent}.{field}"),
        };
        self
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // "agent_name is required" names its field already.
        if self.message.starts_with(&self.field) {
            return f.write_str(&self.message);
        }
        write!(f, "{}: {}", self.field, self.message)
    }
}
