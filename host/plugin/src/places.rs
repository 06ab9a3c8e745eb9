//! Places for guests at work: so many for all, and no more than a share of them for one workspace. So a workspace whose
//! plugins hang, or whose clients flood, leaves places to the others. Who finds none free waits in a bounded queue.

use crate::engine::{MAX_CONCURRENT_CALLS, MAX_CONCURRENT_HEAVY_CALLS};
use crate::error::CallError;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use windlass_domain::WorkspaceName;

/// The most decisions of one workspace that may wait for a place; one more is [`CallError::Busy`].
pub const QUEUE_LIMIT: usize = 1_024;

/// The places of a process.
pub struct Places {
    all: Arc<Semaphore>,
    count: usize,
    share: usize,
    /// One a workspace for the life of the process: workspaces are few, and made by operators.
    queues: Mutex<HashMap<WorkspaceName, Arc<Queue>>>,
}

/// The share of one workspace, and how many wait for it.
struct Queue {
    share: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// A place, given back on drop. It goes with the work, so that a caller who leaves early frees nothing too soon.
pub struct Place {
    _of_workspace: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
    is_only_one: bool,
}

impl Place {
    /// True when no other place was taken at that moment.
    pub fn is_only_one(&self) -> bool {
        self.is_only_one
    }
}

impl Places {
    /// One workspace can keep every core busy, and three that hang leave a fourth its share.
    pub fn for_cores(cores: usize) -> Self {
        let all = (cores * 4).min(MAX_CONCURRENT_CALLS as usize);
        Self::new(all, cores.min(all / 2))
    }

    /// For decisions with a heavy guest: one workspace never has all places either, and all together no more than the cores.
    pub fn of_heavy_guests(cores: usize) -> Self {
        let all = cores.clamp(2, MAX_CONCURRENT_HEAVY_CALLS as usize);
        Self::new(all, all / 2)
    }

    fn new(all: usize, share: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(all)), count: all, share, queues: Mutex::default() }
    }

    /// Waits for a place of `workspace`.
    pub async fn take(&self, workspace: &WorkspaceName) -> Result<Place, CallError> {
        let closed = |error: tokio::sync::AcquireError| CallError::Host(error.into());
        let queue = self.queue_of(workspace);
        let of_workspace = if let Ok(free) = queue.share.clone().try_acquire_owned() {
            free
        } else {
            let _waiting = Waiting::join(&queue.waiting).ok_or(CallError::Busy)?;
            queue.share.clone().acquire_owned().await.map_err(closed)?
        };
        let of_all = self.all.clone().acquire_owned().await.map_err(closed)?;
        let is_only_one = self.all.available_permits() + 1 == self.count;
        Ok(Place { _of_workspace: of_workspace, _of_all: of_all, is_only_one })
    }

    fn queue_of(&self, workspace: &WorkspaceName) -> Arc<Queue> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(workspace) {
            return queue.clone();
        }
        let queue = Queue { share: Arc::new(Semaphore::new(self.share)), waiting: AtomicUsize::new(0) };
        queues.entry(workspace.clone()).or_insert(Arc::new(queue)).clone()
    }
}

/// One in the queue; it leaves on drop, so also when the caller goes away.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn join(waiting: &'a AtomicUsize) -> Option<Self> {
        let one = Self(waiting);
        (waiting.fetch_add(1, Ordering::Relaxed) < QUEUE_LIMIT).then_some(one)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn workspace(name: &str) -> WorkspaceName {
        WorkspaceName::parse("workspace", name).expect("a good name")
    }

    #[test]
    fn the_queue_refuses_exactly_past_its_limit_and_lets_leave() {
        let waiting = AtomicUsize::new(0);
        let all: Vec<_> = (0..QUEUE_LIMIT).map(|_| Waiting::join(&waiting).expect("room")).collect();
        assert!(Waiting::join(&waiting).is_none());
        drop(all);
        assert!(Waiting::join(&waiting).is_some());
    }

    #[tokio::test]
    async fn a_workspace_that_holds_its_share_waits_and_another_does_not() {
        let places = Places::new(4, 2);
        let (full, other) = (workspace("full"), workspace("other"));
        let first = places.take(&full).await.expect("a place");
        let second = places.take(&full).await.expect("a place");
        assert!(first.is_only_one() && !second.is_only_one());
        let mut third = Box::pin(places.take(&full));
        assert!(tokio::time::timeout(Duration::from_millis(20), &mut third).await.is_err(), "over its share");
        places.take(&other).await.expect("a place of its own");
        drop(first);
        third.await.expect("the place that was given back");
    }

    #[test]
    fn one_workspace_can_use_every_core_and_never_all_places() {
        for cores in [1, 2, 8, 64] {
            let places = Places::for_cores(cores);
            assert!(places.share >= cores.min(16) && places.share < places.all.available_permits(), "{cores}");
            let heavy = Places::of_heavy_guests(cores);
            assert!(heavy.share >= 1 && heavy.share < heavy.count && heavy.count <= 8, "{cores}");
        }
    }
}
