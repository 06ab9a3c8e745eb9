//! Why a plan says what it says about the source: for each question the claim that won, and those that did not.
//!
//! Nothing is weighed here again: the plan has answered, and the claims are looked up that speak for its answer. Only how
//! a source runs is answered by the best claim of it, since a plan says how it is started here ([`Subject`]).

use crate::claim::{self, Claim, kind};
use crate::plan::Plan;
use crate::request::DeployRequest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most candidates that are listed beside the winner; the claims have them all.
pub const MAX_CANDIDATES: usize = 20;
/// The rule of an answer that the request gave itself.
pub const BY_REQUEST: &str = "request";
/// The rule of an answer that no claim speaks for: the strategy's own.
pub const BY_STRATEGY: &str = "strategy";

/// The grounds by question: `framework`, `entry_point`, `run_kind`. What nobody answered is left out.
pub type Grounds = BTreeMap<Question, Ground>;

/// What is asked about a source tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Which framework.
    Framework,
    /// Which file starts it.
    EntryPoint,
    /// How that file runs.
    RunKind,
}

/// The answer to one question, and what else was in play.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ground {
    /// The answer, and who gave it.
    #[serde(flatten)]
    pub winner: Candidate,
    /// The other candidates, by falling score.
    pub candidates: Vec<Candidate>,
}

/// One answer that was in play.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Candidate {
    /// The answer.
    pub value: String,
    /// Who gave it, `name@version`; `None`: the request, or the strategy (see `rule`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub plugin: Option<String>,
    /// The file that shows it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<String>,
    /// The line in it, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
    /// The rule of the plugin that fired; [`BY_REQUEST`] or [`BY_STRATEGY`].
    pub rule: String,
    /// How sure the plugin was, 0.0 to 1.0.
    pub score: f32,
}

impl From<&Claim> for Candidate {
    fn from(claim: &Claim) -> Self {
        let evidence = &claim.evidence;
        Self {
            value: claim.value.clone(),
            plugin: Some(evidence.plugin.clone()),
            file: evidence.file.clone(),
            line: evidence.line,
            rule: evidence.rule.clone(),
            score: claim.score,
        }
    }
}

/// What the grounds are of: the two differ where this host cannot start a source the way that it runs best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A plan: the run kind is the way that it takes.
    Plan,
    /// The source: the run kind is the best claim's, whatever a plan takes; the plan's own where nobody claims one.
    Source,
}

/// The grounds of a plan's answers; where it has none, of the request's, and then of the best claims.
#[must_use]
pub fn grounds(request: &DeployRequest, claims: &[Claim], plan: &Plan, subject: Subject) -> Grounds {
    let entry_point = request.entry_point.as_ref().map(ToString::to_string);
    let answers = [
        (Question::Framework, request.framework.clone(), plan.framework.clone()),
        (Question::EntryPoint, entry_point, plan.entry_point.clone()),
        (Question::RunKind, None, plan.run_kind.clone()),
    ];
    let mut grounds = Grounds::new();
    for (question, asked, planned) in answers {
        let file = grounds.get(&Question::EntryPoint).map(|entry: &Ground| entry.winner.value.clone());
        let about: Vec<&Claim> = claims.iter().filter(|claim| is_about(question, claim, file.as_deref())).collect();
        let is_claimed = question == Question::RunKind && subject == Subject::Source && !about.is_empty();
        let planned = planned.filter(|_| !is_claimed);
        grounds.extend(ground(&about, asked, planned).map(|ground| (question, ground)));
    }
    grounds
}

/// Whether a claim answers the question; how another file than the entry point runs does not matter.
fn is_about(question: Question, claim: &Claim, entry_point: Option<&str>) -> bool {
    match question {
        Question::Framework => claim.kind == kind::FRAMEWORK,
        Question::EntryPoint => claim.kind == kind::ENTRY_POINT,
        Question::RunKind => claim.kind == kind::RUN_KIND && runs(claim, entry_point),
    }
}

/// Whether a run kind is that of the file; one without a file is of any.
fn runs(claim: &Claim, file: Option<&str>) -> bool {
    claim.evidence.file.is_none() || file.is_none() || claim.evidence.file.as_deref() == file
}

fn ground(about: &[&Claim], asked: Option<String>, planned: Option<String>) -> Option<Ground> {
    let best_of = |value: Option<&str>| {
        claim::best_of(about.iter().copied().filter(|claim| value.is_none_or(|value| claim.value == value)))
    };
    let from_request = asked.is_some() && (planned.is_none() || planned == asked);
    let value = planned.or(asked).or_else(|| best_of(None).map(|claim| claim.value.clone()))?;
    let claimed = best_of(Some(&value)).filter(|_| !from_request);
    let winner = claimed.map_or_else(|| unclaimed(value, from_request), Candidate::from);
    let mut others: Vec<Candidate> = about.iter().map(|claim| Candidate::from(*claim)).collect();
    if let Some(place) = others.iter().position(|other| *other == winner) {
        others.remove(place);
    }
    // Stable: of equals the first made comes first.
    others.sort_by(|a, b| b.score.total_cmp(&a.score));
    others.truncate(MAX_CANDIDATES);
    Some(Ground { winner, candidates: others })
}

fn unclaimed(value: String, from_request: bool) -> Candidate {
    let rule = if from_request { BY_REQUEST } else { BY_STRATEGY }.to_owned();
    Candidate { value, plugin: None, file: None, line: None, rule, score: 1.0 }
}

#[cfg(test)]
mod tests;
