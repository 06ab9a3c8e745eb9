//! From a [`DeployAsk`] to a [`DeployRequest`]: every field checked, in the order of the brief's table.
//!
//! Invariants: nothing is changed here; a refusal names the field and the fix; what is accepted with a doubt is a warning.
//! That the entry point is among the files is looked at when all fields are sound, since its refusal asks the detectors.

mod amendment;
mod known;
mod tool;

pub use amendment::{Amendment, amendment};
pub use known::agent_settings;
pub use tool::{MAX_DESCRIPTION, tool_definition};

use super::ask::{Caller, DeployAsk, EnvAsk};
use super::error::DeployError;
use super::hydrate::{given, has_files};
use crate::spend;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use windlass_domain::request::{AgentSettings, DeployRequest, EnvVar, LlmConfig, Source};
use windlass_domain::source::{SourcePath, SourceTree};
use windlass_domain::tool::{ToolDefinition, parse_http_url};
use windlass_domain::{AgentName, EnvName, ImageReference, Invalid, ResourceName};
use windlass_runtime::env::FIXED;
use windlass_store::Store;

/// The most variables of `env`.
pub const MAX_ENV: usize = 256;
/// The longest value of one variable, in bytes: Linux takes 128 KiB for `NAME=VALUE` and its NUL (`MAX_ARG_STRLEN`).
pub const MAX_ENV_VALUE: usize = 127 * 1024;
/// The most bytes that the names and values of `env` may sum to: half of what Linux takes for a whole environment (a
/// quarter of the stack's usual 8 MiB); the rest is for what is injected.
pub const MAX_ENV_BYTES: usize = 1024 * 1024;
/// The longest system prompt, in bytes; it becomes an environment variable too.
pub const MAX_SYSTEM_PROMPT: usize = MAX_ENV_VALUE;
/// The longest requirements text, in bytes.
pub const MAX_REQUIREMENTS: usize = 256 * 1024;
/// The most entries of each list: tools, policies, models, mappings.
pub const MAX_ENTRIES: usize = 256;

/// Checks the whole request. The warnings are for the author.
pub fn request(store: &Store, caller: &Caller, ask: DeployAsk) -> Result<(DeployRequest, Vec<String>), DeployError> {
    let mut warnings = Vec::new();
    let agent = agent_name(ask.agent_name.as_deref())?;
    let source = source(&ask, &mut warnings)?;
    let tree = match &source {
        Source::Files(tree) => Some(tree),
        Source::Image(_) => None,
    };
    if tree.is_none() {
        warn_of_ignored_fields(&ask, &mut warnings);
    }
    let entry_point = given(ask.entry_point.as_deref()).filter(|_| tree.is_some());
    let entry_point = entry_point.map(|path| SourcePath::parse("entry_point", path)).transpose()?;
    let requirements = text("requirements", ask.requirements, MAX_REQUIREMENTS)?.filter(|_| tree.is_some());
    let framework = framework(ask.framework.as_deref())?;
    let tools_to_create = tools_to_create(ask.tools_to_create.unwrap_or_default())?;
    let settings = AgentSettings {
        system_prompt: text("system_prompt", ask.system_prompt, MAX_SYSTEM_PROMPT)?,
        required_tools: names("required_tools", ask.required_tools)?,
        llm_configs: llm_configs(ask.llm_configs.unwrap_or_default())?,
        env: env(ask.env.unwrap_or_default())?,
        identity_provider: identity_provider(ask.identity_provider.as_deref())?,
        policies: names("policies", ask.policies)?,
    };
    warn_of_fixed_variables(&settings.env, &mut warnings);
    let tool_url_mappings = tool_url_mappings(ask.tool_url_mappings.unwrap_or_default())?;
    let created: Vec<&str> = tools_to_create.iter().map(|tool| tool.name.as_str()).collect();
    known::tools(store, &caller.workspace, &created, &settings.required_tools, &tool_url_mappings)?;
    agent_settings(store, &caller.workspace, &settings, &mut warnings)?;
    let workspace = caller.workspace.clone();
    let request = DeployRequest {
        workspace,
        agent,
        source,
        settings,
        requirements,
        entry_point,
        framework,
        tools_to_create,
        tool_url_mappings,
    };
    Ok((request, warnings))
}

/// What of a deploy can be judged without looking at anything else: its agent's name, and that it names a source that is
/// one. Returns the name.
pub fn form(ask: &DeployAsk) -> Result<AgentName, Invalid> {
    let name = agent_name(ask.agent_name.as_deref())?;
    let named = given(ask.draft_id.as_deref()).or(given(ask.artifact_id.as_deref())).is_some();
    if !named || has_files(ask) || given(ask.image.as_deref()).is_some() {
        source(ask, &mut Vec::new())?;
    }
    Ok(name)
}

fn agent_name(name: Option<&str>) -> Result<AgentName, Invalid> {
    let Some(name) = given(name) else {
        let hint = "give the agent a name, for example `payment-agent`";
        return Err(Invalid::new("missing_field", "agent_name", "agent_name is required", hint));
    };
    AgentName::parse("agent_name", name)
}

/// An image before files before an artifact (which has become files by now, unless something came before it).
fn source(ask: &DeployAsk, warnings: &mut Vec<String>) -> Result<Source, Invalid> {
    let image = given(ask.image.as_deref());
    let sources = [image.is_some(), has_files(ask), given(ask.artifact_id.as_deref()).is_some()];
    if sources.iter().filter(|given| **given).count() > 1 {
        let used = if image.is_some() { "image" } else { "source_files" };
        warnings.push(format!("several deploy sources are given; `{used}` is used and the others are ignored"));
    }
    if let Some(image) = image {
        return Ok(Source::Image(ImageReference::parse("image", image)?));
    }
    if !has_files(ask) {
        return Err(Invalid::new(
            "no_deploy_source",
            "source_files",
            "No valid deploy source: give image, source_files or artifact_id",
            "for example \"source_files\": {\"agent.py\": \"…\"}, or \"image\": \"ghcr.io/acme/agent:1.0\"",
        ));
    }
    let files = ask.source_files.clone().unwrap_or_default();
    Ok(Source::Files(Arc::new(SourceTree::parse("source_files", files)?)))
}

fn warn_of_ignored_fields(ask: &DeployAsk, warnings: &mut Vec<String>) {
    let fields = [
        ("requirements", ask.requirements.as_deref()),
        ("entry_point", ask.entry_point.as_deref()),
        ("framework", ask.framework.as_deref()),
    ];
    for (field, _) in fields.into_iter().filter(|(_, value)| given(*value).is_some()) {
        warnings.push(format!("`{field}` says how source files are built; with `image` it has no effect"));
    }
}

/// Trims nothing: a prompt's own spaces count. Blank is absent.
fn text(field: &str, value: Option<String>, limit: usize) -> Result<Option<String>, Invalid> {
    let Some(value) = value.filter(|value| !value.trim().is_empty()) else { return Ok(None) };
    if value.len() > limit {
        let message = format!("it has {} bytes, more than the {limit} that are taken", value.len());
        return Err(Invalid::new("too_long", field, message, "shorten it, or put it into a source file"));
    }
    no_nul(field, &value)?;
    Ok(Some(value))
}

fn no_nul(field: &str, value: &str) -> Result<(), Invalid> {
    if value.contains('\0') {
        return Err(Invalid::new("nul_byte", field, "it contains a NUL byte", "remove it"));
    }
    Ok(())
}

fn framework(hint: Option<&str>) -> Result<Option<String>, Invalid> {
    let Some(hint) = given(hint) else { return Ok(None) };
    let id = hint.trim().to_ascii_lowercase().replace([' ', '_'], "-");
    let known_form = id.len() <= 64 && id.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.'));
    if known_form {
        return Ok(Some(id));
    }
    let message = format!("`{}` is not a framework id", hint.escape_debug());
    Err(Invalid::new(
        "invalid_framework",
        "framework",
        message,
        "use a kebab-case id such as `my-framework`, or leave it out",
    ))
}

fn at_most(field: &str, count: usize, limit: usize) -> Result<(), Invalid> {
    if count <= limit {
        return Ok(());
    }
    let message = format!("it has {count} entries, more than the {limit} that are taken");
    Err(Invalid::new("too_many_entries", field, message, "leave some out"))
}

/// Names in order, each once.
fn names(field: &str, list: Option<Vec<String>>) -> Result<Vec<ResourceName>, Invalid> {
    let list = list.unwrap_or_default();
    at_most(field, list.len(), MAX_ENTRIES)?;
    let mut names: Vec<ResourceName> = Vec::with_capacity(list.len());
    for (index, name) in list.iter().enumerate() {
        let name = ResourceName::parse(&format!("{field}[{index}]"), name)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

fn identity_provider(name: Option<&str>) -> Result<Option<ResourceName>, Invalid> {
    given(name).map(|name| ResourceName::parse("identity_provider", name)).transpose()
}

fn tools_to_create(asks: Vec<super::ToolAsk>) -> Result<Vec<ToolDefinition>, Invalid> {
    at_most("tools_to_create", asks.len(), MAX_ENTRIES)?;
    let mut seen = BTreeSet::new();
    let mut tools = Vec::with_capacity(asks.len());
    for (index, ask) in asks.into_iter().enumerate() {
        let field = format!("tools_to_create[{index}]");
        let tool = tool_definition(ask).map_err(|invalid| invalid.under(&field))?;
        if !seen.insert(tool.name.clone()) {
            let message = format!("the tool `{}` is given twice", tool.name);
            return Err(Invalid::new("duplicate_tool", format!("{field}.name"), message, "give each tool once"));
        }
        tools.push(tool);
    }
    Ok(tools)
}

fn tool_url_mappings(mappings: BTreeMap<String, String>) -> Result<BTreeMap<String, ResourceName>, Invalid> {
    at_most("tool_url_mappings", mappings.len(), MAX_ENTRIES)?;
    let mut checked = BTreeMap::new();
    for (url, tool) in mappings {
        let field = format!("tool_url_mappings[\"{}\"]", url.escape_debug());
        parse_http_url(&field, &url)?;
        let tool = ResourceName::parse(&field, &tool)?;
        checked.insert(url, tool);
    }
    Ok(checked)
}

fn llm_configs(configs: Vec<LlmConfig>) -> Result<Vec<LlmConfig>, Invalid> {
    at_most("llm_configs", configs.len(), MAX_ENTRIES)?;
    for (index, config) in configs.iter().enumerate() {
        if config.model.trim().is_empty() {
            let hint = "give {\"provider\": \"openai\", \"model\": \"gpt-4o-mini\"}";
            return Err(Invalid::new(
                "missing_field",
                format!("llm_configs[{index}].model"),
                "the model is missing",
                hint,
            ));
        }
        if let Some(budget) = config.other.get(spend::BUDGET)
            && spend::parse_budget(budget).is_none()
        {
            let field = format!("llm_configs[{index}].{}", spend::BUDGET);
            let hint = "give an amount in US dollars a month, 0 or more, or leave it out for no limit";
            return Err(Invalid::new("invalid_value", field, "it is no number from 0 on", hint));
        }
    }
    Ok(configs)
}

fn env(asks: Vec<EnvAsk>) -> Result<Vec<EnvVar>, Invalid> {
    at_most("env", asks.len(), MAX_ENV)?;
    let mut seen = BTreeSet::new();
    let mut variables = Vec::with_capacity(asks.len());
    for (index, ask) in asks.into_iter().enumerate() {
        let name = EnvName::parse(&format!("env[{index}].name"), ask.name.as_deref().unwrap_or_default())?;
        let field = format!("env[{index}].value");
        let value = ask.value.unwrap_or_default();
        no_nul(&field, &value)?;
        if value.len() > MAX_ENV_VALUE {
            let message = format!("it has {} bytes, more than the {MAX_ENV_VALUE} that Linux takes", value.len());
            return Err(Invalid::new("too_long", field, message, "put it into a source file"));
        }
        if !seen.insert(name.clone()) {
            let message = format!("the variable `{name}` is given twice");
            return Err(Invalid::new(
                "duplicate_env",
                format!("env[{index}].name"),
                message,
                "give each variable once",
            ));
        }
        variables.push(EnvVar { name, value });
    }
    let bytes: usize = variables.iter().map(|variable| variable.name.as_str().len() + variable.value.len()).sum();
    if bytes > MAX_ENV_BYTES {
        let message = format!("it has {bytes} bytes in all, more than the {MAX_ENV_BYTES} that are taken");
        return Err(Invalid::new("too_long", "env", message, "put large values into a source file"));
    }
    Ok(variables)
}

fn warn_of_fixed_variables(env: &[EnvVar], warnings: &mut Vec<String>) {
    for EnvVar { name, .. } in env.iter().filter(|variable| FIXED.contains(&variable.name.as_str())) {
        warnings.push(format!("`{name}` belongs to the host: its value in `env` is ignored"));
    }
}

#[cfg(test)]
mod tests;
