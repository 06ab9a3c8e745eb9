//! A detector that somebody else could write, in ten lines: `import acme_agents` means the framework `acme-agents`.

use windlass_plugin_sdk::{Claims, Detector, Files, PluginError, Request, export_detector};

/// Knows one framework, installed or copied into the project.
struct AcmeAgents;

impl Detector for AcmeAgents {
    fn detect(_: &Request, files: &dyn Files, claims: &mut Claims) -> Result<(), PluginError> {
        for (path, import) in files.all_imports().iter().filter(|(_, import)| import.module == "acme_agents") {
            claims.framework("acme-agents", 0.99).at(path, import.line).rule("import");
        }
        Ok(())
    }
}

export_detector!(AcmeAgents);
