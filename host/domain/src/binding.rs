//! The terms on which a plugin sits in a slot: what an operator chose for it, beside the plugin itself.

use crate::source;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a plugin in a slot is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It decides.
    #[default]
    Live,
    /// A candidate: asked beside the one that decides, and heard by nobody.
    Shadow,
}

impl Role {
    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Shadow => "shadow",
        }
    }
}

/// What made a revision of a binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A plugin was put into the slot.
    Bind,
    /// An earlier revision was taken up again.
    Rollback,
    /// A shadow was made the one that decides.
    Promote,
    /// The slot was emptied.
    Unbind,
}

impl Origin {
    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bind => "bind",
            Self::Rollback => "rollback",
            Self::Promote => "promote",
            Self::Unbind => "unbind",
        }
    }

    /// The one of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Bind, Self::Rollback, Self::Promote, Self::Unbind].into_iter().find(|origin| origin.as_str() == word)
    }
}

/// What becomes of a decision when the plugin breaks: traps, runs out of a limit, answers with an error of its own making,
/// or is stopped by the circuit breaker. What a plugin says on purpose (`invalid-input`, `denied`) is its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// The decision fails.
    #[default]
    Fail,
    /// The host's default of the same slot answers instead.
    Fallback,
    /// The decision goes on without it, with a warning. For detectors and tool providers; a plan needs a strategy.
    Skip,
}

/// What an operator lets a plugin do. It is held against what the plugin asks for in its metadata: the less of both holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "PluginGrants")]
pub struct Grants {
    /// Hosts that it may call over HTTP: `api.example.com`, `*.example.com`, with `:port` where it is not the scheme's own.
    pub hosts: Vec<String>,
    /// Addresses and networks that it may reach though they are loopback, private or link-local: `10.1.2.3`, `10.1.0.0/16`.
    pub addresses: Vec<String>,
    /// Secrets of the workspace that it may read, by name.
    pub secrets: Vec<String>,
}

/// What one call of the plugin may cost, where that is not the host's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "PluginLimits")]
pub struct BindingLimits {
    /// Time from entry to answer, in milliseconds; queueing is not in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<u32>,
    /// Linear memory, summed over all memories, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u32>,
    /// What it hands to the host over all calls of imports, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_call_mib: Option<u32>,
    /// Lines that it may log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_lines: Option<u32>,
    /// HTTP requests that it may make.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_calls: Option<u32>,
    /// Bytes of HTTP bodies, sent and received, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_mib: Option<u32>,
}

/// All that a binding says beside which plugin it is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BindingTerms {
    /// The plugin's settings; checked against the schema in its metadata and by the plugin itself.
    pub settings: Map<String, Value>,
    /// What it may do.
    pub grants: Grants,
    /// What a call may cost.
    pub limits: BindingLimits,
    /// What happens when it breaks.
    pub on_failure: OnFailure,
    /// The order among detectors: lower ones come first.
    pub priority: i32,
}

impl BindingTerms {
    /// What of the terms a plugin's answers depend on: the SHA-256 of settings, grants and limits; `None` where none are given.
    #[must_use]
    pub fn digest(&self) -> Option<String> {
        let Self { settings, grants, limits, on_failure: _, priority: _ } = self;
        let is_plain = settings.is_empty() && *grants == Grants::default() && *limits == BindingLimits::default();
        // Objects of `Value` are sorted by key, and lists of strings and numbers always serialise.
        let canonical = || serde_json::json!({"settings": settings, "grants": grants, "limits": limits}).to_string();
        (!is_plain).then(|| source::sha256(canonical().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_digest_of_terms_tells_whatever_an_answer_depends_on_and_nothing_else() {
        let terms = |value: Value| serde_json::from_value::<BindingTerms>(value).expect("terms").digest();
        assert_eq!(terms(json!({"priority": 7, "on_failure": "skip"})), None);
        let all = [
            terms(json!({"settings": {"a": 1, "b": 2}})),
            terms(json!({"settings": {"a": 2, "b": 2}})),
            terms(json!({"grants": {"hosts": ["a"]}})),
            terms(json!({"limits": {"time_ms": 5}})),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(one.is_some() && !all[..index].contains(one));
        }
        assert_eq!(terms(json!({"settings": {"b": 2, "a": 1}, "priority": 7})), all[0]);
    }

    #[test]
    fn words_are_read_back() {
        for origin in [Origin::Bind, Origin::Rollback, Origin::Promote, Origin::Unbind] {
            assert_eq!(Origin::parse(origin.as_str()), Some(origin));
        }
        assert_eq!(Origin::parse("guess"), None);
    }
}
