//! `log`: a guest's lines, bounded and escaped, under its own name in the host's log.

use crate::bindings::host::log::{Host, Level};
use crate::state::CallState;

/// The longest line kept, in bytes.
pub const MAX_LINE: usize = 4 * 1024;
/// The most lines kept of one call.
pub const MAX_LINES: usize = 256;

/// The longest prefix of `text` that is at most `max` bytes and ends at a character.
pub(crate) fn clip(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

impl Host for CallState {
    fn write(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        if self.log_lines >= MAX_LINES {
            self.log_dropped += 1;
            return Ok(());
        }
        self.log_lines += 1;
        let message = self.reach.hide(message);
        let (plugin, line) = (&*self.plugin, clip(&message, MAX_LINE).escape_debug());
        match level {
            Level::Debug => tracing::debug!(target: "windlass::guest", plugin, "{line}"),
            Level::Info => tracing::info!(target: "windlass::guest", plugin, "{line}"),
            Level::Warn => tracing::warn!(target: "windlass::guest", plugin, "{line}"),
            Level::Error => tracing::error!(target: "windlass::guest", plugin, "{line}"),
        }
        Ok(())
    }
}
