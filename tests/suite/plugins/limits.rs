//! What the default limits let pass.

use crate::harness::quiet;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Dense code: the slowest that our own detectors read.
fn typescript(bytes: usize) -> String {
    let mut text = String::new();
    for n in 0.. {
        let _ = writeln!(
            text,
            "import {{ step{n} }} from \"./module{n}\";\nexport async function run{n}(messages: string[]) {{\n  // step {n}\n  \
             for (const m of messages) {{ if (m === \"user\") {{ console.log(`hello ${{m}}`, 'text'); }} }}\n  \
             return fetch(\"https://api.example.com/v1/{n}\", {{ method: \"POST\" }});\n}}"
        );
        if text.len() >= bytes {
            break;
        }
    }
    text
}

#[tokio::test]
async fn the_largest_source_is_read_within_the_time_of_a_call() {
    let file = typescript(78 * 1024);
    let mut files: BTreeMap<String, &str> = (0..200).map(|n| (format!("src/file{n}.ts"), file.as_str())).collect();
    files.insert("package.json".to_owned(), r#"{"name": "large", "main": "src/file0.ts"}"#);
    let bytes: usize = files.values().map(|text| text.len()).sum();
    assert!((15 << 20..=16 << 20).contains(&bytes), "{bytes}");
    let client = quiet().workspace("limits-largest").await;
    let found = client.post("/api/analyze", json!({"files": files})).await.expect(201);
    assert_eq!(
        (&found["entry_point"], &found["outbound_destinations"]),
        (&json!("src/file0.ts"), &json!(["api.example.com"]))
    );
}
