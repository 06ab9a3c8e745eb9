//! What goes by one name in two languages is one framework: an id that differs would split it.

use std::collections::{BTreeMap, BTreeSet};
use windlass_outline::framework::Row;

/// Words that packages of any family are called by.
const FILLERS: [&str; 8] = ["ai", "client", "core", "js", "node", "py", "sdk", "ts"];

/// The family names of a package: of the whole name, and of what follows its scope.
fn families(package: &str) -> impl Iterator<Item = String> {
    let parts = [Some(package), package.split_once('/').map(|(_, name)| name)];
    parts.into_iter().flatten().filter_map(|part| {
        let words = part.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<_> = words.filter(|word| !word.is_empty() && !FILLERS.contains(word)).collect();
        (!words.is_empty()).then(|| words.join("-"))
    })
}

fn ids(table: &'static [Row]) -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut ids: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for row in table {
        for family in row.distributions.iter().flat_map(|package| families(package)) {
            ids.entry(family).or_default().insert(row.id);
        }
    }
    ids
}

#[test]
fn packages_of_one_family_have_one_id_in_every_table() {
    let (python, node) = (ids(python_detector::table()), ids(node_detector::table()));
    let shared: Vec<_> = python.keys().filter(|family| node.contains_key(*family)).collect();
    for family in ["anthropic", "claude-agent", "cohere", "groq", "langgraph", "mistralai", "openai-agents"] {
        assert!(shared.iter().any(|shared| *shared == family), "{family} is in both tables: {shared:?}");
    }
    for family in shared {
        assert_eq!(python[family], node[family], "{family}");
    }
}
