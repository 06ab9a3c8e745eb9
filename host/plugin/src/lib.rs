//! The plugin host: everything that touches wasmtime.
//!
//! Work is split by phase: once per process ([`engine`], [`link`]), once per plugin ([`gate`]), once per call ([`call`]).
//! Invariants: a guest sees one request, one source tree, one set of claims, and the host's clock, network, files and
//! environment never; a store serves one call and is dropped; a call ends within its limits; what a guest breaks is a
//! [`CallError`] of its caller and nobody else's trouble.

mod bindings;
mod cache;
mod call;
pub mod compile;
mod engine;
mod error;
mod gate;
mod host;
mod imports;
pub mod limits;
mod link;
pub mod metadata;
mod meter;
mod phase;
mod places;
mod reach;
mod report;
pub mod settings;
pub mod smoke;
mod state;
mod terms;
mod weight;
mod wit_version;

pub use call::{Answer, Provided};
pub use error::{CallError, Detail, InstallError, Undecided};
pub use gate::Plugin;
pub use host::{Calls, HostConfig, PluginHost};
pub use limits::Limits;
pub use metadata::{Capabilities, Metadata, World};
pub use phase::Phase;
pub use places::QUEUE_LIMIT;
pub use reach::{Outbound, Outgoing, Reach, Recorded, secret_names};
pub use report::{CALL_SPANS, CallReport, Level, LogLine, Observer, Outcome};
pub use settings::SettingsProblem;
pub use terms::Terms;
pub use weight::Weight;
