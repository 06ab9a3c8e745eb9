//! Where a project declares: the nearest folder, from the file that starts upwards, that declares anything needed.

use super::declared::Found;
use super::locks::{self, Lock};
use super::{others, pyproject, text};
use crate::modules::{Module, has_ending};
use windlass_outline::paths::{child, folder, name};
use windlass_plugin_sdk::Files;

/// Words in the name of a requirements file that only developers need.
const ASIDE: [&str; 11] = ["dev", "test", "tests", "doc", "docs", "lint", "ci", "build", "optional", "extra", "extras"];

/// What the script's header and the nearest folder declare, the strongest first, and that folder.
pub fn read(
    (files, paths): (&dyn Files, &[String]),
    modules: &[Module<'_>],
    start: Option<&str>,
) -> (String, Vec<Found>) {
    let mut places = Vec::new();
    if let Some(module) = modules.iter().find(|module| Some(module.path) == start) {
        let mut found = Found::default();
        others::script(module.text, module.path, &mut found);
        places.push(found);
    }
    let mut folder_here = start.map_or("", folder);
    let nearest = folder_here;
    let mut above = Vec::new();
    loop {
        let found = read_folder(files, paths, modules, folder_here);
        let is_enough = found.iter().any(super::needs_something);
        above.extend(found);
        if is_enough {
            places.extend(above);
            return (folder_here.to_owned(), places);
        }
        if folder_here.is_empty() {
            break;
        }
        folder_here = folder(folder_here);
    }
    places.extend(above);
    // Nothing from the start upwards: whatever the tree has, the nearest to its root.
    let is_manifest = |path: &&String| matches!(name(path), "requirements.txt" | "pyproject.toml" | "Pipfile");
    let mut elsewhere: Vec<&String> = paths.iter().filter(is_manifest).filter(|path| !is_beside(path)).collect();
    elsewhere.sort_by_key(|path| path.matches('/').count());
    for path in elsewhere {
        let found = read_folder(files, paths, modules, folder(path));
        if found.iter().any(super::needs_something) {
            places.extend(found);
            return (folder(path).to_owned(), places);
        }
    }
    (nearest.to_owned(), places)
}

/// The nearest lock, from a folder upwards.
pub fn lock(files: &dyn Files, from: &str) -> Option<(String, Lock)> {
    let mut place = from;
    loop {
        for name in locks::NAMES {
            let path = child(place, name);
            if let Ok(text) = files.read(&path) {
                let lock = Lock::read(&path, &text);
                return Some((path, lock));
            }
        }
        if place.is_empty() {
            return None;
        }
        place = folder(place);
    }
}

/// Everything that declares in one folder, the strongest first.
fn read_folder(files: &dyn Files, paths: &[String], modules: &[Module<'_>], here: &str) -> Vec<Found> {
    let has = |name: &str| {
        let path = child(here, name);
        paths.binary_search(&path).is_ok().then_some(path)
    };
    let read = |name: &str| has(name).and_then(|path| files.read(&path).ok().map(|text| (path, text)));
    let mut places = requirements_files(files, paths, here);
    if let Some((path, text)) = read("pyproject.toml") {
        places.push(collected(|found| pyproject::read(&text, &path, files, found)));
    }
    if let Some((path, text)) = read("Pipfile") {
        places.push(collected(|found| others::pipfile(&text, &path, found)));
    }
    if let Some((path, text)) = read("setup.cfg") {
        places.push(collected(|found| others::setup_cfg(&text, &path, found)));
    }
    if let Some(module) = has("setup.py").and_then(|path| modules.iter().find(|module| module.path == path)) {
        places.push(collected(|found| others::setup_py(module, found)));
    }
    for name in ["environment.yml", "environment.yaml", "conda.yaml", "conda.yml"] {
        if let Some((path, text)) = read(name) {
            places.push(collected(|found| others::environment(&text, &path, files, found)));
        }
    }
    places
}

/// `requirements.txt`, or what stands in for it; files for developers are groups.
fn requirements_files(files: &dyn Files, paths: &[String], here: &str) -> Vec<Found> {
    let below = |path: &str| {
        let rest = if here.is_empty() { path } else { path.strip_prefix(here)?.strip_prefix('/')? };
        let is_text = has_ending(rest, "txt") || has_ending(rest, "in");
        let is_named = match rest.split_once('/') {
            Some(("requirements" | "reqs", name)) => !name.contains('/'),
            Some(_) => false,
            None => rest.contains("requirements"),
        };
        (is_text && is_named && !rest.contains("constraint")).then(|| rest.to_owned())
    };
    let mut named: Vec<(u8, &String, Option<String>)> = paths
        .iter()
        .filter_map(|path| below(path).map(|rest| (path, rest)))
        .map(|(path, rest)| (rank(&rest), path, group(&rest)))
        .collect();
    named.sort();
    let mut places = Vec::new();
    let mut is_answered = false;
    for (_, path, group) in named {
        // `requirements.in` says again what `requirements.txt` was made from.
        let made = path.strip_suffix(".in").map(|stem| format!("{stem}.txt"));
        if made.is_some_and(|made| paths.binary_search(&made).is_ok()) {
            continue;
        }
        // Another file than the one that stands for the project is one of its variants.
        let group = group.or_else(|| is_answered.then(|| stem(path).to_owned()));
        let Ok(text) = files.read(path) else { continue };
        let found = collected(|found| text::read(&text, Some(path), group.as_deref(), files, found));
        is_answered = is_answered || super::needs_something(&found);
        places.push(found);
    }
    places
}

/// The order in which files of one folder stand for the project.
fn rank(name: &str) -> u8 {
    match name {
        "requirements.txt" => 0,
        "requirements/requirements.txt" | "requirements/prod.txt" | "requirements/production.txt" => 1,
        "requirements/main.txt" | "requirements/base.txt" | "requirements/common.txt" | "requirements/default.txt" => 2,
        "requirements.in" => 3,
        _ => 4,
    }
}

/// The group that the name of a file tells: `requirements-dev.txt` is `dev`.
fn group(name: &str) -> Option<String> {
    let parts: Vec<_> = stem(name).split(['-', '_', '.']).filter(|part| *part != "requirements").collect();
    parts.iter().find(|part| ASIDE.contains(part)).map(|part| (*part).to_owned())
}

/// The name of a file without its ending.
fn stem(path: &str) -> &str {
    let name = name(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn collected(read: impl FnOnce(&mut Found)) -> Found {
    let mut found = Found::default();
    read(&mut found);
    found
}

/// True for what tests and documents the project.
fn is_beside(path: &str) -> bool {
    path.split('/')
        .any(|part| matches!(part, "tests" | "test" | "docs" | "examples" | "node_modules" | ".venv" | "venv"))
}
