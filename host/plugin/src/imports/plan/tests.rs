//! Limits of the plan at and past their edges.

use super::*;
use crate::terms::Terms;
use std::collections::BTreeMap;
use std::time::Duration;
use windlass_domain::catalogue::Modules;

fn over(setter: &'static str, given: usize, limit: usize, unit: &'static str) -> Refusal {
    Refusal::OverLimit { setter, given, limit, unit }
}

#[test]
fn a_text_at_its_limit_is_kept_whole_and_one_past_it_is_refused_by_name() {
    let mut draft = PlanDraft::default();
    draft.text("set-reason", "x".repeat(MAX_TEXT), |plan, text| plan.decision_reason = text);
    assert_eq!((draft.plan.decision_reason.len(), draft.refusal), (MAX_TEXT, None));
    draft.text("set-reason", "y".repeat(MAX_TEXT + 1), |plan, text| plan.decision_reason = text);
    let (plan, refusal) = draft.into_parts();
    assert!(plan.decision_reason.starts_with('x'));
    assert_eq!(refusal, Some(over("set-reason", MAX_TEXT + 1, MAX_TEXT, "bytes")));
}

#[test]
fn a_command_is_kept_whole_or_not_at_all() {
    let keep = |words: Vec<String>| {
        let mut draft = PlanDraft::default();
        draft.words("set-command", words, |plan, words| plan.command = words);
        let (plan, refusal) = draft.into_parts();
        (plan.command.len(), refusal)
    };
    assert_eq!(keep(vec!["w".repeat(MAX_VALUE); 3]), (3, None));
    assert_eq!(keep(vec!["w".into(); MAX_ENTRIES]), (MAX_ENTRIES, None));
    assert_eq!(keep(vec![]), (0, None));
    assert_eq!(
        keep(vec!["w".repeat(MAX_VALUE + 1)]),
        (0, Some(over("set-command", MAX_VALUE + 1, MAX_VALUE, "bytes")))
    );
    let many = keep(vec!["w".into(); MAX_ENTRIES + 1]);
    assert_eq!(many, (0, Some(over("set-command", MAX_ENTRIES + 1, MAX_ENTRIES, "entries"))));
}

#[test]
fn a_plan_has_a_limit_in_all_and_the_first_refusal_stands() {
    let mut draft = PlanDraft::default();
    for _ in 0..=MAX_PLAN / MAX_REQUIREMENT {
        let lengths = [(MAX_REQUIREMENT, MAX_REQUIREMENT)];
        draft.keep("add-requirement", lengths, |_| 0, |plan| plan.requirements.push(String::new()));
    }
    draft.text("set-eta", "x".repeat(MAX_TEXT + 1), |plan, text| plan.eta = Some(text));
    let (plan, refusal) = draft.into_parts();
    assert_eq!(plan.requirements.len(), MAX_PLAN / MAX_REQUIREMENT);
    assert_eq!(refusal, Some(over("add-requirement", MAX_PLAN + MAX_REQUIREMENT, MAX_PLAN, "bytes")));
}

#[test]
fn packages_are_found_by_name_and_only_so_many_names_are_looked_at() {
    let package = |name: &str| Package { name: name.to_owned(), version: "1".to_owned() };
    let image = RuntimeImage {
        name: "python".to_owned(),
        language: "python".to_owned(),
        language_version: "3.11".to_owned(),
        packages: ["a", "b", "c"].map(package).to_vec(),
        extras: Vec::new(),
        modules: Modules::default(),
        base: None,
        run_kinds: Vec::new(),
        command: Vec::new(),
        env: BTreeMap::new(),
    };
    let catalogue = Catalogue { runtimes: vec![image], ..Catalogue::default() };
    let mut call = CallState::new("p@1.0.0".into(), &Terms::default(), Duration::from_secs(1));
    let view = call.table.push(CatalogueView(Arc::new(catalogue))).expect("room");
    let mut found = |runtime: &str, names: Vec<&str>| -> Vec<String> {
        let names = names.into_iter().map(str::to_owned).collect();
        let found =
            call.find_packages(Resource::new_borrow(view.rep()), runtime.to_owned(), names).expect("a catalogue");
        found.into_iter().map(|package| package.name).collect()
    };
    assert_eq!(found("python", vec!["c", "x", "a"]), ["c", "a"]);
    assert!(found("node", vec!["a"]).is_empty());
    let at_the_limit = |before: usize| [vec!["x"; before], vec!["b"]].concat();
    assert_eq!(found("python", at_the_limit(MAX_ASKED - 1)), ["b"]);
    assert!(found("python", at_the_limit(MAX_ASKED)).is_empty());
}
