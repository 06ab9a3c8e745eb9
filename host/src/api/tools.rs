//! Tools: the HTTP services that agents call.
//!
//! `POST /tools` takes the contract's `{name, spec, credentials}` and the SDK's flat `{name, base_url, …}`. Answers carry
//! the contract's spec, and within it what the SDK's own tables read: `topology` and `accessMode`.

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
use windlass_domain::tool::{self, TOPOLOGIES, ToolSpec, parse_http_url};

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
        if let Some(spec) = wire.get_mut("spec") {
            fill_the_sdks_table(spec);
        }
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

fn fill_the_sdks_table(spec: &mut Value) {
    let text =
        |pointer: &str, default: &str| spec.pointer(pointer).and_then(Value::as_str).unwrap_or(default).to_owned();
    let topology = text("/connection/topology", TOPOLOGIES[0]);
    let access_mode = text("/governance/accessControl/mode", ACCESS_MODES[0]);
    spec["topology"] = topology.into();
    spec["accessMode"] = access_mode.into();
}

#[cfg(test)]
mod tests;
