//! The memory that bodies may hold together while they are read and judged.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The most bytes of bodies in memory at once, over all connections: eight of the largest.
pub const MAX_BODIES: usize = 8 * super::MAX_BODY;

/// What is held now, and what may be.
pub struct Budget {
    held: AtomicUsize,
    limit: usize,
}

/// The budget of the process.
pub static BODIES: Budget = Budget::new(MAX_BODIES);

impl Budget {
    /// A budget of `limit` bytes.
    pub const fn new(limit: usize) -> Self {
        Self { held: AtomicUsize::new(0), limit }
    }
}

/// The share of one body, given back on drop.
pub struct Share {
    budget: &'static Budget,
    bytes: usize,
}

impl Share {
    /// An empty share.
    pub const fn of(budget: &'static Budget) -> Self {
        Self { budget, bytes: 0 }
    }

    /// Takes `bytes` more; false when they are not to be had, and then nothing is taken.
    pub fn grow(&mut self, bytes: usize) -> bool {
        let before = self.budget.held.fetch_add(bytes, Ordering::Relaxed);
        let fits = before.saturating_add(bytes) <= self.budget.limit;
        if fits {
            self.bytes += bytes;
        } else {
            self.budget.held.fetch_sub(bytes, Ordering::Relaxed);
        }
        fits
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_share_a_budget_to_its_last_byte_and_give_it_back() {
        static SMALL: Budget = Budget::new(10);
        let (mut one, mut two) = (Share::of(&SMALL), Share::of(&SMALL));
        assert!(one.grow(6) && two.grow(4), "exactly at the limit");
        assert!(!two.grow(1), "one byte over");
        drop(one);
        assert!(two.grow(6) && !two.grow(1));
    }
}
