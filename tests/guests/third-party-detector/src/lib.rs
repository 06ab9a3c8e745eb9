//! A detector that somebody else could write, in ten lines: `import acme_agents` means the framework `acme-agents`.

use windlass_plugin_sdk::{Claims, Detector, Files, PluginError, Request, export_detector};

/// Knows one framework.
struct AcmeAgents;

impl Detector for AcmeAgents {
    fn detect(_: &Request, files: &dyn Files, claims: &mut Claims) -> Result<(), PluginError> {
        for path in files.with_ending("py") {
            let text = files.read(&path).unwrap_or_default();
            for (line, _) in (1..).zip(text.lines()).filter(|(_, code)| code.starts_with("import acme_agents")) {
                claims.framework("acme-agents", 0.99).at(&path, line).rule("import");
            }
        }
        Ok(())
    }
}

export_detector!(AcmeAgents);
