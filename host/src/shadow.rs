//! Candidates beside the plugins that decide: each deploy is put to them after its answer has gone out, and what they would
//! have said otherwise is recorded.
//!
//! Invariants: no deploy waits for a candidate; a candidate has a place and limits of its own, and its answer changes
//! nothing; what is asked is what was recorded of the deploy, so nothing but an id waits in the queue.

use crate::app::App;
use crate::deploy::replay::{self, Case, Comparison};
use crate::plugins::Bound;
use crate::{deploy, edge};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use windlass_domain::WorkspaceName;
use windlass_domain::decision::Outcome;
use windlass_plugin::Calls;
use windlass_store::{ShadowRef, ShadowRun, StoreError};

/// The most deploys that wait for candidates; one more is counted as missed.
pub const QUEUE_LIMIT: usize = 4_096;
/// The most deploys whose outcomes are recorded in one transaction.
const BATCH: usize = 32;
/// How long after its decision a deploy is put to candidates: by then its answer has gone out.
const AFTER: Duration = Duration::from_millis(20);

/// The queue of deploys, and the task that puts them to candidates.
#[derive(Debug, Default)]
pub struct Shadows {
    queue: OnceLock<mpsc::Sender<Waiting>>,
    /// How many deploys found the queue full, since the last transaction.
    missed: Mutex<HashMap<ShadowRef, u64>>,
    task: Mutex<JoinSet<()>>,
}

/// A deploy that was decided.
#[derive(Debug)]
struct Waiting {
    workspace: WorkspaceName,
    decision: String,
    not_before: Instant,
}

impl Shadows {
    /// Begins to take deploys.
    pub fn start(&self, app: &Arc<App>) {
        let (sender, mut receiver) = mpsc::channel(QUEUE_LIMIT);
        let app = app.clone();
        self.task.lock().unwrap_or_else(PoisonError::into_inner).spawn(async move {
            let mut waiting = Vec::new();
            while receiver.recv_many(&mut waiting, BATCH).await > 0 {
                if let Err(error) = ask_about(&app, std::mem::take(&mut waiting)).await {
                    tracing::warn!(%error, "what candidates said could not be recorded");
                }
            }
        });
        // A second start of the same app does not happen; it would find nobody at the queue.
        let _ = self.queue.set(sender);
    }

    /// Stops the task and waits for its end. What still waits is not asked about any more.
    pub async fn stop(&self) {
        let mut task = std::mem::take(&mut *self.task.lock().unwrap_or_else(PoisonError::into_inner));
        task.shutdown().await;
    }

    /// Puts a recorded deploy to the candidates of its workspace, if it has any.
    pub fn offer(&self, app: &App, workspace: &WorkspaceName, decision: &str) {
        let Ok(set) = app.plugins.set_of(&app.store, workspace) else { return };
        let Some(queue) = self.queue.get().filter(|_| !set.shadows.is_empty()) else { return };
        let (workspace, decision) = (workspace.clone(), decision.to_owned());
        if queue.try_send(Waiting { workspace, decision, not_before: Instant::now() + AFTER }).is_err() {
            let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
            set.shadows.iter().for_each(|candidate| *missed.entry(reference(candidate)).or_default() += 1);
        }
    }

    fn missed(&self) -> impl Iterator<Item = ShadowRun> + use<> {
        let missed = std::mem::take(&mut *self.missed.lock().unwrap_or_else(PoisonError::into_inner));
        missed.into_iter().map(|(shadow, deploys)| run(shadow, "", Asked::none(Outcome::Missed(deploys))))
    }
}

/// What became of asking a candidate about a deploy.
pub struct Asked {
    /// The agent that was deployed; empty where nothing is known of the deploy any more.
    pub agent: String,
    /// Whether a strategy would choose from another menu now than it did then.
    pub is_catalogue_changed: bool,
    /// What the candidate said.
    pub outcome: Outcome,
}

impl Asked {
    fn none(outcome: Outcome) -> Self {
        Self { agent: String::new(), is_catalogue_changed: false, outcome }
    }
}

fn run(shadow: ShadowRef, decision: &str, asked: Asked) -> ShadowRun {
    let Asked { agent, outcome, .. } = asked;
    ShadowRun { shadow, decision: decision.to_owned(), agent, outcome, at: edge::now() }
}

async fn ask_about(app: &Arc<App>, waiting: Vec<Waiting>) -> Result<(), StoreError> {
    let mut runs: Vec<_> = app.shadows.missed().collect();
    for Waiting { workspace, decision, not_before } in waiting {
        tokio::time::sleep_until(not_before).await;
        let set = app.plugins.set_of(&app.store, &workspace)?;
        for candidate in &set.shadows {
            let asked = ask(app, &workspace, &decision, candidate).await?;
            runs.push(run(reference(candidate), &decision, asked));
        }
    }
    if runs.is_empty() { Ok(()) } else { app.store.add_shadow_runs(runs).await }
}

/// Which candidate it is, in the store's words.
#[must_use]
pub fn reference(candidate: &Bound) -> ShadowRef {
    let Bound { slot, scope, revision, .. } = candidate;
    ShadowRef { workspace: scope.clone(), slot: slot.clone(), revision: *revision }
}

/// Puts a recorded deploy to `candidate`.
pub async fn ask(
    app: &Arc<App>,
    workspace: &WorkspaceName,
    decision: &str,
    candidate: &Bound,
) -> Result<Asked, StoreError> {
    let (host, app) = (app.clone(), app.clone());
    let (workspace, decision, candidate) = (workspace.clone(), decision.to_owned(), candidate.clone());
    let asked =
        host.plugins.host().run_aside(move |calls| ask_now(&app, &workspace, &decision, &candidate, calls)).await;
    asked.unwrap_or_else(|error| Ok(Asked::none(Outcome::Failed(error.to_string()))))
}

fn ask_now(
    app: &App,
    workspace: &WorkspaceName,
    decision: &str,
    candidate: &Bound,
    calls: &Calls,
) -> Result<Asked, StoreError> {
    let recording = app.store.recording(workspace, decision)?;
    let case = recording.map(|recording| Case::of(app, workspace, recording)).transpose()?.flatten();
    let Some(case) = case else { return Ok(Asked::none(Outcome::Missed(1))) };
    let set = app.plugins.set_of(&app.store, workspace)?;
    let outcome = match replay::compare(calls, candidate, &set, &app.catalogue, &case) {
        Ok(Comparison { differences, took, is_steady }) => {
            Outcome::Compared { differences, micros: deploy::micros(took), is_steady }
        }
        Err(error) => Outcome::Failed(error.to_string()),
    };
    let is_catalogue_changed = case.had_another_catalogue(&app.catalogue_digest);
    Ok(Asked { agent: case.agent().to_owned(), is_catalogue_changed, outcome })
}
