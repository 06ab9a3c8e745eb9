//! Durations of many runs, and what is said about them.

use std::time::{Duration, Instant};

/// The durations of one way of doing something.
#[derive(Debug, Default)]
pub struct Timings(Vec<Duration>);

impl Timings {
    /// Notes how long it is since `started`.
    pub fn note(&mut self, started: Instant) {
        self.0.push(started.elapsed());
    }

    /// Notes a duration that was measured elsewhere.
    pub fn push(&mut self, duration: Duration) {
        self.0.push(duration);
    }

    /// Takes the durations of `other` in.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The duration that `percent` of the runs did not exceed, in microseconds.
    pub fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        sorted.get((sorted.len() * percent / 100).min(last)).map_or(0.0, |duration| duration.as_secs_f64() * 1e6)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// Prints the two ways with their median and 99th percentile in microseconds, and how many times faster `ours` is, or
/// how many times slower.
pub fn print_ratio(what: &str, ours: (&str, &Timings), other: (&str, &Timings)) {
    println!("\n{what}");
    for (name, timings) in [ours, other] {
        let (p50, p99) = (timings.percentile(50), timings.percentile(99));
        println!("  {name:<44} p50 {p50:>10.1} µs   p99 {p99:>10.1} µs   ({} runs)", timings.len());
    }
    for percent in [50, 99] {
        let (ours, other) = (ours.1.percentile(percent), other.1.percentile(percent));
        let (ratio, word) = if ours <= other { (other / ours, "faster") } else { (ours / other, "slower") };
        println!("  ratio at p{percent}: {ratio:.2} times {word}");
    }
}
