//! A row of a detector's table of frameworks, and the document that such tables make.
//!
//! Shared, so that one document shows the tables of all detectors. It holds no framework itself.

use std::fmt::Write as _;

/// What one framework, model SDK or layer is known by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// The id in claims, in kebab case.
    pub id: &'static str,
    /// Its own name.
    pub name: &'static str,
    /// What it is to an agent.
    pub level: Level,
    /// Its place in the partial order, 0 to 100: the higher one orchestrates, equals are told apart by use.
    pub rank: u8,
    /// Modules whose import shows it: a dotted name stands for all below it, a final `*` for all that start alike.
    pub imports: &'static [&'static str],
    /// Those of its modules that hold parts (models, tools, stores): what else is used orchestrates rather than they.
    pub parts: &'static [&'static str],
    /// The distributions that declare it, normalised; a final `*` as above.
    pub distributions: &'static [&'static str],
    /// Names whose call builds what orchestrates: an agent, a graph, a crew.
    pub builds: &'static [&'static str],
}

/// What a row is to an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Beside a framework, never one: a web, UI, protocol or durability layer. Claimed as `also`.
    Layer,
    /// A model's own SDK: the framework only where nothing above it is used.
    Sdk,
    /// A framework for agents.
    Agent,
}

/// True when `name` is `pattern`, lies below it, or starts like it where it ends in `*`.
#[must_use]
pub fn matches(pattern: &str, name: &str, separator: u8) -> bool {
    let (stem, open) = pattern.strip_suffix('*').map_or((pattern, false), |stem| (stem, true));
    let (stem, name) = (stem.as_bytes(), name.as_bytes());
    // Two bytes decide nearly always: this is asked of each import and each row.
    let (Some(first), Some(last)) = (stem.first(), stem.last()) else { return false };
    name.first() == Some(first)
        && name.get(stem.len() - 1) == Some(last)
        && name.strip_prefix(stem).is_some_and(|rest| open || rest.first().is_none_or(|byte| *byte == separator))
}

/// One line of the document.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The id in claims.
    pub id: String,
    /// Its own name.
    pub name: String,
    /// The language of the detector that knows it.
    pub language: String,
    /// What it is to an agent.
    pub level: Level,
    /// Its place in the partial order, 0 to 100.
    pub rank: u8,
    /// Modules whose import shows it, parts that go by names of their own included.
    pub imports: Vec<String>,
    /// Packages that declare it.
    pub packages: Vec<String>,
}

impl Row {
    /// Its line of the document.
    #[must_use]
    pub fn entry(&self, language: &str) -> Entry {
        let is_below = |name: &&&str| self.imports.iter().any(|pattern| matches(pattern, name, b'.'));
        let apart = self.parts.iter().filter(|name| !is_below(name));
        Entry {
            id: self.id.to_owned(),
            name: self.name.to_owned(),
            language: language.to_owned(),
            level: self.level,
            rank: self.rank,
            imports: self.imports.iter().chain(apart).map(ToString::to_string).collect(),
            packages: self.distributions.iter().map(ToString::to_string).collect(),
        }
    }
}

/// The document: a table for each level, the highest rank first, then by id.
#[must_use]
pub fn document(mut entries: Vec<Entry>) -> String {
    let mut text = String::from(
        "# Frameworks\n\nWhat the built-in detectors know, generated from their tables. Of several in one project the one with the highest\n\
         rank orchestrates; equals are told apart by what the entry point reaches and by what is built. A name stands for the\n\
         modules below it, `*` for any rest.\n",
    );
    let levels = [
        (Level::Agent, "Agent frameworks", "Claimed as `framework`."),
        (Level::Sdk, "Model SDKs", "Claimed as `framework` where nothing above them is used."),
        (Level::Layer, "Layers", "Claimed as `also`, never as `framework`."),
    ];
    entries.sort_by(|a, b| b.rank.cmp(&a.rank).then_with(|| (&a.id, &a.language).cmp(&(&b.id, &b.language))));
    for (level, title, what) in levels {
        let head = "| id | name | language | rank | imports | packages |\n|---|---|---|---|---|---|";
        let _ = writeln!(text, "\n## {title}\n\n{what}\n\n{head}");
        for entry in entries.iter().filter(|entry| entry.level == level) {
            let Entry { id, name, language, rank, .. } = entry;
            let (imports, packages) = (list(&entry.imports), list(&entry.packages));
            let _ = writeln!(text, "| `{id}` | {name} | {language} | {rank} | {imports} | {packages} |");
        }
    }
    text
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stands_for_what_is_below_it_and_not_for_what_begins_alike() {
        for (pattern, name) in [("a", "a"), ("a.b", "a.b.c"), ("a_*", "a_b.c"), ("a", "a.b")] {
            assert!(matches(pattern, name, b'.'), "{pattern} {name}");
        }
        for (pattern, name) in [("a", "ab"), ("a.b", "a"), ("a_*", "a"), ("a", ""), ("", "a")] {
            assert!(!matches(pattern, name, b'.'), "{pattern} {name}");
        }
    }

    #[test]
    fn the_document_shows_the_rows_of_all_languages_by_rank() {
        let row = |id, level, rank| Row {
            id,
            name: id,
            level,
            rank,
            imports: &["x", "x_*"],
            parts: &[],
            distributions: &["x"],
            builds: &[],
        };
        let low = row("low", Level::Agent, 1).entry("Python");
        let high = [row("high", Level::Agent, 9), row("web", Level::Layer, 0)].map(|row| row.entry("TypeScript"));
        let text = document(high.into_iter().rev().chain([low]).collect());
        let (first, second) = (text.find("| `high` |"), text.find("| `low` | low | Python | 1 | `x`, `x_*` | `x` |"));
        assert!(first.is_some() && first < second, "{text}");
        assert!(text.find("## Layers") < text.find("`web`"));
    }
}
