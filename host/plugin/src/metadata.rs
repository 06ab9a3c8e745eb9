//! A plugin's metadata: JSON in the custom section `windlass:plugin`, read before anything is compiled.

use crate::error::InstallError;
use crate::wit_version;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use wasmparser::{Encoding, Parser, Payload};
use windlass_domain::ResourceName;
use windlass_domain::grant::{HostPattern, MAX_GRANTS};
use windlass_syntax::DeclaredPattern;

/// The name of the custom section.
pub const SECTION: &str = "windlass:plugin";
/// The largest metadata, in bytes: room for a settings schema.
pub const MAX_METADATA: usize = 64 * 1024;
/// The longest version of a plugin, in bytes; ours have five.
const MAX_VERSION: usize = 64;

/// The worlds that a plugin can be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum World {
    /// Makes claims about a source tree.
    Detector,
    /// Decides the plan.
    Strategy,
    /// Provides the tools.
    ToolProvider,
}

impl World {
    /// The name in WIT.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Detector => "detector",
            Self::Strategy => "strategy",
            Self::ToolProvider => "tool-provider",
        }
    }
}

/// What a plugin says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Its name, unique with the version.
    pub name: ResourceName,
    /// Its version (semver).
    pub version: String,
    /// The world it is for.
    pub world: World,
    /// The version of the WIT package it was built against.
    pub wit: String,
    /// What it does, one line.
    #[serde(default)]
    pub description: String,
    /// Its licence (SPDX).
    #[serde(default)]
    pub license: String,
    /// What it matches source files with; only a detector can.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patterns: Vec<DeclaredPattern>,
    /// A JSON schema of its settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings_schema: Option<Map<String, Value>>,
    /// What it asks the operator for; only a tool provider can.
    #[serde(default, skip_serializing_if = "Capabilities::is_empty")]
    pub capabilities: Capabilities,
}

/// What a plugin asks the operator for. It gets what its binding grants of that, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Capabilities {
    /// HTTP.
    pub http: HttpCapability,
    /// Secrets of the workspace, by name.
    pub secrets: Vec<ResourceName>,
}

/// To whom a plugin wants to send HTTP requests.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpCapability {
    /// The hosts.
    pub hosts: Vec<HostPattern>,
}

/// What is read of metadata before anything else.
#[derive(Deserialize)]
struct BuiltAgainst {
    wit: String,
}

impl Capabilities {
    /// Whether it asks for nothing: what it answers depends on its input alone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.http.hosts.is_empty() && self.secrets.is_empty()
    }
}

impl Metadata {
    /// `name@version`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }
}

/// Reads the metadata of a component without compiling it. Bytes that are no component are told apart by what they are.
pub fn read(component: &[u8]) -> Result<Metadata, InstallError> {
    if component.starts_with(b"\x7fELF") {
        return Err(InstallError::Precompiled);
    }
    let mut depth = 0_u32;
    let (mut sections, mut imports) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(|error| InstallError::NotWasm { reason: error.to_string() })? {
            Payload::Version { encoding, .. } if depth == 0 && encoding == Encoding::Module => {
                return Err(InstallError::CoreModule);
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                imports.extend(section.into_iter().filter_map(|import| Some(import.ok()?.name.name)));
            }
            Payload::CustomSection(section) if depth == 0 && section.name() == SECTION => sections.push(section.data()),
            _ => {}
        }
    }
    let [section] = sections[..] else {
        let reason = format!("there are {} `{SECTION}` sections; one is needed", sections.len());
        return Err(InstallError::Metadata { reason });
    };
    if section.len() > MAX_METADATA {
        let reason = format!("it has {} bytes, more than the {MAX_METADATA} that are read", section.len());
        return Err(InstallError::Metadata { reason });
    }
    let refuse = |error: serde_json::Error| InstallError::Metadata { reason: error.to_string() };
    // The version first: what a newer plugin says of itself may be new too.
    let BuiltAgainst { wit } = serde_json::from_slice(section).map_err(refuse)?;
    wit_version::check(&wit, &imports)?;
    let metadata: Metadata = serde_json::from_slice(section).map_err(refuse)?;
    if metadata.version.len() > MAX_VERSION || semver::Version::parse(&metadata.version).is_err() {
        let reason = format!("`version` is no semantic version of at most {MAX_VERSION} characters, such as 1.0.0");
        return Err(InstallError::Metadata { reason });
    }
    if metadata.world != World::Detector && !metadata.patterns.is_empty() {
        let reason = format!("`patterns` are for detectors; this is a {}", metadata.world.as_str());
        return Err(InstallError::Metadata { reason });
    }
    check_capabilities(&metadata)?;
    Ok(metadata)
}

fn check_capabilities(metadata: &Metadata) -> Result<(), InstallError> {
    let asked = &metadata.capabilities;
    if metadata.world != World::ToolProvider && !asked.is_empty() {
        let reason = format!("`capabilities` are for tool providers; this is a {}", metadata.world.as_str());
        return Err(InstallError::Metadata { reason });
    }
    for (field, asked) in [("http.hosts", asked.http.hosts.len()), ("secrets", asked.secrets.len())] {
        if asked > MAX_GRANTS {
            let reason = format!("`capabilities.{field}` has {asked} entries, more than {MAX_GRANTS}");
            return Err(InstallError::Metadata { reason });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(json: &str) -> Vec<u8> {
        let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
        let name = SECTION.as_bytes();
        let length = 1 + name.len() + json.len();
        assert!(length < 128 * 128, "two bytes of LEB128");
        let (low, high) = (u8::try_from(length % 128).expect("a byte"), u8::try_from(length / 128).expect("a byte"));
        bytes.extend([0, low | 128, high, u8::try_from(name.len()).expect("short")]);
        bytes.extend(name);
        bytes.extend(json.as_bytes());
        bytes
    }

    #[test]
    fn metadata_is_read_before_compiling() {
        let bytes = component(r#"{"name":"a","version":"1.0.0","world":"tool-provider","wit":"1.0.0"}"#);
        let metadata = read(&bytes).expect("good metadata");
        assert_eq!((metadata.id().as_str(), metadata.world), ("a@1.0.0", World::ToolProvider));
    }

    #[test]
    fn a_detector_declares_patterns_and_a_strategy_does_not() {
        let with = |world: &str, language: &str| {
            let patterns = format!(r#"[{{"language":"{language}","query":"(call) @a"}}]"#);
            let rest = r#""name":"a","version":"1.0.0","wit":"1.0.0""#;
            read(&component(&format!(r#"{{{rest},"world":"{world}","patterns":{patterns}}}"#)))
        };
        assert_eq!(with("detector", "python").expect("good metadata").patterns.len(), 1);
        assert!(matches!(with("strategy", "python"), Err(InstallError::Metadata { .. })));
        assert!(matches!(with("detector", "cobol"), Err(InstallError::Metadata { .. })));
    }

    #[test]
    fn a_tool_provider_asks_for_hosts_and_secrets_and_no_other_plugin_does() {
        let with = |world: &str, asked: &str| {
            let rest = r#""name":"a","version":"1.0.0","wit":"1.0.0""#;
            read(&component(&format!(r#"{{{rest},"world":"{world}","capabilities":{asked}}}"#)))
        };
        let asked = r#"{"http":{"hosts":["*.example.com"]},"secrets":["billing-key"]}"#;
        let metadata = with("tool-provider", asked).expect("good metadata");
        let capabilities = serde_json::to_string(&metadata.capabilities).expect("JSON");
        assert_eq!(capabilities, asked);
        assert!(with("detector", "{}").expect("asks for nothing").capabilities.is_empty());
        let many = format!(r#"{{"secrets":{}}}"#, serde_json::json!(vec!["a"; MAX_GRANTS + 1]));
        for (world, refused) in [
            ("detector", asked),
            ("strategy", asked),
            ("tool-provider", r#"{"http":{"hosts":["a b"]}}"#),
            ("tool-provider", r#"{"secrets":["A B"]}"#),
            ("tool-provider", r#"{"files":["/etc"]}"#),
            ("tool-provider", r#"["http"]"#),
            ("tool-provider", &many),
        ] {
            assert!(matches!(with(world, refused), Err(InstallError::Metadata { .. })), "{world} {refused}");
        }
    }

    #[test]
    fn what_is_no_plugin_is_named_for_what_it_is() {
        assert!(matches!(read(b"\x7fELF..."), Err(InstallError::Precompiled)));
        assert!(matches!(read(b"#!/bin/sh"), Err(InstallError::NotWasm { .. })));
        assert!(matches!(read(b"\0asm\x01\0\0\0"), Err(InstallError::CoreModule)));
        assert!(matches!(read(b"\0asm\x0d\0\x01\0"), Err(InstallError::Metadata { .. })));
        let unversioned = component(r#"{"name":"a","version":"1.0","world":"strategy","wit":"1.0.0"}"#);
        assert!(matches!(read(&unversioned), Err(InstallError::Metadata { .. })));
        let other = component(r#"{"name":"a","version":"1.0.0","world":"oracle","wit":"9.0.0"}"#);
        assert!(matches!(read(&other), Err(InstallError::WitVersion { .. })));
    }
}
