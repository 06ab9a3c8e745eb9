//! How long a call has worked. What counts is the processor's time of its thread, and what it waits for by its own doing:
//! on a machine that is busy with others a guest takes longer by the clock, and that is not the guest's fault. By the clock it
//! may take no more than [`PATIENCE`] times as long.

use rustix::time::{ClockId, clock_gettime};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// How many times longer than its limit a call may take by the clock.
const PATIENCE: u32 = 20;

/// The meter of one call, which stays on one thread.
#[derive(Debug, Clone, Copy)]
pub struct Meter {
    limit: Duration,
    started: Instant,
    worked_before: Duration,
    waited: Duration,
}

impl Meter {
    /// From now on, on this thread.
    #[must_use]
    pub fn start(limit: Duration) -> Self {
        Self { limit, started: Instant::now(), worked_before: worked(), waited: Duration::ZERO }
    }

    /// What the call may take.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Counts what the call waited for: the thread was idle meanwhile.
    pub fn add_wait(&mut self, waited: Duration) {
        self.waited += waited;
    }

    /// What is left of the limit; zero once the call must end.
    #[must_use]
    pub fn left(&self) -> Duration {
        if self.started.elapsed() >= self.limit.saturating_mul(PATIENCE) {
            return Duration::ZERO;
        }
        self.limit.saturating_sub(self.spent())
    }

    fn spent(&self) -> Duration {
        worked().saturating_sub(self.worked_before) + self.waited
    }

    /// Tells again and again whether the limit is over, at little cost: before the rest has passed by the clock it cannot be.
    pub fn is_over(&self) -> impl Fn() -> bool + use<> {
        let (meter, ask_at) = (*self, Cell::new(Instant::now()));
        move || {
            let now = Instant::now();
            if now < ask_at.get() {
                return false;
            }
            let left = meter.left();
            ask_at.set(now + left);
            left.is_zero()
        }
    }
}

/// The processor's time of this thread.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanos.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_hours(1);

    #[test]
    fn work_counts_and_sleep_does_not() {
        let meter = Meter::start(LONG);
        std::thread::sleep(Duration::from_millis(30));
        let slept = meter.spent();
        let begun = Instant::now();
        while meter.spent() < slept + Duration::from_millis(5) {
            assert!(begun.elapsed() < Duration::from_mins(1), "work is counted");
            std::hint::black_box(0);
        }
        assert!(slept < Duration::from_millis(30), "{slept:?}");
    }

    #[test]
    fn what_the_call_waits_for_counts_and_ends_it() {
        let mut meter = Meter::start(LONG);
        meter.add_wait(LONG / 2);
        assert!(meter.left() <= LONG / 2 && !meter.is_over()());
        meter.add_wait(LONG);
        assert!(meter.left().is_zero() && meter.is_over()());
    }

    #[test]
    fn by_the_clock_patience_ends_too() {
        let meter = Meter::start(Duration::from_millis(1));
        std::thread::sleep(Duration::from_millis(1) * PATIENCE);
        assert!(meter.left().is_zero());
    }
}
