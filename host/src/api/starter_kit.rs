//! The starter kit: a tool and a model that need no key and no network, both served by this host.
//!
//! `POST /starter-kit` registers them in the caller's workspace. The echo tool itself is unauthenticated on purpose: it is
//! called as any tool is, without this host's keys, and shows a caller only what the caller sent. Invariants: no state, no
//! call out, a body of at most [`MAX_BODY`], and only the headers of [`SHOWN`], so that no credential is repeated.

use super::model_providers::ModelProvider;
use super::openapi::{Created, op};
use super::playground::MODEL;
use super::resources::Upsert;
use super::routes::Routes;
use super::tools::Tool;
use super::{ApiError, Caller, ECHO_PATH, PLAYGROUND_PATH};
use crate::app::{App, PublicAddress};
use crate::gateway::PLAYGROUND_PROVIDER;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, Uri};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use windlass_domain::WorkspaceName;

/// The largest body that echo and playground read, in bytes: 1 MiB.
pub const MAX_BODY: usize = 1024 * 1024;
/// The name of the tool.
const TOOL: &str = "echo-tool";
/// The headers that the echo repeats; never `Authorization` nor another one that may hold a credential.
const SHOWN: [&str; 7] =
    ["accept", "content-length", "content-type", "user-agent", "x-end-user-id", "x-request-id", "x-run-id"];

/// The route of `/starter-kit`.
pub fn routes() -> Routes {
    Routes::new("Starter kit").post(
        "/starter-kit",
        seed,
        op("seedStarterKit", "Register the echo tool and the playground"),
    )
}

/// The echo itself, at [`ECHO_PATH`].
pub fn echo_routes() -> Routes {
    let operation = |id| op(id, "Say what was sent").refuses(&[413]);
    Routes::new("Starter kit")
        .any(ECHO_PATH, echo, &operation("echo"))
        .any(&format!("{ECHO_PATH}/{{*rest}}"), echo, &operation("echoBelow"))
        .with(|router| router.layer(DefaultBodyLimit::max(MAX_BODY)))
}

/// The contract's `StarterKitResponse`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StarterKitResponse")]
pub(super) struct StarterKit {
    tool_created: &'static str,
    model_provider_created: &'static str,
}

async fn seed(State(app): State<Arc<App>>, caller: Caller) -> Result<Created<StarterKit>, ApiError> {
    Ok(Created(plant(&app, &caller.workspace).await?))
}

/// Registers both; doing it again puts both back as they were.
pub(super) async fn plant(app: &App, workspace: &WorkspaceName) -> Result<StarterKit, ApiError> {
    Upsert::parse::<Tool>(tool(&app.public))?.write::<Tool>(app, workspace).await?;
    Upsert::parse::<ModelProvider>(provider(&app.public))?.write::<ModelProvider>(app, workspace).await?;
    Ok(StarterKit { tool_created: TOOL, model_provider_created: PLAYGROUND_PROVIDER })
}

fn tool(public: &PublicAddress) -> Map<String, Value> {
    let capability =
        json!({"name": "echo", "method": "POST", "path": "/echo", "description": "Answers with what it was sent"});
    let spec = json!({
        "description": "Answers with the method, path and body that it was called with",
        "connection": {"topology": "Internal", "baseUrl": format!("{}{ECHO_PATH}", public.url)},
        "governance": {"accessControl": {"mode": "Open"}},
        "capabilities": [capability],
    });
    Map::from_iter([("name".to_owned(), TOOL.into()), ("spec".to_owned(), spec)])
}

fn provider(public: &PublicAddress) -> Map<String, Value> {
    let spec = json!({
        "provider": "openai",
        "endpoint": format!("{}{PLAYGROUND_PATH}/v1", public.url),
        "models": [MODEL],
        "auth": {"type": "None"},
    });
    Map::from_iter([("name".to_owned(), PLAYGROUND_PROVIDER.into()), ("spec".to_owned(), spec)])
}

/// What the echo answers.
#[derive(Debug, Serialize, JsonSchema)]
struct Echo {
    method: String,
    /// The path below [`ECHO_PATH`].
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<String>,
    headers: BTreeMap<&'static str, String>,
    /// JSON as JSON, anything else as text.
    body: Value,
}

async fn echo(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Json<Echo> {
    Json(Echo::of(&method, &uri, &headers, &body))
}

impl Echo {
    fn of(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Self {
        let path = uri.path().strip_prefix(ECHO_PATH).filter(|path| !path.is_empty()).unwrap_or("/");
        let text = |name: &&'static str| Some((*name, headers.get(*name)?.to_str().ok()?.to_owned()));
        Self {
            method: method.to_string(),
            path: path.to_owned(),
            query: uri.query().map(str::to_owned),
            headers: SHOWN.iter().filter_map(text).collect(),
            body: serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};

    fn public() -> PublicAddress {
        PublicAddress { url: "http://127.0.0.1:8092".to_owned(), registry: "127.0.0.1:8092".to_owned() }
    }

    #[test]
    fn what_the_kit_registers_passes_the_checks_of_its_kinds() {
        Upsert::parse::<Tool>(tool(&public())).expect("a good tool");
        Upsert::parse::<ModelProvider>(provider(&public())).expect("a good provider");
    }

    #[test]
    fn the_echo_repeats_the_request_but_never_a_key() {
        let uri: Uri = format!("{ECHO_PATH}/echo?a=1").parse().expect("a URI");
        let headers = HeaderMap::from_iter([
            (AUTHORIZATION, "Bearer sk-1".parse().expect("text")),
            (CONTENT_TYPE, "application/json".parse().expect("text")),
        ]);
        let echo = json!(Echo::of(&Method::POST, &uri, &headers, br#"{"message": "hi"}"#));
        let expected = json!({
            "method": "POST", "path": "/echo", "query": "a=1",
            "headers": {"content-type": "application/json"}, "body": {"message": "hi"},
        });
        assert_eq!(echo, expected);
    }

    #[test]
    fn a_body_that_is_not_json_is_echoed_as_text() {
        let uri: Uri = ECHO_PATH.parse().expect("a URI");
        let echo = Echo::of(&Method::PUT, &uri, &HeaderMap::new(), b"plain \xff");
        assert_eq!((echo.path.as_str(), echo.body), ("/", json!("plain \u{fffd}")));
    }
}
