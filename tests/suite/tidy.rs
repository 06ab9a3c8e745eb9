//! The house rules that a compiler does not hold: which room may name what, and how large a room may be.

use crate::harness::root;
use std::fs;
use std::path::{Path, PathBuf};

/// A file is looked at again at 300 lines, and is never longer than this.
const MAX_LINES: usize = 500;

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the checkout") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every Rust file below the given folders of the checkout, with its path from the root and its text.
fn sources(folders: &[&str]) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    for folder in folders {
        rust_files(&root().join(folder), &mut paths);
    }
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a Rust file is text");
        (path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned(), text)
    };
    paths.into_iter().map(read).collect()
}

/// The lines of code: comments and documentation may name anything.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim_start).filter(|line| !line.starts_with("//"))
}

#[test]
fn only_its_own_room_names_an_outside_library() {
    let rules: [(&str, &[&str]); 6] = [
        ("wasmtime", &["host/plugin/"]),
        ("axum::", &["host/src/api", "host/src/serve"]),
        ("rusqlite", &["host/store/"]),
        ("oci_spec", &["host/image/"]),
        ("oci_client", &["host/image/"]),
        ("tree_sitter", &["host/syntax/"]),
    ];
    let mut broken = Vec::new();
    for (path, text) in sources(&["host"]) {
        for (library, rooms) in rules {
            let inside = rooms.iter().any(|room| path.starts_with(room));
            if !inside && code(&text).any(|line| line.contains(library)) {
                broken.push(format!("{path} names {library}, which belongs to {}", rooms.join(" and ")));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// A route is added with its line of the document: that is what `Routes` is for.
#[test]
fn only_the_route_table_s_own_type_adds_routes() {
    let adds = |line: &str| line.contains(".route(") || line.contains("axum::routing") || line.contains("axum::Router");
    let allowed = ["host/src/api.rs", "host/src/api/routes.rs"];
    let mut broken = sources(&["host/src"]);
    broken.retain(|(path, text)| !allowed.contains(&path.as_str()) && code(text).any(adds));
    let paths: Vec<&str> = broken.iter().map(|(path, _)| path.as_str()).collect();
    assert!(paths.is_empty(), "these add routes past the document: {paths:?}");
    let (_, table) = sources(&["host/src"]).into_iter().find(|(path, _)| path == allowed[0]).expect("the table");
    assert!(!code(&table).any(|line| line.contains(".route(")), "{} adds routes past the document", allowed[0]);
}

#[test]
fn the_floors_depend_downwards_only() {
    let allowed: [(&str, &[&str]); 6] = [
        ("host/domain", &[]),
        ("host/plugin", &["windlass-domain", "windlass-syntax"]),
        ("host/syntax", &["windlass-outline"]),
        ("host/store", &["windlass-domain"]),
        ("host/image", &["windlass-domain"]),
        ("host/runtime", &["windlass-domain"]),
    ];
    for (room, below) in allowed {
        let manifest = fs::read_to_string(root().join(room).join("Cargo.toml")).expect("a manifest");
        let ours = manifest.lines().filter(|line| line.starts_with("windlass-"));
        for line in ours {
            let name = line.split([' ', '.', '=']).next().unwrap_or_default();
            assert!(below.contains(&name), "{room} depends on {name}");
        }
    }
}

#[test]
fn the_host_knows_no_framework() {
    let frameworks = ["langchain", "langgraph", "crewai", "autogen", "llama_index", "smolagents"];
    let mut broken = Vec::new();
    for (path, text) in sources(&["host/src", "host/domain", "host/plugin", "host/store", "host/image", "host/syntax"])
    {
        let production = text.split("#[cfg(test)]").next().unwrap_or_default();
        let is_test = path.contains("/tests");
        for framework in frameworks {
            if !is_test && code(production).any(|line| line.to_lowercase().contains(framework)) {
                broken.push(format!("{path} names {framework}: that decision is a plugin's"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn no_file_is_too_long_and_every_file_says_what_it_is_for() {
    let mut broken = Vec::new();
    for (path, text) in sources(&["host", "plugins", "tests"]) {
        if text.lines().count() > MAX_LINES {
            broken.push(format!("{path} has {} lines, more than {MAX_LINES}", text.lines().count()));
        }
        if !text.trim_start().starts_with("//!") {
            broken.push(format!("{path} does not start with `//!`"));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_code_map_and_the_list_of_dependencies_are_whole() {
    let map = fs::read_to_string(root().join("docs/architecture.md")).expect("the code map");
    for room in [
        "host/domain",
        "host/plugin",
        "host/store",
        "host/image",
        "host/runtime",
        "host/syntax",
        "host/src/api",
        "host/src/deploy",
        "plugins/sdk",
        "wit/",
    ] {
        assert!(map.contains(room), "docs/architecture.md does not name {room}");
    }
    let listed = fs::read_to_string(root().join("docs/dependencies.md")).expect("the list of dependencies");
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    let table = manifest.split("[workspace.dependencies]").nth(1).expect("the table");
    let table = table.split("\n[").next().unwrap_or_default();
    for line in table.lines().filter(|line| line.contains('=') && !line.starts_with("windlass")) {
        let name = line.split([' ', '=']).next().unwrap_or_default();
        assert!(listed.contains(&format!("`{name}`")), "docs/dependencies.md does not say why `{name}` is here");
    }
}
