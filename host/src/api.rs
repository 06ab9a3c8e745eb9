//! The HTTP API: the only module that names axum, and the only one that knows the wire.
//!
//! Conventions of every handler (a free `async fn` of 3 to 10 lines in the file of its noun):
//! - arguments, in this order: `State(app): State<Arc<App>>`; who asks: [`Caller`] (a workspace's key, or an operator's),
//!   [`Operator`] (operator keys only) or [`AgentOf`] (caller + `{name}` as an agent); the path: [`Named`] (`{name}` as a
//!   resource), [`Id`] (`{id}`) or [`Path`] of a struct with named fields (never a tuple: `{ws}` may stand in front);
//!   [`Query`] of a struct; last the body: [`JsonBody`], [`OptionalJsonBody`] or [`RawBody`];
//! - the answer: `Result<Json<T>, ApiError>`, or `Result<(StatusCode, Json<T>), ApiError>` where it is not 200;
//!   `?` turns every named error of the house into an [`ApiError`];
//! - no rule of the business in here: a handler reads, calls, and writes the wire type.

mod actions;
mod agents;
mod analysis;
mod api_keys;
mod artifacts;
pub mod auth;
pub mod body;
mod catalog;
mod context;
mod deploy;
mod door;
mod drafts;
mod drain;
pub mod error;
mod health;
mod identity_providers;
mod invoke;
mod keys;
mod limits;
mod llm;
mod logs;
mod model_providers;
mod model_spend;
mod not_yet;
mod old_paths;
pub mod path;
mod playground;
mod plugins;
mod policies;
mod registry;
mod resources;
mod settings;
mod starter_kit;
mod tool_calls;
mod tools;
mod trace;
mod wire;
mod workspaces;

pub use crate::deploy::Caller;
pub use auth::{AgentOf, Operator};
pub use body::{JsonBody, OptionalJsonBody, RawBody};
pub use error::ApiError;
pub use path::{Id, Named, Path, Query};

use crate::app::App;
use axum::routing::{any, get, post};
use axum::{Extension, Router, middleware};
use std::sync::Arc;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

/// Where the starter kit's OpenAI-shaped playground is served, without a key.
pub const PLAYGROUND_PATH: &str = "/playground";
/// Where the starter kit's echo tool is served, without a key.
pub const ECHO_PATH: &str = "/echo";

/// The whole server. Paths of agents in the older form are rewritten before they are routed: see `old_paths`.
pub fn router(app: Arc<App>) -> Router {
    let routes = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/ingestion/analyze", post(analysis::analyze))
        .route("/v2", any(registry::registry))
        .route("/v2/", any(registry::registry))
        .route("/v2/{*path}", any(registry::registry))
        .nest("/api", in_workspace().merge(of_host()))
        .nest("/api/v1", in_workspace().merge(of_host()))
        .nest("/api/v1/workspaces/{ws}", in_workspace())
        .merge(not_yet::unprefixed_routes())
        .merge(llm::routes())
        .merge(tool_calls::routes())
        .merge(playground::routes())
        .merge(starter_kit::echo_routes())
        .fallback(health::no_such_path)
        .method_not_allowed_fallback(health::wrong_method)
        .layer(Extension(invoke::client()))
        .with_state(app);
    let before_routing = ServiceBuilder::new()
        .layer(middleware::from_fn(trace::trace))
        .layer(CatchPanicLayer::custom(health::panicked))
        .layer(middleware::from_fn(drain::drain))
        .layer(middleware::map_request(old_paths::rewrite));
    Router::new().fallback_service(before_routing.service(routes))
}

/// What happens in one workspace: the table that is mounted under each of the three prefixes.
fn in_workspace() -> Router<Arc<App>> {
    Router::new()
        .route("/deploy", post(deploy::deploy))
        .route("/deploy/preview", post(deploy::preview))
        .route("/builds", post(deploy::build))
        .route("/builds/{id}", get(deploy::show_build))
        .route("/decisions/{id}", get(deploy::show_decision))
        .route("/agents", get(agents::list))
        .route("/agents/", any(agents::unnamed))
        .route("/agents/{name}", get(agents::show).delete(agents::delete))
        .route("/agents/{name}/config", get(agents::config).put(agents::configure))
        .route("/agents/{name}/revisions", get(agents::revisions))
        .route("/agents/{name}/revisions/{number}", get(agents::revision))
        .route("/agents/{name}/rollback", post(agents::roll_back))
        .route("/agents/{name}/logs", get(logs::logs))
        .route("/agents/{name}/invoke", post(invoke::invoke))
        .route("/agents/{name}/invoke/stream", post(invoke::invoke))
        .route("/agents/{name}/resume/{*action}", post(invoke::invoke))
        .route("/agents/{name}/{*rest}", any(agents::unnamed))
        .merge(analysis::routes())
        .merge(tools::routes())
        .merge(model_providers::routes())
        .merge(policies::routes())
        .merge(identity_providers::routes())
        .merge(drafts::routes())
        .merge(artifacts::routes())
        .merge(starter_kit::routes())
        .merge(api_keys::routes())
        .merge(settings::routes())
        .merge(model_spend::routes())
        .merge(context::routes())
        .merge(actions::routes())
        .merge(catalog::routes())
        .merge(not_yet::routes())
}

/// What an operator does to the whole host.
fn of_host() -> Router<Arc<App>> {
    Router::new().merge(plugins::routes()).merge(workspaces::routes())
}
