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

pub mod auth;
pub mod body;
pub mod error;
pub mod path;

pub use crate::deploy::Caller;
pub use auth::{AgentOf, Operator};
pub use body::{JsonBody, OptionalJsonBody, RawBody};
pub use error::ApiError;
pub use path::{Id, Named, Path, Query};

/// Where the starter kit's OpenAI-shaped playground is served, without a key.
pub const PLAYGROUND_PATH: &str = "/playground";
/// Where the starter kit's echo tool is served, without a key.
pub const ECHO_PATH: &str = "/echo";
