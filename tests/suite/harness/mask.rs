//! Answers without what differs from run to run, so that they can be compared whole.

use serde_json::Value;

/// The answer with ids, times, digests and addresses replaced by a word for each.
pub fn masked(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(masked_text(text)),
        Value::Array(items) => items.iter().map(masked).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), masked(value))).collect(),
        other => other.clone(),
    }
}

fn masked_text(text: &str) -> String {
    if is_time(text) {
        return "TIME".to_owned();
    }
    if let Some((kind, _)) = text.rsplit_once('-').filter(|(kind, id)| !kind.is_empty() && is_hex(id, 12)) {
        return format!("{kind}-ID");
    }
    if text.strip_prefix("sha256:").is_some_and(|hex| is_hex(hex, 64)) {
        return "sha256:DIGEST".to_owned();
    }
    let text = without_port(text);
    match text.rsplit_once(':').filter(|(_, tag)| is_hex(tag, 12)) {
        Some((name, _)) => format!("{name}:TAG"),
        None => text,
    }
}

/// `127.0.0.1:8092/x` as `SERVER/x`.
fn without_port(text: &str) -> String {
    let Some((before, after)) = text.split_once("127.0.0.1:") else { return text.to_owned() };
    let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    if end == 0 { text.to_owned() } else { format!("{before}SERVER{}", &after[end..]) }
}

/// RFC 3339 in UTC, as the API writes it.
fn is_time(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00T00:00:00.000Z" || shape == "0000-00-00T00:00:00Z"
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[test]
fn only_what_changes_is_masked() {
    for (text, expected) in [
        ("build-0123456789ab", "build-ID"),
        ("2026-11-24T21:14:30.379Z", "TIME"),
        ("127.0.0.1:8092/default/bot:0123456789ab", "SERVER/default/bot:TAG"),
        ("ghcr.io/acme/my-agent:1.2.0", "ghcr.io/acme/my-agent:1.2.0"),
        ("billing-agent", "billing-agent"),
        ("http://127.0.0.1/x", "http://127.0.0.1/x"),
    ] {
        assert_eq!(masked_text(text), expected);
    }
}
