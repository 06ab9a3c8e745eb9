//! A pattern that keeps every rule of the text, and compiles for 16 seconds: only the check in a child process stops it.

use windlass_plugin_sdk::{Claims, Detector, Files, PluginError, Request, export_detector};

struct PatternSlow;

impl Detector for PatternSlow {
    fn detect(_: &Request, _: &dyn Files, _: &mut Claims) -> Result<(), PluginError> {
        Ok(())
    }
}

export_detector!(PatternSlow);
