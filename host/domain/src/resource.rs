//! What a workspace registers by name beside agents: tools, model providers, policies, identity providers, secrets.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The kinds of registered resources. They share one life cycle: list, get, upsert, delete, by name, with a JSON `spec`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ResourceKind {
    /// A tool.
    Tool,
    /// A model provider.
    ModelProvider,
    /// A policy.
    Policy,
    /// An identity provider.
    IdentityProvider,
    /// A secret for plugins.
    Secret,
}

impl ResourceKind {
    /// The words of error messages, as the contract's known texts use them: `tool "x" not found`.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::ModelProvider => "model provider",
            Self::Policy => "policy",
            Self::IdentityProvider => "identity provider",
            Self::Secret => "secret",
        }
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.noun())
    }
}

/// The name among `known` that is nearest to `name` (Jaro-Winkler at least 0.75), for "did you mean".
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(similarity, _)| *similarity >= 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
