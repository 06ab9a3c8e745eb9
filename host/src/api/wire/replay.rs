//! Shadows and replays, as they are asked for and shown.

use super::Time;
use super::binding::{BindingShown, named};
use crate::shadow::Asked;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use windlass_domain::Invalid;
use windlass_domain::binding::{BindingLimits, BindingTerms, Grants};
use windlass_domain::decision::{Agreement, Difference, Outcome};
use windlass_store::Disagreement;

/// The most deploys that one replay asks about.
pub const MAX_REPLAYED: u32 = 1_000;
/// The most bytes of differences that one answer holds; of the rest only the fields are told.
pub const MAX_DIFFERENCES_BYTES: usize = 8 * 1024 * 1024;
/// How far a candidate agrees.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PluginAgreement")]
pub struct Counts {
    /// Deploys that it was asked about.
    asked: u64,
    /// Of these: it said the same.
    agreed: u64,
    /// Of these: it said something else.
    differed: u64,
    /// Of these: it gave no answer.
    failed: u64,
    /// Deploys that it was not asked about, since too much was waiting or what they were made of has gone.
    missed: u64,
    /// Deploys about which it answered differently when it was asked twice.
    unsteady: u64,
    /// `agreed` of `asked`, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    agreement: Option<f64>,
    /// In how many deploys each field differed.
    fields: BTreeMap<String, u64>,
    /// How often each failure was met.
    failures: BTreeMap<String, u64>,
    /// How long its answers took.
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<Times>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_at: Option<Time>,
}

/// Times in microseconds, to the next power of two.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PluginTimes")]
struct Times {
    #[serde(rename = "p50_micros")]
    p50: u64,
    #[serde(rename = "p99_micros")]
    p99: u64,
    #[serde(rename = "max_micros")]
    max: u64,
}

impl From<Agreement> for Counts {
    fn from(counts: Agreement) -> Self {
        let at = |percent| counts.percentile(percent);
        let time = at(50).zip(at(99)).zip(counts.longest());
        Self {
            asked: counts.asked(),
            agreement: counts.share(),
            time: time.map(|((p50, p99), max)| Times { p50, p99, max }),
            agreed: counts.agreed,
            differed: counts.differed,
            failed: counts.failed,
            missed: counts.missed,
            unsteady: counts.unsteady,
            fields: counts.fields,
            failures: counts.failures,
            first_at: counts.first_at.map(Time),
            last_at: counts.last_at.map(Time),
        }
    }
}

/// A candidate, and how far it agrees.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PluginShadow")]
pub struct Shadow {
    pub slot: String,
    pub candidate: BindingShown,
    pub counts: Counts,
    /// The last deploys about which it said something else or nothing, newest first.
    pub disagreements: Vec<Disagreed>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PluginDisagreement")]
pub struct Disagreed {
    decision_id: String,
    agent_name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<Difference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    at: Time,
}

impl From<Disagreement> for Disagreed {
    fn from(disagreement: Disagreement) -> Self {
        let Disagreement { decision, agent, differences, failure, at } = disagreement;
        Self { decision_id: decision, agent_name: agent, differences, failure, at: Time(at) }
    }
}

/// `POST …/replay`
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ReplayPluginRequest")]
pub struct ReplayBody {
    /// `name`, or `name@version`.
    #[schemars(with = "String")]
    plugin: Option<String>,
    /// The version, where `plugin` is the name alone; without any, the one that was installed last.
    version: Option<String>,
    /// As they would be bound.
    settings: Option<Map<String, Value>>,
    /// As they would be bound. HTTP requests are answered as they were at the deploy, and never sent.
    grants: Option<Grants>,
    /// As they would be bound.
    limits: Option<BindingLimits>,
    /// How many of the last deploys; 100 where it is left out.
    #[schemars(range(min = 1, max = MAX_REPLAYED))]
    last: Option<u32>,
}

impl ReplayBody {
    /// The plugin, on which terms, and how many deploys.
    pub fn parse(self) -> Result<(String, BindingTerms, u32), Invalid> {
        let Self { plugin, version, settings, grants, limits, last } = self;
        let last = last_of(last)?;
        let terms = BindingTerms {
            settings: settings.unwrap_or_default(),
            grants: grants.unwrap_or_default(),
            limits: limits.unwrap_or_default(),
            ..BindingTerms::default()
        };
        Ok((named(plugin, version)?, terms, last))
    }
}

/// What a plugin would have said about the last deploys.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PluginReplay")]
pub struct Replayed {
    pub slot: String,
    /// `name@version`
    pub plugin: String,
    pub digest: String,
    pub counts: Counts,
    /// Each deploy, newest first.
    pub deploys: Vec<Deploy>,
}

/// What a plugin would have said about one deploy.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReplayedDeploy")]
pub struct Deploy {
    decision_id: String,
    agent_name: String,
    /// `same`, `differs`, `failed`, or `missed` where what it was made of has gone meanwhile.
    #[schemars(extend("enum" = ["same", "differs", "failed", "missed"]))]
    outcome: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<Difference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// Whether it answered differently when it was asked twice.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unsteady: bool,
    /// Whether a strategy would choose from another menu now than it did then: not every difference is the plugin's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    catalogue_changed: bool,
}

impl Deploy {
    /// What became of asking about the deploy of that decision.
    pub fn new(decision_id: String, asked: Asked) -> Self {
        let Asked { agent: agent_name, is_catalogue_changed: catalogue_changed, outcome } = asked;
        let mut deploy = Self {
            decision_id,
            agent_name,
            outcome: "missed",
            differences: Vec::new(),
            failure: None,
            unsteady: false,
            catalogue_changed,
        };
        match outcome {
            Outcome::Compared { differences, is_steady, .. } => {
                deploy.outcome = if differences.is_empty() { "same" } else { "differs" };
                (deploy.differences, deploy.unsteady) = (differences, !is_steady);
            }
            Outcome::Failed(why) => (deploy.outcome, deploy.failure) = ("failed", Some(why)),
            Outcome::Missed(_) => {}
        }
        deploy
    }

    /// Leaves of the differences only the fields once `left` bytes are told.
    pub fn within(&mut self, left: &mut usize) {
        for difference in &mut self.differences {
            let bytes = difference.live.to_string().len() + difference.candidate.to_string().len();
            let rest = left.checked_sub(bytes);
            *left = rest.unwrap_or(*left);
            if rest.is_none() {
                (difference.live, difference.candidate) = Default::default();
            }
        }
    }
}

fn last_of(last: Option<u32>) -> Result<u32, Invalid> {
    const DEFAULT: u32 = 100;
    match last.unwrap_or(DEFAULT) {
        last @ 1..=MAX_REPLAYED => Ok(last),
        last => {
            let message = format!("{last} is not between 1 and {MAX_REPLAYED}");
            Err(Invalid::new("invalid_value", "last", message, "say how many of the last deploys shall be replayed"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_replay_takes_one_to_a_thousand_deploys() {
        assert_eq!(last_of(None).expect("the default"), 100);
        assert_eq!((last_of(Some(1)).expect("one"), last_of(Some(MAX_REPLAYED)).expect("all")), (1, MAX_REPLAYED));
        for wrong in [0, MAX_REPLAYED + 1] {
            assert_eq!(last_of(Some(wrong)).expect_err("not in range").field, "last");
        }
    }

    #[test]
    fn past_the_bytes_of_an_answer_only_fields_are_told() {
        let difference = || Difference { field: "plan.port".into(), live: json!(1), candidate: json!(22) };
        let outcome = Outcome::Compared { differences: vec![difference(), difference()], micros: 1, is_steady: true };
        let asked = Asked { agent: "bot".into(), is_catalogue_changed: false, outcome };
        let mut deploy = Deploy::new("dec-1".into(), asked);
        deploy.within(&mut 5);
        assert_eq!((&deploy.differences[0], deploy.outcome), (&difference(), "differs"));
        let bare = Difference { live: Value::Null, candidate: Value::Null, ..difference() };
        assert_eq!(deploy.differences[1], bare);
    }
}
