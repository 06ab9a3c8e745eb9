//! A deploy as asked for, checked and hydrated: nothing in here can be refused for its form any more.

use crate::name::{AgentName, EnvName, ImageReference, ResourceName, WorkspaceName};
use crate::source::{self, SourcePath, SourceTree};
use crate::tool::ToolDefinition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// An image that exists already.
    Image(ImageReference),
    /// Files to decide about and build from.
    Files(Arc<SourceTree>),
}

/// A validated `POST /api/deploy`.
#[derive(Debug, Clone, PartialEq)]
pub struct DeployRequest {
    /// The workspace it lands in.
    pub workspace: WorkspaceName,
    /// The agent's name.
    pub agent: AgentName,
    /// What is deployed.
    pub source: Source,
    /// Everything else.
    pub settings: AgentSettings,
    /// `requirements`: requirements text for the build, in the form of requirements.txt.
    pub requirements: Option<String>,
    /// `entry_point`: the file that starts the agent; exists in the source.
    pub entry_point: Option<SourcePath>,
    /// `framework`: the author's hint; wins over detection.
    pub framework: Option<String>,
    /// `tools_to_create`.
    pub tools_to_create: Vec<ToolDefinition>,
    /// `tool_url_mappings`: detected URL to tool name.
    pub tool_url_mappings: BTreeMap<String, ResourceName>,
}

/// The settings of an agent that no build depends on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentSettings {
    /// `system_prompt`.
    pub system_prompt: Option<String>,
    /// `required_tools`.
    pub required_tools: Vec<ResourceName>,
    /// `llm_configs`.
    pub llm_configs: Vec<LlmConfig>,
    /// `env`, in the order given, names unique.
    pub env: Vec<EnvVar>,
    /// `identity_provider`.
    pub identity_provider: Option<ResourceName>,
    /// `policies`.
    pub policies: Vec<ResourceName>,
}

/// One role-based model config. An open object in the contract; what nothing here reads is kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LlmConfig {
    /// The provider, e.g. `openai`; may name a registered model provider.
    pub provider: String,
    /// The model, e.g. `gpt-4o-mini`.
    pub model: String,
    /// `default`, `chat`, `embedding`, `classify` or `reranking`; empty means `default`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// `model_provider`, `monthly_budget_usd` and whatever else came.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl LlmConfig {
    /// The role; one that is not said is `default`.
    #[must_use]
    pub fn role_or_default(&self) -> &str {
        if self.role.is_empty() { "default" } else { &self.role }
    }

    /// `model_provider`: the registered model provider that is named.
    #[must_use]
    pub fn model_provider(&self) -> Option<&str> {
        self.other.get("model_provider").and_then(Value::as_str)
    }
}

/// One environment variable of the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "NameValuePair")]
pub struct EnvVar {
    /// Its name.
    pub name: EnvName,
    /// Its value.
    pub value: String,
}

impl DeployRequest {
    /// A request that asks for nothing beside its source.
    #[must_use]
    pub fn plain(workspace: WorkspaceName, agent: AgentName, source: Source) -> Self {
        Self {
            workspace,
            agent,
            source,
            settings: AgentSettings::default(),
            requirements: None,
            entry_point: None,
            framework: None,
            tools_to_create: Vec::new(),
            tool_url_mappings: BTreeMap::new(),
        }
    }

    /// The source tree, where files are deployed.
    #[must_use]
    pub fn files(&self) -> Option<&Arc<SourceTree>> {
        match &self.source {
            Source::Files(tree) => Some(tree),
            Source::Image(_) => None,
        }
    }

    /// The image, where one is deployed.
    #[must_use]
    pub fn image(&self) -> Option<&ImageReference> {
        match &self.source {
            Source::Image(image) => Some(image),
            Source::Files(_) => None,
        }
    }

    /// What makes two requests look the same to a detector, sources apart: SHA-256 over every field that a guest can read;
    /// `sha256:` + hex.
    #[must_use]
    pub fn digest_for_guests(&self) -> String {
        let visible = (
            (&self.workspace, &self.agent, self.image().map(ToString::to_string)),
            (&self.requirements, &self.entry_point, &self.framework),
            (&self.settings.required_tools, &self.tools_to_create, &self.tool_url_mappings),
        );
        source::sha256(&serde_json::to_vec(&visible).unwrap_or_default())
    }

    /// What makes two requests the same one: SHA-256 over every field, sources by their digest; `sha256:` + hex.
    #[must_use]
    pub fn digest(&self) -> String {
        let source = match &self.source {
            Source::Image(image) => image.to_string(),
            Source::Files(tree) => tree.digest(),
        };
        let whole = (
            (&self.workspace, &self.agent, source, &self.settings),
            (&self.requirements, &self.entry_point, &self.framework),
            (&self.tools_to_create, &self.tool_url_mappings),
        );
        // A struct of strings, lists and string-keyed maps always serialises.
        source::sha256(&serde_json::to_vec(&whole).unwrap_or_default())
    }
}
