//! Who won, and who did not.

use super::*;
use crate::claim::{Attributes, Evidence};
use crate::request::Source;
use crate::source::{SourcePath, SourceTree};
use crate::{AgentName, WorkspaceName};
use std::sync::Arc;

fn request() -> DeployRequest {
    DeployRequest::plain(
        WorkspaceName::parse("w", "default").expect("a name"),
        AgentName::parse("a", "a").expect("a name"),
        Source::Files(Arc::new(SourceTree::default())),
    )
}

fn claim(kind: &str, value: &str, score: f32, file: &str) -> Claim {
    let evidence = Evidence { plugin: "p@1.0.0".into(), file: Some(file.into()), line: Some(3), rule: "import".into() };
    Claim { kind: kind.into(), value: value.into(), score, attributes: Attributes::default(), evidence }
}

fn claims() -> Vec<Claim> {
    vec![
        claim(kind::FRAMEWORK, "low", 0.4, "a.py"),
        claim(kind::FRAMEWORK, "high", 0.9, "b.py"),
        claim(kind::ENTRY_POINT, "a.py", 0.5, "a.py"),
        claim(kind::ENTRY_POINT, "b.py", 0.9, "b.py"),
        claim(kind::RUN_KIND, "script", 0.9, "a.py"),
        claim(kind::RUN_KIND, "handler", 0.8, "b.py"),
        claim(kind::RUN_KIND, "script", 0.3, "b.py"),
    ]
}

fn values(candidates: &[Candidate]) -> Vec<&str> {
    candidates.iter().map(|candidate| candidate.value.as_str()).collect()
}

#[test]
fn the_best_claims_win_where_the_plan_says_nothing_and_the_others_are_listed() {
    let grounds = grounds(&request(), &claims(), &Plan::default(), Subject::Plan);
    let framework = &grounds[&Question::Framework];
    assert_eq!((framework.winner.value.as_str(), framework.winner.file.as_deref()), ("high", Some("b.py")));
    assert_eq!((framework.winner.plugin.as_deref(), framework.winner.line), (Some("p@1.0.0"), Some(3)));
    assert_eq!(values(&framework.candidates), ["low"]);
    assert_eq!(grounds[&Question::EntryPoint].winner.value, "b.py");
    let run_kind = &grounds[&Question::RunKind];
    assert_eq!((run_kind.winner.value.as_str(), values(&run_kind.candidates)), ("handler", vec!["script"]));
}

#[test]
fn the_plan_has_the_last_word_and_its_claim_is_shown() {
    let plan = Plan { entry_point: Some("a.py".into()), framework: Some("own".into()), ..Plan::default() };
    let grounds = grounds(&request(), &claims(), &plan, Subject::Plan);
    assert_eq!(grounds[&Question::EntryPoint].winner.file.as_deref(), Some("a.py"));
    let framework = &grounds[&Question::Framework];
    assert_eq!((framework.winner.rule.as_str(), values(&framework.candidates)), (BY_STRATEGY, vec!["high", "low"]));
    assert_eq!(grounds[&Question::RunKind].winner.value, "script");
}

#[test]
fn how_a_source_runs_is_the_best_claims_to_say_and_how_it_is_started_the_plans() {
    let plan = Plan { entry_point: Some("b.py".into()), run_kind: Some("script".into()), ..Plan::default() };
    let of = |subject, claims: &[Claim]| {
        let ground = grounds(&request(), claims, &plan, subject).remove(&Question::RunKind).expect("an answer");
        (ground.winner.value, ground.winner.rule, ground.candidates.len())
    };
    assert_eq!(of(Subject::Plan, &claims()), ("script".into(), "import".into(), 1));
    assert_eq!(of(Subject::Source, &claims()), ("handler".into(), "import".into(), 1));
    assert_eq!(of(Subject::Source, &[]), ("script".into(), BY_STRATEGY.into(), 0));
}

#[test]
fn what_the_request_says_is_its_own_ground() {
    let entry_point = Some(SourcePath::parse("e", "a.py").expect("a path"));
    let grounds = grounds(&DeployRequest { entry_point, ..request() }, &claims(), &Plan::default(), Subject::Plan);
    let entry = &grounds[&Question::EntryPoint];
    assert_eq!((entry.winner.value.as_str(), entry.winner.rule.as_str()), ("a.py", BY_REQUEST));
    assert_eq!(values(&entry.candidates), ["b.py", "a.py"]);
}

#[test]
fn nothing_is_said_about_what_nobody_claims_and_many_candidates_are_cut() {
    assert!(grounds(&request(), &[], &Plan::default(), Subject::Plan).is_empty());
    let many: Vec<Claim> =
        (0..MAX_CANDIDATES + 5).map(|n| claim(kind::FRAMEWORK, &format!("f{n}"), 0.5, "a.py")).collect();
    let framework = &grounds(&request(), &many, &Plan::default(), Subject::Plan)[&Question::Framework];
    assert_eq!((framework.winner.value.as_str(), framework.candidates.len()), ("f0", MAX_CANDIDATES));
}
