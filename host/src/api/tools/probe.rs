//! `POST /tools/probe` and `POST /tools/{name}/test`: does anything answer there?

use super::Tool;
use crate::api::resources::{Noun as _, find, required};
use crate::api::wire::Time;
use crate::api::{ApiError, Caller, JsonBody, Named};
use crate::app::App;
use crate::edge;
use crate::probe::Probed;
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;
use windlass_domain::agent::UnixMillis;
use windlass_domain::tool::parse_http_url;

/// The contract's `ProbeRequest`.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ProbeRequest")]
pub(super) struct Body {
    #[schemars(with = "String", url)]
    url: Option<String>,
}

/// The contract's `ProbeResult`; `error` is why no answer came.
#[derive(Serialize, JsonSchema)]
pub(super) struct ProbeResult {
    reachable: bool,
    /// 0 where no answer came.
    status_code: u16,
    latency_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl From<Probed> for ProbeResult {
    fn from(probed: Probed) -> Self {
        let reachable = probed.is_reachable();
        Self {
            reachable,
            status_code: probed.status.unwrap_or_default(),
            latency_ms: probed.latency_ms,
            error: probed.failure,
        }
    }
}

/// `POST /tools/probe`
pub(super) async fn probe(
    State(app): State<Arc<App>>,
    _: Caller,
    JsonBody(body): JsonBody<Body>,
) -> Result<Json<ProbeResult>, ApiError> {
    let url = required("url", body.url.filter(|url| !url.trim().is_empty()))?;
    let probed = ask(&app, "url", &parse_http_url("url", url.trim())?).await?;
    Ok(Json(probed.into()))
}

/// `POST /tools/{name}/test`: what was seen becomes the tool's status.
pub(super) async fn test(
    State(app): State<Arc<App>>,
    caller: Caller,
    Named(name): Named,
) -> Result<Json<ProbeResult>, ApiError> {
    const FIELD: &str = "spec.connection.baseUrl";
    let tool = find::<Tool>(&app, &caller.workspace, &name)?;
    let url = tool.spec.pointer("/connection/baseUrl").and_then(Value::as_str).unwrap_or_default();
    let probed = ask(&app, FIELD, &parse_http_url(FIELD, url)?).await?;
    let status = status(&probed, edge::now());
    if !app.store.set_resource_status(&caller.workspace, Tool::KIND, &name, &status).await? {
        return Err(ApiError::no_resource(Tool::KIND, &name));
    }
    Ok(Json(probed.into()))
}

async fn ask(app: &App, field: &str, url: &Url) -> Result<Probed, ApiError> {
    app.probes.probe(url).await.map_err(|error| ApiError::from(error).field(field))
}

/// The contract's `ToolStatus`.
fn status(probed: &Probed, now: UnixMillis) -> Value {
    let phase = if probed.is_reachable() { "Available" } else { "Unreachable" };
    json!({"phase": phase, "last_probe_time": Time(now), "probe_latency_ms": probed.latency_ms})
}
