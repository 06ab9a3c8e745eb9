//! Lines for the operator, under the plugin's name.

use crate::bindings::detector::windlass::plugin::log;

pub use log::Level;

/// Writes one line; at most 256 a call are kept. Outside a host (native tests) the line is dropped.
pub fn write(level: Level, message: &str) {
    if cfg!(target_arch = "wasm32") {
        log::write(level, message);
    }
}

/// What happened.
pub fn info(message: &str) {
    write(Level::Info, message);
}

/// Odd, but handled.
pub fn warn(message: &str) {
    write(Level::Warn, message);
}
