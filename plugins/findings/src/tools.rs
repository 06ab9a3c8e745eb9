//! Tools: what the agent is given, and what it calls.
//!
//! Invariant: a function of the agent's own code has no `base_url`.

use crate::At;
use windlass_plugin_sdk::Claims;

/// The most tools that are claimed.
const MOST: usize = 100;

/// How a tool was seen; the word is the claim's attribute `how`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A function marked as one.
    Decorator,
    /// An item of the agent's list of tools, or a function made into one.
    List,
    /// A call by name.
    Call,
    /// A `TOOL_URL_X` variable.
    Env,
    /// The URL of an MCP server.
    Mcp,
    /// Any other URL.
    Url,
}

impl How {
    const fn word(self) -> &'static str {
        match self {
            Self::Decorator => "decorator",
            Self::List => "list",
            Self::Call => "call",
            Self::Env => "env",
            Self::Mcp => "mcp",
            Self::Url => "url",
        }
    }

    /// How sure it makes a tool whose file counts full.
    #[must_use]
    pub const fn score(self) -> f32 {
        match self {
            Self::Env => 0.95,
            Self::Decorator | Self::Mcp => 0.9,
            Self::Call => 0.85,
            Self::List | Self::Url => 0.8,
        }
    }

    /// True for what is part of the agent's own code.
    #[must_use]
    pub const fn is_local(self) -> bool {
        matches!(self, Self::Decorator | Self::List)
    }
}

/// One tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// How it was seen.
    pub how: How,
    /// How sure it is.
    pub score: f32,
    /// The file that shows it.
    pub file: String,
    /// The line in it.
    pub line: u32,
    /// Where it is called.
    pub base_url: Option<String>,
    /// The variable that carries its address.
    pub env: Option<String>,
}

impl Tool {
    /// A tool as it was seen first.
    #[must_use]
    pub fn new(name: &str, how: How, at: At<'_>) -> Self {
        let score = how.score() * at.weight;
        let (name, file) = (name.to_owned(), at.file.to_owned());
        Self { name, how, score, file, line: at.line, base_url: None, env: None }
    }
}

/// Claims every tool, the surest first.
pub fn claim(mut found: Vec<Tool>, claims: &mut Claims) {
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    for tool in found.into_iter().take(MOST) {
        let rule = if tool.how == How::Env { "tool-url-variable" } else { tool.how.word() };
        let mut draft = claims.tool(tool.name, tool.score).at(tool.file, tool.line).rule(rule);
        draft = draft.attribute("how", tool.how.word());
        if let Some(env) = tool.env {
            draft = draft.attribute("env", env);
        }
        if let Some(url) = tool.base_url {
            draft.attribute("base_url", url);
        }
    }
}

/// True for what a tool can be called.
#[must_use]
pub fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_claimed_with_how_it_was_seen_and_the_surest_first() {
        let at = At { file: "a.py", line: 1, weight: 0.5 };
        let address = Tool { env: Some("TOOL_URL_X".to_owned()), ..Tool::new("x", How::Env, at) };
        let mut claims = Claims::default();
        claim(vec![Tool::new("y", How::List, at), address], &mut claims);
        let seen: Vec<_> = claims.as_slice().iter().map(|claim| (&*claim.value, &*claim.rule, claim.score)).collect();
        assert_eq!(seen, [("x", "tool-url-variable", 0.475), ("y", "list", 0.4)]);
        assert_eq!(claims.as_slice()[0].attribute("env"), Some("TOOL_URL_X"));
    }

    #[test]
    fn a_name_is_short_and_plain() {
        assert!(is_name("get_weather") && is_name(&"x".repeat(64)));
        assert!(!is_name("") && !is_name("1st") && !is_name("two words") && !is_name(&"x".repeat(65)));
    }
}
