//! Plugins: installed, listed and deleted by operators.

mod refusal;

use refusal::Refusal;

use super::deploy::to_the_end;
use super::openapi::{bytes, op};
use super::path::Name;
use super::routes::Routes;
use super::wire::{Deleted, Time};
use super::workspaces::{audit, known};
use super::{ApiError, Id, Operator, Path, Query, RawBody};
use crate::app::App;
use crate::plugins::jobs::{Finished, Job, Progress};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use windlass_domain::WorkspaceName;
use windlass_plugin::Phase;
use windlass_store::{PluginRecord, StoreError};

/// How many seconds an install is waited for where the client says nothing: a component of some hundred KB takes a tenth.
const WAIT: u64 = 2;
/// The most seconds that it is waited for.
const MAX_WAIT: u64 = 60;

/// The routes of `/plugins`.
pub fn routes() -> Routes {
    let installed = op("installPlugin", "Install a component")
        .about(
            "One that is there already, byte for byte, is a 200. One that takes longer than `wait` is a 202, and goes on by \
             itself. What is refused is a 422, with the facts as fields.",
        )
        .by(bytes)
        .answers::<Shown>(200)
        .answers::<Shown>(201)
        .answers::<InstallShown>(202)
        .answers::<Refusal>(422)
        .refuses(&[409, 429]);
    Routes::new("Operators")
        .get("/plugins", list, op("listPlugins", "List the installed plugins"))
        .post("/plugins", install, installed)
        .get(
            "/plugins/installs/{id}",
            watch,
            op("getPluginInstall", "Show how far an install is, or what became of it"),
        )
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

/// How a component is installed.
#[derive(Deserialize, JsonSchema)]
struct How {
    /// Which workspace the plugin is for; absent: every one.
    workspace: Option<WorkspaceName>,
    /// How many seconds the answer may take; 0, or `Prefer: respond-async`: it comes at once.
    #[schemars(range(max = MAX_WAIT))]
    wait: Option<u64>,
}

/// An install: `PENDING` while it waits for its turn, `RUNNING`, `SUCCEEDED` or `FAILED`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PluginInstall")]
struct InstallShown {
    id: String,
    #[schemars(extend("enum" = ["PENDING", "RUNNING", "SUCCEEDED", "FAILED"]))]
    status: &'static str,
    /// What it is doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = Phase::ALL.map(Phase::as_str)))]
    phase: Option<&'static str>,
    /// How many of the phases are behind it, in percent.
    #[schemars(range(max = 100))]
    progress: usize,
    created_at: Time,
    /// What was installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Shown>")]
    plugin: Option<Value>,
    /// Why it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Refusal>")]
    refusal: Option<Value>,
}

impl InstallShown {
    fn new(job: &Job<Finished>) -> Self {
        let (id, created_at) = (job.id.clone(), Time(job.started_at));
        let begun = Self { id, status: "PENDING", phase: None, progress: 0, created_at, plugin: None, refusal: None };
        if let Some(ended) = job.outcome() {
            let (body, begun) = (Some(ended.body.clone()), Self { progress: 100, ..begun });
            return if ended.status < 400 {
                Self { status: "SUCCEEDED", plugin: body, ..begun }
            } else {
                Self { status: "FAILED", refusal: body, ..begun }
            };
        }
        let Some(phase) = job.phase() else { return begun };
        let behind = Phase::ALL.iter().position(|one| *one == phase).unwrap_or_default();
        Self { status: "RUNNING", phase: Some(phase.as_str()), progress: behind * 100 / Phase::ALL.len(), ..begun }
    }
}

async fn install(
    State(app): State<Arc<App>>,
    operator: Operator,
    Query(How { workspace, wait }): Query<How>,
    headers: HeaderMap,
    RawBody(component): RawBody,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    if let Some(workspace) = &workspace {
        known(&app, workspace)?;
    }
    let wait = if prefers_async(&headers) { 0 } else { wait.unwrap_or(WAIT).min(MAX_WAIT) };
    let task = app.clone();
    let job = app.installs.begin(|progress| run(task, operator, workspace, component.into(), progress));
    let job = job.ok_or_else(|| {
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "installs_busy", "too many plugins are being installed")
            .hint("send it again when one of them has ended")
            .retry_after(Duration::from_secs(5))
    })?;
    match tokio::time::timeout(Duration::from_secs(wait), job.ended()).await {
        Ok(Some(ended)) => {
            let status = StatusCode::from_u16(ended.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            Ok((status, Json(ended.body.clone())))
        }
        Ok(None) => Err(StoreError::Closed.into()),
        Err(_) => Ok((StatusCode::ACCEPTED, Json(json!(InstallShown::new(&job))))),
    }
}

/// Whether the client would rather look later (RFC 7240, section 4.1).
fn prefers_async(headers: &HeaderMap) -> bool {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    preferences.flat_map(|value| value.split([',', ';'])).any(|one| one.trim().eq_ignore_ascii_case("respond-async"))
}

async fn run(
    app: Arc<App>,
    operator: Operator,
    workspace: Option<WorkspaceName>,
    component: Vec<u8>,
    progress: Arc<Progress>,
) -> Finished {
    let size = component.len();
    let entry = |plugin: &PluginRecord| {
        let what = format!("install plugin {}@{}", plugin.name, plugin.version);
        audit(&operator.key_id, what, Value::Null, json!(Shown::from(plugin.clone())))
    };
    let seen = move |phase| progress.begin(phase);
    match app.plugins.install(&app.store, workspace, component, seen, entry).await {
        Ok((plugin, created)) => {
            let status = if created { StatusCode::CREATED } else { StatusCode::OK };
            Finished { status: status.as_u16(), body: json!(Shown { size: Some(size), ..plugin.into() }) }
        }
        Err(error) => refusal::finished(error),
    }
}

async fn watch(State(app): State<Arc<App>>, _: Operator, Id(id): Id) -> Result<Json<InstallShown>, ApiError> {
    let job = app.installs.find(&id);
    let job = job.ok_or_else(|| {
        ApiError::not_found("there is no install of that id")
            .hint("it ended long ago, or with the server before: list the plugins")
    })?;
    Ok(Json(InstallShown::new(&job)))
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
