//! One agent: the task that brings what runs to what is wanted.
//!
//! Invariants: only the newest wish counts, one that was replaced before its process started never starts; the process
//! that serves is stopped only after a newer one is ready; what ends by itself is started again after a pause.

mod board;
mod image;
mod start;

pub(crate) use board::Board;

use crate::backoff::Backoff;
use crate::logs::Stream;
use crate::process::Process;
use crate::runtime::Shared;
use crate::uids::Uid;
use start::StartError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use windlass_domain::agent::RunRequest;
use windlass_domain::source::SourceTree;

/// What shall run.
#[derive(Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) request: RunRequest,
    pub(crate) source: Option<Arc<SourceTree>>,
}

/// The wish that the task fulfils.
#[derive(Debug, Clone)]
pub(crate) enum Goal {
    /// Run this.
    Run(Arc<Wanted>),
    /// The agent is deleted, or the server stops.
    End,
}

impl Goal {
    /// Wants `wanted` from now on; false when it was wanted already.
    pub(crate) fn replace(&mut self, wanted: &Arc<Wanted>) -> bool {
        let changed = !matches!(self, Self::Run(now) if now == wanted);
        if changed {
            *self = Self::Run(wanted.clone());
        }
        changed
    }
}

/// A process that answers, and what it was started from.
struct Serving {
    process: Process,
    wanted: Arc<Wanted>,
    since: Instant,
}

pub(crate) struct Actor {
    shared: Arc<Shared>,
    board: Arc<Board>,
    goal: watch::Receiver<Goal>,
    serving: Option<Serving>,
    /// Between start and ready.
    starting: Option<Process>,
    /// The last that became ready: started again when it ends while a newer one fails.
    good: Option<Arc<Wanted>>,
    draining: JoinSet<()>,
    backoff: Backoff,
    uid: Option<Uid>,
    starts: u32,
}

impl Actor {
    pub(crate) fn new(shared: Arc<Shared>, board: Arc<Board>, goal: watch::Receiver<Goal>) -> Self {
        let timing = &shared.config.timing;
        Self {
            backoff: Backoff::new(timing.backoff_first, timing.backoff_most),
            shared,
            board,
            goal,
            serving: None,
            starting: None,
            good: None,
            draining: JoinSet::new(),
            uid: None,
            starts: 0,
        }
    }

    /// Runs until the agent is removed or the server stops.
    pub(crate) async fn run(mut self) {
        let mut last: Option<Arc<Wanted>> = None;
        loop {
            let wanted = match self.goal.borrow_and_update().clone() {
                Goal::Run(wanted) => wanted,
                Goal::End => break,
            };
            if last.as_ref() != Some(&wanted) {
                self.backoff.reset();
                self.board.wanted(&wanted);
                last = Some(wanted.clone());
            }
            if self.serves(&wanted) {
                self.while_serving().await;
            } else {
                self.bring_up(&wanted).await;
            }
        }
        self.wind_down().await;
    }

    fn serves(&self, wanted: &Arc<Wanted>) -> bool {
        self.serving.as_ref().is_some_and(|serving| &serving.wanted == wanted)
    }

    /// Waits for another wish, or for the process to end; after an end, pauses before the next start.
    async fn while_serving(&mut self) {
        let Some(serving) = &self.serving else { return };
        let how = tokio::select! {
            how = serving.process.ended() => how,
            () = changed(&mut self.goal) => return,
        };
        let revision = serving.process.revision;
        if serving.since.elapsed() >= self.shared.config.timing.stable_after {
            self.backoff.reset();
        }
        self.retire().await;
        let pause = self.backoff.pause();
        self.board.log.add(Stream::Runtime, revision, format!("the process ended ({how}); started again in {pause:?}"));
        self.board.crashed(&how, pause);
        self.pause(pause).await;
    }

    /// Starts `wanted` and moves the traffic to it; where it fails, keeps or brings back the last good one and pauses.
    async fn bring_up(&mut self, wanted: &Arc<Wanted>) {
        let Some(outcome) = self.attempt(wanted).await else { return };
        let error = match outcome {
            Ok(()) => return self.promote(wanted),
            Err(error) => error,
        };
        let pause = self.backoff.pause();
        self.board.failed(wanted.request.revision, &error, pause);
        if let StartError::CannotRun(_) = error {
            // Nothing here changes by waiting, except for the wish.
            if self.serving.is_none() {
                changed(&mut self.goal).await;
                return;
            }
        } else {
            self.board.log.add(Stream::Runtime, wanted.request.revision, format!("{error}; next attempt in {pause:?}"));
        }
        if self.serving.is_none() {
            self.bring_back().await;
        }
        self.pause(pause).await;
    }

    /// Starts the last good one again, which ended while a newer one does not become ready.
    async fn bring_back(&mut self) {
        let Some(good) = self.good.clone() else { return };
        if let Some(Ok(())) = self.attempt(&good).await {
            self.take_over(&good);
        }
    }

    /// One start up to ready, in `self.starting`; `None` when another wish came first. What is not ready is stopped.
    async fn attempt(&mut self, wanted: &Arc<Wanted>) -> Option<Result<(), StartError>> {
        let mut goal = self.goal.clone();
        let outcome = tokio::select! {
            // An outcome that is there counts, so that a wish in the same moment cannot lose a ready process.
            biased;
            outcome = self.start(wanted) => Some(outcome),
            () = changed(&mut goal) => None,
        };
        if !matches!(outcome, Some(Ok(())))
            && let Some(process) = self.starting.take()
        {
            process.stop().await;
        }
        outcome
    }

    fn promote(&mut self, wanted: &Arc<Wanted>) {
        let old = self.serving.take();
        self.take_over(wanted);
        self.board.running(wanted.request.revision);
        self.board.log.add(Stream::Runtime, wanted.request.revision, "ready".to_owned());
        if let Some(old) = old {
            self.drain(old.process);
        }
        while self.draining.try_join_next().is_some() {}
    }

    /// Gives the traffic to the process that is ready.
    fn take_over(&mut self, wanted: &Arc<Wanted>) {
        let Some(process) = self.starting.take() else { return };
        self.board.serve(Some(&process));
        self.good = Some(wanted.clone());
        self.serving = Some(Serving { process, wanted: wanted.clone(), since: Instant::now() });
    }

    /// Takes the traffic from the serving process and stops it.
    async fn retire(&mut self) {
        self.board.serve(None);
        if let Some(serving) = self.serving.take() {
            serving.process.stop().await;
        }
    }

    /// Waits for `pause`, another wish, or the end of the process that still serves.
    async fn pause(&mut self, pause: Duration) {
        let ended = async {
            match &self.serving {
                Some(serving) => serving.process.ended().await,
                None => std::future::pending().await,
            }
        };
        let ended = tokio::select! {
            () = tokio::time::sleep(pause) => false,
            () = changed(&mut self.goal) => false,
            _ = ended => true,
        };
        if ended {
            self.retire().await;
        }
    }

    fn drain(&mut self, process: Process) {
        self.draining.spawn(process.drain(self.shared.config.timing.drain_within, self.shared.stopping.clone()));
    }

    /// Stops what runs; the requests in flight are finished first, unless the server stops.
    async fn wind_down(mut self) {
        self.board.serve(None);
        if let Some(serving) = self.serving.take() {
            self.drain(serving.process);
        }
        while self.draining.join_next().await.is_some() {}
    }
}

/// Waits for another wish, and leaves it to be seen by the loop in [`Actor::run`].
async fn changed(goal: &mut watch::Receiver<Goal>) {
    // A runtime that is gone ends its tasks: nothing is wished for any more, and nothing is waited for.
    if goal.changed().await.is_ok() {
        goal.mark_changed();
    }
}
