//! Exact versions from the lock files of npm, pnpm, yarn and bun.
//!
//! Each is read line by line for the names that are asked for, never parsed whole: it may be larger than the project.

use crate::paths::join;
use crate::project::Project;
use std::collections::{HashMap, HashSet};

/// Finds the wanted names' versions in one lock file's text.
type Reader = fn(&str, &HashSet<&str>) -> HashMap<String, String>;

const LOCK_FILES: [(&str, Reader); 5] = [
    ("package-lock.json", npm),
    ("npm-shrinkwrap.json", npm),
    ("pnpm-lock.yaml", pnpm),
    ("yarn.lock", yarn),
    ("bun.lock", bun),
];

/// The locked versions of the named packages, from the lock files beside package.json files, the root's first.
pub fn read(project: &Project<'_>, names: &HashSet<&str>) -> HashMap<String, String> {
    let mut locked = HashMap::new();
    for manifest in project.manifests {
        for (file, reader) in LOCK_FILES {
            let text = project.text(&join(manifest.folder(), file)).unwrap_or_default();
            for (name, version) in reader(&text, names) {
                locked.entry(name).or_insert(version);
            }
        }
    }
    locked
}

/// `"node_modules/NAME": {` and its `"version"`; in the first format `"NAME": {` two levels deep.
fn npm(text: &str, names: &HashSet<&str>) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut open: Option<&str> = None;
    for line in text.lines() {
        let Some((key, value)) = line.trim_start().strip_prefix('"').and_then(|rest| rest.split_once("\":")) else {
            continue;
        };
        let value = value.trim();
        if value == "{" {
            let indent = line.len() - line.trim_start().len();
            let name = if indent <= 4 { key.strip_prefix("node_modules/").unwrap_or(key) } else { "" };
            open = names.get(name).copied();
        } else if let Some(name) = open.filter(|_| key == "version") {
            found.entry(name.to_owned()).or_insert_with(|| unquoted(value).to_owned());
            open = None;
        }
    }
    found
}

/// Under `importers:` a name, then `specifier:` and `version:`; in old formats `NAME: VERSION`.
fn pnpm(text: &str, names: &HashSet<&str>) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut open: Option<&str> = None;
    for line in text.lines() {
        if line.starts_with("packages:") || line.starts_with("snapshots:") {
            break;
        }
        let Some((key, value)) = line.split_once(": ").or_else(|| line.strip_suffix(':').map(|key| (key, ""))) else {
            continue;
        };
        let (key, value) = (unquoted(key.trim()), unquoted(value.trim()));
        if key == "version"
            && let Some(name) = open
        {
            found.entry(name.to_owned()).or_insert_with(|| plain_version(value));
            open = None;
        } else if key != "specifier" {
            open = names.get(key).copied();
            if let Some(name) = open.filter(|_| value.starts_with(|c: char| c.is_ascii_digit())) {
                found.entry(name.to_owned()).or_insert_with(|| plain_version(value));
            }
        }
    }
    found
}

/// `NAME@RANGE, NAME@RANGE:` and its `version`, in yarn's first format and in the later ones.
fn yarn(text: &str, names: &HashSet<&str>) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut open: Option<&str> = None;
    for line in text.lines() {
        if !line.starts_with([' ', '#']) {
            let key = line.trim_start_matches('"');
            let end = key.get(1..).and_then(|rest| rest.find('@')).map_or(0, |at| at + 1);
            open = names.get(&key[..end]).copied();
        } else if let Some(version) = line.trim_start().strip_prefix("version")
            && let Some(name) = open.take()
        {
            let version = unquoted(version.trim_start_matches(':').trim());
            found.entry(name.to_owned()).or_insert_with(|| version.to_owned());
        }
    }
    found
}

/// `"NAME": ["NAME@VERSION", …`.
fn bun(text: &str, names: &HashSet<&str>) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for line in text.lines() {
        let Some((key, value)) = line.trim_start().strip_prefix('"').and_then(|rest| rest.split_once("\": [\"")) else {
            continue;
        };
        if let Some(name) = names.get(key)
            && let Some(version) = value.strip_prefix(key).and_then(|rest| rest.strip_prefix('@'))
        {
            let version = version.split('"').next().unwrap_or_default();
            found.entry((*name).to_owned()).or_insert_with(|| version.to_owned());
        }
    }
    found
}

fn unquoted(text: &str) -> &str {
    text.trim_end_matches(',').trim_matches(['"', '\''])
}

/// pnpm's version without the peers it was resolved with: `1.2.3(react@19.0.0)`.
fn plain_version(text: &str) -> String {
    text.split(['(', '_']).next().unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(reader: Reader, text: &str) -> Vec<(String, String)> {
        let mut found: Vec<_> = reader(text, &HashSet::from(["openai", "@ai-sdk/openai"])).into_iter().collect();
        found.sort();
        found
    }

    #[test]
    fn every_lock_file_tells_the_version() {
        let npm_text = "{\n  \"packages\": {\n    \"\": {\n      \"version\": \"9.9.9\",\n      \"dependencies\": {\n        \"openai\": \"^5\"\n      }\n    },\n    \"node_modules/@ai-sdk/openai\": {\n      \"version\": \"2.0.1\"\n    },\n    \"node_modules/x/node_modules/openai\": {\n      \"version\": \"1.0.0\"\n    },\n    \"node_modules/openai\": {\n      \"version\": \"5.1.0\",\n";
        let pnpm_text = "importers:\n\n  .:\n    dependencies:\n      '@ai-sdk/openai':\n        specifier: ^2\n        version: 2.0.1(zod@3.25.0)\n      openai:\n        specifier: ^5\n        version: 5.1.0\n\npackages:\n\n  openai@1.0.0:\n    version: 1\n";
        let yarn_text = "# yarn lockfile v1\n\n\"@ai-sdk/openai@^2\":\n  version \"2.0.1\"\n\nopenai@^5, openai@^5.1:\n  version \"5.1.0\"\n";
        let berry_text = "\"@ai-sdk/openai@npm:^2\":\n  version: 2.0.1\n\n\"openai@npm:^5\":\n  version: 5.1.0\n";
        let bun_text = "{\n  \"packages\": {\n    \"@ai-sdk/openai\": [\"@ai-sdk/openai@2.0.1\", \"\", {}],\n    \"openai\": [\"openai@5.1.0\", \"\"],\n";
        let expected = [("@ai-sdk/openai".to_owned(), "2.0.1".to_owned()), ("openai".to_owned(), "5.1.0".to_owned())];
        for (reader, text) in
            [(npm as Reader, npm_text), (pnpm, pnpm_text), (yarn, yarn_text), (yarn, berry_text), (bun, bun_text)]
        {
            assert_eq!(versions(reader, text), expected, "{text}");
        }
    }
}
