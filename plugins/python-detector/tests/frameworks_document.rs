//! docs/frameworks.md is what the detectors' tables say. `WRITE=1 cargo test … frameworks_document` writes it anew.

use std::path::Path;
use windlass_outline::framework::document;

#[test]
fn the_document_of_frameworks_says_what_the_tables_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/frameworks.md");
    let python = python_detector::table().iter().map(|row| row.entry("Python"));
    let javascript = node_detector::table().iter().map(|row| row.entry("JavaScript"));
    let text = document(python.chain(javascript).collect());
    if std::env::var_os("WRITE").is_some() {
        std::fs::write(&path, &text).expect("docs can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == text, "docs/frameworks.md is stale: run this test with WRITE=1. It should be:\n{text}");
}
