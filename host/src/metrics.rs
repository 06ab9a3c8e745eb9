//! What the server counts, for Prometheus. Everything is in memory and begins anew with the process.
//!
//! Invariant: the number of series is bounded, whatever clients and guests do: past [`guests::MAX_BINDINGS`] bindings the rest is counted
//! together under `other`, and every other label has a closed set of values.

mod guests;
mod process;

pub use guests::Guests;

use prometheus_client::encoding::{EncodeLabelSet, prometheus_text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::time::Duration;
use windlass_domain::WorkspaceName;
use windlass_domain::agent::Phase;

/// The type of [`Metrics::text`]: the text format of Prometheus.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// The methods that have a label of their own.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// What stands for everything that has no label of its own.
const OTHER: &str = "other";
/// Upper bounds of the buckets of requests, in seconds.
const REQUEST_BUCKETS: [f64; 10] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0];

/// What is so at the moment of reading.
#[derive(Debug, Clone, Default)]
pub struct Now {
    /// The phase of each agent.
    pub agents: Vec<Phase>,
    /// The slots whose plugin is stopped, with the workspace that it is stopped for.
    pub stopped: Vec<(WorkspaceName, String)>,
}

/// The figures of a server.
pub struct Metrics {
    /// Those of the calls of plugins.
    pub guests: Guests,
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Histogram,
    deploys: Family<DeployLabels, Counter>,
    builds: Family<BuildLabels, Counter>,
    queue_full: Counter,
    agents: Family<AgentLabels, Gauge>,
    stopped: Family<StoppedLabels, Gauge>,
    process: process::Figures,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeployLabels {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BuildLabels {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StoppedLabels {
    workspace: String,
    slot: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AgentLabels {
    phase: &'static str,
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::default();
        let metrics = Self {
            guests: Guests::new(&mut registry),
            requests: Family::default(),
            request_seconds: Histogram::new(REQUEST_BUCKETS),
            deploys: Family::default(),
            builds: Family::default(),
            queue_full: Counter::default(),
            agents: Family::default(),
            stopped: Family::default(),
            process: process::Figures::new(&mut registry),
            registry: Registry::default(),
        };
        registry.register("windlass_http_requests", "Requests that were answered", metrics.requests.clone());
        registry.register_with_unit(
            "windlass_http_request",
            "Time from a request's head to its answer's head",
            Unit::Seconds,
            metrics.request_seconds.clone(),
        );
        registry.register("windlass_deploys", "Deploys", metrics.deploys.clone());
        registry.register("windlass_builds", "Builds of images", metrics.builds.clone());
        registry.register(
            "windlass_decisions_refused",
            "Decisions that found no place in their workspace's queue",
            metrics.queue_full.clone(),
        );
        registry.register("windlass_agents", "Agents by their phase", metrics.agents.clone());
        let about = "Slots whose plugin keeps breaking and is not called: 1, and absent otherwise";
        registry.register("windlass_plugin_stopped", about, metrics.stopped.clone());
        Self { registry, ..metrics }
    }

    /// A request was answered.
    pub fn answered(&self, method: &str, status: u16, took: Duration) {
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or(OTHER);
        self.requests.get_or_create(&RequestLabels { method, status }).inc();
        self.request_seconds.observe(took.as_secs_f64());
    }

    /// A deploy has ended: acknowledged, or not; the statuses of requests tell why.
    pub fn deployed(&self, is_done: bool) {
        let outcome = if is_done { "acknowledged" } else { "not_acknowledged" };
        self.deploys.get_or_create(&DeployLabels { outcome }).inc();
    }

    /// A build has ended.
    pub fn built(&self, is_done: bool) {
        let outcome = if is_done { "succeeded" } else { "failed" };
        self.builds.get_or_create(&BuildLabels { outcome }).inc();
    }

    /// A decision was refused, since too many of its workspace waited.
    pub fn queue_was_full(&self) {
        self.queue_full.inc();
    }

    /// All figures in the text format of Prometheus.
    #[must_use]
    pub fn text(&self, now: Now) -> String {
        self.process.read();
        for phase in [Phase::Pending, Phase::Running, Phase::Failed] {
            self.agents.get_or_create(&AgentLabels { phase: phase.as_str() }).set(0);
        }
        for phase in now.agents {
            self.agents.get_or_create(&AgentLabels { phase: phase.as_str() }).inc();
        }
        self.stopped.clear();
        for (workspace, slot) in now.stopped.into_iter().take(guests::MAX_BINDINGS) {
            self.stopped.get_or_create(&StoppedLabels { workspace: workspace.to_string(), slot }).set(1);
        }
        let mut text = String::new();
        if let Err(error) = prometheus_text::encode(&mut text, &self.registry) {
            tracing::error!(%error, "the metrics cannot be written");
        }
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_deploys_builds_and_agents_are_counted_by_closed_labels() {
        let metrics = Metrics::new();
        for method in ["GET", "GET", "BREW"] {
            metrics.answered(method, 200, Duration::from_millis(3));
        }
        metrics.deployed(true);
        metrics.deployed(false);
        metrics.built(true);
        metrics.queue_was_full();
        let stopped = vec![(WorkspaceName::parse("workspace", "a").expect("a name"), "strategy".to_owned())];
        let text = metrics.text(Now { agents: vec![Phase::Running, Phase::Running, Phase::Failed], stopped });
        for line in [
            "windlass_http_requests_total{method=\"GET\",status=\"200\"} 2",
            "windlass_http_requests_total{method=\"other\",status=\"200\"} 1",
            "windlass_http_request_seconds_bucket{le=\"0.0025\"} 0",
            "windlass_http_request_seconds_bucket{le=\"0.005\"} 3",
            "windlass_deploys_total{outcome=\"acknowledged\"} 1",
            "windlass_deploys_total{outcome=\"not_acknowledged\"} 1",
            "windlass_builds_total{outcome=\"succeeded\"} 1",
            "windlass_decisions_refused_total 1",
            "windlass_agents{phase=\"Running\"} 2",
            "windlass_agents{phase=\"Pending\"} 0",
            "windlass_plugin_stopped{workspace=\"a\",slot=\"strategy\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn what_is_so_now_is_told_anew_at_each_reading() {
        let metrics = Metrics::new();
        let stopped = vec![(WorkspaceName::parse("workspace", "a").expect("a name"), "strategy".to_owned())];
        for _ in 0..2 {
            let text = metrics.text(Now { agents: vec![Phase::Running], stopped: stopped.clone() });
            assert!(
                text.contains("windlass_agents{phase=\"Running\"} 1\n") && text.contains("windlass_plugin_stopped{")
            );
        }
        let text = metrics.text(Now::default());
        assert!(text.contains("windlass_agents{phase=\"Running\"} 0\n") && !text.contains("windlass_plugin_stopped{"));
    }
}
