//! Secrets in the code and in the project's settings: what kind and where, never the value.

use crate::paths;
use crate::project::Project;
use windlass_outline::secrets::{Severity, Style, in_text};
use windlass_plugin_sdk::Claims;

/// The most secrets that are claimed.
const MOST: usize = 100;
/// The longest settings file that is looked into: longer ones are data.
const LONGEST: usize = 128 * 1024;
/// Endings of files that hold settings.
const ENDINGS: [&str; 8] = [".env", ".json", ".jsonc", ".yaml", ".yml", ".toml", ".ini", ".properties"];

/// Claims every secret of the modules and the settings, each file's in order.
pub fn claim(project: &Project<'_>, claims: &mut Claims) {
    let mut left = MOST;
    for module in &project.modules {
        let most = if project.is_aside(module.path) { Severity::Low } else { Severity::High };
        claim_text(module.path, module.scan.text(), Style::Code, most, &mut left, claims);
    }
    for path in project.paths.iter().filter(|path| is_settings(path)) {
        if left == 0 {
            return;
        }
        if let Some(text) = project.text(path).filter(|text| text.len() <= LONGEST) {
            claim_text(path, &text, Style::Settings, Severity::High, &mut left, claims);
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

/// `most` is the worst that a secret of this file can be.
fn claim_text(path: &str, text: &str, style: Style, most: Severity, left: &mut usize, claims: &mut Claims) {
    let (mut line, mut counted) = (1, 0);
    let mut last = None;
    for (at, secret) in in_text(text, style) {
        line += u32::try_from(text[counted..at].bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(0);
        counted = at;
        if *left == 0 || last == Some((line, secret.kind)) {
            continue;
        }
        last = Some((line, secret.kind));
        *left -= 1;
        let draft = claims.add("secret", secret.kind, 0.9).at(path, line).rule("secret");
        draft.attribute("severity", secret.severity.min(most).as_str()).attribute("description", secret.description);
    }
}
