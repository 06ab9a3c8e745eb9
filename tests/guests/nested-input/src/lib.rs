//! Matches harmless patterns on whatever files come, and claims how that went. The files are the attack.

use windlass_plugin_sdk::{Claims, Detector, Files, PluginError, Request, export_detector};

struct NestedInput;

impl Detector for NestedInput {
    fn detect(_: &Request, files: &dyn Files, claims: &mut Claims) -> Result<(), PluginError> {
        for (ending, pattern) in [("py", 0), ("yaml", 1)] {
            for path in files.with_ending(ending) {
                let outcome = match files.syntax().query(&path, pattern) {
                    Ok(captures) => format!("{} captures", captures.len()),
                    Err(error) => format!("{error:?}"),
                };
                claims.add("query", outcome, 1.0).file(&path);
            }
        }
        Ok(())
    }
}

export_detector!(NestedInput);
