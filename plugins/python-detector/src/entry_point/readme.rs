//! Hints of a README: the commands it tells to type, and the front matter of a Hugging Face space.

use super::command::{Command, Target, commands};
use super::hints::{Hints, Place, named};
use super::start::RunKind;
use crate::modules::is_aside;
use windlass_outline::paths::folder;
use windlass_plugin_sdk::Files;

/// What the first, second, … file is worth that a README tells to start.
const WEIGHTS: [f32; 4] = [0.26, 0.22, 0.19, 0.16];
/// How much a README of one part of the project counts.
const NESTED: f32 = 0.7;
const SPACE: f32 = 0.5;

/// Reads the READMEs.
pub fn read(paths: &[String], files: &dyn Files, hints: &mut Hints<'_>) {
    let is_readme = |name: &str| {
        let name = name.to_ascii_lowercase();
        matches!(
            name.as_str(),
            "readme.md" | "readme" | "readme.rst" | "readme.txt" | "claude.md" | "agents.md" | "quickstart.md"
        )
    };
    for (path, text) in named(paths, files, is_readme) {
        if path == "README.md" {
            front_matter(&path, &text, hints);
        }
        if !is_aside(&path) {
            typed(&path, &text, hints);
        }
    }
}

/// `sdk: streamlit` and `app_file: app.py` between `---` lines.
fn front_matter(path: &str, text: &str, hints: &mut Hints<'_>) {
    let Some(rest) = text.strip_prefix("---") else { return };
    let Some((matter, _)) = rest.split_once("\n---") else { return };
    let value = |key: &str| matter.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).map(str::trim);
    let kind = match value("sdk") {
        Some("streamlit") => Some(RunKind::Streamlit),
        Some("gradio") => Some(RunKind::Gradio),
        _ => None,
    };
    if let (Some(file), Some(_)) = (value("app_file"), value("sdk")) {
        let command = Command { target: Target::File(file.to_owned()), kind, object: None, args: Vec::new() };
        hints.add(&command, Place { file: path, line: None, folder: "", rule: "space-config", weight: SPACE });
    }
}

/// The commands in code blocks and code spans.
fn typed(path: &str, text: &str, hints: &mut Hints<'_>) {
    let (mut is_code, mut is_shell, mut share) = (false, true, 1.0);
    let mut at = folder(path).to_owned();
    let mut named: Vec<usize> = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let trimmed = text.trim();
        if let Some(language) = trimmed.strip_prefix("```").or_else(|| trimmed.strip_prefix("~~~")) {
            is_code = !is_code;
            is_shell = !matches!(language.trim(), "python" | "py" | "json" | "yaml" | "toml" | "text" | "env");
            continue;
        }
        if !is_code && trimmed.starts_with('#') {
            share = share_of(trimmed);
            continue;
        }
        let parts: Vec<&str> = match is_code || text.starts_with("    ") || trimmed.starts_with("$ ") {
            true if is_shell || !is_code => vec![trimmed.trim_start_matches("$ ").trim_start_matches("> ")],
            true => Vec::new(),
            false => trimmed.split('`').skip(1).step_by(2).collect(),
        };
        let found: Vec<Command> = parts.into_iter().flat_map(|part| commands(part, &mut at)).collect();
        hints.settle(&mut at);
        for command in found {
            let before = hints.found.len();
            let share = if folder(path).is_empty() { share } else { share * NESTED };
            let weight = share * WEIGHTS[named.len().min(WEIGHTS.len() - 1)];
            let place = Place { file: path, line: Some(line), folder: &at, rule: "readme", weight };
            if !hints.add(&command, place) {
                if let Target::File(file) = command.target {
                    hints.absent.push((path.to_owned(), line, file));
                }
            } else if let Some(hint) = hints.found.get(before) {
                if named.contains(&hint.module) {
                    hints.found.truncate(before);
                } else {
                    named.push(hint.module);
                }
            }
        }
    }
}

/// How much the commands below a heading say: what prepares or checks the project is not its start.
fn share_of(heading: &str) -> f32 {
    const ASIDE: [&str; 16] = [
        "setup",
        "set up",
        "install",
        "initial",
        "first-time",
        "prepar",
        "prerequisite",
        "ingest",
        "test",
        "evaluat",
        "deploy",
        "develop",
        "contribut",
        "database",
        "data ",
        "train",
    ];
    const START: [&str; 7] = ["run", "usage", "start", "launch", "quick", "demo", "use"];
    let heading = heading.to_ascii_lowercase();
    let holds = |words: &[&str]| words.iter().any(|word| heading.contains(word));
    if holds(&ASIDE) && !holds(&START) { 0.7 } else { 1.0 }
}
