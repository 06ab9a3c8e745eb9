//! Lock files, read line by line: they are long, and written by machines in one form.
//!
//! A lock pins what is declared elsewhere. Where nothing else declares, what nothing in the lock depends on is the
//! project's own; a lock that does not tell that is installed whole, so all of it is.

use std::collections::{BTreeMap, HashSet};
use windlass_outline::python::name::normal_name;

/// The names of lock files, in the order of their strength.
pub const NAMES: [&str; 5] = ["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock"];

/// What a lock holds.
#[derive(Debug, Default, PartialEq)]
pub struct Lock {
    /// The normalised name of each package and its version.
    pub versions: BTreeMap<String, String>,
    /// The names that another package of the lock depends on.
    depended: HashSet<String>,
    /// The names that the project's own entry asks for.
    own: Vec<String>,
    /// It tells what depends on what.
    tells: bool,
}

impl Lock {
    /// Reads a lock file by its name.
    pub fn read(path: &str, text: &str) -> Self {
        if path.ends_with("Pipfile.lock") { pipfile(text) } else { packages(text) }
    }

    /// What the project itself needs, each with its version.
    pub fn roots(&self) -> Vec<(&str, &str)> {
        let is_root = |name: &String| {
            if self.own.is_empty() { !self.tells || !self.depended.contains(name) } else { self.own.contains(name) }
        };
        self.versions
            .iter()
            .filter(|(name, _)| is_root(name))
            .map(|(name, version)| (name.as_str(), version.as_str()))
            .collect()
    }
}

/// uv, Poetry, PDM and PEP 751: `[[package]]` tables with `name` and `version`, one key a line.
fn packages(text: &str) -> Lock {
    let mut lock = Lock::default();
    let (mut name, mut version): (Option<&str>, Option<&str>) = (None, None);
    let (mut is_own, mut in_dependencies, mut in_table) = (false, false, false);
    // One more header closes the last package.
    for line in text.lines().chain(["[[package]]"]) {
        if line.starts_with('[') {
            in_table = line.contains("dependencies]") && !line.contains("optional");
            in_dependencies = false;
            if line.starts_with("[[package") && !line.contains('.') {
                if let (Some(name), Some(version), false) = (name, version, is_own) {
                    lock.versions.insert(normal_name(name), version.to_owned());
                }
                (name, version, is_own) = (None, None, false);
            }
        } else if let Some(value) = line.strip_prefix("name = ") {
            name = name.or(quoted(value));
        } else if let Some(value) = line.strip_prefix("version = ") {
            version = version.or(quoted(value));
        } else if let Some(source) = line.strip_prefix("source = ") {
            is_own = ["virtual = \".\"", "editable = \".\""].iter().any(|own| source.contains(own));
        } else if line.starts_with("dependencies = [") {
            lock.tells = true;
            in_dependencies = !line.contains(']');
            line.split('{').skip(1).for_each(|item| depend(item, is_own, &mut lock));
        } else if in_dependencies {
            in_dependencies = !line.starts_with(']');
            depend(line, is_own, &mut lock);
        } else if in_table && !line.is_empty() {
            lock.tells = true;
            let dependency = line.split([' ', '=']).next().unwrap_or_default().trim_matches('"');
            lock.depended.insert(normal_name(dependency));
        }
    }
    lock
}

/// One item of a list of dependencies: `{ name = "x", … },` or `"x>=1; …",`.
fn depend(item: &str, is_own: bool, lock: &mut Lock) {
    let text = item.split_once("name = ").map_or(item, |(_, rest)| rest);
    let Some(start) = text.find(['"', '\'']) else { return };
    let rest = &text[start + 1..];
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.')).unwrap_or(rest.len());
    let name = normal_name(&rest[..end]);
    if name.is_empty() {
        return;
    }
    if is_own {
        lock.own.push(name);
    } else {
        lock.depended.insert(name);
    }
}

/// `{"default": {"NAME": {"version": "==1"}}}`, one key a line.
fn pipfile(text: &str) -> Lock {
    let mut lock = Lock::default();
    let (mut depth, mut in_default) = (0_usize, false);
    let mut name = "";
    for line in text.lines() {
        let line = line.trim();
        let key = quoted(line).unwrap_or_default();
        if line.ends_with('{') {
            match depth {
                1 => in_default = key == "default",
                2 => name = key,
                _ => {}
            }
            depth += 1;
        } else if line.starts_with('}') {
            depth = depth.saturating_sub(1);
        } else if depth == 3 && in_default && key == "version" {
            let value = line.split_once(':').and_then(|(_, value)| quoted(value.trim())).unwrap_or_default();
            lock.versions.insert(normal_name(name), value.trim_start_matches('=').to_owned());
        }
    }
    lock
}

/// The text between the first quotes, when the value starts with one.
fn quoted(value: &str) -> Option<&str> {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split_once(quote).map(|(inner, _)| inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uv_tells_versions_and_what_the_project_asks_for() {
        let text = "version = 1\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\nsource = { virtual = \".\" }\ndependencies = [\n    { name = \"openai\" },\n]\n\n\
                    [package.metadata]\nrequires-dist = [{ name = \"openai\", specifier = \">=1\" }]\n\n\
                    [[package]]\nname = \"openai\"\nversion = \"1.50.0\"\nsource = { registry = \"x\" }\ndependencies = [\n    { name = \"pydantic\" },\n]\n\n\
                    [[package]]\nname = \"pydantic\"\nversion = \"2.9.0\"\n";
        let lock = Lock::read("uv.lock", text);
        assert_eq!(lock.roots(), [("openai", "1.50.0")]);
        assert_eq!(lock.versions.len(), 2);
        assert_eq!(lock.versions["pydantic"], "2.9.0");
    }

    #[test]
    fn of_poetry_and_pdm_the_roots_are_what_nothing_depends_on() {
        let poetry = "[[package]]\nname = \"Openai\"\nversion = \"1.5\"\n\n[package.dependencies]\npydantic = \">=2\"\n\n[package.extras]\nx = [\"numpy\"]\n\n\
                      [[package]]\nname = \"pydantic\"\nversion = \"2.9\"\n\n[metadata]\nlock-version = \"2.0\"\n";
        assert_eq!(Lock::read("poetry.lock", poetry).roots(), [("openai", "1.5")]);
        let pdm = "[[package]]\nname = \"a\"\nversion = \"1\"\ndependencies = [\n    \"b>=1; x\",\n]\n\n[[package]]\nname = \"b\"\nversion = \"2\"\n";
        assert_eq!(Lock::read("pdm.lock", pdm).roots(), [("a", "1")]);
    }

    #[test]
    fn a_lock_that_does_not_tell_is_taken_whole() {
        let pylock =
            "lock-version = '1.0'\n[[packages]]\nname = 'a'\nversion = '1'\n[[packages]]\nname = 'b'\nversion = '2'\n";
        assert_eq!(Lock::read("pylock.toml", pylock).roots(), [("a", "1"), ("b", "2")]);
        let pipfile = "{\n    \"_meta\": {\n        \"hash\": {\n            \"sha256\": \"x\"\n        }\n    },\n    \"default\": {\n        \"openai\": {\n            \"hashes\": [\n                \"sha256:a\"\n            ],\n            \"version\": \"==1.5\"\n        }\n    },\n    \"develop\": {\n        \"pytest\": {\n            \"version\": \"==8\"\n        }\n    }\n}\n";
        assert_eq!(Lock::read("a/Pipfile.lock", pipfile).roots(), [("openai", "1.5")]);
        assert!(Lock::read("uv.lock", "broken [[").roots().is_empty());
    }
}
