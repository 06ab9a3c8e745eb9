//! Who is told of each call of a plugin: the figures and the kept lines.

use super::logs::GuestLogs;
use crate::metrics::Metrics;
use std::sync::Arc;
use windlass_plugin::Observer;

/// Hands each report on.
#[must_use]
pub fn observer(metrics: Arc<Metrics>, logs: Arc<GuestLogs>) -> Observer {
    Arc::new(move |report| {
        metrics.guests.count(&report);
        logs.keep(report);
    })
}
