//! What detectors say about a source tree.

mod attributes;

pub use attributes::Attributes;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kinds of claims that the built-in plugins make and read. The set is open: another plugin may add its own.
pub mod kind {
    /// A framework id, e.g. `langgraph`; `none` for plain code.
    pub const FRAMEWORK: &str = "framework";
    /// A file that starts the agent; attribute `object` names the handler or graph in it.
    pub const ENTRY_POINT: &str = "entry_point";
    /// How the file of its evidence runs: `handler`, `script`, `asgi`, …; attributes `object`, and `arg` for each argument.
    pub const RUN_KIND: &str = "run_kind";
    /// The language of the project: `python`, `node`, ….
    pub const LANGUAGE: &str = "language";
    /// A requirement of the project as its package manager writes it (PEP 508); attribute `origin` is `declared` or `inferred`.
    pub const REQUIREMENT: &str = "requirement";
    /// A tool that the code calls; attributes `base_url`, `env`.
    pub const TOOL: &str = "tool";
    /// A model that the code names, or its provider; attributes `provider`, `role`, `variable`.
    pub const MODEL: &str = "model";
    /// A secret that stands in the source, by its type and never by its value; attributes `severity`, `description`.
    pub const SECRET: &str = "secret";
    /// A host that the code reaches.
    pub const DESTINATION: &str = "destination";
    /// A system prompt that stands in the source.
    pub const PROMPT: &str = "prompt";
    /// Something that the author should be told, a sentence.
    pub const NOTE: &str = "note";
    /// Something beside the framework: an MCP server, a web layer.
    pub const ALSO: &str = "also";
}

/// Where a claim comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// One of [`kind`], or a third party's own.
    pub kind: String,
    /// What is claimed.
    pub value: String,
    /// How sure the plugin is, 0.0 to 1.0.
    pub score: f32,
    /// More about it, by kind.
    #[serde(skip_serializing_if = "Attributes::is_empty", default)]
    #[schemars(with = "std::collections::BTreeMap<String, attributes::OneOrMore>")]
    pub attributes: Attributes,
    /// Why.
    pub evidence: Evidence,
}

impl Claim {
    /// The first value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)
    }

    /// About how many bytes it holds: its texts.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        let attributes: usize = self.attributes.iter().map(|(name, value)| name.len() + value.len()).sum();
        let Evidence { plugin, file, line: _, rule } = &self.evidence;
        let evidence = plugin.len() + file.as_ref().map_or(0, String::len) + rule.len();
        self.kind.len() + self.value.len() + attributes + evidence
    }
}

/// The claim of `kind` with the highest score; of equals the first made.
#[must_use]
pub fn best<'a>(claims: &'a [Claim], kind: &str) -> Option<&'a Claim> {
    best_of(claims.iter().filter(|claim| claim.kind == kind))
}

/// The claim with the highest score; of equals the first.
#[must_use]
pub fn best_of<'a>(claims: impl Iterator<Item = &'a Claim>) -> Option<&'a Claim> {
    claims.reduce(|best, next| if next.score > best.score { next } else { best })
}
