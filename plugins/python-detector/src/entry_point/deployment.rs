//! Hints of deployment: Procfile, Dockerfile, Compose, the files of hosting services, Makefile and start scripts.

use super::command::{Command, Target, commands, parse, words};
use super::hints::{Hints, Place, join, named, nested};
use crate::modules::has_ending;
use windlass_outline::paths::{self, folder};
use windlass_plugin_sdk::Files;

const PROCFILE: f32 = 0.5;
const DOCKERFILE: f32 = 0.48;
/// A Dockerfile of one part of the project says little about the whole.
const NESTED: f32 = 0.26;
const SERVICE: f32 = 0.46;
const COMPOSE: f32 = 0.4;
const MAKEFILE: f32 = 0.2;

/// Reads them all.
pub fn read(paths: &[String], files: &dyn Files, hints: &mut Hints<'_>) {
    for (path, text) in named(paths, files, |name| name == "Procfile") {
        procfile(&path, &text, hints);
    }
    let is_dockerfile = |name: &str| {
        name == "Dockerfile"
            || name.starts_with("Dockerfile.")
            || name.ends_with(".Dockerfile")
            || name == "Containerfile"
    };
    for (path, text) in named(paths, files, is_dockerfile) {
        dockerfile(&path, &text, files, hints);
    }
    for (path, text) in named(paths, files, |name| SERVICES.iter().any(|(file, _)| *file == name)) {
        service(&path, &text, hints);
    }
    let is_compose =
        |name: &str| matches!(name, "docker-compose.yml" | "docker-compose.yaml" | "compose.yml" | "compose.yaml");
    for (path, text) in named(paths, files, is_compose) {
        keyed(&path, &text, &["command"], "compose", COMPOSE, hints);
    }
    for (path, text) in named(paths, files, |name| matches!(name, "Makefile" | "makefile" | "justfile" | "Justfile")) {
        recipes(&path, &text, hints);
    }
    let is_start = |name: &str| {
        has_ending(name, "sh")
            && ["start", "run", "entrypoint", "launch", "dev"].iter().any(|word| name.starts_with(word))
    };
    for (path, text) in named(paths, files, is_start) {
        script(&path, &text, "start-script", MAKEFILE, hints);
    }
}

/// Files of hosting services, with the keys whose text is a command.
const SERVICES: [(&str, &[&str]); 8] = [
    ("render.yaml", &["startCommand"]),
    ("railway.json", &["startCommand"]),
    ("railway.toml", &["startCommand"]),
    ("nixpacks.toml", &["cmd"]),
    ("app.yaml", &["entrypoint"]),
    ("fly.toml", &["app", "web"]),
    (".replit", &["run", "entrypoint"]),
    ("zeabur.json", &["start_command"]),
];

/// `web: uvicorn app:app`; the web process before the others.
fn procfile(path: &str, text: &str, hints: &mut Hints<'_>) {
    for (line, text) in (1..).zip(text.lines()) {
        let Some((process, command)) = text.split_once(':') else { continue };
        if process.trim() == "release" {
            continue;
        }
        let weight = if process.trim() == "web" { PROCFILE } else { PROCFILE - 0.1 };
        let mut at = folder(path).to_owned();
        for command in commands(command, &mut at) {
            let weight = nested(weight, path);
            hints.add(&command, Place { file: path, line: Some(line), folder: &at, rule: "procfile", weight });
        }
    }
}

/// The last ENTRYPOINT and CMD, in shell or exec form; a start script is read as well.
fn dockerfile(path: &str, text: &str, files: &dyn Files, hints: &mut Hints<'_>) {
    let (mut entry, mut command) = (None, None);
    let mut joined = String::new();
    let mut start = 0;
    for (line, text) in (1..).zip(text.lines()) {
        let text = text.trim();
        if text.starts_with('#') {
            continue;
        }
        if joined.is_empty() {
            start = line;
        }
        if let Some(part) = text.strip_suffix('\\') {
            joined.push_str(part);
            joined.push(' ');
            continue;
        }
        joined.push_str(text);
        let whole = std::mem::take(&mut joined);
        let Some((instruction, rest)) = whole.split_once(char::is_whitespace) else { continue };
        if instruction.eq_ignore_ascii_case("FROM") {
            (entry, command) = (None, None);
        } else if instruction.eq_ignore_ascii_case("ENTRYPOINT") {
            entry = Some((start, form(rest)));
        } else if instruction.eq_ignore_ascii_case("CMD") {
            command = Some((start, form(rest)));
        }
    }
    let Some(line) = command.as_ref().or(entry.as_ref()).map(|(line, _)| *line) else { return };
    let all: Vec<String> = entry.into_iter().chain(command).flat_map(|(_, words)| words).collect();
    let weight = match (folder(path), path) {
        (_, "Dockerfile") => DOCKERFILE,
        ("", _) => DOCKERFILE - 0.08,
        _ => NESTED,
    };
    let place = Place { file: path, line: Some(line), folder: folder(path), rule: "dockerfile", weight };
    let started = all.iter().find(|word| has_ending(word, "sh"));
    if let Some(started) = started {
        let name = paths::name(started);
        for at in [join(folder(path), started), join(folder(path), name), name.to_owned()] {
            if let Ok(text) = files.read(&at) {
                return script(&at, &text, "dockerfile", weight, hints);
            }
        }
    }
    let words: Vec<&str> = all.iter().map(String::as_str).collect();
    let mut at = place.folder.to_owned();
    let found = if all.iter().any(|word| word == "&&" || word.contains("&& ")) {
        let line = words.last().filter(|_| words.len() <= 3).map_or_else(|| words.join(" "), |line| (*line).to_owned());
        commands(&line, &mut at)
    } else {
        parse(&words).into_iter().collect()
    };
    for command in found {
        hints.add(&command, Place { folder: &at, ..place });
    }
}

/// The words of `["a", "b"]` or `a b`.
fn form(text: &str) -> Vec<String> {
    match serde_json::from_str::<Vec<String>>(text.trim()) {
        Ok(words) => words,
        Err(_) => words(text),
    }
}

fn service(path: &str, text: &str, hints: &mut Hints<'_>) {
    let name = paths::name(path);
    let Some((_, keys)) = SERVICES.iter().find(|(file, _)| *file == name) else { return };
    keyed(path, text, keys, "hosting-config", SERVICE, hints);
}

/// The commands behind keys of YAML, TOML or JSON, each on one line.
fn keyed(path: &str, text: &str, keys: &[&str], rule: &'static str, weight: f32, hints: &mut Hints<'_>) {
    for (line, text) in (1..).zip(text.lines()) {
        let Some((key, value)) = text.split_once([':', '=']) else { continue };
        if !keys.contains(&key.trim().trim_start_matches("- ").trim_matches('"')) {
            continue;
        }
        let value = value.trim().trim_end_matches(',');
        let place = Place { file: path, line: Some(line), folder: folder(path), rule, weight: nested(weight, path) };
        if value.starts_with('[') {
            let words = form(&value.replace('\'', "\""));
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            if let Some(command) = parse(&words) {
                hints.add(&command, place);
            }
            continue;
        }
        let value = value.trim_matches(['"', '\'']);
        if has_ending(value, "py") && !value.contains(' ') {
            let target = Target::File(value.to_owned());
            hints.add(&Command { target, kind: None, object: None, args: Vec::new() }, place);
            continue;
        }
        let mut at = place.folder.to_owned();
        for command in commands(value, &mut at) {
            hints.add(&command, Place { folder: &at, ..place });
        }
    }
}

/// The recipes of a Makefile or justfile whose name says that they start something.
fn recipes(path: &str, text: &str, hints: &mut Hints<'_>) {
    let mut is_start = false;
    for (line, text) in (1..).zip(text.lines()) {
        if !text.starts_with([' ', '\t']) {
            let target = text.split([':', ' ']).next().unwrap_or_default();
            is_start = ["run", "start", "serve", "dev", "up", "app", "web", "ui", "agent", "chat", "playground"]
                .iter()
                .any(|word| target.split(['-', '_']).any(|part| part == *word));
            continue;
        }
        if is_start {
            let mut at = folder(path).to_owned();
            for command in commands(text.trim().trim_start_matches(['@', '-']), &mut at) {
                let weight = nested(MAKEFILE, path);
                hints.add(&command, Place { file: path, line: Some(line), folder: &at, rule: "makefile", weight });
            }
        }
    }
}

/// A shell script, command by command; the folder that `cd` leads to lasts.
fn script(path: &str, text: &str, rule: &'static str, weight: f32, hints: &mut Hints<'_>) {
    let mut at = folder(path).to_owned();
    for (line, text) in (1..).zip(text.lines()) {
        let found = commands(text.trim(), &mut at);
        hints.settle(&mut at);
        for command in found {
            if command.target != Target::Name(String::new()) {
                hints.add(&command, Place { file: path, line: Some(line), folder: &at, rule, weight });
            }
        }
    }
}
