//! What tools, model providers, policies and identity providers share: list, get, upsert and delete by name.
//!
//! Invariants: each kind has this one life cycle, and its own file holds only its wire shape and its rules. Credentials
//! leave the body before anything looks at the rest, so no error, answer or `spec` can repeat them. No answer carries null.

pub(super) mod credentials;
mod object;
mod shapes;

pub(super) use object::Object;
pub(super) use shapes::{Body, Replacement, Shown};

use super::openapi::{Created, op};
use super::routes::Routes;
use super::wire::{Deleted, ignored};
use super::{ApiError, Caller, JsonBody, Named};
use crate::app::App;
use crate::edge;
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use windlass_domain::resource::ResourceKind;
use windlass_domain::tool::parse_http_url;
use windlass_domain::{AgentName, Invalid, ResourceName, WorkspaceName};
use windlass_store::Resource;

/// The largest `spec` that is kept, in bytes of JSON: thousands of capabilities or rules.
const MAX_SPEC: usize = 1024 * 1024;

/// A kind of resource, as the wire has it.
pub(super) trait Noun: 'static {
    /// The kind.
    const KIND: ResourceKind;
    /// What one and several of them are called in the ids of operations.
    const CALLED: (&'static str, &'static str);
    /// The schema of a body.
    type Asked: JsonSchema;
    /// The schema of an answer.
    type Shown: JsonSchema;
    /// Whether an agent that names one cannot be without it, so that it may not be deleted meanwhile.
    const HELD_BY_AGENTS: bool;

    /// What an answer shows of the spec at its top, for the tables of clients. Beside a `spec` it says nothing new.
    const AT_THE_TOP: &'static [&'static str];

    /// Takes the `spec` out of a body; a kind that has another form than `{name, spec}` makes one from it, and leaves
    /// behind what it does not know.
    fn take_spec(body: &mut Map<String, Value>) -> Result<Option<Value>, Invalid> {
        Ok(body.remove("spec"))
    }

    /// Judges a spec, without credentials and nulls, and returns it as it shall be kept.
    fn parse_spec(spec: Value) -> Result<Value, Invalid>;

    /// Adds what the kind's wire shape has beside name, namespace and spec.
    fn dress(wire: &mut Map<String, Value>, seen: &Seen<'_>) -> Result<(), ApiError>;
}

/// A stored resource on its way out.
pub(super) struct Seen<'a> {
    app: &'a App,
    /// Its workspace.
    pub workspace: &'a WorkspaceName,
    /// Its name.
    pub name: &'a ResourceName,
    /// What was last seen of it.
    pub status: Option<Value>,
}

impl Seen<'_> {
    /// The agents whose current revision names the resource.
    pub fn used_by(&self, kind: ResourceKind) -> Result<Vec<AgentName>, ApiError> {
        Ok(self.app.store.used_by(self.workspace, kind, self.name)?)
    }

    /// The status, or the contract's first phase.
    pub fn status_or_pending(&self) -> Value {
        self.status.clone().unwrap_or_else(|| json!({"phase": "Pending"}))
    }
}

/// A body of `POST` and `PUT`, judged.
#[derive(Debug)]
pub(super) struct Upsert {
    name: ResourceName,
    spec: Value,
    /// The credentials that came with it, as JSON; `None`: what is stored stays.
    secret: Option<Vec<u8>>,
    /// One for each field that nothing here knows.
    warnings: Vec<String>,
}

/// What an answer has beside the spec: it may be sent back as it came.
const ANSWERED: [&str; 6] = ["name", "namespace", "status", "used_by", "has_credentials", "warnings"];
/// The most unknown fields that are named in warnings.
const MAX_UNKNOWN: usize = 20;

impl Upsert {
    /// Reads a body of the kind `N`.
    pub fn parse<N: Noun>(mut body: Map<String, Value>) -> Result<Self, Invalid> {
        drop_nulls(&mut body);
        let secret = credentials::take(&mut body)?;
        let name: Option<String> = read("name", body.get("name").unwrap_or(&Value::Null))?;
        let name = ResourceName::parse("name", &required("name", name)?)?;
        if body.contains_key("spec") {
            body.retain(|field, _| !N::AT_THE_TOP.contains(&field.as_str()));
        }
        let spec = required("spec", N::take_spec(&mut body)?)?;
        let unknown = body.keys().filter(|field| !ANSWERED.contains(&field.as_str()));
        let warnings = unknown.take(MAX_UNKNOWN).map(|field| ignored(field)).collect();
        let Object(spec) = read("spec", &spec)?;
        let spec = N::parse_spec(Value::Object(spec))?;
        let bytes = spec.to_string().len();
        if bytes > MAX_SPEC {
            let message = format!("it has {bytes} bytes, more than the {MAX_SPEC} that are kept");
            return Err(Invalid::new("spec_too_large", "spec", message, "split it into several resources"));
        }
        Ok(Self { name, spec, secret, warnings })
    }

    /// The name.
    pub fn name(&self) -> &ResourceName {
        &self.name
    }

    /// One for each field that nothing here knows.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Writes it, and shows what is stored then.
    pub async fn write<N: Noun>(self, app: &App, workspace: &WorkspaceName) -> Result<Value, ApiError> {
        let Self { name, spec, secret, warnings } = self;
        app.store.upsert_resource(workspace, N::KIND, &name, &spec, secret.as_deref(), edge::now()).await?;
        let mut shown = render::<N>(app, workspace, find::<N>(app, workspace, &name)?)?;
        if !warnings.is_empty() {
            shown["warnings"] = warnings.into();
        }
        Ok(shown)
    }
}

/// `GET` and `POST` of `path`; `GET` and `DELETE` of `path/{name}`.
pub(super) fn routes<N: Noun>(path: &str) -> Routes {
    let (called, several) = N::CALLED;
    let list_ = op(format!("list{several}"), format!("List the {}", words(path))).answers::<Vec<N::Shown>>(200);
    let upsert_ = op(format!("upsert{called}"), format!("Make or replace one of the {}", words(path)));
    Routes::new(several)
        .get(path, list::<N>, list_)
        .post(path, upsert::<N>, upsert_.body::<N::Asked>().answers::<N::Shown>(201))
        .merge(one_by_name::<N>(&format!("{path}/{{name}}"), ""))
}

/// The noun that a path begins with: `model providers`.
fn words(path: &str) -> String {
    path.split('/').nth(1).unwrap_or_default().replace('-', " ")
}

/// `GET` and `DELETE` of one resource: of the path's `{name}`, or of the path's last part where that is fixed, as in
/// `/tools/probe`. So an action takes no name away. `suffix` is that of the operations' ids.
pub(super) fn one_by_name<N: Noun>(path: &str, suffix: &str) -> Routes {
    let (called, several) = N::CALLED;
    let delete_ = op(format!("delete{called}{suffix}"), format!("Delete one of the {}", words(path)));
    Routes::new(several)
        .get(
            path,
            one::<N>,
            op(format!("get{called}{suffix}"), format!("Show one of the {}", words(path))).answers::<N::Shown>(200),
        )
        .delete(path, delete::<N>, if N::HELD_BY_AGENTS { delete_.refuses(&[409]) } else { delete_ })
}

/// `PUT` of one resource that is there; its body is a `B`.
pub(super) fn replace_by_name<N: Noun, B: JsonSchema>(path: &str, suffix: &str) -> Routes {
    let (called, several) = N::CALLED;
    let replace_ = op(format!("replace{called}{suffix}"), format!("Replace one of the {} that is there", words(path)));
    Routes::new(several).put(path, replace::<N>, replace_.body::<B>().answers::<N::Shown>(200))
}

async fn list<N: Noun>(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Vec<Value>>, ApiError> {
    Ok(Json(all::<N>(&app, &caller.workspace)?))
}

/// All resources of a kind in a workspace, in order of name.
pub(super) fn all<N: Noun>(app: &App, workspace: &WorkspaceName) -> Result<Vec<Value>, ApiError> {
    let resources = app.store.resources(workspace, N::KIND)?;
    resources.into_iter().map(|resource| render::<N>(app, workspace, resource)).collect()
}

async fn one<N: Noun>(
    State(app): State<Arc<App>>,
    caller: Caller,
    Named(name): Named,
) -> Result<Json<Value>, ApiError> {
    let resource = find::<N>(&app, &caller.workspace, &name)?;
    Ok(Json(render::<N>(&app, &caller.workspace, resource)?))
}

async fn upsert<N: Noun>(
    State(app): State<Arc<App>>,
    caller: Caller,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Created<Value>, ApiError> {
    let shown = Upsert::parse::<N>(body)?.write::<N>(&app, &caller.workspace).await?;
    Ok(Created(shown))
}

/// `PUT path/{name}` of a resource that exists; the body's name, where it has one, must be the path's.
async fn replace<N: Noun>(
    State(app): State<Arc<App>>,
    caller: Caller,
    Named(name): Named,
    JsonBody(mut body): JsonBody<Map<String, Value>>,
) -> Result<Json<Value>, ApiError> {
    body.entry("name").or_insert_with(|| name.as_str().into());
    let change = Upsert::parse::<N>(body)?;
    if change.name != name {
        let message = format!("`{}` is not the name in the path, `{name}`", change.name);
        return Err(Invalid::new("name_mismatch", "name", message, "make them the same").into());
    }
    find::<N>(&app, &caller.workspace, &name)?;
    Ok(Json(change.write::<N>(&app, &caller.workspace).await?))
}

async fn delete<N: Noun>(
    State(app): State<Arc<App>>,
    caller: Caller,
    Named(name): Named,
) -> Result<Json<Deleted>, ApiError> {
    find::<N>(&app, &caller.workspace, &name)?;
    if N::HELD_BY_AGENTS {
        refuse_if_held(N::KIND, &name, &app.store.used_by(&caller.workspace, N::KIND, &name)?)?;
    }
    if app.store.delete_resource(&caller.workspace, N::KIND, &name).await? {
        Ok(Json(Deleted::YES))
    } else {
        Err(ApiError::no_resource(N::KIND, &name))
    }
}

fn refuse_if_held(kind: ResourceKind, name: &ResourceName, users: &[AgentName]) -> Result<(), ApiError> {
    if users.is_empty() {
        return Ok(());
    }
    let agents = users.iter().map(AgentName::as_str).collect::<Vec<_>>().join(", ");
    Err(ApiError::conflict("in_use", format!("{kind} \"{name}\" is used by {agents}"))
        .hint(format!("delete these agents or deploy them without the {kind}, then delete it")))
}

pub(super) fn find<N: Noun>(app: &App, workspace: &WorkspaceName, name: &ResourceName) -> Result<Resource, ApiError> {
    let resource = app.store.resource(workspace, N::KIND, name)?;
    resource.ok_or_else(|| ApiError::no_resource(N::KIND, name))
}

fn render<N: Noun>(app: &App, workspace: &WorkspaceName, resource: Resource) -> Result<Value, ApiError> {
    let Resource { name, spec, status, has_secret, .. } = resource;
    let mut wire = Map::new();
    wire.insert("name".to_owned(), json!(name));
    wire.insert("namespace".to_owned(), json!(workspace));
    wire.insert("spec".to_owned(), spec);
    if has_secret {
        wire.insert("has_credentials".to_owned(), true.into());
    }
    N::dress(&mut wire, &Seen { app, workspace, name: &name, status })?;
    Ok(wire.into())
}

/// Reads a value as a wire type; a wrong type is named by its path below `field`.
pub(super) fn read<T: DeserializeOwned>(field: &str, value: &Value) -> Result<T, Invalid> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let below = error.path().to_string();
        let below = if below == "." { "" } else { &below };
        let invalid = Invalid::new("invalid_type", below, error.inner().to_string(), "correct its type");
        if field.is_empty() { invalid } else { invalid.under(field) }
    })
}

/// The value of a field that must be there.
pub(super) fn required<T>(field: &str, value: Option<T>) -> Result<T, Invalid> {
    value.ok_or_else(|| Invalid::new("missing_field", field, format!("{field} is required"), format!("add `{field}`")))
}

/// Checks that a value is one of `known`, in their spelling.
pub(super) fn one_of(field: &str, value: &str, known: &[&str]) -> Result<(), Invalid> {
    if known.contains(&value) {
        return Ok(());
    }
    let message = format!("`{}` is not one of {}", value.escape_debug(), known.join(", "));
    Err(Invalid::new("unknown_value", field, message, format!("use {}", known.join(" or "))))
}

/// Checks an http(s) URL that may be absent.
pub(super) fn optional_url(field: &str, value: Option<&str>) -> Result<(), Invalid> {
    value.map_or(Ok(()), |url| parse_http_url(field, url).map(drop))
}

/// In this API null and absence are the same, and clients break on null: it is never kept.
pub(super) fn drop_nulls(object: &mut Map<String, Value>) {
    object.retain(|_, value| !value.is_null());
    for value in object.values_mut() {
        drop_nulls_within(value);
    }
}

fn drop_nulls_within(value: &mut Value) {
    match value {
        Value::Object(object) => drop_nulls(object),
        Value::Array(values) => values.iter_mut().for_each(drop_nulls_within),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests;
