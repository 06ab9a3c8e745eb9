//! Names that must stand for something in the workspace, and what a near miss is told.

use crate::deploy::DeployError;
use crate::gateway;
use std::collections::BTreeMap;
use windlass_domain::request::AgentSettings;
use windlass_domain::resource::{ResourceKind, nearest};
use windlass_domain::{Invalid, ResourceName, WorkspaceName};
use windlass_store::{Store, StoreError};

/// Tools that are required or mapped to must exist or be created by this request.
pub(super) fn tools(
    store: &Store,
    workspace: &WorkspaceName,
    created: &[&str],
    required: &[ResourceName],
    mappings: &BTreeMap<String, ResourceName>,
) -> Result<(), DeployError> {
    if required.is_empty() && mappings.is_empty() {
        return Ok(());
    }
    let registered = store.resource_names(workspace, ResourceKind::Tool)?;
    let known: Vec<&str> = registered.iter().map(ResourceName::as_str).chain(created.iter().copied()).collect();
    let hint = "register it with POST /api/tools, or give it in tools_to_create";
    for (index, name) in required.iter().enumerate() {
        must_be_known("tool", &format!("required_tools[{index}]"), name, &known, hint)?;
    }
    for (url, name) in mappings {
        must_be_known("tool", &format!("tool_url_mappings[\"{url}\"]"), name, &known, hint)?;
    }
    Ok(())
}

/// The names in an agent's settings that a deploy and a change of its configuration check alike: tools apart.
pub fn agent_settings(
    store: &Store,
    workspace: &WorkspaceName,
    settings: &AgentSettings,
    warnings: &mut Vec<String>,
) -> Result<(), DeployError> {
    if !settings.policies.is_empty() {
        let policies = store.resource_names(workspace, ResourceKind::Policy)?;
        let known: Vec<&str> = policies.iter().map(ResourceName::as_str).collect();
        for (index, name) in settings.policies.iter().enumerate() {
            let field = format!("policies[{index}]");
            must_be_known("policy", &field, name, &known, "create it with POST /api/policies")?;
        }
    }
    if let Some(name) = &settings.identity_provider {
        let providers = store.resource_names(workspace, ResourceKind::IdentityProvider)?;
        let known: Vec<&str> = providers.iter().map(ResourceName::as_str).collect();
        let hint = "create it with POST /api/identity-providers";
        must_be_known("identity provider", "identity_provider", name, &known, hint)?;
        warnings.extend(warning_of_audiences(store, workspace, name)?);
    }
    warn_of_models(store, workspace, settings, warnings)?;
    Ok(())
}

/// An issuer makes tokens for many applications.
fn warning_of_audiences(
    store: &Store,
    workspace: &WorkspaceName,
    name: &ResourceName,
) -> Result<Option<String>, StoreError> {
    let provider = store.resource(workspace, ResourceKind::IdentityProvider, name)?;
    let audiences =
        provider.as_ref().and_then(|provider| provider.spec.pointer("/identityProvider/audiences")?.as_array());
    let is_open = audiences.is_none_or(Vec::is_empty);
    Ok(is_open.then(|| {
        format!("the identity provider \"{name}\" names no audiences: tokens that its issuer made for other applications open the agent too")
    }))
}

/// Models are accepted whoever serves them; where nobody does, the author is told.
fn warn_of_models(
    store: &Store,
    workspace: &WorkspaceName,
    settings: &AgentSettings,
    warnings: &mut Vec<String>,
) -> Result<(), StoreError> {
    if settings.llm_configs.is_empty() {
        return Ok(());
    }
    let registered = store.resources(workspace, ResourceKind::ModelProvider)?;
    warnings.extend(settings.llm_configs.iter().filter_map(|config| gateway::warning(config, &registered)));
    Ok(())
}

fn must_be_known(noun: &str, field: &str, name: &ResourceName, known: &[&str], how: &str) -> Result<(), Invalid> {
    if known.contains(&name.as_str()) {
        return Ok(());
    }
    let hint = match nearest(name.as_str(), known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? else {how}"),
        None => how.to_owned(),
    };
    let code = match noun {
        "tool" => "unknown_tool",
        "policy" => "unknown_policy",
        _ => "unknown_identity_provider",
    };
    Err(Invalid::new(code, field, format!("{noun} \"{name}\" not found"), hint))
}
