//! The one writer: takes what is queued, commits it together, then answers everyone.
//!
//! Invariants: a job runs inside a savepoint of its own, so a failed or panicking job takes nobody along; a job is
//! answered only after the commit that holds it reached the disk; the queue is bounded and the thread is joined.
//! While one group is being flushed the next one fills up, so the flush's cost is shared without a timer.

use crate::StoreError;
use rusqlite::Connection;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// The most jobs that wait at once; more callers wait for a place.
const QUEUE: usize = 1024;
/// The most jobs that share one commit: bounds how long the first of them waits.
const GROUP: usize = 256;

type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Runs in the group's transaction, or learns why there is none.
type Job = Box<dyn FnOnce(Result<&Connection, StoreError>) -> Ran + Send>;

/// A job that has run: how to tell its caller of the commit, and why it failed, if it did.
struct Ran {
    answer: Answer,
    failure: Option<StoreError>,
}

enum Message {
    Write(Job),
    Stop,
}

/// The handle to the writer thread.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: Sender<Message>,
    places: Arc<Semaphore>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread; it owns `connection` from here on.
    pub(crate) fn start(connection: Connection) -> io::Result<Self> {
        let (queue, jobs) = channel();
        let thread =
            std::thread::Builder::new().name("store-writer".into()).spawn(move || serve(&connection, &jobs))?;
        Ok(Self { queue, places: Arc::new(Semaphore::new(QUEUE)), thread: Mutex::new(Some(thread)) })
    }

    /// Queues `job` and waits for its commit. Once queued it runs even if the caller goes away.
    pub(crate) async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let (answer, answered) = oneshot::channel();
        self.queue(place, job, move |outcome| {
            // A caller that went away does not want the answer.
            let _ = answer.send(outcome);
        })?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// Queues `job` without waiting, and drops it where the queue is full: for what may be lost.
    pub(crate) fn write_if_idle<F>(&self, job: F)
    where
        F: FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
    {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            let queued = self.queue(place, job, |outcome| {
                if let Err(error) = outcome {
                    tracing::warn!(%error, "a write that nobody waits for failed");
                }
            });
            if queued.is_err() {
                tracing::debug!("a write that nobody waits for came after the store was closed");
            }
        }
    }

    fn queue<T, F>(
        &self,
        place: OwnedSemaphorePermit,
        job: F,
        answer: impl FnOnce(Result<T, StoreError>) + Send + 'static,
    ) -> Result<(), StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let job: Job = Box::new(move |transaction| {
            let outcome = transaction.and_then(|connection| in_savepoint(connection, job));
            let failure = outcome.as_ref().err().cloned();
            let answer = Box::new(move |commit: Result<(), StoreError>| {
                drop(place);
                answer(commit.and(outcome));
            });
            Ran { answer, failure }
        });
        self.queue.send(Message::Write(job)).map_err(|_| StoreError::Closed)
    }

    /// Commits what is queued, refuses what comes later, and joins the thread. Calling it again does nothing.
    pub(crate) fn stop(&self) {
        self.places.close();
        // The thread is gone already when this fails, and then there is nothing to stop.
        let _ = self.queue.send(Message::Stop);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the store's writer had panicked");
        }
    }
}

fn serve(connection: &Connection, jobs: &Receiver<Message>) {
    while let Ok(Message::Write(first)) = jobs.recv() {
        let mut group = vec![first];
        let mut stop = false;
        while group.len() < GROUP && !stop {
            match jobs.try_recv() {
                Ok(Message::Write(job)) => group.push(job),
                Ok(Message::Stop) => stop = true,
                Err(_) => break,
            }
        }
        commit_group(connection, group);
        if stop {
            return;
        }
    }
}

fn commit_group(connection: &Connection, group: Vec<Job>) {
    let mut state = run(connection, "BEGIN IMMEDIATE");
    let mut answers = Vec::with_capacity(group.len());
    for job in group {
        let ran = job(state.clone().map(|()| connection));
        answers.push(ran.answer);
        // Some errors (a full disk, a failed write) roll the whole transaction back: then nothing of the group is kept.
        if state.is_ok() && connection.is_autocommit() {
            state = Err(ran.failure.unwrap_or(StoreError::Panicked));
        }
    }
    let state = state.and_then(|()| run(connection, "COMMIT"));
    if !connection.is_autocommit()
        && let Err(error) = run(connection, "ROLLBACK")
    {
        tracing::error!(%error, "the store could not roll back");
    }
    for answer in answers {
        answer(state.clone());
    }
}

fn in_savepoint<T>(
    connection: &Connection,
    job: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    run(connection, "SAVEPOINT job")?;
    let outcome = catch_unwind(AssertUnwindSafe(|| job(connection))).unwrap_or(Err(StoreError::Panicked));
    if connection.is_autocommit() {
        return outcome;
    }
    if outcome.is_err() {
        run(connection, "ROLLBACK TO job")?;
    }
    run(connection, "RELEASE job")?;
    outcome
}

fn run(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}
