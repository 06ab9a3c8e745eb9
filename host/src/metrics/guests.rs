//! The figures of calls of plugins: by workspace, slot and plugin.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use windlass_plugin::{CallReport, Outcome};

/// The most bindings (workspace, slot and plugin) that have series of their own; the rest is counted under `other`. A binding has
/// some forty series.
pub const MAX_BINDINGS: usize = 500;
/// Upper bounds of the buckets of a call's time, in seconds.
const CALL_BUCKETS: [f64; 12] =
    [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.1, 0.5, 2.5];
/// Upper bounds of the buckets of a wait for a place, in seconds.
const QUEUE_BUCKETS: [f64; 6] = [0.000_1, 0.001, 0.01, 0.1, 1.0, 10.0];

/// Whose figures they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Binding {
    workspace: String,
    slot: String,
    plugin: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    workspace: String,
    slot: String,
    plugin: String,
    outcome: &'static str,
}

/// The figures of all plugins.
pub struct Guests {
    calls: Family<CallLabels, Counter>,
    seconds: Family<Binding, Histogram, fn() -> Histogram>,
    queued: Family<Binding, Histogram, fn() -> Histogram>,
    memory: Family<Binding, Gauge>,
    handed: Family<Binding, Counter>,
    lines: Family<Binding, Counter>,
    dropped: Family<Binding, Counter>,
    bindings: RwLock<HashMap<Binding, Arc<Figures>>>,
}

/// The figures of one binding, at hand.
struct Figures {
    calls: [Counter; Outcome::ALL.len()],
    seconds: Histogram,
    queued: Histogram,
    memory: Gauge,
    handed: Counter,
    lines: Counter,
    dropped: Counter,
}

impl Guests {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let guests = Self {
            calls: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(CALL_BUCKETS)),
            queued: Family::new_with_constructor(|| Histogram::new(QUEUE_BUCKETS)),
            memory: Family::default(),
            handed: Family::default(),
            lines: Family::default(),
            dropped: Family::default(),
            bindings: RwLock::default(),
        };
        registry.register("windlass_plugin_calls", "Calls of plugins, by what became of them", guests.calls.clone());
        let seconds = guests.seconds.clone();
        registry.register_with_unit("windlass_plugin_call", "Time of a call", Unit::Seconds, seconds);
        let queued = guests.queued.clone();
        let about = "Time that the decision of a call had waited for its place";
        registry.register_with_unit("windlass_plugin_queue", about, Unit::Seconds, queued);
        let about = "The most memory and tables that a call has held";
        registry.register_with_unit("windlass_plugin_memory_peak", about, Unit::Bytes, guests.memory.clone());
        let about = "What guests have handed to the host";
        registry.register_with_unit("windlass_plugin_host_call", about, Unit::Bytes, guests.handed.clone());
        registry.register("windlass_plugin_log_lines", "Lines of guests that were kept", guests.lines.clone());
        let about = "Lines of guests past their limit";
        registry.register("windlass_plugin_log_lines_dropped", about, guests.dropped.clone());
        guests
    }

    /// Takes the report of a call in.
    pub fn count(&self, report: &CallReport) {
        let CallReport { plugin, workspace, slot, .. } = report;
        let binding = Binding { workspace: workspace.to_string(), slot: (**slot).into(), plugin: (**plugin).into() };
        let figures = self.figures_of(binding);
        if let Some(at) = Outcome::ALL.iter().position(|outcome| *outcome == report.outcome) {
            figures.calls[at].inc();
        }
        figures.seconds.observe(report.took.as_secs_f64());
        figures.queued.observe(report.queued.as_secs_f64());
        let memory = i64::try_from(report.memory).unwrap_or(i64::MAX);
        figures.memory.inner().fetch_max(memory, std::sync::atomic::Ordering::Relaxed);
        figures.handed.inc_by(count(report.host_call_bytes));
        figures.lines.inc_by(count(report.lines.len()));
        figures.dropped.inc_by(count(report.lines_dropped));
    }

    fn figures_of(&self, binding: Binding) -> Arc<Figures> {
        if let Some(figures) = self.bindings.read().unwrap_or_else(PoisonError::into_inner).get(&binding) {
            return figures.clone();
        }
        let mut bindings = self.bindings.write().unwrap_or_else(PoisonError::into_inner);
        let other = || super::OTHER.to_owned();
        let is_full = bindings.len() >= MAX_BINDINGS && !bindings.contains_key(&binding);
        let binding = if is_full { Binding { workspace: other(), slot: other(), plugin: other() } } else { binding };
        let figures = bindings.entry(binding).or_insert_with_key(|binding| Arc::new(self.made_for(binding)));
        figures.clone()
    }

    fn made_for(&self, binding: &Binding) -> Figures {
        let Binding { workspace, slot, plugin } = binding.clone();
        let labels = |outcome: Outcome| CallLabels {
            workspace: workspace.clone(),
            slot: slot.clone(),
            plugin: plugin.clone(),
            outcome: outcome.as_str(),
        };
        Figures {
            calls: Outcome::ALL.map(|outcome| self.calls.get_or_create_owned(&labels(outcome))),
            seconds: self.seconds.get_or_create_owned(binding),
            queued: self.queued.get_or_create_owned(binding),
            memory: self.memory.get_or_create_owned(binding),
            handed: self.handed.get_or_create_owned(binding),
            lines: self.lines.get_or_create_owned(binding),
            dropped: self.dropped.get_or_create_owned(binding),
        }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus_client::encoding::prometheus_text;
    use std::time::Duration;
    use windlass_domain::WorkspaceName;
    use windlass_plugin::{Level, LogLine, World};

    fn report(workspace: &str, outcome: Outcome, memory: usize) -> CallReport {
        CallReport {
            plugin: "acme@1.0.0".into(),
            world: World::Detector,
            workspace: WorkspaceName::parse("workspace", workspace).expect("a name"),
            slot: "detectors/acme".into(),
            outcome,
            took: Duration::from_millis(2),
            queued: Duration::from_micros(50),
            memory,
            host_call_bytes: 100,
            lines: vec![LogLine { level: Level::Info, text: "x".into() }],
            lines_dropped: 3,
        }
    }

    fn counted(reports: impl IntoIterator<Item = CallReport>) -> String {
        let mut registry = Registry::default();
        let guests = Guests::new(&mut registry);
        reports.into_iter().for_each(|report| guests.count(&report));
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry).expect("text");
        text
    }

    #[test]
    fn each_binding_has_its_calls_times_and_peaks() {
        let text = counted([
            report("a", Outcome::Answered, 10),
            report("a", Outcome::Trapped, 30),
            report("a", Outcome::Answered, 20),
            report("b", Outcome::TimedOut, 1),
        ]);
        let of = |workspace: &str| format!("workspace=\"{workspace}\",slot=\"detectors/acme\",plugin=\"acme@1.0.0\"");
        let (a, b) = (of("a"), of("b"));
        for line in [
            format!("windlass_plugin_calls_total{{{a},outcome=\"answered\"}} 2"),
            format!("windlass_plugin_calls_total{{{a},outcome=\"trapped\"}} 1"),
            format!("windlass_plugin_calls_total{{{b},outcome=\"timed_out\"}} 1"),
            format!("windlass_plugin_call_seconds_count{{{a}}} 3"),
            format!("windlass_plugin_call_seconds_bucket{{{a},le=\"0.001\"}} 0"),
            format!("windlass_plugin_call_seconds_bucket{{{a},le=\"0.0025\"}} 3"),
            format!("windlass_plugin_queue_seconds_bucket{{{a},le=\"0.0001\"}} 3"),
            format!("windlass_plugin_memory_peak_bytes{{{a}}} 30"),
            format!("windlass_plugin_host_call_bytes_total{{{a}}} 300"),
            format!("windlass_plugin_log_lines_total{{{a}}} 3"),
            format!("windlass_plugin_log_lines_dropped_total{{{a}}} 9"),
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn past_the_limit_bindings_are_counted_together() {
        let reports = (0..MAX_BINDINGS + 7).map(|n| report(&format!("w{n}"), Outcome::Answered, 1));
        let text = counted(reports.chain([report("w0", Outcome::Answered, 1)]));
        let answered = "outcome=\"answered\"} ";
        let series = text.lines().filter(|line| line.starts_with("windlass_plugin_calls") && line.contains(answered));
        assert_eq!(series.count(), MAX_BINDINGS + 1);
        let other =
            "windlass_plugin_calls_total{workspace=\"other\",slot=\"other\",plugin=\"other\",outcome=\"answered\"} 7";
        assert!(text.lines().any(|line| line == other), "{other}");
        let first = "windlass_plugin_calls_total{workspace=\"w0\",slot=\"detectors/acme\",plugin=\"acme@1.0.0\",outcome=\"answered\"} 2";
        assert!(text.lines().any(|line| line == first), "one that is known still counts");
    }
}
