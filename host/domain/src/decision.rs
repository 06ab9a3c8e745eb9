//! A decision: what the plugins said about one request, kept so that it can be explained and replayed.

mod agreement;
pub mod difference;
mod grounds;
mod inputs;

pub use agreement::{Agreement, Outcome};
pub use difference::Difference;
pub use grounds::{Candidate, Ground, Grounds, Question, Subject, grounds};
pub use inputs::Inputs;

use crate::claim::Claim;
use crate::plan::Plan;
use crate::source;
use crate::tool::ToolPlan;
use serde::{Deserialize, Serialize};

/// A whole decision: claims, plan, tools, and who made them from what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Its id, `dec-` + hex.
    pub id: String,
    /// [`plan_digest`] of its plan and tools; empty in decisions that are older than it.
    #[serde(default)]
    pub plan_digest: String,
    /// [`crate::request::DeployRequest::digest`].
    pub request_digest: String,
    /// [`crate::source::SourceTree::digest`]; `None` for an image.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source_digest: Option<String>,
    /// The plugins that took part, in the order of the calls.
    pub plugins: Vec<PluginUse>,
    /// Everything that was claimed, in the order of the detectors, then as made.
    pub claims: Vec<Claim>,
    /// What the strategy decided.
    pub plan: Plan,
    /// What the tool provider decided.
    pub tools: ToolPlan,
    /// Why the plan says what it says about the source.
    #[serde(default)]
    pub evidence: Grounds,
    /// What the author should know, though the deploy went through.
    pub warnings: Vec<String>,
    /// From the first question to the last answer, in microseconds; queueing is not in it.
    #[serde(default)]
    pub micros: u64,
}

/// One plugin's part in a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginUse {
    /// The slot it was bound to: `strategy`, `tool-provider` or `detectors/NAME`.
    pub slot: String,
    /// `name@version`.
    pub plugin: String,
    /// The component's digest, `sha256:` + hex.
    pub digest: String,
    /// [`crate::binding::BindingTerms::digest`] of the terms it was bound on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
    /// Why it gave no answer. Who answered in its place follows with the same slot; where nobody does, it was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// The time of the call, in microseconds; queueing is not in it. Of an answer that was remembered: when it was made.
    pub micros: u64,
    /// Whether it was not asked, since its answer to the same question was remembered.
    #[serde(default)]
    pub remembered: bool,
}

impl PluginUse {
    /// Whether it was asked for claims.
    #[must_use]
    pub fn is_detector(&self) -> bool {
        self.slot.starts_with("detectors/")
    }

    /// What tells its answers from those of any other.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.digest, self.terms.as_deref())
    }
}

/// What tells the answers of a component on some terms from those of any other: two of the same answer alike.
#[must_use]
pub fn fingerprint(digest: &str, terms: Option<&str>) -> String {
    terms.map_or_else(|| digest.to_owned(), |terms| format!("{digest}+{terms}"))
}

/// What makes two plans the same one, whoever made them and when: SHA-256 over the canonical JSON (sorted keys, no
/// spaces) of plan and tools; `sha256:` + hex.
#[must_use]
pub fn plan_digest(plan: &Plan, tools: &ToolPlan) -> String {
    // Objects of `Value` are sorted by key. Structs of strings, lists and string-keyed maps always serialise.
    let canonical = serde_json::json!({"plan": plan, "tools": tools});
    source::sha256(canonical.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::{Tool, ToolSpec};
    use crate::{ResourceName, plan};

    #[test]
    fn the_digest_of_a_plan_tells_any_other_plan_or_tool_and_nothing_else() {
        let plan = || Plan { execution_mode: "A".into(), missing: vec!["x".into()], ..Plan::default() };
        let digest = plan_digest(&plan(), &ToolPlan::default());
        assert_eq!(digest, plan_digest(&plan(), &ToolPlan::default()));
        let changed = Plan { port: plan::DEFAULT_PORT + 1, ..plan() };
        assert_ne!(digest, plan_digest(&changed, &ToolPlan::default()));
        let name = ResourceName::parse("name", "t").expect("a name");
        let tools = ToolPlan { create: vec![Tool { name, spec: ToolSpec::default() }], ..ToolPlan::default() };
        assert_ne!(digest, plan_digest(&plan(), &tools));
    }

    #[test]
    fn the_json_behind_the_digest_has_sorted_keys() {
        let text = serde_json::json!({"b": 1, "a": {"d": 1, "c": 2}}).to_string();
        assert_eq!(text, r#"{"a":{"c":2,"d":1},"b":1}"#, "a feature of serde_json would change every digest");
    }
}
