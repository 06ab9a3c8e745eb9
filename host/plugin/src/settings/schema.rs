//! The JSON schema that a plugin declares for its settings: compiled at the gate, held against settings before they are bound.
//!
//! It comes from anybody, so it is bounded by its text: no references (which make a check recurse or double), a depth, and
//! patterns that compile small. Nothing is ever fetched for it.

use super::SettingsProblem;
use boon::{Compiler, ErrorKind, InstanceToken, SchemaIndex, Schemas, ValidationError};
use regex::RegexBuilder;
use serde_json::{Map, Value};
use std::fmt;

/// How deep a schema may be nested.
pub const MAX_DEPTH: usize = 32;
/// The most patterns (`pattern`, names of `patternProperties`) of a schema.
pub const MAX_PATTERNS: usize = 64;
/// The memory that a compiled pattern may take, in bytes.
pub const MAX_PATTERN_BYTES: usize = 64 * 1024;
/// What leads out of the place where it stands, or back to it.
const REFERENCES: [&str; 7] = ["$ref", "$dynamicRef", "$recursiveRef", "$id", "id", "$anchor", "$dynamicAnchor"];
/// The compiler wants a name of the document; nothing is there.
const NAME: &str = "urn:windlass:settings";

/// A compiled schema.
pub struct SettingsSchema {
    schemas: Schemas,
    root: SchemaIndex,
}

impl SettingsSchema {
    /// Compiles it; the error is a sentence for the plugin's author.
    pub fn compile(schema: &Map<String, Value>) -> Result<Self, String> {
        let schema = Value::Object(schema.clone());
        look_at(&schema, 0, &mut 0)?;
        let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
        compiler.use_loader(Box::new(Nowhere));
        compiler.add_resource(NAME, schema).map_err(|error| error.to_string())?;
        let root = compiler.compile(NAME, &mut schemas).map_err(|error| format!("{error:#}"))?;
        Ok(Self { schemas, root })
    }

    /// What is wrong with settings, if anything.
    #[must_use]
    pub fn problem(&self, settings: &Value) -> Option<SettingsProblem> {
        self.schemas.validate(settings, self.root).err().map(|error| innermost(&error))
    }
}

impl fmt::Debug for SettingsSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SettingsSchema")
    }
}

/// Refuses a schema that could cost more than its length tells.
fn look_at(schema: &Value, depth: usize, patterns: &mut usize) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("it is nested more than {MAX_DEPTH} deep"));
    }
    match schema {
        Value::Array(items) => items.iter().try_for_each(|item| look_at(item, depth + 1, patterns)),
        Value::Object(fields) => fields.iter().try_for_each(|(name, field)| {
            match (name.as_str(), field) {
                (name, Value::String(_)) if REFERENCES.contains(&name) => {
                    return Err(format!("`{name}` is not taken: write in its place what it refers to"));
                }
                ("pattern", Value::String(pattern)) => look_at_pattern(pattern, patterns)?,
                ("patternProperties", Value::Object(properties)) => {
                    properties.keys().try_for_each(|pattern| look_at_pattern(pattern, patterns))?;
                }
                _ => {}
            }
            look_at(field, depth + 1, patterns)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn look_at_pattern(pattern: &str, patterns: &mut usize) -> Result<(), String> {
    *patterns += 1;
    if *patterns > MAX_PATTERNS {
        return Err(format!("it has more than {MAX_PATTERNS} patterns"));
    }
    let compiled = RegexBuilder::new(pattern).size_limit(MAX_PATTERN_BYTES).build();
    compiled.map(drop).map_err(|error| format!("the pattern `{pattern}` is not taken: {error}"))
}

/// The place and the words of the fault that lies deepest: those above only say that something below them is wrong.
fn innermost(error: &ValidationError) -> SettingsProblem {
    if let Some(cause) = error.causes.first() {
        return innermost(cause);
    }
    let mut path: String = error.instance_location.tokens.iter().map(|token| pointer(&token_text(token))).collect();
    match &error.kind {
        ErrorKind::Required { want } => path.extend(want.first().map(|name| pointer(name))),
        ErrorKind::AdditionalProperties { got } => path.extend(got.first().map(|name| pointer(name))),
        _ => {}
    }
    SettingsProblem { path, message: error.kind.to_string() }
}

fn token_text(token: &InstanceToken) -> String {
    match token {
        InstanceToken::Prop(name) => name.to_string(),
        InstanceToken::Item(index) => index.to_string(),
    }
}

/// A step of a JSON pointer (RFC 6901, section 3).
fn pointer(step: &str) -> String {
    format!("/{}", step.replace('~', "~0").replace('/', "~1"))
}

/// Nothing is fetched.
struct Nowhere;

impl boon::UrlLoader for Nowhere {
    fn load(&self, url: &str) -> Result<Value, Box<dyn std::error::Error>> {
        Err(format!("`{url}` is not fetched").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn compile(schema: &Value) -> Result<SettingsSchema, String> {
        SettingsSchema::compile(schema.as_object().expect("an object"))
    }

    #[test]
    fn a_fault_is_named_by_its_place() {
        let schema = compile(&json!({
            "type": "object", "additionalProperties": false, "required": ["model"],
            "properties": {
                "model": {"enum": ["small", "large"]},
                "rules": {"type": "array", "items": {"type": "object", "properties": {"a/b": {"type": "integer"}}}},
            },
        }))
        .expect("a good schema");
        assert_eq!(schema.problem(&json!({"model": "small", "rules": [{"a/b": 1}]})), None);
        for (settings, path) in [
            (json!({}), "/model"),
            (json!({"model": "huge"}), "/model"),
            (json!({"model": "small", "colour": 1}), "/colour"),
            (json!({"model": "small", "rules": [{}, {"a/b": "x"}]}), "/rules/1/a~1b"),
        ] {
            let problem = schema.problem(&settings).expect("a fault");
            assert_eq!(problem.path, path, "{settings}");
            assert!(!problem.message.is_empty(), "{settings}");
        }
    }

    #[test]
    fn a_schema_that_could_cost_more_than_its_length_tells_is_refused() {
        let mut deep = json!(true);
        for _ in 0..=MAX_DEPTH {
            deep = json!({"not": deep});
        }
        let patterns: Map<String, Value> =
            (0..=MAX_PATTERNS).map(|n| (n.to_string(), json!({"pattern": "a"}))).collect();
        for (schema, part) in [
            (json!({"$ref": "#"}), "`$ref`"),
            (json!({"properties": {"a": {"$ref": "file:///etc/passwd"}}}), "`$ref`"),
            (json!({"$schema": "https://example.com/mine"}), ""),
            (json!({"$id": "https://example.com/mine"}), "`$id`"),
            (json!({"type": "nonsense"}), ""),
            (json!({"properties": {"a": {"pattern": "(a{1000}){1000}"}}}), "pattern"),
            (json!({"patternProperties": {"(": true}}), "pattern"),
            (json!({ "properties": patterns }), "patterns"),
            (deep, "deep"),
        ] {
            let reason = compile(&schema).expect_err("refused");
            assert!(reason.contains(part), "{schema}: {reason}");
        }
    }
}
