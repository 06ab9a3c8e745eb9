//! Tools: the HTTP services that agents call.
//!
//! `POST /tools` takes the contract's `{name, spec, credentials}` and the SDK's flat `{name, base_url, …}`. Answers carry
//! the contract's spec, and beside it what the clients' tables read: within the spec for the SDK (`topology`, `accessMode`), at
//! the top for the command lines (`base_url`, `topology`, `access_mode`, `auth`).

mod probe;
mod spec;

use super::ApiError;
use super::resources::{self, Noun, Seen, read};
use super::wire::ToolBody;
use crate::app::App;
use crate::deploy::validate::tool_definition;
use axum::Router;
use axum::routing::post;
use serde_json::{Map, Value, json};
use spec::ACCESS_MODES;
use std::sync::Arc;
use windlass_domain::Invalid;
use windlass_domain::resource::ResourceKind;
use windlass_domain::tool::{self, AUTH_TYPES, TOPOLOGIES, ToolSpec, parse_http_url};

/// The routes of `/tools`.
pub fn routes() -> Router<Arc<App>> {
    resources::routes::<Tool>("/tools")
        .route("/tools/probe", resources::one_by_name::<Tool>().post(probe::probe))
        .route("/tools/{name}/test", post(probe::test))
}

/// The contract's `Tool`.
pub(super) struct Tool;

impl Noun for Tool {
    const KIND: ResourceKind = ResourceKind::Tool;
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
