//! A change of an agent's settings, checked as a deploy's settings are.

use super::{MAX_SYSTEM_PROMPT, agent_settings, identity_provider, known, llm_configs, names, text};
use crate::deploy::ask::SettingsAsk;
use crate::deploy::error::DeployError;
use std::collections::BTreeMap;
use windlass_domain::request::{AgentSettings, LlmConfig};
use windlass_domain::{Invalid, ResourceName, WorkspaceName};
use windlass_store::Store;

/// What changes.
#[derive(Debug, Default)]
pub struct Amendment {
    system_prompt: Change<Option<String>>,
    identity_provider: Change<Option<ResourceName>>,
    llm_configs: Change<Vec<LlmConfig>>,
    required_tools: Change<Vec<ResourceName>>,
    policies: Change<Vec<ResourceName>>,
}

/// What becomes of one setting.
#[derive(Debug, Default)]
enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It becomes this.
    To(T),
}

impl<T: Clone> Change<T> {
    /// Checks what was asked for; nothing asked for is no change.
    fn parse<A>(asked: Option<A>, check: impl FnOnce(A) -> Result<T, Invalid>) -> Result<Self, Invalid> {
        asked.map_or(Ok(Self::Keep), |asked| check(asked).map(Self::To))
    }

    fn apply(&self, setting: T) -> T {
        match self {
            Self::Keep => setting,
            Self::To(value) => value.clone(),
        }
    }
}

/// Checks a change against what is registered. An empty text takes the setting away.
pub fn amendment(
    store: &Store,
    workspace: &WorkspaceName,
    ask: SettingsAsk,
    warnings: &mut Vec<String>,
) -> Result<Amendment, DeployError> {
    let amendment = Amendment {
        system_prompt: Change::parse(ask.system_prompt, |prompt| {
            text("system_prompt", Some(prompt), MAX_SYSTEM_PROMPT)
        })?,
        identity_provider: Change::parse(ask.identity_provider, |name| identity_provider(Some(&name)))?,
        llm_configs: Change::parse(ask.llm_configs, llm_configs)?,
        required_tools: Change::parse(ask.required_tools, |list| names("required_tools", Some(list)))?,
        policies: Change::parse(ask.policies, |list| names("policies", Some(list)))?,
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
            system_prompt: system_prompt.apply(settings.system_prompt),
            identity_provider: identity_provider.apply(settings.identity_provider),
            llm_configs: llm_configs.apply(settings.llm_configs),
            required_tools: required_tools.apply(settings.required_tools),
            policies: policies.apply(settings.policies),
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
        let change =
            Amendment { system_prompt: Change::To(None), policies: Change::To(Vec::new()), ..Amendment::default() };
        let changed = change.apply(settings);
        assert_eq!(
            (changed.system_prompt, changed.policies, changed.required_tools),
            (None, Vec::new(), vec![name("t")])
        );
    }
}
