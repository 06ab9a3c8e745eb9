//! Secrets in the code and in the project's settings: what kind and where, never the value.

use crate::modules::{Module, has_ending};
use windlass_findings::secrets::Secrets;
use windlass_outline::paths;
use windlass_outline::secrets::{Severity, Style};
use windlass_plugin_sdk::{Claims, Files};

/// The longest settings file that is looked into: longer ones are data.
const LONGEST: usize = 512 * 1024;
/// Endings of files that hold settings.
const ENDINGS: [&str; 13] = [
    ".env",
    ".json",
    ".yaml",
    ".yml",
    ".toml",
    ".ini",
    ".cfg",
    ".conf",
    ".properties",
    ".sh",
    ".ipynb",
    ".pem",
    ".key",
];
/// Names of files that tools write: long, and without secrets.
const WRITTEN: [&str; 4] = ["package-lock.json", "pnpm-lock.yaml", "tsconfig.json", "composer.lock"];

/// Claims every secret of the modules and the settings, each file's in order.
pub fn claim(files: &dyn Files, paths: &[String], modules: &[Module<'_>], claims: &mut Claims) {
    let mut secrets = Secrets::new(claims);
    for module in modules {
        let severity = if module.is_aside() { Severity::Low } else { Severity::High };
        secrets.read(module.path, module.text, Style::Code, severity);
    }
    for path in paths.iter().filter(|path| is_settings(path)) {
        if secrets.is_full() {
            return;
        }
        if let Some(text) = files.read(path).ok().filter(|text| text.len() <= LONGEST) {
            let style = if has_ending(path, "ipynb") { Style::Code } else { Style::Settings };
            secrets.read(path, &text, style, Severity::High);
        }
    }
}

/// True for `.env`, `.env.local`, `config.yaml`; a sample holds placeholders at best.
fn is_settings(path: &str) -> bool {
    let name = paths::name(path);
    let is_sample = ["example", "sample", "template", "dist"].iter().any(|word| name.contains(word));
    let is_named =
        name.starts_with(".env") || name == "Dockerfile" || ENDINGS.iter().any(|ending| name.ends_with(ending));
    is_named
        && !is_sample
        && !WRITTEN.contains(&name)
        && !path.contains("node_modules/")
        && !path.contains("site-packages/")
}
