//! Plugins: installed, listed and deleted by operators.

mod refusal;

use refusal::Refusal;

use super::deploy::to_the_end;
use super::openapi::{bytes, op};
use super::path::Name;
use super::routes::Routes;
use super::wire::{Deleted, Time};
use super::workspaces::{audit, known};
use super::{ApiError, Operator, Path, Query, RawBody};
use crate::app::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use windlass_domain::WorkspaceName;
use windlass_store::PluginRecord;

/// The routes of `/plugins`.
pub fn routes() -> Routes {
    let installed = op("installPlugin", "Install a component")
        .about(
            "One that is there already, byte for byte, is a 200. What is refused is a 422, with the facts as fields.",
        )
        .by(bytes)
        .answers::<Shown>(200)
        .answers::<Shown>(201)
        .answers::<Refusal>(422)
        .refuses(&[409]);
    Routes::new("Operators")
        .get("/plugins", list, op("listPlugins", "List the installed plugins"))
        .post("/plugins", install, installed)
        .get("/plugins/{name}", one, op("getPlugin", "Show a plugin, by `name` or `name@version`"))
        .delete("/plugins/{name}", remove, op("deletePlugin", "Delete a plugin that is bound nowhere").refuses(&[409]))
}

/// Which workspace a plugin is for; absent: every one.
#[derive(Deserialize, JsonSchema)]
struct Scope {
    workspace: Option<WorkspaceName>,
}

/// An installed plugin.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Plugin")]
struct Shown {
    name: String,
    version: String,
    world: String,
    digest: String,
    /// Of the component, in bytes; said when it is installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<usize>,
    builtin: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<WorkspaceName>,
    created_at: Time,
}

impl From<PluginRecord> for Shown {
    fn from(plugin: PluginRecord) -> Self {
        let PluginRecord { name, version, digest, world, metadata: _, workspace, installed_at, builtin } = plugin;
        Self { name, version, world, digest, size: None, builtin, workspace, created_at: Time(installed_at) }
    }
}

async fn install(
    State(app): State<Arc<App>>,
    operator: Operator,
    Query(Scope { workspace }): Query<Scope>,
    RawBody(component): RawBody,
) -> Result<(StatusCode, Json<Shown>), Response> {
    if let Some(workspace) = &workspace {
        known(&app, workspace).map_err(IntoResponse::into_response)?;
    }
    let size = component.len();
    let installed = async move {
        let entry = |plugin: &PluginRecord| {
            let what = format!("install plugin {}@{}", plugin.name, plugin.version);
            audit(&operator.key_id, what, Value::Null, json!(Shown::from(plugin.clone())))
        };
        Ok::<_, ApiError>(app.plugins.install(&app.store, workspace, component.into(), entry).await)
    };
    let installed = to_the_end(installed).await.map_err(IntoResponse::into_response)?;
    let (plugin, created) = installed.map_err(refusal::answer)?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(Shown { size: Some(size), ..plugin.into() })))
}

async fn list(
    State(app): State<Arc<App>>,
    _: Operator,
    Query(Scope { workspace }): Query<Scope>,
) -> Result<Json<Vec<Shown>>, ApiError> {
    let plugins = match &workspace {
        Some(workspace) => app.store.plugins(Some(workspace))?,
        None => app.store.all_plugins()?,
    };
    Ok(Json(plugins.into_iter().map(Shown::from).collect()))
}

async fn one(
    State(app): State<Arc<App>>,
    _: Operator,
    Path(Name { name }): Path<Name>,
    Query(Scope { workspace }): Query<Scope>,
) -> Result<Json<Shown>, ApiError> {
    Ok(Json(find(&app, workspace.as_ref(), &name)?.into()))
}

async fn remove(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(Name { name }): Path<Name>,
    Query(Scope { workspace }): Query<Scope>,
) -> Result<Json<Deleted>, ApiError> {
    let plugin = find(&app, workspace.as_ref(), &name)?;
    if plugin.builtin {
        let message = format!("plugin \"{}\" comes with the program", plugin.name);
        return Err(ApiError::conflict("builtin", message).hint("bind another one in its place"));
    }
    to_the_end(async move {
        let PluginRecord { name, version, workspace, .. } = &plugin;
        let what = format!("delete plugin {name}@{version}");
        let entry = audit(&operator.key_id, what, json!(Shown::from(plugin.clone())), Value::Null);
        let was_there = app.store.delete_plugin(workspace.as_ref(), name, version, Some(entry)).await?;
        if was_there { Ok(()) } else { Err(unknown(name)) }
    })
    .await?;
    Ok(Json(Deleted::YES))
}

/// A plugin by `name` (the one installed last) or `name@version`.
fn find(app: &App, workspace: Option<&WorkspaceName>, name: &str) -> Result<PluginRecord, ApiError> {
    let (plain, version) = name.split_once('@').map_or((name, None), |(name, version)| (name, Some(version)));
    let plugin = app.store.plugin(workspace, plain, version)?;
    plugin.ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> ApiError {
    ApiError::not_found(format!("plugin \"{}\" not found", name.escape_debug()))
}
