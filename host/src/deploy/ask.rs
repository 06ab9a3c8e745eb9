//! A deploy as it came in: nothing in here is checked yet.

use std::collections::BTreeMap;
use windlass_domain::WorkspaceName;
use windlass_domain::request::LlmConfig;

/// Who asks, and where: decided by the key and the address, not by the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The workspace that is acted in.
    pub workspace: WorkspaceName,
    /// The id of the key: the owner of drafts, and the `who` of the audit.
    pub key_id: String,
}

/// The fields of the brief's deploy request, as they came. Absent, `null` and, for texts, empty are the same.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeployAsk {
    /// `agent_name`
    pub agent_name: Option<String>,
    /// `image`
    pub image: Option<String>,
    /// `source_files`
    pub source_files: Option<BTreeMap<String, String>>,
    /// `artifact_id`
    pub artifact_id: Option<String>,
    /// `draft_id`
    pub draft_id: Option<String>,
    /// `system_prompt`
    pub system_prompt: Option<String>,
    /// `required_tools`
    pub required_tools: Option<Vec<String>>,
    /// `tool_url_mappings`
    pub tool_url_mappings: Option<BTreeMap<String, String>>,
    /// `tools_to_create`
    pub tools_to_create: Option<Vec<ToolAsk>>,
    /// `llm_configs`
    pub llm_configs: Option<Vec<LlmConfig>>,
    /// `env`
    pub env: Option<Vec<EnvAsk>>,
    /// `requirements`
    pub requirements: Option<String>,
    /// `entry_point`
    pub entry_point: Option<String>,
    /// `framework`
    pub framework: Option<String>,
    /// `identity_provider`
    pub identity_provider: Option<String>,
    /// `policies`
    pub policies: Option<Vec<String>>,
    /// `decision_id`: of a preview, to be applied as it is.
    pub decision_id: Option<String>,
}

/// A tool of `tools_to_create`, and of the flat `POST /tools`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolAsk {
    /// `name`
    pub name: Option<String>,
    /// `base_url`
    pub base_url: Option<String>,
    /// `description`
    pub description: Option<String>,
    /// `auth_type`
    pub auth_type: Option<String>,
    /// `port`
    pub port: Option<i64>,
    /// `scheme`
    pub scheme: Option<String>,
}

/// One variable of `env`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvAsk {
    /// `name`
    pub name: Option<String>,
    /// `value`; absent is the empty value.
    pub value: Option<String>,
}

/// A change of an agent's settings, as it came: what is absent stays, what is empty goes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SettingsAsk {
    /// `system_prompt`
    pub system_prompt: Option<String>,
    /// `identity_provider`
    pub identity_provider: Option<String>,
    /// `llm_configs`
    pub llm_configs: Option<Vec<LlmConfig>>,
    /// `required_tools`
    pub required_tools: Option<Vec<String>>,
    /// `policies`
    pub policies: Option<Vec<String>>,
}
