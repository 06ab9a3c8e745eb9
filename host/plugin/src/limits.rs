//! What one call may cost, and the limiter that holds it to that. Limits live in the store, one store a call.

use std::time::Duration;
use wasmtime::ResourceLimiter;

/// The largest component that may be installed, in bytes: Python guests are 18 MB, JavaScript guests 12 MB.
pub const MAX_COMPONENT_BYTES: usize = 32 * 1024 * 1024;
/// The most linear memories, tables and core instances one call may make. A Python guest has some 15 core instances.
pub const MAX_INSTANCES: usize = 64;
/// The most table elements one call may hold, summed over its tables.
pub const MAX_TABLE_ELEMENTS: usize = 100_000;

/// What one call of a guest may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time from entry to answer, queueing not included. Held by the engine's epochs, so to about a millisecond and,
    /// on a busy machine, to tens of milliseconds.
    pub time: Duration,
    /// Bytes of linear memory, summed over all memories of the call.
    pub memory: usize,
    /// HTTP requests that it may make.
    pub http_calls: u32,
    /// Bytes of HTTP requests and answers, headers included.
    pub http_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(1), memory: 64 * 1024 * 1024, http_calls: 20, http_bytes: 8 * 1024 * 1024 }
    }
}

/// Sums what a call holds and refuses what goes over. A refused `memory.grow` looks like a panic in the guest, so the
/// refusal is remembered: it is the better explanation.
#[derive(Debug)]
pub struct Limiter {
    memory_limit: usize,
    memory: usize,
    table_elements: usize,
    refused: Option<&'static str>,
}

impl Limiter {
    /// A limiter for one call.
    #[must_use]
    pub fn new(memory_limit: usize) -> Self {
        Self { memory_limit, memory: 0, table_elements: 0, refused: None }
    }

    /// What was refused, if anything: `memory` or `table elements`.
    #[must_use]
    pub fn refused(&self) -> Option<&'static str> {
        self.refused
    }

    /// The bytes of linear memory that the call holds.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.memory
    }
}

/// Adds the growth to `total` when it stays within `limit`.
fn grow(total: &mut usize, current: usize, desired: usize, limit: usize) -> bool {
    let after = total.saturating_add(desired.saturating_sub(current));
    let fits = after <= limit;
    if fits {
        *total = after;
    }
    fits
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let fits = grow(&mut self.memory, current, desired, self.memory_limit);
        if !fits {
            self.refused = Some("memory");
        }
        Ok(fits)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let fits = grow(&mut self.table_elements, current, desired, MAX_TABLE_ELEMENTS);
        if !fits {
            self.refused = Some("table elements");
        }
        Ok(fits)
    }

    fn instances(&self) -> usize {
        MAX_INSTANCES
    }

    fn tables(&self) -> usize {
        MAX_INSTANCES
    }

    fn memories(&self) -> usize {
        MAX_INSTANCES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_summed_over_all_memories_and_refused_past_the_limit() {
        let mut limiter = Limiter::new(100);
        assert!(limiter.memory_growing(0, 60, None).expect("no error"));
        assert!(limiter.memory_growing(0, 40, None).expect("no error"), "exactly at the limit");
        assert_eq!(limiter.refused(), None);
        assert!(!limiter.memory_growing(40, 41, None).expect("no error"), "one byte over");
        assert_eq!((limiter.refused(), limiter.memory()), (Some("memory"), 100));
    }

    #[test]
    fn table_elements_are_summed_too() {
        let mut limiter = Limiter::new(0);
        assert!(limiter.table_growing(0, MAX_TABLE_ELEMENTS, None).expect("no error"));
        assert!(!limiter.table_growing(0, 1, None).expect("no error"));
        assert_eq!(limiter.refused(), Some("table elements"));
    }
}
