//! The process itself, by the names that Prometheus' own clients give it. Read from proc(5) when the figures are asked for.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

/// The kernel counts the processor's time in hundredths of a second (`USER_HZ`), on every architecture of ours.
const TICKS_A_SECOND: f64 = 100.0;

/// Memory, processor time and files.
pub(super) struct Figures {
    resident: Gauge,
    files: Gauge,
    threads: Gauge,
    processor: Counter<f64, AtomicU64>,
}

impl Figures {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let figures = Self {
            resident: Gauge::default(),
            files: Gauge::default(),
            threads: Gauge::default(),
            processor: Counter::default(),
        };
        let resident = figures.resident.clone();
        registry.register_with_unit("process_resident_memory", "Memory that is in use", Unit::Bytes, resident);
        registry.register("process_open_fds", "Open files and sockets", figures.files.clone());
        registry.register("process_threads", "Threads", figures.threads.clone());
        let processor = figures.processor.clone();
        registry.register_with_unit("process_cpu", "Time of the processor that was used", Unit::Seconds, processor);
        figures
    }

    /// Reads them anew; what cannot be read stays as it is.
    pub(super) fn read(&self) {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        if let Some(kib) = number_after(&status, "VmRSS:") {
            self.resident.set(kib * 1024);
        }
        if let Some(threads) = number_after(&status, "Threads:") {
            self.threads.set(threads);
        }
        if let Ok(files) = fs::read_dir("/proc/self/fd") {
            self.files.set(i64::try_from(files.count()).unwrap_or(i64::MAX));
        }
        if let Some(seconds) = fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(processor_seconds) {
            // Only this counter's own way to be set: it is read anew each time.
            self.processor.inner().store(seconds.to_bits(), Ordering::Relaxed);
        }
    }
}

/// The number behind `name` at the start of a line.
fn number_after(status: &str, name: &str) -> Option<i64> {
    let rest = status.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// User and system time, the fields 14 and 15 of `/proc/PID/stat`: the 12th and 13th behind the program's name, which may hold
/// anything.
fn processor_seconds(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / TICKS_A_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_memory_are_read_as_the_kernel_writes_them() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 900 0 0 0 250 50 0 0 20 0 1 0 100 1000 200";
        assert_eq!(processor_seconds(stat), Some(3.0));
        assert_eq!(number_after("Name:\ta\nVmRSS:\t  2048 kB\nThreads:\t9\n", "VmRSS:"), Some(2048));
        assert_eq!(number_after("Name:\ta\n", "VmRSS:"), None);
    }

    #[test]
    fn this_process_has_memory_files_and_threads() {
        let mut registry = Registry::default();
        let figures = Figures::new(&mut registry);
        figures.read();
        assert!(figures.resident.get() > 0 && figures.files.get() > 0 && figures.threads.get() > 0);
    }
}
