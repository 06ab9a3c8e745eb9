//! `GET` and `PUT /agents/{name}/config`.

use super::llm::{Llm, LlmBody, models};
use super::usage::UsageShown;
use crate::deploy::SettingsAsk;
use crate::deploy::validate::{MAX_ENTRIES, MAX_SYSTEM_PROMPT};
use crate::edge;
use crate::spend::ModelUsage;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_domain::agent::RevisionSpec;
use windlass_domain::{AgentRef, ResourceName};
use windlass_store::{Usage, UsageOf};

/// The configuration of an agent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AgentConfig {
    agent_name: String,
    namespace: String,
    image: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    runtime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_prompt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_provider: Option<ResourceName>,
    llm_configs: Vec<Llm>,
    model_usage: Vec<UsageShown>,
    required_tools: Vec<ResourceName>,
    policies: Vec<ResourceName>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

impl AgentConfig {
    /// Shows the settings of a revision. `image` is required by the contract: empty where the source is mounted.
    #[must_use]
    pub fn new(
        agent: &AgentRef,
        spec: RevisionSpec,
        image: Option<String>,
        sums: &[(UsageOf, Usage)],
        warnings: Vec<String>,
    ) -> Self {
        let (settings, now) = (spec.settings, edge::now());
        let usage = ModelUsage::of_agent(settings.llm_configs.clone(), sums).into_iter();
        let model_usage = usage.map(|usage| UsageShown::new(usage, now)).collect();
        Self {
            agent_name: agent.name.to_string(),
            namespace: agent.workspace.to_string(),
            image: image.unwrap_or_default(),
            runtime: spec.plan.runtime,
            system_prompt: settings.system_prompt,
            identity_provider: settings.identity_provider,
            llm_configs: settings.llm_configs.into_iter().map(Llm::from).collect(),
            model_usage,
            required_tools: settings.required_tools,
            policies: settings.policies,
            warnings,
        }
    }
}

/// What to change; what is absent or `null` stays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "AgentConfigUpdateRequest")]
pub struct ConfigBody {
    #[schemars(length(max = MAX_SYSTEM_PROMPT))]
    system_prompt: Option<String>,
    #[schemars(with = "Option<ResourceName>")]
    identity_provider: Option<String>,
    #[schemars(length(max = MAX_ENTRIES))]
    llm_configs: Option<Vec<LlmBody>>,
    #[schemars(with = "Option<Vec<ResourceName>>", length(max = MAX_ENTRIES))]
    required_tools: Option<Vec<String>>,
    #[schemars(with = "Option<Vec<ResourceName>>", length(max = MAX_ENTRIES))]
    policies: Option<Vec<String>>,
}

impl ConfigBody {
    /// What is asked for, and a warning for each credential that was left out.
    #[must_use]
    pub fn into_ask(self) -> (SettingsAsk, Vec<String>) {
        let Self { system_prompt, identity_provider, llm_configs, required_tools, policies } = self;
        let (llm_configs, warnings) = models(llm_configs);
        (SettingsAsk { system_prompt, identity_provider, llm_configs, required_tools, policies }, warnings)
    }
}
