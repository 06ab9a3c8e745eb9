//! The shapes of the wire, as the brief and the contract write them.
//!
//! Invariants: nothing is ever `null`, an absent key is left out (the SDKs break on `null`); what the contract calls an
//! object is one; times are RFC 3339 in UTC.

mod agent;
mod analysis;
pub mod binding;
mod build;
mod config;
mod decision;
mod deploy;
mod files;
mod llm;
mod plan;
mod preview;
pub mod replay;
mod usage;

pub use agent::{Agent, RevisionLine, RevisionShown, Rollback};
pub use analysis::{AnalysisBody, AnalysisResult, RequirementsFound};
pub use build::{Build, BuildBody};
pub use config::{AgentConfig, ConfigBody};
pub use decision::Decision;
pub use deploy::{DeployBody, DeployResponse, ToolBody, ignored};
pub use files::{Files, map_of};
pub use preview::Preview;
pub use usage::ModelSpend;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use windlass_domain::agent::UnixMillis;

/// A time, written as RFC 3339 in UTC with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub struct Time(#[schemars(with = "String", extend("format" = "date-time"))] pub UnixMillis);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A time outside the calendar can only be a damaged row: it reads as the epoch.
        let time = chrono::DateTime::from_timestamp_millis(self.0).unwrap_or_default();
        serializer.serialize_str(&time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
    }
}

/// What every delete answers.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DeleteStatus")]
pub struct Deleted {
    #[schemars(extend("enum" = ["deleted"]))]
    status: &'static str,
}

impl Deleted {
    /// The answer.
    pub const YES: Self = Self { status: "deleted" };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_in_utc() {
        assert_eq!(serde_json::to_string(&Time(1_700_000_000_123)).expect("text"), "\"2023-11-14T22:13:20.123Z\"");
    }
}
