//! A change of an agent's settings, checked as a deploy's settings are.

use super::{MAX_SYSTEM_PROMPT, agent_settings, identity_provider, known, llm_configs, names, text};
use crate::deploy::ask::SettingsAsk;
use crate::deploy::error::DeployError;
use std::collections::BTreeMap;
use windlass_domain::request::{AgentSettings, LlmConfig};
use windlass_domain::{ResourceName, WorkspaceName};
use windlass_store::Store;

/// What changes; `None` stays as it is.
#[derive(Debug, Default)]
pub struct Amendment {
    system_prompt: Option<Option<String>>,
    identity_provider: Option<Option<ResourceName>>,
    llm_configs: Option<Vec<LlmConfig>>,
    required_tools: Option<Vec<ResourceName>>,
    policies: Option<Vec<ResourceName>>,
}

/// Checks a change against what is registered. An empty text takes the setting away.
pub fn amendment(
    store: &Store,
    workspace: &WorkspaceName,
    ask: SettingsAsk,
    warnings: &mut Vec<String>,
) -> Result<Amendment, DeployError> {
    let system_prompt = ask.system_prompt.map(|prompt| text("system_prompt", Some(prompt), MAX_SYSTEM_PROMPT));
    let amendment = Amendment {
        system_prompt: system_prompt.transpose()?,
        identity_provider: ask.identity_provider.map(|name| identity_provider(Some(&name))).transpose()?,
        llm_configs: ask.llm_configs.map(llm_configs).transpose()?,
        required_tools: ask.required_tools.map(|list| names("required_tools", Some(list))).transpose()?,
        policies: ask.policies.map(|list| names("policies", Some(list))).transpose()?,
    };
    // Only what is named is checked: a tool that went since the deploy is not this request's fault.
    let named = amendment.apply(AgentSettings::default());
    known::tools(store, workspace, &[], &named.required_tools, &BTreeMap::new())?;
    agent_settings(store, workspace, &named, warnings)?;
    Ok(amendment)
}

impl Amendment {
    /// The settings with the change.
    #[must_use]
    pub fn apply(&self, settings: AgentSettings) -> AgentSettings {
        let Self { system_prompt, identity_provider, llm_configs, required_tools, policies } = self;
        AgentSettings {
            system_prompt: system_prompt.clone().unwrap_or(settings.system_prompt),
            identity_provider: identity_provider.clone().unwrap_or(settings.identity_provider),
            llm_configs: llm_configs.clone().unwrap_or(settings.llm_configs),
            required_tools: required_tools.clone().unwrap_or(settings.required_tools),
            policies: policies.clone().unwrap_or(settings.policies),
            env: settings.env,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_stays_and_what_is_empty_goes() {
        let name = |text| ResourceName::parse("n", text).expect("a name");
        let settings = AgentSettings {
            system_prompt: Some("old".into()),
            policies: vec![name("p")],
            required_tools: vec![name("t")],
            ..AgentSettings::default()
        };
        assert_eq!(Amendment::default().apply(settings.clone()), settings);
        let change = Amendment { system_prompt: Some(None), policies: Some(Vec::new()), ..Amendment::default() };
        let changed = change.apply(settings);
        assert_eq!(
            (changed.system_prompt, changed.policies, changed.required_tools),
            (None, Vec::new(), vec![name("t")])
        );
    }
}
