//! tsconfig.json and jsconfig.json: which import names mean files, and where the compiler writes.

use super::json;
use super::sources::join;
use crate::paths::{folder, has_ending, name};
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The most configurations of one tree that are read, the most patterns of one that count, and the most targets of one.
const MOST_CONFIGS: usize = 100;
const MOST_PATTERNS: usize = 300;
const MOST_TARGETS: usize = 8;

/// What one configuration says for the files below its folder.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The folder it lies in.
    pub folder: String,
    /// Where names that are not relative are looked up first.
    base_url: Option<String>,
    /// Patterns and their targets, seen from the root of the tree.
    paths: Vec<Pattern>,
    /// Where the compiler writes, seen from the root of the tree.
    pub out_dir: Option<String>,
    /// What lies in `out_dir` lies in here as source.
    pub root_dir: Option<String>,
}

/// A name, or what stands in front of its star and behind it, and what it stands for.
#[derive(Debug, Clone)]
struct Pattern {
    before: String,
    after: Option<String>,
    targets: Vec<String>,
}

impl Pattern {
    /// What stands for the star.
    fn rest<'s>(&self, specifier: &'s str) -> Option<&'s str> {
        let rest = specifier.strip_prefix(self.before.as_str())?;
        match &self.after {
            Some(after) => rest.strip_suffix(after.as_str()),
            None => rest.is_empty().then_some(rest),
        }
    }
}

/// Reads every configuration of the tree, the deepest folders first.
pub fn read(paths: &[&str], read: &dyn Fn(&str) -> Option<String>) -> Vec<Config> {
    let is_config = |path: &&str| {
        let name = name(path);
        (name.starts_with("tsconfig") || name == "jsconfig.json")
            && has_ending(name, "json")
            && !path.contains("node_modules/")
    };
    let texts: BTreeMap<&str, Value> = paths
        .iter()
        .copied()
        .filter(is_config)
        .take(MOST_CONFIGS)
        .filter_map(|path| Some((path, json::parse(&read(path)?))))
        .collect();
    let mut configs: Vec<Config> = texts.keys().map(|path| config(path, &texts)).collect();
    // Of one folder the plain tsconfig.json speaks first, and what it leaves open the others may say.
    configs.sort_by_key(|config| Reverse(config.folder.len()));
    configs
}

/// One configuration with what it extends, at most eight deep; the nearer word wins.
fn config(path: &str, texts: &BTreeMap<&str, Value>) -> Config {
    let mut config = Config { folder: folder(path).to_owned(), ..Config::default() };
    let mut at = path.to_owned();
    for _ in 0..8 {
        let Some(document) = texts.get(at.as_str()) else {
            break;
        };
        config.fill(folder(&at), document.get("compilerOptions").unwrap_or(&Value::Null));
        let Some(base) = json::text(document, "extends").filter(|base| base.starts_with('.')) else {
            break;
        };
        let base = join(folder(&at), base);
        at = if texts.contains_key(base.as_str()) { base } else { format!("{base}.json") };
    }
    config
}

impl Config {
    fn fill(&mut self, folder: &str, options: &Value) {
        let place = |key: &str| json::text(options, key).map(|path| join(folder, path));
        let base_url = place("baseUrl");
        if self.paths.is_empty() {
            let base = base_url.clone().unwrap_or_else(|| folder.to_owned());
            let patterns = options.get("paths").and_then(Value::as_object);
            self.paths = patterns
                .into_iter()
                .flatten()
                .take(MOST_PATTERNS)
                .map(|(pattern, targets)| {
                    let targets = targets.as_array().into_iter().flatten().filter_map(Value::as_str);
                    let (before, after) =
                        pattern.split_once('*').map_or((pattern.as_str(), None), |(a, b)| (a, Some(b)));
                    Pattern {
                        before: before.to_owned(),
                        after: after.map(str::to_owned),
                        targets: targets.take(MOST_TARGETS).map(|target| join(&base, target)).collect(),
                    }
                })
                .collect();
            // As the compiler does: a whole name first, then what says the most in front of its star.
            self.paths.sort_by_key(|pattern| (pattern.after.is_some(), Reverse(pattern.before.len())));
        }
        self.base_url = self.base_url.take().or(base_url);
        self.out_dir = self.out_dir.take().or_else(|| place("outDir"));
        self.root_dir = self.root_dir.take().or_else(|| place("rootDir"));
    }

    /// The places that a name may mean, the likeliest first.
    #[must_use]
    pub fn places(&self, specifier: &str) -> Vec<String> {
        let mut places = Vec::new();
        for pattern in &self.paths {
            if let Some(rest) = pattern.rest(specifier) {
                places.extend(pattern.targets.iter().map(|target| target.replace('*', rest)));
            }
        }
        places.extend(self.base_url.iter().map(|base| join(base, specifier)));
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_resolved_and_a_base_fills_what_is_left_open() {
        let files = [
            ("tsconfig.base.json", "{\"compilerOptions\": {\"outDir\": \"./out\", \"baseUrl\": \".\"}}"),
            (
                "app/tsconfig.json",
                "{ // mine\n \"extends\": \"../tsconfig.base\", \"compilerOptions\": {\"paths\": {\"@/*\": [\"./src/*\"], \"@/x/*\": [\"./x/*\"], \"~\": [\"./a\"]}, \"rootDir\": \"src\",},}",
            ),
        ];
        let text = |path: &str| files.iter().find(|(known, _)| *known == path).map(|(_, text)| (*text).to_owned());
        let configs = read(&files.map(|(path, _)| path), &text);
        assert_eq!(configs[0].places("@/lib/x"), ["app/src/lib/x", "@/lib/x"]);
        assert_eq!(configs[0].places("@/x/y"), ["app/x/y", "app/src/x/y", "@/x/y"]);
        assert_eq!(configs[0].places("~"), ["app/a", "~"]);
        assert_eq!((configs[0].out_dir.as_deref(), configs[0].root_dir.as_deref()), (Some("out"), Some("app/src")));
    }
}
