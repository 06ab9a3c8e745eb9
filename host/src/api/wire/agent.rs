//! Agents and their revisions.

use super::llm::Llm;
use super::{Decision, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_domain::agent::{self, Phase, Revision};
use windlass_domain::decision;
use windlass_domain::request::{EnvVar, LlmConfig};
use windlass_runtime::AgentState;

/// An agent, as the contract has it. Beside it stand what the SDK reads (`metadata`, `created_at`), and what the tables of
/// the command lines read at the top (`image`, `required_tools`, `llm_config`).
#[derive(Debug, Serialize, JsonSchema)]
pub struct Agent {
    name: String,
    namespace: String,
    spec: Spec,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    required_tools: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    llm_config: Option<Llm>,
    revision: u32,
    execution_mode: String,
    decision_id: String,
    created_at: Time,
    metadata: Metadata,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AgentSpec")]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_prompt: Option<String>,
    required_tools: Vec<ToolRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    llm_config: Option<Llm>,
    env: Vec<EnvVar>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AgentToolRef")]
struct ToolRef {
    name: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AgentStatus")]
struct Status {
    #[schemars(with = "Phase")]
    phase: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    serving_revision: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AgentMetadata")]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: String,
    namespace: String,
    creation_timestamp: Time,
}

impl Agent {
    /// Shows an agent with its image and what the runtime says of it.
    #[must_use]
    pub fn new(agent: agent::Agent, image: Option<String>, state: Option<AgentState>) -> Self {
        let (name, namespace) = (agent.id.name.to_string(), agent.id.workspace.to_string());
        let Revision { number, spec, decision_id, .. } = agent.current;
        let required_tools: Vec<String> = spec.tools.into_iter().map(String::from).collect();
        let llm_config = main_model(spec.settings.llm_configs).map(Llm::from);
        Self {
            spec: Spec {
                image: image.clone(),
                system_prompt: spec.settings.system_prompt,
                required_tools: required_tools.iter().cloned().map(|name| ToolRef { name }).collect(),
                llm_config: llm_config.clone(),
                env: spec.settings.env,
            },
            status: Status::new(state),
            image,
            required_tools,
            llm_config,
            revision: number,
            execution_mode: spec.plan.execution_mode,
            decision_id,
            created_at: Time(agent.created_at),
            metadata: Metadata {
                name: name.clone(),
                namespace: namespace.clone(),
                creation_timestamp: Time(agent.created_at),
            },
            name,
            namespace,
        }
    }
}

impl Status {
    fn new(state: Option<AgentState>) -> Self {
        match state {
            Some(state) => {
                Self { phase: state.phase.as_str(), message: state.message, serving_revision: state.revision_serving }
            }
            None => {
                Self { phase: Phase::Pending.as_str(), message: "not started yet".to_owned(), serving_revision: None }
            }
        }
    }
}

/// The model of the role `default`, else the first.
fn main_model(mut models: Vec<LlmConfig>) -> Option<LlmConfig> {
    let main = models.iter().position(|model| matches!(model.role.as_str(), "" | "default")).unwrap_or(0);
    (main < models.len()).then(|| models.swap_remove(main))
}

/// One revision in a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Revision")]
pub struct RevisionLine {
    revision: u32,
    current: bool,
    created_at: Time,
    execution_mode: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_digest: Option<String>,
    decision_id: String,
    decision_reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    build_id: Option<String>,
}

impl RevisionLine {
    /// Shows a revision with its image; `current` is the number of the agent's current one.
    #[must_use]
    pub fn new(revision: Revision, image: Option<String>, current: u32) -> Self {
        let spec = revision.spec;
        Self {
            revision: revision.number,
            current: revision.number == current,
            created_at: Time(revision.created_at),
            execution_mode: spec.plan.execution_mode,
            image,
            image_digest: spec.image_digest,
            decision_id: revision.decision_id,
            decision_reason: spec.plan.decision_reason,
            build_id: revision.build_id,
        }
    }
}

/// One revision with the decision behind it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RevisionWithDecision")]
pub struct RevisionShown {
    #[serde(flatten)]
    line: RevisionLine,
    /// Decisions outlive everything; only a damaged store has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<Decision>,
}

impl RevisionShown {
    /// Shows it.
    #[must_use]
    pub fn new(line: RevisionLine, decision: Option<decision::Decision>) -> Self {
        Self { line, decision: decision.map(Decision::from) }
    }
}

/// `POST …/rollback`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "RollbackRequest")]
pub struct Rollback {
    /// The number of the revision to go back to.
    #[schemars(with = "u32", range(min = 1))]
    pub revision: Option<u32>,
}
