//! Agents and their revisions: what was recorded, and what runs.

use crate::plan::Plan;
use crate::request::AgentSettings;
use crate::tool::Tool;
use crate::{AgentRef, ResourceName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Milliseconds since the Unix epoch, UTC.
pub type UnixMillis = i64;

/// What one revision of an agent is. Immutable once recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RevisionSpec {
    /// The image: the one given, or the one built; `None` where the source is mounted.
    #[serde(default)]
    pub image: Option<String>,
    /// The digest of the built image's manifest, `sha256:` + hex.
    #[serde(default)]
    pub image_digest: Option<String>,
    /// The source, by [`crate::source::SourceTree::digest`].
    #[serde(default)]
    pub source_digest: Option<String>,
    /// The decided plan.
    pub plan: Plan,
    /// The settings.
    pub settings: AgentSettings,
    /// The names of its tools: those required and those that the tool provider added.
    pub tools: Vec<ResourceName>,
    /// Detected URL to tool name.
    pub rewrites: BTreeMap<String, ResourceName>,
}

/// A recorded revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// Counted from 1 within the agent.
    pub number: u32,
    /// What it is.
    pub spec: RevisionSpec,
    /// The digest of the request that made it.
    pub request_digest: String,
    /// The decision behind it.
    pub decision_id: String,
    /// The build that made its image.
    pub build_id: Option<String>,
    /// When it was recorded.
    pub created_at: UnixMillis,
}

/// An agent: its name and the revision that shall serve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    /// Workspace and name.
    pub id: AgentRef,
    /// The revision that shall serve.
    pub current: Revision,
    /// When the agent was first deployed.
    pub created_at: UnixMillis,
}

/// The contract's agent phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Phase {
    /// Not ready yet, or nothing here can start it.
    Pending,
    /// Serving.
    Running,
    /// It stopped, or never became ready.
    Failed,
}

impl Phase {
    /// The contract's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Failed => "Failed",
        }
    }
}

/// Everything the runtime needs to start one revision. Built from a [`Revision`] and the registered tools.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRequest {
    /// Which agent.
    pub agent: AgentRef,
    /// Which revision.
    pub revision: u32,
    /// When that was recorded: an agent that is deleted and deployed again counts its revisions from 1 again.
    pub recorded_at: UnixMillis,
    /// What it is.
    pub spec: RevisionSpec,
    /// The registered tools that it gets.
    pub tools: Vec<Tool>,
}
