//! User ids for agents: one each, given back when the agent is gone.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The ids that agents may get.
#[derive(Debug, Clone)]
pub(crate) struct Uids(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    range: Range<u32>,
    taken: Mutex<BTreeSet<u32>>,
}

impl Pool {
    fn taken(&self) -> MutexGuard<'_, BTreeSet<u32>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One id, held.
#[derive(Debug)]
pub(crate) struct Uid {
    id: u32,
    pool: Arc<Pool>,
}

impl Uids {
    pub(crate) fn new(range: Range<u32>) -> Self {
        Self(Arc::new(Pool { range, taken: Mutex::default() }))
    }

    /// The lowest free id; `None` when all are taken.
    pub(crate) fn take(&self) -> Option<Uid> {
        let mut taken = self.0.taken();
        let id = self.0.range.clone().find(|id| !taken.contains(id))?;
        taken.insert(id);
        Some(Uid { id, pool: self.0.clone() })
    }
}

impl Uid {
    pub(crate) fn id(&self) -> u32 {
        self.id
    }
}

impl Drop for Uid {
    fn drop(&mut self) {
        self.pool.taken().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_agents_share_an_id_and_freed_ids_come_back() {
        let uids = Uids::new(5..7);
        let (first, second) = (uids.take().expect("free"), uids.take().expect("free"));
        assert_eq!((first.id(), second.id()), (5, 6));
        assert!(uids.take().is_none());
        drop(first);
        assert_eq!(uids.take().expect("free again").id(), 5);
    }
}
