//! Names and references, each checked once, at the door.

use crate::Invalid;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// The longest DNS label, in bytes (RFC 1035, section 2.3.4).
pub const MAX_LABEL: usize = 63;
/// The longest resource name (policies, providers), in bytes: a DNS subdomain (RFC 1123).
pub const MAX_RESOURCE_NAME: usize = 253;
/// The longest image reference we take, in bytes: 255 for the repository, 128 for the tag, 71 + 1 for a digest, and a host.
pub const MAX_IMAGE_REFERENCE: usize = 512;
/// The longest environment variable name, in bytes.
pub const MAX_ENV_NAME: usize = 255;

fn is_dns_label(text: &str) -> bool {
    let edge = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let bytes = text.as_bytes();
    !bytes.is_empty()
        && bytes.len() <= MAX_LABEL
        && edge(bytes[0])
        && edge(bytes[bytes.len() - 1])
        && bytes.iter().all(|&c| edge(c) || c == b'-')
}

fn is_resource_name(text: &str) -> bool {
    text.len() <= MAX_RESOURCE_NAME && text.split('.').all(is_dns_label)
}

/// A DNS label, as a schema.
#[must_use]
pub fn label_schema() -> Schema {
    json_schema!({"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", "maxLength": MAX_LABEL})
}

/// What [`is_resource_name`] takes, as a schema.
fn resource_schema() -> Schema {
    let pattern = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$";
    json_schema!({"type": "string", "pattern": pattern, "maxLength": MAX_RESOURCE_NAME})
}

/// The nearest text that the grammar of names would take, for a hint: `My Agent` becomes `my-agent`.
fn suggest_label(text: &str) -> String {
    let mut label = String::new();
    for c in text.chars().take(MAX_LABEL) {
        match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => label.push(c),
            _ if label.ends_with('-') => {}
            _ => label.push('-'),
        }
    }
    label.trim_matches('-').to_owned()
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $check:expr, $schema:expr, $rule:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks `text`; `field` is the name of the request field that an error shall name.
            pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
                if $check(text) {
                    return Ok(Self(text.to_owned()));
                }
                let suggestion = suggest_label(text);
                let hint = if suggestion.is_empty() {
                    format!("use {}", $rule)
                } else {
                    format!("use {}, for example `{suggestion}`", $rule)
                };
                Err(Invalid::new("invalid_name", field, format!("`{}` is not {}", text.escape_debug(), $rule), hint))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;
            fn try_from(text: String) -> Result<Self, Invalid> {
                Self::parse("name", &text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name_type!(
    /// The name of an agent: a DNS label, since it becomes a host name, a repository and a process name.
    AgentName, is_dns_label, label_schema(), "a DNS label: 1 to 63 of a-z, 0-9 and `-`, starting and ending with a letter or digit"
);
name_type!(
    /// The name of a workspace: a DNS label.
    WorkspaceName, is_dns_label, label_schema(), "a DNS label: 1 to 63 of a-z, 0-9 and `-`, starting and ending with a letter or digit"
);
name_type!(
    /// The name of a tool, policy, provider or plugin: DNS labels joined by dots, at most 253 bytes.
    ResourceName, is_resource_name, resource_schema(), "a name of a-z, 0-9, `-` and `.`, at most 253 bytes, each part starting and ending with a letter or digit"
);

/// An agent within its workspace: what every table, path and process is keyed by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AgentRef {
    /// The workspace that owns the agent.
    pub workspace: WorkspaceName,
    /// The agent's name in it.
    pub name: AgentName,
}

impl fmt::Display for AgentRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.workspace, self.name)
    }
}

/// The name of an environment variable: `[A-Za-z_][A-Za-z0-9_]*` (POSIX.1-2017, section 8.1, and lower case).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(transparent)]
pub struct EnvName(#[schemars(regex(pattern = "^[A-Za-z_][A-Za-z0-9_]*$"), length(max = MAX_ENV_NAME))] String);

impl EnvName {
    /// Checks `text`.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        let start = text.bytes().next().is_some_and(|c| c.is_ascii_alphabetic() || c == b'_');
        if start && text.len() <= MAX_ENV_NAME && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_') {
            return Ok(Self(text.to_owned()));
        }
        Err(Invalid::new(
            "invalid_env_name",
            field,
            format!("`{}` is not the name of an environment variable", text.escape_debug()),
            "use letters, digits and `_`, not starting with a digit, at most 255 bytes",
        ))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EnvName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A reference to an image: `[host[:port]/]path[:tag][@digest]`
/// (grammar: distribution/reference; digest: OCI image spec, descriptor.md).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImageReference(String);

impl ImageReference {
    /// Checks `text`.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        match check_image_reference(text) {
            Ok(()) => Ok(Self(text.to_owned())),
            Err(what) => Err(Invalid::new(
                "invalid_image",
                field,
                format!("`{}` is not an image reference: {what}", text.escape_debug()),
                "use host/path:tag or host/path@sha256:…, for example `ghcr.io/acme/my-agent:1.2.0`",
            )),
        }
    }

    /// The reference as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_image_reference(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    if text.len() > MAX_IMAGE_REFERENCE {
        return Err("it is longer than 512 bytes");
    }
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    if let Some(digest) = digest {
        let hex = digest.strip_prefix("sha256:").ok_or("its digest does not start with `sha256:`")?;
        if hex.len() != 64 || !hex.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')) {
            return Err("its digest is not 64 lower-case hex digits");
        }
    }
    let (name, tag) = match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (rest, None),
    };
    if let Some(tag) = tag {
        let first = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
        let ok = tag.len() <= 128
            && tag.bytes().next().is_some_and(first)
            && tag.bytes().all(|c| first(c) || c == b'.' || c == b'-');
        if !ok {
            return Err("its tag is not 1 to 128 of letters, digits, `_`, `.` and `-`");
        }
    }
    let path = match name.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
            check_host(host)?;
            path
        }
        _ => name,
    };
    if path.len() > 255 {
        return Err("its repository is longer than 255 bytes");
    }
    if path.split('/').all(is_path_component) {
        Ok(())
    } else {
        Err("its repository is not lower-case words joined by `/`")
    }
}

fn check_host(host: &str) -> Result<(), &'static str> {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Err("its port is not a number from 0 to 65535");
    }
    let label = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
    };
    if name.split('.').all(label) { Ok(()) } else { Err("its host is not a host name") }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_path_component(part: &str) -> bool {
    let word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let bytes = part.as_bytes();
    let ends = bytes.first().is_some_and(|&c| word(c)) && bytes.last().is_some_and(|&c| word(c));
    ends && part
        .split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        .all(|separator| matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|c| c == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dns_label_is_taken_and_its_neighbours_are_not() {
        let longest = "a".repeat(63);
        for good in ["a", "payment-agent", "0", "a1", &longest] {
            assert!(AgentName::parse("agent_name", good).is_ok(), "{good}");
        }
        let too_long = "a".repeat(64);
        for bad in ["", "-a", "a-", "A", "a_b", "a.b", "ä", "a b", &too_long] {
            assert!(AgentName::parse("agent_name", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_refused_name_suggests_a_good_one() {
        let refusal = AgentName::parse("agent_name", "My Agent!").expect_err("has a space");
        assert_eq!(refusal.field, "agent_name");
        assert!(refusal.hint.ends_with("for example `my-agent`"), "{}", refusal.hint);
    }

    #[test]
    fn image_references_follow_the_distribution_grammar() {
        let digest = format!("ghcr.io/acme/a@sha256:{}", "0".repeat(64));
        for good in ["alpine", "ghcr.io/acme/my-agent:1.2.0", "localhost:5000/a/b", "a/b__c.d-e--f:T_1", &digest] {
            assert!(ImageReference::parse("image", good).is_ok(), "{good}");
        }
        let short_digest = "a@sha256:00";
        for bad in
            ["", "A/b", "a:", "a:b:c", "a//b", "a b", "ghcr.io/", "-x.io/a", "a/b___c", "http://x/y", short_digest]
        {
            assert!(ImageReference::parse("image", bad).is_err(), "{bad}");
        }
    }
}
