//! Secrets in the code and in the project's settings: what kind and where, never the value.

use crate::paths;
use crate::project::Project;
use windlass_findings::secrets::Secrets;
use windlass_outline::secrets::{Severity, Style};
use windlass_plugin_sdk::Claims;

/// The longest settings file that is looked into: longer ones are data.
const LONGEST: usize = 128 * 1024;
/// Endings of files that hold settings.
const ENDINGS: [&str; 8] = [".env", ".json", ".jsonc", ".yaml", ".yml", ".toml", ".ini", ".properties"];

/// Claims every secret of the modules and the settings, each file's in order.
pub fn claim(project: &Project<'_>, claims: &mut Claims) {
    let mut secrets = Secrets::new(claims);
    for module in &project.modules {
        let most = if project.is_aside(module.path) { Severity::Low } else { Severity::High };
        secrets.read(module.path, module.scan.text(), Style::Code, most);
    }
    for path in project.paths.iter().filter(|path| is_settings(path)) {
        if secrets.is_full() {
            return;
        }
        if let Some(text) = project.text(path).filter(|text| text.len() <= LONGEST) {
            secrets.read(path, &text, Style::Settings, Severity::High);
        }
    }
}

/// True for `.env`, `.env.local`, `config.yaml`; a sample holds placeholders at best, and what tools write holds none.
fn is_settings(path: &str) -> bool {
    let name = paths::name(path);
    let is_sample = ["example", "sample", "template", "dist"].iter().any(|word| name.contains(word));
    let is_written =
        name.contains("lock") || name == "package.json" || name.starts_with("tsconfig") || name == "components.json";
    let is_named = name.starts_with(".env") || ENDINGS.iter().any(|ending| name.ends_with(ending));
    is_named && !is_sample && !is_written && !paths::is_installed_or_built(path)
}
