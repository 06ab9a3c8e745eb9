//! What can go wrong at the runtime's own door. What goes wrong with one agent is its [`crate::AgentState`].

use std::path::PathBuf;

/// Why the runtime did not start. That agents cannot be isolated is no such error: see [`crate::IsolationReport::refusal`].
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The data directory cannot be used.
    #[error("cannot prepare {}: {source}", path.display())]
    DataDir {
        /// The path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The thread that starts processes could not be made.
    #[error("cannot start the thread that starts agents: {0}")]
    Spawner(std::io::Error),
}

/// Why one environment could not be made.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// No lock of that name is built in.
    #[error("there is no runtime `{0}` here")]
    UnknownRuntime(String),
    /// uv is not on this machine.
    #[error("uv is missing: install it, put it beside the windlass binary, or set WINDLASS_UV")]
    UvMissing,
    /// No Python that the locks hold for.
    #[error("no Python {minimum} or later was found{looked}", looked = list(looked_at))]
    PythonMissing {
        /// The lowest version that the locks hold for.
        minimum: String,
        /// The paths that were tried, with what each said.
        looked_at: Vec<String>,
    },
    /// uv ran and refused.
    #[error("{step} failed: {output}")]
    Uv {
        /// The step, e.g. `uv pip sync`.
        step: &'static str,
        /// Its last lines.
        output: String,
    },
    /// A file could not be written or a program not started.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why not.
        source: std::io::Error,
    },
}

fn list(looked_at: &[String]) -> String {
    if looked_at.is_empty() { String::new() } else { format!(" (tried {})", looked_at.join("; ")) }
}
