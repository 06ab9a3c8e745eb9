//! Tools: what the agent is given, and what it calls.
//!
//! Invariants: one claim a name, the strongest evidence first; a function of the agent's own code has no `base_url`.

use std::collections::HashMap;
use windlass_findings::At;
use windlass_findings::tools::{self, How, Tool};
use windlass_outline::toolname;
use windlass_outline::urls::HttpUrl;
use windlass_plugin_sdk::Claims;

/// The tools of a project, each name once.
#[derive(Debug, Default)]
pub struct Tools {
    found: Vec<Tool>,
    names: HashMap<String, usize>,
}

impl Tools {
    /// Adds a tool, or what is new about a known one.
    pub fn add(&mut self, name: &str, how: How, at: At<'_>) -> &mut Tool {
        let score = how.score() * at.weight;
        let fresh = || Tool::new(name, how, at);
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
    pub fn claim(self, claims: &mut Claims) {
        tools::claim(self.found, claims);
    }
}
