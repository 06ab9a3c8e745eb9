//! Tools: the HTTP services that agents call.
//!
//! `POST /tools` takes the contract's `{name, spec, credentials}` and the SDK's flat `{name, base_url, …}`. Answers carry
//! the contract's spec, and beside it what the clients' tables read: within the spec for the SDK (`topology`, `accessMode`), at
//! the top for the command lines (`base_url`, `topology`, `access_mode`, `auth`).

mod probe;
mod spec;

use super::ApiError;
use super::openapi::op;
use super::resources::{self, Body, Noun, Seen, Shown, read};
use super::routes::Routes;
use super::wire::{Time, ToolBody};
use crate::deploy::validate::tool_definition;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};
use spec::{ACCESS_MODES, Spec};
use windlass_domain::Invalid;
use windlass_domain::resource::ResourceKind;
use windlass_domain::tool::{self, AUTH_TYPES, TOPOLOGIES, ToolSpec, parse_http_url};

/// The routes of `/tools`.
pub fn routes() -> Routes {
    let probes = Routes::new(Tool::CALLED.1)
        .post("/tools/probe", probe::probe, op("probeTool", "Ask an address whether it answers").refuses(&[429]))
        .post("/tools/{name}/test", probe::test, op("testTool", "Ask a tool whether it answers").refuses(&[429]));
    resources::routes::<Tool>("/tools")
        .merge(resources::one_by_name::<Tool>("/tools/probe", "CalledProbe"))
        .merge(probes)
}

/// The contract's `Tool`.
pub(super) struct Tool;

/// A tool to make or replace: the contract's form, or the SDK's flat one.
#[derive(JsonSchema)]
#[schemars(rename = "ToolCreateRequest", untagged)]
#[expect(dead_code, clippy::large_enum_variant, reason = "the shape alone is read")]
pub(super) enum Asked {
    Contract(Body<Spec, ToolShown>),
    Flat(ToolBody),
}

/// A tool.
#[derive(JsonSchema)]
#[schemars(rename = "Tool")]
#[expect(dead_code, reason = "the shape alone is read")]
pub(super) struct ToolShown(Shown<Spec, Beside>);

/// What a tool shows beside the rest.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the shape alone is read")]
struct Beside {
    status: ToolStatus,
    base_url: String,
    topology: String,
    access_mode: String,
    auth: String,
}

/// What was last seen of a tool.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the shape alone is read")]
struct ToolStatus {
    #[schemars(extend("enum" = ["Pending", "Available", "Unreachable"]))]
    phase: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_probe_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probe_latency_ms: Option<u64>,
}

impl Noun for Tool {
    const KIND: ResourceKind = ResourceKind::Tool;
    const CALLED: (&'static str, &'static str) = ("Tool", "Tools");
    type Asked = Asked;
    type Shown = ToolShown;
    const HELD_BY_AGENTS: bool = true;
    const AT_THE_TOP: &'static [&'static str] = &["base_url", "topology", "access_mode", "auth"];

    fn take_spec(body: &mut Map<String, Value>) -> Result<Option<Value>, Invalid> {
        if let Some(spec) = body.remove("spec") {
            return Ok(Some(spec));
        }
        if !body.contains_key("base_url") {
            let hint = "add `spec`, or `base_url` for the flat form";
            return Err(Invalid::new("missing_field", "spec", "spec is required", hint));
        }
        let flat: ToolBody = read("", &Value::Object(body.clone()))?;
        body.retain(|field, _| flat.unknown().contains(field));
        let definition = tool_definition(flat.into())?;
        Ok(Some(json!(tool::Tool::from_definition(&definition).spec)))
    }

    fn parse_spec(spec: Value) -> Result<Value, Invalid> {
        spec::check(&spec)?;
        Ok(json!(with_defaults(read("spec", &spec)?)?))
    }

    fn dress(wire: &mut Map<String, Value>, seen: &Seen<'_>) -> Result<(), ApiError> {
        wire.insert("status".to_owned(), seen.status_or_pending());
        fill_the_clients_tables(wire);
        Ok(())
    }
}

/// What the contract leaves open is the URL's own, and external.
fn with_defaults(mut spec: ToolSpec) -> Result<ToolSpec, Invalid> {
    let connection = &mut spec.connection;
    let url = parse_http_url("spec.connection.baseUrl", &connection.base_url)?;
    if connection.topology.is_empty() {
        TOPOLOGIES[0].clone_into(&mut connection.topology);
    }
    if connection.scheme.is_empty() {
        connection.scheme = url.scheme().to_ascii_uppercase();
    }
    connection.port = connection.port.or_else(|| url.port_or_known_default());
    Ok(spec)
}

fn fill_the_clients_tables(wire: &mut Map<String, Value>) {
    let Some(spec) = wire.get_mut("spec") else { return };
    let text =
        |pointer: &str, default: &str| spec.pointer(pointer).and_then(Value::as_str).unwrap_or(default).to_owned();
    let topology = text("/connection/topology", TOPOLOGIES[0]);
    let access_mode = text("/governance/accessControl/mode", ACCESS_MODES[0]);
    let base_url = text("/connection/baseUrl", "");
    let auth = text("/connection/authentication/type", AUTH_TYPES[0]);
    spec["topology"] = topology.clone().into();
    spec["accessMode"] = access_mode.clone().into();
    for (key, value) in Tool::AT_THE_TOP.iter().zip([base_url, topology, access_mode, auth]) {
        wire.insert((*key).to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests;
