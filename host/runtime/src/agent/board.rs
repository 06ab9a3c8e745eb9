//! What one agent shows to the outside: its state, the process that gets traffic, its log.

use super::Wanted;
use super::start::StartError;
use crate::logs::AgentLog;
use crate::process::Process;
use crate::state::{AgentState, InFlight, Lease, NotReady};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use windlass_domain::agent::Phase;

/// How many log lines an error carries.
const TAIL: usize = 20;
/// When to ask again for an agent that is starting.
const RETRY_AFTER: Duration = Duration::from_secs(2);

pub(crate) struct Board {
    pub(crate) log: Arc<AgentLog>,
    state: watch::Sender<AgentState>,
    cannot_run: Mutex<Option<String>>,
    traffic: Mutex<Option<Traffic>>,
    /// The processes that were started, by their revision, until they are seen to be gone.
    processes: Mutex<Vec<(u32, watch::Receiver<Option<String>>)>>,
}

/// The process that gets traffic.
struct Traffic {
    addr: SocketAddr,
    revision: u32,
    in_flight: InFlight,
    exited: watch::Receiver<Option<String>>,
}

impl Board {
    pub(crate) fn new(wanted: &Wanted, log: AgentLog) -> Self {
        let state = AgentState {
            phase: Phase::Pending,
            message: "waiting to be started".to_owned(),
            revision_serving: None,
            revision_wanted: wanted.request.revision,
            restarts: 0,
        };
        Self {
            log: Arc::new(log),
            state: watch::Sender::new(state),
            cannot_run: Mutex::default(),
            traffic: Mutex::default(),
            processes: Mutex::default(),
        }
    }

    pub(crate) fn state(&self) -> AgentState {
        self.state.borrow().clone()
    }

    pub(crate) fn follow_state(&self) -> watch::Receiver<AgentState> {
        self.state.subscribe()
    }

    /// A lease on the process that serves, or why there is none.
    pub(crate) fn endpoint(&self) -> Result<Lease, NotReady> {
        // The lease is counted under the lock: a process that was replaced is seen as busy by whoever drains it.
        if let Some(traffic) = lock(&self.traffic).as_ref()
            && traffic.exited.borrow().is_none()
        {
            return Ok(Lease::new(traffic.addr, traffic.revision, &traffic.in_flight));
        }
        if let Some(reason) = lock(&self.cannot_run).clone() {
            return Err(NotReady::CannotRun { reason });
        }
        let state = self.state();
        Err(match state.phase {
            Phase::Failed => {
                NotReady::Failed { log_tail: self.log.tail_of(state.revision_wanted, TAIL), message: state.message }
            }
            Phase::Pending | Phase::Running => NotReady::Starting { message: state.message, retry_after: RETRY_AFTER },
        })
    }

    /// A process was started.
    pub(super) fn started(&self, process: &Process) {
        let mut processes = lock(&self.processes);
        processes.retain(|(_, exited)| is_running(exited));
        processes.push((process.revision, process.exited()));
    }

    /// Whether a process of that revision runs.
    pub(crate) fn runs(&self, revision: u32) -> bool {
        lock(&self.processes).iter().any(|(of, exited)| *of == revision && is_running(exited))
    }

    /// Gives the traffic to `process`, or to none.
    pub(super) fn serve(&self, process: Option<&Process>) {
        let traffic = process.map(|process| Traffic {
            addr: process.addr,
            revision: process.revision,
            in_flight: process.in_flight.clone(),
            exited: process.exited(),
        });
        let revision = traffic.as_ref().map(|traffic| traffic.revision);
        *lock(&self.traffic) = traffic;
        self.state.send_modify(|state| state.revision_serving = revision);
    }

    /// Another revision is wanted.
    pub(super) fn wanted(&self, wanted: &Wanted) {
        *lock(&self.cannot_run) = None;
        self.state.send_modify(|state| {
            state.phase = Phase::Pending;
            "waiting to be started".clone_into(&mut state.message);
            state.revision_wanted = wanted.request.revision;
            state.restarts = 0;
        });
    }

    /// The wanted revision is on its way; a failure before stays in sight until it is over.
    pub(super) fn progress(&self, message: &str) {
        self.state.send_if_modified(|state| {
            let changed = state.phase == Phase::Pending && state.message != message;
            if changed {
                message.clone_into(&mut state.message);
            }
            changed
        });
    }

    pub(super) fn running(&self, revision: u32) {
        self.state.send_modify(|state| {
            state.phase = Phase::Running;
            state.message = format!("revision {revision} serves");
        });
    }

    pub(super) fn crashed(&self, how: &str, pause: Duration) {
        self.state.send_modify(|state| {
            state.phase = Phase::Failed;
            state.message = format!("the process ended ({how}); started again in {pause:?}");
            state.restarts += 1;
        });
    }

    pub(super) fn failed(&self, revision: u32, error: &StartError, pause: Duration) {
        if let StartError::CannotRun(reason) = error {
            *lock(&self.cannot_run) = Some(reason.clone());
        }
        self.state.send_modify(|state| {
            let serving = state.revision_serving.map(|old| format!("; revision {old} serves on")).unwrap_or_default();
            let (phase, next) = match error {
                StartError::CannotRun(_) => (Phase::Pending, String::new()),
                // Nothing of the agent has failed: its image may be pushed, or its registry come back.
                StartError::Pull(_) => (Phase::Pending, format!("; next attempt in {pause:?}")),
                _ => (Phase::Failed, format!("; next attempt in {pause:?}")),
            };
            state.phase = phase;
            state.message = format!("revision {revision}: {error}{serving}{next}");
        });
    }
}

/// A process that was killed with its task says nothing more, and is gone as well.
fn is_running(exited: &watch::Receiver<Option<String>>) -> bool {
    exited.has_changed().is_ok() && exited.borrow().is_none()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
