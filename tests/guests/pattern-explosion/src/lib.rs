//! A short pattern whose match would go on for minutes.

use windlass_plugin_sdk::{Claims, Detector, Files, PluginError, Request, export_detector};

struct PatternExplosion;

impl Detector for PatternExplosion {
    fn detect(_: &Request, files: &dyn Files, _: &mut Claims) -> Result<(), PluginError> {
        for path in files.with_ending("py") {
            let query = files.syntax().query(&path, 0);
            query.map_err(|error| PluginError::failed("query_failed", format!("{path}: {error:?}")))?;
        }
        Ok(())
    }
}

export_detector!(PatternExplosion);
