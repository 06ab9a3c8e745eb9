//! JSON and TOML of configurations, read with patience: what cannot be read is nothing.

use super::jsonc::plain_json;
use serde_json::Value;

/// The document; null for text that is none.
#[must_use]
pub fn parse(text: &str) -> Value {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).or_else(|_| serde_json::from_str(&plain_json(text))).unwrap_or(Value::Null)
}

/// The text at a key; none for anything else.
#[must_use]
pub fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// The texts of the object at a key.
pub fn texts<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let object = value.get(key).and_then(Value::as_object);
    object.into_iter().flatten().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
}
