//! A decision: what the plugins said about one request, kept so that it can be explained and replayed.

use crate::claim::Claim;
use crate::plan::Plan;
use crate::tool::ToolPlan;
use serde::{Deserialize, Serialize};

/// A whole decision: claims, plan, tools, and who made them from what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Its id, `dec-` + hex.
    pub id: String,
    /// [`crate::request::DeployRequest::digest`].
    pub request_digest: String,
    /// [`crate::source::SourceTree::digest`]; `None` for an image.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source_digest: Option<String>,
    /// The plugins that took part, in the order of the calls.
    pub plugins: Vec<PluginUse>,
    /// Everything that was claimed.
    pub claims: Vec<Claim>,
    /// What the strategy decided.
    pub plan: Plan,
    /// What the tool provider decided.
    pub tools: ToolPlan,
    /// What the author should know, though the deploy went through.
    pub warnings: Vec<String>,
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
    /// The time of the call, in microseconds; queueing is not in it.
    pub micros: u64,
}
