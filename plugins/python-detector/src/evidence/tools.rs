//! Tools: what the agent is given, and what it calls.
//!
//! Invariants: one claim a name, the strongest evidence first; a function of the agent's own code has no `base_url`.

use std::collections::HashMap;
use windlass_outline::toolname;
use windlass_outline::urls::HttpUrl;
use windlass_plugin_sdk::Claims;

/// The most tools that are claimed.
const MOST: usize = 100;

/// How a tool was seen; the word is the claim's attribute `how`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A function marked as one.
    Decorator,
    /// An item of the agent's list of tools.
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
    fn word(self) -> &'static str {
        match self {
            Self::Decorator => "decorator",
            Self::List => "list",
            Self::Call => "call",
            Self::Env => "env",
            Self::Mcp => "mcp",
            Self::Url => "url",
        }
    }

    fn score(self) -> f32 {
        match self {
            Self::Env => 0.95,
            Self::Decorator | Self::Mcp => 0.9,
            Self::Call => 0.85,
            Self::List | Self::Url => 0.8,
        }
    }

    /// True for what is part of the agent's own code.
    fn is_local(self) -> bool {
        matches!(self, Self::Decorator | Self::List)
    }
}

/// One tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    pub name: String,
    pub how: How,
    pub score: f32,
    pub file: String,
    pub line: u32,
    pub base_url: Option<String>,
    pub env: Option<String>,
}

/// The tools of a project, each name once.
#[derive(Debug, Default)]
pub struct Tools {
    found: Vec<Tool>,
    names: HashMap<String, usize>,
}

/// Where something was seen.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    pub file: &'a str,
    pub line: u32,
    /// How much its file counts.
    pub weight: f32,
}

impl Tools {
    /// Adds a tool, or what is new about a known one.
    pub fn add(&mut self, name: &str, how: How, at: At<'_>) -> &mut Tool {
        let score = how.score() * at.weight;
        let fresh = || Tool {
            name: name.to_owned(),
            how,
            score,
            file: at.file.to_owned(),
            line: at.line,
            base_url: None,
            env: None,
        };
        let index = *self.names.entry(name.to_owned()).or_insert(self.found.len());
        if index == self.found.len() {
            self.found.push(fresh());
        } else if let Some(known) = self.found.get_mut(index) {
            // What must be reached is what the author must know of; else the stronger sight stands.
            let is_nearer = known.how.is_local() && !how.is_local();
            if is_nearer || known.how.is_local() == how.is_local() && score > known.score {
                *known = Tool { base_url: known.base_url.take(), env: known.env.take(), ..fresh() };
            }
        }
        &mut self.found[index]
    }

    /// True when an MCP server at that address has a name already.
    pub fn has_mcp(&self, base: &str) -> bool {
        self.found.iter().any(|tool| tool.how == How::Mcp && tool.base_url.as_deref() == Some(base))
    }

    /// A URL that may be called.
    pub fn url(&mut self, url: &HttpUrl<'_>, certainty: f32, at: At<'_>) {
        let mut name = toolname::of_host(url.host);
        // Another port of the same host is another tool.
        let is_other =
            |tool: &Tool| tool.how == How::Url && tool.base_url.as_deref().is_some_and(|base| base != url.base);
        let port = url.base.rsplit_once(':').filter(|(scheme, _)| scheme.contains("://")).map(|(_, port)| port);
        if let Some(port) = port.filter(|_| self.names.get(&name).is_some_and(|index| is_other(&self.found[*index]))) {
            name = format!("{name}-{port}");
        }
        let at = At { weight: at.weight * certainty, ..at };
        let tool = self.add(&name, How::Url, at);
        if tool.how == How::Url && tool.base_url.is_none() {
            tool.base_url = Some(url.base.to_owned());
        }
    }

    /// Claims every tool, the strongest first.
    pub fn claim(mut self, claims: &mut Claims) {
        self.found.sort_by(|a, b| b.score.total_cmp(&a.score));
        for tool in self.found.into_iter().take(MOST) {
            let rule = match tool.how {
                How::Env => "tool-url-variable",
                how => how.word(),
            };
            let draft = claims.tool(tool.name, tool.score).at(tool.file, tool.line).rule(rule);
            let draft = draft.attribute("how", tool.how.word());
            let draft = match tool.env {
                Some(env) => draft.attribute("env", env),
                None => draft,
            };
            if let Some(url) = tool.base_url {
                draft.attribute("base_url", url);
            }
        }
    }
}
