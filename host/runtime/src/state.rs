//! What callers see of an agent: its state, its endpoint while they hold a lease, or why there is none.

use serde::Serialize;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::watch;
use windlass_domain::agent::Phase;

/// The state of one agent at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentState {
    /// The phase of the wanted revision.
    pub phase: Phase,
    /// What is going on, one sentence; carries the last log lines after a failure.
    pub message: String,
    /// The revision that gets traffic now; may be older than the wanted one.
    pub revision_serving: Option<u32>,
    /// The revision that shall serve.
    pub revision_wanted: u32,
    /// Restarts of the wanted revision since it was applied.
    pub restarts: u32,
}

/// Why an agent has no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// It is on its way.
    #[error("the agent is starting: {message}")]
    Starting {
        /// What it waits for.
        message: String,
        /// When to ask again.
        retry_after: Duration,
    },
    /// It failed, and is tried again later.
    #[error("the agent failed: {message}")]
    Failed {
        /// Why.
        message: String,
        /// Its last log lines, oldest first.
        log_tail: Vec<String>,
    },
    /// No such agent was applied.
    #[error("no such agent runs here")]
    Unknown,
    /// Nothing here can run it.
    #[error("the agent cannot run here: {reason}")]
    CannotRun {
        /// Why, and what would help.
        reason: String,
    },
}

/// The address of a ready agent. While it is held, the process behind it is not stopped by a newer revision
/// (for at most [`crate::Timing::drain_within`]); hold it until the answer's last byte.
#[derive(Debug)]
pub struct Lease {
    /// Where the agent listens.
    pub addr: SocketAddr,
    /// The revision behind it.
    pub revision: u32,
    _in_flight: InFlightGuard,
}

impl Lease {
    pub(crate) fn new(addr: SocketAddr, revision: u32, in_flight: &InFlight) -> Self {
        Self { addr, revision, _in_flight: in_flight.enter() }
    }
}

/// Counts the leases on one process.
#[derive(Debug, Clone)]
pub(crate) struct InFlight(watch::Sender<usize>);

impl InFlight {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    fn enter(&self) -> InFlightGuard {
        self.0.send_modify(|count| *count += 1);
        InFlightGuard(self.0.clone())
    }

    /// Waits until nobody holds a lease.
    pub(crate) async fn idle(&self) {
        // The sender is `self`: the channel cannot be closed here.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

#[derive(Debug)]
struct InFlightGuard(watch::Sender<usize>);

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_is_idle_once_the_last_lease_is_dropped() {
        let in_flight = InFlight::new();
        in_flight.idle().await;
        let addr = SocketAddr::from(([127, 0, 0, 1], 1));
        let (first, second) = (Lease::new(addr, 1, &in_flight), Lease::new(addr, 1, &in_flight));
        drop(first);
        let short = Duration::from_millis(20);
        assert!(tokio::time::timeout(short, in_flight.idle()).await.is_err(), "one lease is still held");
        drop(second);
        in_flight.idle().await;
    }
}
