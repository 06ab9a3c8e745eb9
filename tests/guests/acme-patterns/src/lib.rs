//! A detector by pattern, as a third party would write it.

use windlass_plugin_sdk::{Claims, Detector, Files, PluginError, Request, export_detector};

struct AcmePatterns;

impl Detector for AcmePatterns {
    fn detect(_: &Request, files: &dyn Files, claims: &mut Claims) -> Result<(), PluginError> {
        for path in files.with_ending("py") {
            let captures = files.syntax().query(&path, 0).unwrap_or_default();
            for class in captures.iter().filter(|capture| capture.name == "class") {
                claims
                    .framework("acme-agents", 0.99)
                    .at(&path, class.line)
                    .rule("call")
                    .attribute("class", &class.text);
            }
        }
        Ok(())
    }
}

export_detector!(AcmePatterns);
