//! The runtime's door: wishes in, states, endpoints and logs out.

use crate::agent::{Actor, Board, Goal, Wanted};
use crate::config::RuntimeConfig;
use crate::environments::Environments;
use crate::error::RuntimeError;
use crate::instance;
use crate::isolation::{Isolation, IsolationReport};
use crate::logs::{AgentLog, LogLine};
use crate::podman::Podman;
use crate::spawner::Spawner;
use crate::state::{AgentState, Lease, NotReady};
use crate::uids::Uids;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, broadcast, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use windlass_domain::AgentRef;
use windlass_domain::agent::RunRequest;
use windlass_domain::source::SourceTree;

/// What every agent's task shares.
pub(crate) struct Shared {
    pub(crate) config: RuntimeConfig,
    pub(crate) isolation: Isolation,
    pub(crate) environments: Environments,
    pub(crate) podman: Podman,
    pub(crate) spawner: Spawner,
    pub(crate) uids: Uids,
    pub(crate) starting: Semaphore,
    pub(crate) launcher: PathBuf,
    /// The server stops: requests in flight are not waited for.
    pub(crate) stopping: CancellationToken,
}

impl Shared {
    pub(crate) fn agents_dir(&self) -> PathBuf {
        self.config.data_dir.join("agents")
    }
}

/// Runs agents. Dropped without [`Runtime::shutdown`], it kills them.
pub struct Runtime {
    shared: Arc<Shared>,
    agents: Mutex<Agents>,
}

#[derive(Default)]
struct Agents {
    by_name: HashMap<AgentRef, Handle>,
    tasks: JoinSet<()>,
}

struct Handle {
    goal: watch::Sender<Goal>,
    board: Arc<Board>,
}

impl Runtime {
    /// Prepares the data directory, probes the isolation with a real child, and waits for wishes.
    ///
    /// Sources of a server that was killed are removed. Where agents cannot be isolated, it starts all the same and says
    /// so: see [`Self::isolation`].
    pub async fn start(config: RuntimeConfig) -> Result<Arc<Self>, RuntimeError> {
        let spawner = Spawner::start().map_err(RuntimeError::Spawner)?;
        let data_dir = |path: &Path| {
            let path = path.to_owned();
            move |source| RuntimeError::DataDir { path, source }
        };
        let dir = std::path::absolute(&config.data_dir).map_err(data_dir(&config.data_dir))?;
        let config = RuntimeConfig { data_dir: dir, ..config };
        instance::remove_leftovers(&config.data_dir.join("agents")).map_err(data_dir(&config.data_dir))?;
        let launcher = instance::write_launcher(&config.data_dir).map_err(data_dir(&config.data_dir))?;
        let isolation = Isolation::probe(&config, &spawner).await;
        tracing::info!(report = %isolation.report(), "isolation of agents");
        let shared = Shared {
            environments: Environments::new(&config.data_dir, config.uv.clone(), config.python.clone()),
            podman: Podman::new(),
            uids: Uids::new(config.limits.first_uid..config.limits.first_uid.saturating_add(config.limits.uids)),
            starting: Semaphore::new(config.timing.starting_at_once),
            isolation,
            spawner,
            launcher,
            stopping: CancellationToken::new(),
            config,
        };
        Ok(Arc::new(Self { shared: Arc::new(shared), agents: Mutex::default() }))
    }

    /// What isolates agents here and what does not.
    #[must_use]
    pub fn isolation(&self) -> &IsolationReport {
        self.shared.isolation.report()
    }

    /// The environments, for preparing one before its first agent.
    #[must_use]
    pub fn environments(&self) -> &Environments {
        &self.shared.environments
    }

    /// Sets what shall run for `request.agent`; returns at once. The same request again changes nothing.
    ///
    /// `source` is what is mounted at `/app`; `None` for an image. After [`Self::shutdown`] nothing happens.
    pub fn apply(&self, request: RunRequest, source: Option<Arc<SourceTree>>) {
        let mut agents = self.agents();
        if self.shared.stopping.is_cancelled() {
            return;
        }
        // Tasks of removed agents that are done.
        while agents.tasks.try_join_next().is_some() {}
        let name = request.agent.clone();
        let wanted = Arc::new(Wanted { request, source });
        if let Some(handle) = agents.by_name.get(&name) {
            handle.goal.send_if_modified(|goal| goal.replace(&wanted));
            return;
        }
        let log = AgentLog::open(&self.shared.config.data_dir.join("logs"), &name);
        let board = Arc::new(Board::new(&wanted, log));
        let (goal, goals) = watch::channel(Goal::Run(wanted));
        agents.tasks.spawn(Actor::new(self.shared.clone(), board.clone(), goals).run());
        agents.by_name.insert(name, Handle { goal, board });
    }

    /// Lets the agent finish its requests, stops it, and deletes its logs; returns at once.
    pub fn remove(&self, agent: &AgentRef) {
        if let Some(handle) = self.agents().by_name.remove(agent) {
            handle.board.log.delete();
            handle.goal.send_replace(Goal::End);
        }
    }

    /// The state of an agent; `None` where none was applied.
    #[must_use]
    pub fn state(&self, agent: &AgentRef) -> Option<AgentState> {
        self.board(agent).map(|board| board.state())
    }

    /// The states to come of an agent; `None` where none was applied.
    #[must_use]
    pub fn follow_state(&self, agent: &AgentRef) -> Option<watch::Receiver<AgentState>> {
        self.board(agent).map(|board| board.follow_state())
    }

    /// Whether a process of that revision runs, be it on its way, serving or finishing its requests. False once the agent
    /// was removed.
    #[must_use]
    pub fn runs(&self, agent: &AgentRef, revision: u32) -> bool {
        self.board(agent).is_some_and(|board| board.runs(revision))
    }

    /// Where the agent answers. Hold the lease until the answer is through.
    pub fn endpoint(&self, agent: &AgentRef) -> Result<Lease, NotReady> {
        self.board(agent).ok_or(NotReady::Unknown)?.endpoint()
    }

    /// The last `tail` lines of the agent's log, oldest first, those of before a restart of the server included.
    #[must_use]
    pub fn logs(&self, agent: &AgentRef, tail: usize) -> Vec<LogLine> {
        self.board(agent).map(|board| board.log.tail(tail)).unwrap_or_default()
    }

    /// New lines of the agent's log; a receiver that lags by [`crate::logs::RING`] lines loses the oldest.
    #[must_use]
    pub fn follow_logs(&self, agent: &AgentRef) -> Option<broadcast::Receiver<LogLine>> {
        self.board(agent).map(|board| board.log.follow())
    }

    /// Stops every agent and every task; past `deadline` what is left is killed unasked. Idempotent.
    pub async fn shutdown(&self, deadline: Duration) {
        let mut tasks = {
            let mut agents = self.agents();
            self.shared.stopping.cancel();
            for handle in agents.by_name.values() {
                handle.goal.send_replace(Goal::End);
            }
            std::mem::take(&mut agents.tasks)
        };
        let all = async {
            while tasks.join_next().await.is_some() {}
            self.shared.environments.shutdown().await;
        };
        if tokio::time::timeout(deadline, all).await.is_err() {
            tracing::warn!("agents did not stop in time and are killed");
            tasks.shutdown().await;
        }
        self.shared.spawner.close();
    }

    fn board(&self, agent: &AgentRef) -> Option<Arc<Board>> {
        self.agents().by_name.get(agent).map(|handle| handle.board.clone())
    }

    fn agents(&self) -> MutexGuard<'_, Agents> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
