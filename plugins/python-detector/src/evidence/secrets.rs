//! Secrets in the code and in the project's settings: what kind and where, never the value.

use crate::modules::{Module, has_ending};
use windlass_outline::paths;
use windlass_outline::secrets::{Severity, Style, in_text};
use windlass_plugin_sdk::{Claims, Files, kind};

/// The most secrets that are claimed.
const MOST: usize = 100;
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
pub fn claim(files: &dyn Files, modules: &[Module<'_>], claims: &mut Claims) {
    let mut left = MOST;
    for module in modules {
        let severity = if module.is_aside() { Severity::Low } else { Severity::High };
        claim_text(module.path, module.text, Style::Code, severity, &mut left, claims);
    }
    for path in files.paths().into_iter().filter(|path| is_settings(path)) {
        if left == 0 {
            return;
        }
        if let Some(text) = files.read(&path).ok().filter(|text| text.len() <= LONGEST) {
            let style = if has_ending(&path, "ipynb") { Style::Code } else { Style::Settings };
            claim_text(&path, &text, style, Severity::High, &mut left, claims);
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
        let draft = claims.add(kind::SECRET, secret.kind, 0.9).at(path, line).rule("secret");
        draft.attribute("severity", secret.severity.min(most).as_str()).attribute("description", secret.description);
    }
}
