//! Agents as child processes of this server: their environments, sandbox, readiness, replacement and logs.
//!
//! Invariants:
//! - only this crate knows processes; what shall run comes in as a [`windlass_domain::agent::RunRequest`];
//! - nothing waits inside the caller's request: [`Runtime::apply`] records a wish, tasks of the runtime fulfil it;
//! - each agent is one task (`agent`), which alone starts and stops its processes; all tasks are joined by
//!   [`Runtime::shutdown`], and every child dies with the server, `kill -9` included;
//! - a process starts isolated or not at all, unless the operator chose otherwise.

mod agent;
mod backoff;
pub mod catalogue;
mod cgroup;
pub mod config;
pub mod env;
mod environments;
mod error;
mod health;
mod instance;
pub mod isolation;
pub mod logs;
mod podman;
mod process;
mod runtime;
mod sandbox;
mod seccomp;
mod spawner;
mod state;
mod uids;

pub use catalogue::catalogue;
pub use config::{Gateway, GatewaySource, Limits, RuntimeConfig, Timing};
pub use environments::{Environments, Preparation};
pub use error::{EnvironmentError, RuntimeError};
pub use isolation::{IsolationReport, Measure};
pub use logs::{LogLine, Stream};
pub use runtime::Runtime;
pub use state::{AgentState, Lease, NotReady};
