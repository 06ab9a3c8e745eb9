//! The HTTP API: the only module that names axum, and the only one that knows the wire.
//!
//! Conventions of every handler (a free `async fn` of 3 to 10 lines in the file of its noun):
//! - arguments, in this order: `State(app): State<Arc<App>>`; who asks: [`Caller`] (a workspace's key, or an operator's),
//!   [`Operator`] (operator keys only) or [`AgentOf`] (caller + `{name}` as an agent); the path: [`Named`] (`{name}` as a
//!   resource), [`Id`] (`{id}`) or [`Path`] of a struct with named fields (never a tuple: `{ws}` may stand in front);
//!   [`Query`] of a struct; last the body: [`JsonBody`], [`OptionalJsonBody`] or [`RawBody`];
//! - the answer: `Result<Json<T>, ApiError>`, or [`Created`](openapi::Created) or [`Accepted`](openapi::Accepted) in place of
//!   `Json` where it is not 200; `?` turns every named error of the house into an [`ApiError`];
//! - a route is added with its line of the document, [`openapi::op`]; arguments, body and answer are read off the types, so it
//!   says what these do not tell: a name, a summary, and how it refuses beside what its arguments refuse;
//! - no rule of the business in here: a handler reads, calls, and writes the wire type.

mod actions;
mod agents;
mod analysis;
mod api_keys;
mod artifacts;
pub mod auth;
mod bindings;
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
pub mod metrics;
mod model_providers;
mod model_spend;
mod not_yet;
mod old_paths;
pub(crate) mod openapi;
pub mod path;
mod playground;
mod plugin_logs;
mod plugins;
mod policies;
mod registry;
mod replay;
mod resources;
mod routes;
mod secrets;
mod settings;
mod slots;
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
use routes::Routes;

use crate::app::App;
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
    let (routes, _) = table().into_parts();
    let routes = routes
        .fallback(health::no_such_path)
        .method_not_allowed_fallback(health::wrong_method)
        .layer(Extension(invoke::client()))
        .with_state(app.clone());
    let before_routing = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(app, trace::trace))
        .layer(CatchPanicLayer::custom(health::panicked))
        .layer(middleware::from_fn(drain::drain))
        .layer(middleware::map_request(old_paths::rewrite));
    Router::new().fallback_service(before_routing.service(routes))
}

/// Every route. The document shows those of a workspace under one of their three prefixes.
fn table() -> Routes {
    let workspace = in_workspace();
    let api = in_workspace().merge(of_host());
    health::routes()
        .nest_again("/api", &api)
        .nest_again("/api/v1/workspaces/{ws}", &workspace)
        .nest("/api/v1", api)
        .merge(analysis::older_routes())
        .merge(not_yet::older_routes())
        .merge(registry::routes())
        .merge(llm::routes())
        .merge(tool_calls::routes())
        .merge(playground::routes())
        .merge(starter_kit::echo_routes())
        .merge(openapi::routes())
        .merge(metrics::routes())
}

/// What happens in one workspace: the table that is mounted under each of the three prefixes.
fn in_workspace() -> Routes {
    deploy::routes()
        .merge(agents::routes())
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
fn of_host() -> Routes {
    let plugins = plugins::routes().merge(bindings::routes()).merge(plugin_logs::routes()).merge(replay::routes());
    plugins.merge(workspaces::routes())
}
