//! Installs under way and those that ended lately. Each runs in a task of its own, so that a component that compiles for
//! seconds holds no request up.
//!
//! Invariants: so many at once and no more; a job that ended is kept for a while; the tasks end with the server.

use crate::edge;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::Instrument as _;
use windlass_domain::agent::UnixMillis;
use windlass_plugin::Phase;

/// The most installs under way: each holds its component, of up to 32 MiB.
pub const MAX_INSTALLS: usize = 8;
/// How many that ended are kept.
pub const KEPT: usize = 100;

/// What is told of an install that ended: status and body of its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: serde_json::Value,
}

/// What became of an install; `T` is what is told of it.
type Outcome<T> = Option<Arc<T>>;

/// An install.
pub struct Job<T> {
    /// Its id.
    pub id: String,
    /// When it was asked for.
    pub started_at: UnixMillis,
    progress: Arc<Progress>,
    outcome: watch::Receiver<Outcome<T>>,
}

/// How far an install is.
#[derive(Debug, Default)]
pub struct Progress(AtomicU8);

impl Progress {
    /// Notes that a phase has begun.
    pub fn begin(&self, phase: Phase) {
        let place = Phase::ALL.iter().position(|one| *one == phase).unwrap_or_default() + 1;
        self.0.store(u8::try_from(place).unwrap_or(u8::MAX), Ordering::Relaxed);
    }

    /// The phase that has begun; `None`: it waits for its turn.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        let begun = usize::from(self.0.load(Ordering::Relaxed)).checked_sub(1)?;
        Phase::ALL.get(begun).copied()
    }
}

impl<T> Job<T> {
    /// The phase that has begun; `None`: it waits for its turn, or is over.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        self.progress.phase()
    }

    /// What became of it; `None` while it is under way.
    #[must_use]
    pub fn outcome(&self) -> Option<Arc<T>> {
        self.outcome.borrow().clone()
    }

    /// Whether nothing more will come of it: it ended, or died.
    fn is_over(&self) -> bool {
        self.outcome.borrow().is_some() || self.outcome.has_changed().is_err()
    }

    /// Waits for its end; `None` where the server ends before.
    pub async fn ended(&self) -> Option<Arc<T>> {
        let mut outcome = self.outcome.clone();
        outcome.wait_for(Option::is_some).await.ok().and_then(|ended| ended.clone())
    }
}

/// The installs.
pub struct Installs<T> {
    jobs: Mutex<VecDeque<Arc<Job<T>>>>,
    tasks: Mutex<JoinSet<()>>,
}

impl<T> Default for Installs<T> {
    fn default() -> Self {
        Self { jobs: Mutex::default(), tasks: Mutex::default() }
    }
}

impl<T: Send + Sync + 'static> Installs<T> {
    /// Begins one; `None` where so many are under way already. It runs to its end, whoever waits for it.
    pub fn begin<W: Future<Output = T> + Send + 'static>(
        &self,
        work: impl FnOnce(Arc<Progress>) -> W,
    ) -> Option<Arc<Job<T>>> {
        let mut jobs = lock(&self.jobs);
        if jobs.iter().filter(|job| !job.is_over()).count() >= MAX_INSTALLS {
            return None;
        }
        let (ended, outcome) = watch::channel(None);
        let progress = Arc::new(Progress::default());
        let (id, started_at) = (edge::new_id("install"), edge::now());
        let work = work(progress.clone());
        let mut tasks = lock(&self.tasks);
        // Those that ended are joined here.
        while tasks.try_join_next().is_some() {}
        let task = async move {
            let done = work.await;
            ended.send_replace(Some(Arc::new(done)));
        };
        tasks.spawn(task.in_current_span());
        let job = Arc::new(Job { id, started_at, progress, outcome });
        jobs.push_back(job.clone());
        if jobs.len() > KEPT + MAX_INSTALLS {
            let oldest = jobs.iter().position(|job| job.is_over());
            oldest.and_then(|oldest| jobs.remove(oldest));
        }
        Some(job)
    }

    /// The install of that id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Arc<Job<T>>> {
        lock(&self.jobs).iter().find(|job| job.id == id).cloned()
    }

    /// Ends what is under way. What was not published leaves nothing behind.
    pub async fn stop(&self) {
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        tasks.shutdown().await;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Notify;

    #[tokio::test]
    async fn an_install_is_watched_to_its_end_and_found_after_it() {
        let installs = Installs::<u8>::default();
        let go = Arc::new(Notify::new());
        let until = go.clone();
        let work = |progress: Arc<Progress>| async move {
            progress.begin(Phase::Compile);
            until.notified().await;
            7
        };
        let job = installs.begin(work).expect("room");
        while job.phase().is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!((job.phase(), job.outcome()), (Some(Phase::Compile), None));
        go.notify_one();
        assert_eq!(job.ended().await.as_deref(), Some(&7));
        assert_eq!(installs.find(&job.id).and_then(|job| job.outcome()).as_deref(), Some(&7));
        assert!(installs.find("install-other").is_none());
    }

    #[tokio::test]
    async fn so_many_at_once_and_no_more_until_they_end_with_the_server() {
        let installs = Installs::<()>::default();
        let under_way: Vec<_> = (0..MAX_INSTALLS).map(|_| installs.begin(|_| std::future::pending())).collect();
        assert!(under_way.iter().all(Option::is_some));
        assert!(installs.begin(|_| std::future::ready(())).is_none());
        installs.stop().await;
        assert_eq!(under_way[0].as_ref().expect("begun").ended().await, None, "the server ended before");
    }

    #[tokio::test]
    async fn those_that_ended_first_go_first() {
        let installs = Installs::<usize>::default();
        let mut ids = Vec::new();
        for number in 0..KEPT + MAX_INSTALLS + 2 {
            let job = installs.begin(|_| std::future::ready(number)).expect("room");
            job.ended().await;
            ids.push(job.id.clone());
        }
        let kept = ids.iter().filter(|id| installs.find(id).is_some()).count();
        assert_eq!(kept, KEPT + MAX_INSTALLS);
        assert!(installs.find(&ids[1]).is_none() && installs.find(&ids[2]).is_some());
    }
}
