//! What detectors say about a source tree.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The kinds of claims that the built-in plugins make and read. The set is open: another plugin may add its own.
pub mod kind {
    /// A framework id, e.g. `langgraph`; `none` for plain code.
    pub const FRAMEWORK: &str = "framework";
    /// A file that starts the agent; attribute `object` names the handler or graph in it.
    pub const ENTRY_POINT: &str = "entry_point";
    /// How the entry point runs: `handler`, `script`, `asgi`, ….
    pub const RUN_KIND: &str = "run_kind";
    /// A requirement of the project as its package manager writes it (PEP 508); attribute `origin` is `declared` or `inferred`.
    pub const REQUIREMENT: &str = "requirement";
    /// A tool that the code calls; attributes `base_url`, `env`.
    pub const TOOL: &str = "tool";
    /// A model that the code names; attribute `provider`.
    pub const MODEL: &str = "model";
    /// A host that the code reaches.
    pub const DESTINATION: &str = "destination";
    /// Something beside the framework: an MCP server, a web layer.
    pub const ALSO: &str = "also";
}

/// Where a claim comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The plugin that made the claim, `name@version`; set by the host.
    pub plugin: String,
    /// The file that shows it, when there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<String>,
    /// The line in it, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
    /// The rule that fired, a short id of the plugin's own, e.g. `import`.
    pub rule: String,
}

/// One statement about the source, with its weight and its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// One of [`kind`], or a third party's own.
    pub kind: String,
    /// What is claimed.
    pub value: String,
    /// How sure the plugin is, 0.0 to 1.0.
    pub score: f32,
    /// More about it, by kind.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub attributes: BTreeMap<String, String>,
    /// Why.
    pub evidence: Evidence,
}

/// The claim of `kind` with the highest score; of equals the first made.
#[must_use]
pub fn best<'a>(claims: &'a [Claim], kind: &str) -> Option<&'a Claim> {
    claims
        .iter()
        .filter(|claim| claim.kind == kind)
        .reduce(|best, next| if next.score > best.score { next } else { best })
}
