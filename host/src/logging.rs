//! Structured logs on stderr, for people or as JSON lines. Keys and secrets never reach them.

use crate::config::LogFormat;
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// Starts logging for the whole process. `filter` is that of `RUST_LOG`, e.g. `info,windlass=debug`.
///
/// Fails where the filter does not parse, or where logging was started before.
pub fn start(format: LogFormat, filter: &str) -> anyhow::Result<()> {
    let filter = parse_filter(filter)?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init(),
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).with_target(false).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("cannot start logging: {error}"))
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
