//! The terms on which a plugin sits in a slot: what an operator chose for it, beside the plugin itself.

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
pub struct BindingLimits {
    /// Time from entry to answer, in milliseconds; queueing is not in it.
    pub time_ms: Option<u32>,
    /// Linear memory, summed over all memories, in MiB.
    pub memory_mib: Option<u32>,
    /// What it hands to the host over all calls of imports, in MiB.
    pub host_call_mib: Option<u32>,
    /// Lines that it may log.
    pub log_lines: Option<u32>,
    /// HTTP requests that it may make.
    pub http_calls: Option<u32>,
    /// Bytes of HTTP bodies, sent and received, in MiB.
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
