//! Structured logs on stderr, for people or as JSON lines, and traces to a collector. Keys and secrets never reach them.

mod traces;

pub use traces::Traces;

use crate::config::LogFormat;
use std::io::IsTerminal as _;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry};
use url::Url;

/// Starts logging for the whole process. `filter` is that of `RUST_LOG`, e.g. `info,windlass=debug`. Where there is a collector,
/// spans are sent to it until what is returned is stopped.
///
/// Fails where the filter does not parse, or where logging was started before.
pub fn start(format: LogFormat, filter: &str, collector: Option<&Url>) -> anyhow::Result<Option<Traces>> {
    let filter = parse_filter(filter)?;
    let traces = collector.map(Traces::start).transpose()?;
    let spans = traces.as_ref().map(Traces::layer::<Registry>);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(true).with_span_list(false).with_filter(filter).boxed()
        }
        LogFormat::Text => {
            lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).with_filter(filter).boxed()
        }
    };
    let started = tracing_subscriber::registry().with(spans).with(lines).try_init();
    started.map_err(|error| anyhow::anyhow!("cannot start logging: {error}"))?;
    Ok(traces)
}

/// Reads a filter, naming `--log` in the error.
pub(crate) fn parse_filter(filter: &str) -> anyhow::Result<EnvFilter> {
    EnvFilter::try_new(filter).map_err(|error| {
        anyhow::anyhow!(
            "--log `{filter}` is not a log filter: {error} (hint: for example `info` or `warn,windlass=debug`)"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_of_levels_is_read_and_nonsense_is_refused_by_name() {
        assert!(parse_filter("warn,windlass=debug").is_ok());
        let refused = parse_filter("windlass=loud").expect_err("no such level").to_string();
        assert!(refused.contains("--log `windlass=loud`"), "{refused}");
    }
}
