//! Tools: what is registered, and what a tool provider adds.

pub use crate::bindings::tool_provider::windlass::plugin::tools::{Capability, Tool};

/// The tools of the workspace before this deploy.
pub trait Registry {
    /// Every tool, in order of name.
    fn all(&self) -> Vec<Tool>;
    /// One tool.
    fn get(&self, name: &str) -> Option<Tool>;
    /// The capabilities of one tool; none of an unknown one, and of one that takes any call.
    fn capabilities(&self, name: &str) -> Vec<Capability>;
}

impl Registry for Vec<Tool> {
    fn all(&self) -> Vec<Tool> {
        self.clone()
    }

    fn get(&self, name: &str) -> Option<Tool> {
        self.iter().find(|tool| tool.name == name).cloned()
    }

    fn capabilities(&self, _: &str) -> Vec<Capability> {
        Vec::new()
    }
}

/// The tools of this deploy. Each list is told to the host in its order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tools {
    /// Tools to create, or to change.
    pub create: Vec<Tool>,
    /// The capabilities of tools in `create`, by name; a tool that is not in here keeps those it has.
    pub capabilities: Vec<(String, Vec<Capability>)>,
    /// The names of the tools that the agent gets.
    pub require: Vec<String>,
    /// URLs that the code calls, and the tool that stands for each.
    pub rewrite: Vec<(String, String)>,
    /// What the author should know, though the deploy does not fail for it.
    pub warnings: Vec<String>,
}

impl Tools {
    /// Requires a tool once.
    pub fn require(&mut self, name: &str) {
        if !self.require.iter().any(|known| known == name) {
            self.require.push(name.to_owned());
        }
    }

    /// Sends `url` to the tool `name`; the first word for a URL stands.
    pub fn rewrite(&mut self, url: &str, name: &str) {
        if !self.rewrite.iter().any(|(known, _)| known == url) {
            self.rewrite.push((url.to_owned(), name.to_owned()));
        }
    }

    /// Tells the author something, once.
    pub fn warn(&mut self, message: impl Into<String>) {
        let message = message.into();
        if !self.warnings.contains(&message) {
            self.warnings.push(message);
        }
    }
}
