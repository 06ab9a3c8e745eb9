//! The environment that an agent is started with: the wire contract's "Injected env" and what the runtime reads besides.
//!
//! Pure: the same request, gateway and port give the same variables. Nothing of the server's own environment is in here.
//! The request's `env` wins over the plan's, the plan's over what is injected; [`FIXED`] are never the request's.

use crate::config::Gateway;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::agent::RunRequest;
use windlass_domain::request::LlmConfig;
use windlass_domain::tool::{Tool, ToolCapability};

/// Where an agent's source is, inside its sandbox.
pub const APP: &str = "/app";
/// Variables that belong to the host: the request may not set them.
pub const FIXED: [&str; 2] = ["PORT", "PATH"];
/// The longest variable that Linux hands to a program, `NAME=value` in bytes (`MAX_ARG_STRLEN` less the final NUL).
pub const MAX_VARIABLE: usize = 128 * 1024 - 1;
/// `MAX_TOOL_ITERATIONS` unless the request sets it (the runtime's own default).
const MAX_TOOL_ITERATIONS: &str = "10";

/// Builds the variables of `request`, listening on `port`. `PATH` is left to whoever starts the process.
#[must_use]
pub fn environment(request: &RunRequest, gateway: &Gateway, port: u16) -> BTreeMap<String, String> {
    let spec = &request.spec;
    let mut env = BTreeMap::new();
    env.insert("AGENT_NAME".to_owned(), request.agent.name.to_string());
    env.insert("MAX_TOOL_ITERATIONS".to_owned(), MAX_TOOL_ITERATIONS.to_owned());
    if let Some(prompt) = &spec.settings.system_prompt {
        env.insert("SYSTEM_PROMPT".to_owned(), prompt.clone());
    }
    if let Some(entry_point) = &spec.plan.entry_point {
        env.insert("USER_ENTRY_POINT".to_owned(), entry_point.clone());
        env.insert("RUNAGENTS_USER_CODE_DIR".to_owned(), APP.to_owned());
    }
    add_gateway(&mut env, gateway);
    add_models(&mut env, &spec.settings.llm_configs);
    add_tools(&mut env, request, gateway);
    env.extend(spec.plan.env.clone());
    env.extend(spec.settings.env.iter().map(|var| (var.name.to_string(), var.value.clone())));
    for name in FIXED {
        env.remove(name);
    }
    env.insert("PORT".to_owned(), port.to_string());
    env
}

/// Takes out the variables that Linux would not hand to a program, so that the start does not fail of them.
pub(crate) fn take_oversized(env: &mut BTreeMap<String, String>) -> BTreeMap<String, String> {
    env.extract_if(.., |name, value| name.len() + 1 + value.len() > MAX_VARIABLE).collect()
}

/// What is said of a variable that an agent's own command or image cannot be given.
pub(crate) fn left_out(name: &str, value: &str) -> String {
    let bytes = name.len() + 1 + value.len();
    format!(
        "{name} is left out: it has {bytes} bytes, more than the {MAX_VARIABLE} that Linux takes; give the agent fewer tools, or shorter descriptions"
    )
}

fn add_gateway(env: &mut BTreeMap<String, String>, gateway: &Gateway) {
    for name in ["LLM_GATEWAY_URL", "OPENAI_BASE_URL", "OPENAI_API_BASE", "ANTHROPIC_BASE_URL"] {
        env.insert(name.to_owned(), gateway.llm_base_url.clone());
    }
    for name in ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"] {
        env.insert(name.to_owned(), gateway.api_key.clone());
    }
    if let Some(url) = &gateway.governance_url {
        env.insert("GOVERNANCE_URL".to_owned(), url.clone());
    }
}

/// `LLM_MODEL`, `LLM_PROVIDER` and `LLM_PROVIDER_NAME` of the role `default` (else `chat`), and the first two by role.
fn add_models(env: &mut BTreeMap<String, String>, configs: &[LlmConfig]) {
    let of_role = |role: &str| configs.iter().find(|config| config.role_or_default() == role);
    if let Some(config) = of_role("default").or_else(|| of_role("chat")) {
        env.insert("LLM_MODEL".to_owned(), config.model.clone());
        env.insert("LLM_PROVIDER".to_owned(), config.provider.clone());
        let registered = config.model_provider().unwrap_or(&config.provider);
        env.insert("LLM_PROVIDER_NAME".to_owned(), registered.to_owned());
    }
    for config in configs.iter().filter(|config| config.role_or_default() != "default") {
        let role = variable_part(config.role_or_default());
        env.insert(format!("LLM_MODEL_{role}"), config.model.clone());
        env.insert(format!("LLM_PROVIDER_{role}"), config.provider.clone());
    }
}

fn add_tools(env: &mut BTreeMap<String, String>, request: &RunRequest, gateway: &Gateway) {
    let url_of = |tool: &Tool| {
        let own = &tool.spec.connection.base_url;
        gateway.tool_urls.get(tool.name.as_str()).unwrap_or(own).clone()
    };
    let mut definitions = Vec::new();
    let mut routes = serde_json::Map::new();
    for tool in &request.tools {
        env.insert(format!("TOOL_URL_{}", variable_part(tool.name.as_str())), url_of(tool));
        if tool.spec.capabilities.is_empty() {
            definitions.push(open_definition(tool));
        }
        for capability in &tool.spec.capabilities {
            let (name, definition) = capability_definition(tool, capability);
            let route = json!({"tool": function_part(tool), "method": capability.method, "path": capability.path});
            definitions.push(definition);
            routes.insert(name, route);
        }
    }
    let rewrites: BTreeMap<&String, String> = request
        .spec
        .rewrites
        .iter()
        .filter_map(|(url, name)| Some((url, url_of(request.tools.iter().find(|tool| &tool.name == name)?))))
        .collect();
    let names: Vec<&str> = request.tools.iter().map(|tool| tool.name.as_str()).collect();
    env.insert("TOOL_NAMES".to_owned(), names.join(","));
    env.insert("TOOL_DEFINITIONS_JSON".to_owned(), Value::Array(definitions).to_string());
    env.insert("TOOL_ROUTES_JSON".to_owned(), Value::Object(routes).to_string());
    env.insert("TOOL_URL_REWRITES_JSON".to_owned(), json!(rewrites).to_string());
}

/// The function of one capability: `{tool}__{capability}`; the runtime sends its arguments as the body, or `body` itself.
fn capability_definition(tool: &Tool, capability: &ToolCapability) -> (String, Value) {
    let name = format!("{}__{}", function_part(tool), capability.name);
    let description = if capability.description.is_empty() {
        format!("{} {} of {}", capability.method, capability.path, tool.name)
    } else {
        capability.description.clone()
    };
    let parameters = if matches!(capability.method.as_str(), "POST" | "PUT" | "PATCH") {
        json!({"type": "object", "properties": {"body": {"type": "string", "description": "the request's body, as JSON text"}}})
    } else {
        json!({"type": "object", "properties": {}})
    };
    (name.clone(), function(&name, &description, &parameters))
}

/// The function of a tool without an allow-list. It has no route: the runtime then takes `path` from the arguments.
fn open_definition(tool: &Tool) -> Value {
    let description =
        if tool.spec.description.is_empty() { format!("POST to {}", tool.name) } else { tool.spec.description.clone() };
    let parameters = json!({"type": "object", "properties": {
        "path": {"type": "string", "description": "the path below the tool's URL, starting with `/`"},
        "body": {"type": "string", "description": "the request's body, as JSON text"},
    }});
    function(&format!("{}__request", function_part(tool)), &description, &parameters)
}

fn function(name: &str, description: &str, parameters: &Value) -> Value {
    json!({"type": "function", "function": {"name": name, "description": description, "parameters": parameters}})
}

/// A tool's name inside a function name, and what the runtime turns into its `TOOL_URL_…`: models take no dots there.
fn function_part(tool: &Tool) -> String {
    tool.name.as_str().replace('.', "-")
}

/// `x-y.z` becomes `X_Y_Z`.
fn variable_part(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

#[cfg(test)]
mod tests;
