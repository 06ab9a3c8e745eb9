//! docs/frameworks.md is what the detectors' tables say. `WRITE=1 cargo test … frameworks_document` writes it anew.

use std::collections::BTreeMap;
use std::path::Path;
use windlass_outline::framework::{Entry, Level, document};

/// Below this score a package of the JavaScript table is a model's SDK.
const LEAST_OF_FRAMEWORKS: f32 = 0.65;

/// The table of JavaScript holds a line for each package: those of one id become one.
fn javascript() -> Vec<Entry> {
    let mut entries: BTreeMap<(&str, bool), Entry> = BTreeMap::new();
    for row in node_detector::frameworks::table() {
        let level = match row.score {
            _ if row.also => Level::Layer,
            score if score < LEAST_OF_FRAMEWORKS => Level::Sdk,
            _ => Level::Agent,
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a score is 0 to 1")]
        let rank = if row.also { 0 } else { (row.score * 100.0).round() as u8 };
        let entry = entries.entry((row.id, row.also)).or_insert_with(|| Entry {
            id: row.id.to_owned(),
            name: row.id.to_owned(),
            language: "JavaScript".to_owned(),
            level,
            rank,
            imports: Vec::new(),
            packages: Vec::new(),
        });
        (entry.level, entry.rank) = (entry.level.max(level), entry.rank.max(rank));
        let package = format!("{}{}", row.package, if row.family { "*" } else { "" });
        entry.packages.push(package);
    }
    entries.into_values().collect()
}

#[test]
fn the_document_of_frameworks_says_what_the_tables_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/frameworks.md");
    let mut entries: Vec<_> = python_detector::table().iter().map(|row| row.entry("Python")).collect();
    // A framework that both languages know goes by one name.
    for mut entry in javascript() {
        if let Some(known) = entries.iter().find(|known| known.id == entry.id) {
            entry.name.clone_from(&known.name);
        }
        entries.push(entry);
    }
    let text = document(entries);
    if std::env::var_os("WRITE").is_some() {
        std::fs::write(&path, &text).expect("docs can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == text, "docs/frameworks.md is stale: run this test with WRITE=1. It should be:\n{text}");
}
