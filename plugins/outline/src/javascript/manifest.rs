//! package.json: what a package is called, starts, holds and needs.

use super::json;
use crate::paths::folder;
use serde_json::Value;

/// One package of the tree.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Its path.
    pub path: String,
    /// Its text, to find lines in.
    text: String,
    document: Value,
}

/// The groups of dependencies, and whether they are needed when it runs.
const GROUPS: [(&str, bool); 4] =
    [("dependencies", true), ("optionalDependencies", true), ("peerDependencies", true), ("devDependencies", false)];

impl Manifest {
    /// Reads one; a broken one has a path and nothing else.
    #[must_use]
    pub fn read(path: &str, text: String) -> Self {
        Self { path: path.to_owned(), document: json::parse(&text), text }
    }

    /// The folder of the package; empty for the root.
    #[must_use]
    pub fn folder(&self) -> &str {
        folder(&self.path)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        json::text(&self.document, "name").unwrap_or_default()
    }

    /// The names of its scripts.
    pub fn scripts(&self) -> impl Iterator<Item = (&str, &str)> {
        // Deno calls them tasks.
        json::texts(&self.document, "scripts").chain(json::texts(&self.document, "tasks"))
    }

    /// What `main`, `module`, `bin` and `exports` name, with the field.
    #[must_use]
    pub fn files(&self) -> Vec<(&'static str, &str)> {
        let mut files = Vec::new();
        match self.document.get("bin") {
            Some(Value::String(path)) => files.push(("bin", path.as_str())),
            Some(Value::Object(paths)) => {
                files.extend(paths.values().filter_map(Value::as_str).map(|path| ("bin", path)));
            }
            _ => {}
        }
        for field in ["main", "module", "source"] {
            files.extend(json::text(&self.document, field).map(|path| (field, path)));
        }
        files
    }

    /// What its own name stands for: the first file of `exports["."]`, `source`, `module` or `main`.
    #[must_use]
    pub fn export(&self, subpath: &str) -> Option<&str> {
        let exports = self.document.get("exports");
        let target = match exports {
            Some(Value::String(path)) if subpath == "." => Some(path.as_str()),
            Some(Value::Object(paths)) => {
                paths.get(subpath).or(exports.filter(|_| subpath == ".")).and_then(first_text)
            }
            _ => None,
        };
        target.or_else(|| {
            let files = self.files();
            let of = |field: &str| files.iter().find(|(known, _)| *known == field).map(|(_, path)| *path);
            (subpath == ".").then(|| of("source").or_else(|| of("module")).or_else(|| of("main")))?
        })
    }

    /// The target of one of its own `#imports`.
    #[must_use]
    pub fn private_import(&self, specifier: &str) -> Option<String> {
        let imports = self.document.get("imports")?.as_object()?;
        imports.iter().find_map(|(pattern, target)| {
            let rest = match pattern.split_once('*') {
                None if pattern == specifier => "",
                Some((before, after)) => specifier.strip_prefix(before)?.strip_suffix(after)?,
                None => return None,
            };
            Some(first_text(target)?.replace('*', rest))
        })
    }

    /// Every dependency: name, range, and whether it is needed when it runs.
    pub fn dependencies(&self) -> impl Iterator<Item = (&str, &str, bool)> {
        GROUPS.into_iter().flat_map(|(group, runs)| json::texts(&self.document, group).map(move |(n, r)| (n, r, runs)))
    }

    /// True when the package is declared, in whatever group.
    #[must_use]
    pub fn depends_on(&self, name: &str) -> bool {
        GROUPS.iter().any(|(group, _)| self.document.get(*group).is_some_and(|group| group.get(name).is_some()))
    }

    /// The line, from 1, where a key stands; the first where it stands in several places.
    #[must_use]
    pub fn line(&self, key: &str) -> u32 {
        let at = self.text.find(&format!("\"{key}\"")).unwrap_or(0);
        let lines = self.text[..at].matches('\n').count();
        u32::try_from(lines + 1).unwrap_or(1)
    }
}

/// The first text in a tree of conditions: `{"types": …, "import": {"default": "./x.js"}}`, types left out.
fn first_text(value: &Value) -> Option<&str> {
    let mut value = value;
    for _ in 0..8 {
        value = match value {
            Value::String(text) => return Some(text),
            Value::Array(values) => values.first()?,
            Value::Object(conditions) => {
                let known = ["source", "import", "node", "default", "require", "."]
                    .iter()
                    .find_map(|name| conditions.get(*name));
                known.or_else(|| conditions.iter().find(|(name, _)| *name != "types").map(|(_, value)| value))?
            }
            _ => return None,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_all_their_forms() {
        let text = r##"{ "name": "a", // why
          "bin": {"x": "./b.js"}, "main": "c.js", "scripts": {"start": "node c.js"},
          "exports": {".": {"types": "./t.d.ts", "import": "./src/i.ts"}, "./sub": "./src/s.ts"},
          "imports": {"#lib/*": "./src/lib/*.ts"},
          "dependencies": {"openai": "^5"}, "devDependencies": {"tsx": "^4"}, }"##;
        let manifest = Manifest::read("p/package.json", text.to_owned());
        assert_eq!(
            (manifest.name(), manifest.folder(), manifest.scripts().next()),
            ("a", "p", Some(("start", "node c.js")))
        );
        assert_eq!(manifest.files(), [("bin", "./b.js"), ("main", "c.js")]);
        assert_eq!((manifest.export("."), manifest.export("./sub")), (Some("./src/i.ts"), Some("./src/s.ts")));
        assert_eq!(manifest.private_import("#lib/x").as_deref(), Some("./src/lib/x.ts"));
        let dependencies: Vec<_> = manifest.dependencies().collect();
        assert_eq!(dependencies, [("openai", "^5", true), ("tsx", "^4", false)]);
        assert_eq!(manifest.line("openai"), 5);
    }

    #[test]
    fn a_broken_one_is_empty() {
        let manifest = Manifest::read("package.json", "{ \"name\": ".to_owned());
        assert_eq!((manifest.name(), manifest.files().len(), manifest.export(".")), ("", 0, None));
    }
}
