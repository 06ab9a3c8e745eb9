//! Hints of configuration: langgraph.json, pyproject.toml, setup.py, the file of Bedrock's toolkit.

use super::command::{Command, Target};
use super::hints::{Hints, Place, named, nested};
use super::start::RunKind;
use crate::modules::has_ending;
use windlass_outline::paths::folder;
use windlass_plugin_sdk::Files;

/// The rule of the hints that langgraph.json gives.
pub const LANGGRAPH: &str = "langgraph-json";

const FRAMEWORK: f32 = 0.5;
const SCRIPT: f32 = 0.28;

/// Reads them all.
pub fn read(paths: &[String], files: &dyn Files, hints: &mut Hints<'_>) {
    for (path, text) in named(paths, files, |name| name == "langgraph.json") {
        langgraph(&path, &text, hints);
    }
    for (path, text) in named(paths, files, |name| name == "pyproject.toml") {
        pyproject(&path, &text, hints);
    }
    for (path, text) in named(paths, files, |name| name == ".bedrock_agentcore.yaml") {
        let entry = text.lines().find_map(|line| line.trim().strip_prefix("entrypoint:"));
        if let Some(entry) = entry {
            let target = Target::File(entry.trim().trim_matches(['"', '\'']).to_owned());
            let command = Command { target, kind: None, object: None, args: Vec::new() };
            hints.add(&command, place(&path, "agentcore-config", FRAMEWORK));
        }
    }
    setup(hints);
}

fn place<'a>(path: &'a str, rule: &'static str, weight: f32) -> Place<'a> {
    Place { file: path, line: None, folder: folder(path), rule, weight: nested(weight, path) }
}

/// `{"graphs": {"agent": "./src/agent/graph.py:graph"}}`; the first graph is the agent.
fn langgraph(path: &str, text: &str, hints: &mut Hints<'_>) {
    let Ok(config) = serde_json::from_str::<serde_json::Value>(text) else { return };
    let graphs = config["graphs"].as_object().into_iter().flatten();
    // The order in which they are written counts: the parser sorts them, so they are put back by their place in the text.
    let mut graphs: Vec<_> =
        graphs.filter_map(|(name, value)| Some((name, value.as_str().or_else(|| value["path"].as_str())?))).collect();
    graphs.sort_by_key(|(name, _)| text.find(&format!("\"{name}\"")));
    for (index, (_, graph)) in graphs.iter().enumerate().take(4) {
        let (file, object) = graph.rsplit_once(':').unwrap_or((graph, ""));
        let target = if file.contains('/') || has_ending(file, "py") {
            Target::File(file.to_owned())
        } else {
            Target::Module(file.to_owned())
        };
        let command = Command {
            target,
            kind: Some(RunKind::FrameworkCli),
            object: (!object.is_empty()).then(|| object.to_owned()),
            args: ["langgraph", "dev"].map(str::to_owned).to_vec(),
        };
        let weight = if index == 0 { FRAMEWORK } else { FRAMEWORK - 0.08 };
        hints.add(&command, place(path, LANGGRAPH, weight));
    }
}

fn pyproject(path: &str, text: &str, hints: &mut Hints<'_>) {
    let Ok(table) = text.parse::<toml::Table>() else { return };
    let at = |keys: &[&str]| {
        let mut value = toml::Value::Table(table.clone());
        for key in keys {
            value = value.get(*key)?.clone();
        }
        Some(value)
    };
    let is_crew = at(&["tool", "crewai"]).is_some();
    let scripts = [at(&["project", "scripts"]), at(&["tool", "poetry", "scripts"])];
    let scripts: Vec<_> =
        scripts.into_iter().flatten().filter_map(|value| value.as_table().cloned()).flatten().collect();
    for (index, (name, target)) in scripts.iter().enumerate() {
        let Some(target) = target.as_str() else { continue };
        let (module, object) = target.split_once(':').unwrap_or((target, ""));
        hints.commands.push((name.clone(), module.to_owned()));
        let is_side = ["test", "lint", "format", "train", "replay", "eval", "migrate", "seed"]
            .iter()
            .any(|word| name.contains(word));
        let is_run = matches!(name.as_str(), "run_crew" | "kickoff" | "start" | "serve" | "run" | "dev" | "app");
        if is_side {
            continue;
        }
        let command = Command {
            target: Target::Module(module.to_owned()),
            kind: if is_crew { Some(RunKind::FrameworkCli) } else { None },
            object: (!object.is_empty()).then(|| object.to_owned()),
            args: if is_crew { ["crewai", "run"].map(str::to_owned).to_vec() } else { Vec::new() },
        };
        let weight = if is_crew {
            FRAMEWORK - if is_run { 0.0 } else { 0.05 }
        } else if index == 0 || is_run {
            SCRIPT
        } else {
            SCRIPT - 0.06
        };
        hints.add(&command, place(path, if is_crew { "crewai-config" } else { "project-script" }, weight));
    }
    if is_crew && !hints.found.iter().any(|hint| hint.rule == "crewai-config" && hint.file == path) {
        let below = folder(path);
        let main = hints.modules().iter().find(|module| {
            module.name() == "main.py" && module.path.strip_prefix(below).is_some_and(|rest| rest.contains("src/"))
        });
        if let Some(main) = main {
            let command = Command {
                target: Target::File(main.path.to_owned()),
                kind: Some(RunKind::FrameworkCli),
                object: None,
                args: ["crewai", "run"].map(str::to_owned).to_vec(),
            };
            hints.add(&command, Place { folder: "", ..place(path, "crewai-config", FRAMEWORK) });
        }
    }
}

/// `console_scripts` of a setup.py: texts such as `name=package.module:function`.
fn setup(hints: &mut Hints<'_>) {
    let Some(module) = hints.modules().iter().find(|module| module.path == "setup.py") else { return };
    for literal in &module.literals {
        let Some((name, target)) = literal.text.split_once('=') else { continue };
        let Some((target, object)) = target.split_once(':') else { continue };
        let is_name = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
        };
        if is_name(name.trim()) && is_name(target.trim()) {
            hints.commands.push((name.trim().to_owned(), target.trim().to_owned()));
            let command = Command {
                target: Target::Module(target.trim().to_owned()),
                kind: None,
                object: Some(object.trim().to_owned()),
                args: Vec::new(),
            };
            hints.add(&command, Place { line: Some(literal.line), ..place("setup.py", "project-script", SCRIPT) });
        }
    }
}
