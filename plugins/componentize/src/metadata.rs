//! What a plugin says about itself, readable before anything is compiled.
//!
//! Invariant: what [`parse`] returns is what a Windlass host accepts at install; whether a pattern compiles, and a host or secret can
//! be named so, shows there.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// The major version of the WIT package `windlass:plugin` that this tool builds for.
pub const WIT_MAJOR: u64 = 1;

/// Shown under `--help`.
pub const HELP: &str = r#"The metadata, all required but `capabilities`, `settings_schema` and `patterns`:
  {
    "name": "my-detector",            a DNS label
    "version": "0.1.0",               semantic versioning
    "world": "detector",              detector | strategy | tool-provider
    "wit": "1.0.0",                   the version of windlass:plugin; a host serves those up to its own
    "description": "What it does.",
    "license": "Apache-2.0",          an SPDX expression
    "capabilities": {                 what a tool provider asks the operator for
      "http": {"hosts": ["api.example.com"]},
      "secrets": ["billing-key"]
    },
    "settings_schema": {},            a JSON schema of its settings
    "patterns": [                     a detector's tree-sitter queries, for `syntax.query`
      {"language": "python", "query": "(call function: (identifier) @name)"}
    ]
  }"#;

/// The metadata of one plugin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// A DNS label.
    pub name: String,
    /// Its own version.
    pub version: semver::Version,
    /// The world it exports.
    pub world: World,
    /// The version of `windlass:plugin` it was built for.
    pub wit: semver::Version,
    /// What it does, one sentence.
    pub description: String,
    /// An SPDX expression.
    pub license: String,
    /// What a tool provider asks the operator for.
    #[serde(skip_serializing_if = "Capabilities::is_empty", default)]
    pub capabilities: Capabilities,
    /// A JSON schema of its settings.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub settings_schema: Option<Map<String, Value>>,
    /// What a detector matches source files with.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub patterns: Vec<Pattern>,
}

/// What a plugin asks the operator for; empty: nothing, it is pure. The form of each entry is the host's to check.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Capabilities {
    /// HTTP.
    pub http: Http,
    /// Secrets of the workspace, by name.
    pub secrets: Vec<String>,
}

/// To whom a plugin wants to send HTTP requests.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Hosts: `api.example.com`, `*.example.com`, with `:port` where it is not the scheme's own.
    pub hosts: Vec<String>,
}

impl Capabilities {
    fn is_empty(&self) -> bool {
        self.http.hosts.is_empty() && self.secrets.is_empty()
    }
}

/// A tree-sitter query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// `python`, `javascript`, `typescript`, `tsx`, `json`, `toml` or `yaml`.
    pub language: String,
    /// The query, at most 512 bytes.
    pub query: String,
}

/// What [`Pattern::language`] may be.
const LANGUAGES: &[&str] = &["python", "javascript", "typescript", "tsx", "json", "toml", "yaml"];

/// The worlds of `windlass:plugin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum World {
    /// Reads source, makes claims.
    Detector,
    /// Turns claims into a plan.
    Strategy,
    /// Turns claims into tools.
    ToolProvider,
}

impl World {
    /// The function that a plugin of this world exports.
    pub fn export(self) -> &'static str {
        match self {
            Self::Detector => "detect",
            Self::Strategy => "decide",
            Self::ToolProvider => "provide",
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Detector => "detector",
            Self::Strategy => "strategy",
            Self::ToolProvider => "tool-provider",
        })
    }
}

/// Why metadata is refused.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// Not JSON, a missing or unknown field, or a wrong type or value in one.
    #[error("{0}; see --help for the form")]
    Form(#[from] serde_json::Error),
    /// The name is no DNS label.
    #[error("`name` is `{0}`: use 1 to 63 of a-z, 0-9 and `-`, starting and ending with a letter or digit")]
    Name(String),
    /// Built for another WIT.
    #[error("`wit` is `{0}`, this tool builds for {WIT_MAJOR}.x")]
    Wit(semver::Version),
    /// A pattern in a language that the host does not parse.
    #[error("`patterns` names the language `{0}`: use one of {list}", list = LANGUAGES.join(", "))]
    Language(String),
    /// Patterns of what is no detector.
    #[error("`patterns` are for detectors")]
    NoDetector,
    /// Capabilities of what is no tool provider.
    #[error("`capabilities` are for tool providers")]
    NoToolProvider,
    /// A text that must say something is blank.
    #[error("`{0}` is empty")]
    Empty(&'static str),
}

/// Checks the JSON text of a metadata file.
pub fn parse(text: &[u8]) -> Result<Metadata, MetadataError> {
    let metadata: Metadata = serde_json::from_slice(text)?;
    if !is_dns_label(&metadata.name) {
        return Err(MetadataError::Name(metadata.name));
    }
    if metadata.wit.major != WIT_MAJOR {
        return Err(MetadataError::Wit(metadata.wit));
    }
    for (field, value) in [("description", &metadata.description), ("license", &metadata.license)] {
        if value.trim().is_empty() {
            return Err(MetadataError::Empty(field));
        }
    }
    if let Some(pattern) = metadata.patterns.iter().find(|pattern| !LANGUAGES.contains(&&*pattern.language)) {
        return Err(MetadataError::Language(pattern.language.clone()));
    }
    if metadata.world != World::Detector && !metadata.patterns.is_empty() {
        return Err(MetadataError::NoDetector);
    }
    if metadata.world != World::ToolProvider && !metadata.capabilities.is_empty() {
        return Err(MetadataError::NoToolProvider);
    }
    Ok(metadata)
}

fn is_dns_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn good() -> Value {
        json!({
            "name": "my-detector", "version": "0.1.0", "world": "detector", "wit": "1.0.0",
            "description": "Detects.", "license": "Apache-2.0"
        })
    }

    #[test]
    fn good_metadata_is_accepted_and_asks_for_nothing_by_default() {
        let metadata = parse(good().to_string().as_bytes()).expect("good");
        assert_eq!(metadata.world, World::Detector);
        assert!(metadata.capabilities.is_empty());
        let mut asks = good();
        asks["world"] = json!("tool-provider");
        asks["capabilities"] = json!({"http": {"hosts": ["*.example.com"]}});
        assert_eq!(parse(asks.to_string().as_bytes()).expect("good").capabilities.http.hosts, ["*.example.com"]);
    }

    #[test]
    fn bad_metadata_is_refused_with_the_field_in_the_text() {
        for (field, value) in [
            ("name", json!("My Detector")),
            ("name", json!("-x")),
            ("version", json!("1")),
            ("world", json!("wizard")),
            ("wit", json!("2.0.0")),
            ("wit", json!("1")),
            ("description", json!(" ")),
            ("license", json!("")),
            ("capabilities", json!("all")),
            ("capabilities", json!({"files": ["/etc"]})),
            ("capabilities", json!({"secrets": ["a-detector-has-none"]})),
            ("settings_schema", json!([])),
            ("colour", json!("blue")),
            ("patterns", json!([{"language": "cobol", "query": "(call)"}])),
            ("patterns", json!([{"language": "python"}])),
        ] {
            let mut bad = good();
            bad[field] = value;
            assert!(parse(bad.to_string().as_bytes()).is_err(), "{field}");
        }
    }

    #[test]
    fn each_required_field_is_required() {
        for field in ["name", "version", "world", "wit", "description", "license"] {
            let mut bad = good();
            bad.as_object_mut().expect("an object").remove(field);
            let error = parse(bad.to_string().as_bytes()).expect_err(field).to_string();
            assert!(error.contains(field), "{error}");
        }
    }
}
