//! What one call may cost, and the limiter that holds it to that. Limits live in the store, one store a call.

use crate::weight::Weight;
use std::ops::RangeInclusive;
use std::time::Duration;
use wasmtime::ResourceLimiter;
use windlass_domain::binding::BindingLimits;

/// The largest component that may be installed, in bytes: Python guests are 18 MB, JavaScript guests 12 MB.
pub const MAX_COMPONENT_BYTES: usize = 32 * MIB;
/// The most linear memories, tables and core instances one call may make. A Python guest has some 15 core instances.
pub const MAX_INSTANCES: usize = 64;
/// The most table elements one call may hold, summed over its tables.
pub const MAX_TABLE_ELEMENTS: usize = 100_000;
/// What one element of a table takes of [`Limits::memory`], in bytes.
const TABLE_ELEMENT_BYTES: usize = size_of::<usize>();
/// The longest line of a guest's log that is kept, in bytes.
pub const MAX_LOG_LINE: usize = 4 * 1024;
const MIB: usize = 1024 * 1024;

/// What one call of a guest may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time of the processor from entry to answer, and what the guest waits for besides: see [`crate::meter`].
    pub time: Duration,
    /// More of it for each whole MiB of source that a detector is given, and for a part of one its share in milliseconds.
    pub time_per_mib: Duration,
    /// Bytes of linear memory and of tables, summed over all of the call.
    pub memory: usize,
    /// Bytes that the guest hands to the host, over all its calls of imports.
    pub host_call_bytes: usize,
    /// Lines of its log that are kept.
    pub log_lines: usize,
    /// HTTP requests that it may make.
    pub http_calls: u32,
    /// Bytes of HTTP requests and answers, headers included.
    pub http_bytes: usize,
}

impl Limits {
    /// Of a light guest: what most decisions take a hundredth of. Our own detectors read 10 MiB of dense TypeScript in 600 ms.
    pub const LIGHT: Self = Self {
        time: Duration::from_millis(50),
        time_per_mib: Duration::from_millis(250),
        memory: 64 * MIB,
        host_call_bytes: 16 * MIB,
        log_lines: 256,
        http_calls: 20,
        http_bytes: 8 * MIB,
    };
    /// Of a heavy guest, which brings the interpreter of a language along.
    pub const HEAVY: Self = Self {
        time: Duration::from_millis(500),
        time_per_mib: Duration::from_millis(500),
        memory: 128 * MIB,
        ..Self::LIGHT
    };
    /// The time of a tool provider that may call others over HTTP, and waits for them.
    pub const TIME_WITH_NETWORK: Duration = Duration::from_secs(2);

    /// The host's defaults for a guest of that weight.
    #[must_use]
    pub fn of(weight: Weight, has_network: bool) -> Self {
        let limits = match weight {
            Weight::Light => Self::LIGHT,
            Weight::Heavy => Self::HEAVY,
        };
        if has_network { Self { time: Self::TIME_WITH_NETWORK, ..limits } } else { limits }
    }

    /// These, but for what a binding says.
    #[must_use]
    pub fn with(self, chosen: &BindingLimits) -> Self {
        let bytes = |mib: Option<u32>, default: usize| mib.map_or(default, |mib| count(mib).saturating_mul(MIB));
        Self {
            time: chosen.time_ms.map_or(self.time, |millis| Duration::from_millis(millis.into())),
            time_per_mib: self.time_per_mib,
            memory: bytes(chosen.memory_mib, self.memory),
            host_call_bytes: bytes(chosen.host_call_mib, self.host_call_bytes),
            log_lines: chosen.log_lines.map_or(self.log_lines, count),
            http_calls: chosen.http_calls.unwrap_or(self.http_calls),
            http_bytes: bytes(chosen.http_mib, self.http_bytes),
        }
    }

    /// The time of a call that is given so many bytes of source.
    #[must_use]
    pub fn time_for(&self, source_bytes: usize) -> Duration {
        let source_bytes = u64::try_from(source_bytes).unwrap_or(u64::MAX);
        let millis = u64::try_from(self.time_per_mib.as_millis()).unwrap_or(u64::MAX);
        self.time + Duration::from_millis(millis.saturating_mul(source_bytes) / 1024 / 1024)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::LIGHT
    }
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A limit of a binding that is outside of what this host allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given} is not from {} to {}", range.start(), range.end())]
pub struct OutOfRange {
    /// The field of [`BindingLimits`], e.g. `time_ms`.
    pub field: &'static str,
    /// What was given.
    pub given: u32,
    /// What may be given.
    pub range: RangeInclusive<u32>,
}

/// Holds what a binding says against what this host allows: the first that is out of it.
pub fn check(chosen: &BindingLimits) -> Result<(), OutOfRange> {
    let BindingLimits { time_ms, memory_mib, host_call_mib, log_lines, http_calls, http_mib } = *chosen;
    let ranges = [
        ("time_ms", time_ms, 1..=30_000),
        // The largest single memory that a slot of the pool can hold.
        ("memory_mib", memory_mib, 1..=256),
        ("host_call_mib", host_call_mib, 1..=64),
        ("log_lines", log_lines, 0..=10_000),
        ("http_calls", http_calls, 0..=1_000),
        ("http_mib", http_mib, 0..=64),
    ];
    let outside = ranges.into_iter().find_map(|(field, given, range)| {
        let given = given.filter(|given| !range.contains(given))?;
        Some(OutOfRange { field, given, range })
    });
    outside.map_or(Ok(()), Err)
}

/// Sums what a call holds and refuses what goes over. A refused `memory.grow` looks like a panic in the guest, so the
/// refusal is remembered: it is the better explanation.
#[derive(Debug)]
pub struct Limiter {
    limit: usize,
    memory: usize,
    table_elements: usize,
    refused: Option<&'static str>,
}

impl Limiter {
    /// A limiter for one call, which may hold so many bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, memory: 0, table_elements: 0, refused: None }
    }

    /// What was refused, if anything: `memory` or `table elements`.
    #[must_use]
    pub fn refused(&self) -> Option<&'static str> {
        self.refused
    }

    /// The bytes of memories and tables that the call holds: also the most that it ever held, since neither shrinks.
    #[must_use]
    pub fn held(&self) -> usize {
        self.memory + self.table_elements * TABLE_ELEMENT_BYTES
    }
}

/// `total` after the growth, when it stays within `limit`.
fn grown(total: usize, current: usize, desired: usize, limit: usize) -> Option<usize> {
    let after = total.saturating_add(desired.saturating_sub(current));
    (after <= limit).then_some(after)
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let limit = self.limit.saturating_sub(self.table_elements * TABLE_ELEMENT_BYTES);
        let Some(memory) = grown(self.memory, current, desired, limit) else {
            self.refused = Some("memory");
            return Ok(false);
        };
        self.memory = memory;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let limit = MAX_TABLE_ELEMENTS.min(self.limit.saturating_sub(self.memory) / TABLE_ELEMENT_BYTES);
        let Some(elements) = grown(self.table_elements, current, desired, limit) else {
            self.refused = Some("table elements");
            return Ok(false);
        };
        self.table_elements = elements;
        Ok(true)
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
        assert_eq!((limiter.refused(), limiter.held()), (Some("memory"), 100));
    }

    #[test]
    fn table_elements_are_summed_too() {
        let mut limiter = Limiter::new(usize::MAX);
        assert!(limiter.table_growing(0, MAX_TABLE_ELEMENTS, None).expect("no error"));
        assert!(!limiter.table_growing(0, 1, None).expect("no error"));
        assert_eq!(limiter.refused(), Some("table elements"));
    }

    #[test]
    fn tables_take_from_the_memory_and_memory_from_the_tables() {
        let mut limiter = Limiter::new(2 * TABLE_ELEMENT_BYTES);
        assert!(limiter.table_growing(0, 1, None).expect("no error"));
        assert!(!limiter.memory_growing(0, TABLE_ELEMENT_BYTES + 1, None).expect("no error"));
        assert!(limiter.memory_growing(0, TABLE_ELEMENT_BYTES, None).expect("no error"));
        assert!(!limiter.table_growing(1, 2, None).expect("no error"));
        assert_eq!((limiter.refused(), limiter.held()), (Some("table elements"), 2 * TABLE_ELEMENT_BYTES));
    }

    #[test]
    fn time_grows_with_the_source_and_only_with_it() {
        let limits =
            Limits { time: Duration::from_millis(50), time_per_mib: Duration::from_millis(250), ..Limits::LIGHT };
        for (bytes, millis) in [(0, 50), (4_194, 50), (4_195, 51), (MIB, 300), (16 * MIB, 4_050)] {
            assert_eq!(limits.time_for(bytes), Duration::from_millis(millis), "{bytes}");
        }
    }

    #[test]
    fn a_binding_changes_what_it_names_and_nothing_else() {
        let chosen =
            BindingLimits { time_ms: Some(7), memory_mib: Some(1), log_lines: Some(0), ..BindingLimits::default() };
        let light = Limits::of(Weight::Light, false);
        let expected = Limits { time: Duration::from_millis(7), memory: MIB, log_lines: 0, ..light };
        assert_eq!(light.with(&chosen), expected);
        assert_eq!(light.with(&BindingLimits::default()), light);
        let rest = BindingLimits {
            host_call_mib: Some(2),
            http_calls: Some(3),
            http_mib: Some(4),
            ..BindingLimits::default()
        };
        let expected = Limits { host_call_bytes: 2 * MIB, http_calls: 3, http_bytes: 4 * MIB, ..light };
        assert_eq!(light.with(&rest), expected);
    }

    #[test]
    fn the_network_takes_time_and_an_interpreter_memory() {
        assert_eq!(Limits::of(Weight::Light, true).time, Duration::from_secs(2));
        let heavy = Limits::of(Weight::Heavy, false);
        assert_eq!((heavy.time, heavy.memory), (Duration::from_millis(500), 128 * MIB));
    }

    #[test]
    fn what_a_binding_asks_for_is_held_against_a_range_at_both_ends() {
        let none = BindingLimits::default();
        for good in [
            none,
            BindingLimits { time_ms: Some(1), http_calls: Some(0), ..none },
            BindingLimits { memory_mib: Some(256), ..none },
        ] {
            assert_eq!(check(&good), Ok(()));
        }
        for (bad, field, given) in [
            (BindingLimits { time_ms: Some(0), ..none }, "time_ms", 0),
            (BindingLimits { time_ms: Some(30_001), ..none }, "time_ms", 30_001),
            (BindingLimits { memory_mib: Some(257), ..none }, "memory_mib", 257),
            (BindingLimits { host_call_mib: Some(0), ..none }, "host_call_mib", 0),
            (BindingLimits { log_lines: Some(10_001), ..none }, "log_lines", 10_001),
            (BindingLimits { http_calls: Some(1_001), ..none }, "http_calls", 1_001),
            (BindingLimits { http_mib: Some(65), ..none }, "http_mib", 65),
        ] {
            let refused = check(&bad).expect_err("out of range");
            assert_eq!((refused.field, refused.given), (field, given));
        }
    }
}
