//! What a strategy decides: how the agent is built and run. The host carries it out and chooses nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The port an agent listens on unless its plan says otherwise (the runtime's own default).
pub const DEFAULT_PORT: u16 = 8080;
/// The path of the health check unless the plan says otherwise (the runtime's own).
pub const DEFAULT_HEALTH_PATH: &str = "/healthz";

/// A decided way to build and run an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// The wire's `execution_mode`, e.g. `FAST_OVERLAY`; third-party strategies name their own.
    pub execution_mode: String,
    /// The wire's `build_profile`, e.g. `fast_overlay`.
    pub build_profile: String,
    /// Why this way, one sentence for the agent's author.
    pub decision_reason: String,
    /// The builder that makes the image, by its name in the catalogue; `None` where nothing is built.
    pub builder: Option<String>,
    /// The runtime image to build on or run in, by its name in the catalogue; `None` for a prebuilt image.
    pub runtime: Option<String>,
    /// The framework, a kebab-case id; `none` for plain code.
    pub framework: Option<String>,
    /// The file that starts the agent.
    pub entry_point: Option<String>,
    /// How it runs: `handler`, `script`, ….
    pub run_kind: Option<String>,
    /// The object inside the entry point that answers, where one is claimed: `handler`, `graph`, ….
    pub run_object: Option<String>,
    /// The arguments of the entry point, e.g. a sub-command.
    pub run_args: Vec<String>,
    /// The command to start; empty for the runtime image's own. [`Plan::command_at`] fills in where it listens.
    pub command: Vec<String>,
    /// Environment that the plan adds; the request's `env` wins over it.
    pub env: BTreeMap<String, String>,
    /// The port the agent listens on.
    pub port: u16,
    /// The path of its health check.
    pub health_path: String,
    /// All requirements, as declared or inferred, in order.
    pub requirements: Vec<String>,
    /// Those of them that the chosen runtime image does not hold.
    pub missing: Vec<String>,
    /// Other ways, and why not.
    pub alternatives: Vec<Alternative>,
    /// How sure the strategy is; `None` where it does not say.
    pub confidence: Option<Confidence>,
    /// How long until the agent is ready, in words, e.g. `1-5 minutes`.
    pub eta: Option<String>,
    /// The reason in a few words; `None`: the whole reason.
    pub short_reason: Option<String>,
    /// What the author should know.
    pub warnings: Vec<String>,
}

/// How sure a strategy is of its plan: the wire's closed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Declared and unambiguous.
    High,
    /// Something was inferred.
    Medium,
    /// Another answer is nearly as likely.
    Low,
}

impl Confidence {
    /// Every word, for messages.
    pub const WORDS: &str = "high, medium, low";

    /// The confidence of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::High, Self::Medium, Self::Low].into_iter().find(|one| one.as_str() == word)
    }

    /// The wire's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            execution_mode: String::new(),
            build_profile: String::new(),
            decision_reason: String::new(),
            builder: None,
            runtime: None,
            framework: None,
            entry_point: None,
            run_kind: None,
            run_object: None,
            run_args: Vec::new(),
            command: Vec::new(),
            env: BTreeMap::new(),
            port: DEFAULT_PORT,
            health_path: DEFAULT_HEALTH_PATH.to_owned(),
            requirements: Vec::new(),
            missing: Vec::new(),
            alternatives: Vec::new(),
            confidence: None,
            eta: None,
            short_reason: None,
            warnings: Vec::new(),
        }
    }
}

impl Plan {
    /// The wire's `build_required`: whether an image must be made.
    #[must_use]
    pub fn build_required(&self) -> bool {
        self.builder.is_some()
    }

    /// The command, with `{host}` and `{port}` in its words filled in.
    #[must_use]
    pub fn command_at(&self, host: &str, port: u16) -> Vec<String> {
        let port = port.to_string();
        self.command.iter().map(|word| word.replace("{host}", host).replace("{port}", &port)).collect()
    }
}

/// A way that the strategy looked at and rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alternative {
    /// Its `execution_mode`.
    pub execution_mode: String,
    /// Why it was rejected.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_of_an_older_record_still_reads() {
        let plan: Plan = serde_json::from_str(r#"{"execution_mode": "FAST_OVERLAY"}"#).expect("a plan");
        assert_eq!(plan, Plan { execution_mode: "FAST_OVERLAY".into(), ..Plan::default() });
    }

    #[test]
    fn confidence_is_one_of_three_words() {
        for word in Confidence::WORDS.split(", ") {
            assert_eq!(Confidence::parse(word).map(Confidence::as_str), Some(word));
        }
        assert_eq!(Confidence::parse("High"), None);
    }

    #[test]
    fn a_command_is_told_where_to_listen() {
        let command = ["uvicorn", "--host={host}", "--port", "{port}", "{other}"].map(str::to_owned).to_vec();
        let plan = Plan { command, ..Plan::default() };
        assert_eq!(plan.command_at("127.0.0.1", 81), ["uvicorn", "--host=127.0.0.1", "--port", "81", "{other}"]);
    }
}
