//! `log`: a guest's lines, bounded and escaped, under its own name in the host's log.

use crate::bindings::host::log::{Host, Level as WireLevel};
use crate::limits::MAX_LOG_LINE;
use crate::report::{Level, LogLine};
use crate::state::CallState;

/// The longest prefix of `text` that is at most `max` bytes and ends at a character.
pub(crate) fn clip(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

impl Host for CallState {
    fn write(&mut self, level: WireLevel, message: String) -> wasmtime::Result<()> {
        self.take_over(message.len())?;
        self.note(level_of(level), &message);
        Ok(())
    }
}

impl CallState {
    /// Adds a line to the guest's log: its own, or one about what it was refused.
    pub(crate) fn note(&mut self, level: Level, message: &str) {
        if self.log.len() >= self.limits.log_lines {
            self.log_dropped += 1;
            return;
        }
        let message = self.reach.hide(message);
        let (plugin, text) = (&*self.plugin, clip(&message, MAX_LOG_LINE));
        let line = text.escape_debug();
        match level {
            Level::Debug => tracing::debug!(target: "windlass::guest", plugin, "{line}"),
            Level::Info => tracing::info!(target: "windlass::guest", plugin, "{line}"),
            Level::Warn => tracing::warn!(target: "windlass::guest", plugin, "{line}"),
            Level::Error => tracing::error!(target: "windlass::guest", plugin, "{line}"),
        }
        self.log.push(LogLine { level, text: text.to_owned() });
    }
}

fn level_of(level: WireLevel) -> Level {
    match level {
        WireLevel::Debug => Level::Debug,
        WireLevel::Info => Level::Info,
        WireLevel::Warn => Level::Warn,
        WireLevel::Error => Level::Error,
    }
}
