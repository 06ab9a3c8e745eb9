//! What a strategy decides: how the agent is built and run. The host carries it out and chooses nothing.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The port an agent listens on unless its plan says otherwise (the runtime's own default).
pub const DEFAULT_PORT: u16 = 8080;
/// The path of the health check unless the plan says otherwise (the runtime's own).
pub const DEFAULT_HEALTH_PATH: &str = "/healthz";

/// A decided way to build and run an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// The wire's `execution_mode`, e.g. `FAST_OVERLAY`; third-party strategies name their own.
    pub execution_mode: String,
    /// The wire's `build_profile`, e.g. `fast_overlay`.
    pub build_profile: String,
    /// Why this way, one sentence for the agent's author.
    pub decision_reason: String,
    /// The builder that makes the image, by its name in the catalogue; `None` where nothing is built.
    pub builder: Option<String>,
    /// The runtime image to build on or run in, by its name in the catalogue; `None` for a prebuilt image.
    pub runtime: Option<String>,
    /// The framework, a kebab-case id; `none` for plain code.
    pub framework: Option<String>,
    /// The file that starts the agent.
    pub entry_point: Option<String>,
    /// How it runs: `handler`, `script`, ….
    pub run_kind: Option<String>,
    /// The object inside the entry point that answers, where one is claimed: `handler`, `graph`, ….
    pub run_object: Option<String>,
    /// The command to start; empty for the runtime image's own.
    pub command: Vec<String>,
    /// Environment that the plan adds; the request's `env` wins over it.
    pub env: BTreeMap<String, String>,
    /// The port the agent listens on.
    pub port: u16,
    /// The path of its health check.
    pub health_path: String,
    /// All requirements, as declared or inferred, in order.
    pub requirements: Vec<String>,
    /// Those of them that the chosen runtime image does not hold.
    pub missing: Vec<String>,
    /// Other ways, and why not.
    pub alternatives: Vec<Alternative>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            execution_mode: String::new(),
            build_profile: String::new(),
            decision_reason: String::new(),
            builder: None,
            runtime: None,
            framework: None,
            entry_point: None,
            run_kind: None,
            run_object: None,
            command: Vec::new(),
            env: BTreeMap::new(),
            port: DEFAULT_PORT,
            health_path: DEFAULT_HEALTH_PATH.to_owned(),
            requirements: Vec::new(),
            missing: Vec::new(),
            alternatives: Vec::new(),
        }
    }
}

impl Plan {
    /// The wire's `build_required`: whether an image must be made.
    #[must_use]
    pub fn build_required(&self) -> bool {
        self.builder.is_some()
    }
}

/// A way that the strategy looked at and rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alternative {
    /// Its `execution_mode`.
    pub execution_mode: String,
    /// Why it was rejected.
    pub reason: String,
}
