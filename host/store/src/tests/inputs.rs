//! What decisions were made of, and what candidates said about them.

use super::{Fixture, agent, deploy, fixture, tree, workspace};
use crate::shadows::{MAX_DIFFERENCES, ShadowRef, ShadowRun};
use crate::{Limits, Store};
use serde_json::{Value, json};
use windlass_domain::decision::{Difference, Inputs, Outcome};

const DAY: i64 = 24 * 60 * 60 * 1_000;

fn inputs(agent: &str) -> Inputs {
    serde_json::from_value(json!({"agent": agent, "heard": [["detectors/a", 1]], "catalogue": "sha256:c"}))
        .expect("inputs")
}

/// Records a deploy that can be replayed, made at `now`.
async fn record(store: &Store, request: &str, now: i64) {
    let record = deploy(&agent("bot"), request, Vec::new());
    store.record_deploy(crate::DeployRecord { inputs: Some(inputs("bot")), now, ..record }).await.expect("recorded");
}

fn replayable(store: &Store) -> Vec<String> {
    store.recordings(&workspace("default"), 100).expect("read")
}

#[tokio::test]
async fn what_a_decision_was_made_of_is_kept_with_it_newest_first() {
    let Fixture { store, dir: _dir } = fixture().await;
    let default = workspace("default");
    record(&store, "1", 10).await;
    record(&store, "2", 10).await;
    store.record_deploy(deploy(&agent("bot"), "3", Vec::new())).await.expect("recorded");
    assert_eq!(replayable(&store), ["dec-bot-2", "dec-bot-1"]);
    assert_eq!(store.recordings(&default, 1).expect("read"), ["dec-bot-2"]);
    let recording = store.recording(&default, "dec-bot-1").expect("read").expect("it is there");
    assert_eq!((recording.inputs, recording.created_at), (inputs("bot"), 10));
    assert_eq!(recording.decision.source_digest, Some(tree("1").digest()));
    assert_eq!(store.recording(&default, "dec-bot-3").expect("read"), None);
    assert_eq!(store.recording(&workspace("other"), "dec-bot-1").expect("read"), None);
}

#[tokio::test]
async fn inputs_go_with_their_number_and_age_and_hold_decision_and_source_until_then() {
    let Fixture { store, dir: _dir } = fixture().await;
    let default = workspace("default");
    for (now, request) in [(0, "1"), (1, "2"), (2, "3"), (3, "4")] {
        record(&store, request, now).await;
    }
    let limits = Limits { keep_revisions: 1, keep_days: 1, keep_inputs: 3, keep_inputs_days: 2, ..Limits::default() };
    store.remove_revisions(store.old_revisions(&default, limits).expect("read")).await.expect("removed");
    let sweep = async |now| {
        let inputs = store.remove_old_inputs(&default, limits, now).await.expect("removed");
        let decisions = store.expire(&default, limits, now).await.expect("removed").decisions;
        (inputs, decisions, store.remove_unnamed_sources().await.expect("removed"))
    };
    assert_eq!(
        store.remove_old_inputs(&default, Limits::default(), 100 * DAY).await.expect("removed"),
        0,
        "0 keeps all"
    );
    assert_eq!(sweep(4 + DAY).await, (1, 1, 1), "past the number of three");
    assert_eq!(replayable(&store), ["dec-bot-4", "dec-bot-3", "dec-bot-2"]);
    assert_eq!(sweep(1 + 2 * DAY).await, (0, 0, 0), "exactly two days old");
    assert_eq!(sweep(2 + 2 * DAY).await, (1, 1, 1));
    assert_eq!(sweep(100 * DAY).await, (1, 1, 1), "the newest stays");
    assert_eq!(replayable(&store), ["dec-bot-4"]);
    assert!(store.source(&tree("4").digest()).expect("read").is_some());
}

fn shadow(revision: u32) -> ShadowRef {
    ShadowRef { workspace: Some(workspace("default")), slot: "strategy".into(), revision }
}

fn run(revision: u32, decision: &str, outcome: Outcome) -> ShadowRun {
    ShadowRun { shadow: shadow(revision), decision: decision.into(), agent: "bot".into(), outcome, at: 7 }
}

fn differs() -> Outcome {
    let difference = Difference { field: "plan.port".into(), live: json!(1), candidate: Value::Null };
    Outcome::Compared { differences: vec![difference], micros: 5, is_steady: true }
}

fn agrees() -> Outcome {
    Outcome::Compared { differences: Vec::new(), micros: 5, is_steady: true }
}

#[tokio::test]
async fn a_candidates_word_is_counted_and_only_its_disagreements_are_kept() {
    let Fixture { store, dir: _dir } = fixture().await;
    let failed = || Outcome::Failed("timeout".into());
    let runs =
        vec![run(1, "a", agrees()), run(1, "b", differs()), run(1, "c", failed()), run(1, "d", Outcome::Missed(1))];
    store.add_shadow_runs(runs).await.expect("added");
    let counts = store.agreement(&shadow(1)).expect("read");
    assert_eq!((counts.agreed, counts.differed, counts.failed, counts.missed), (1, 1, 1, 1));
    let kept = store.disagreements(&shadow(1), 10).expect("read");
    assert_eq!(kept.iter().map(|kept| kept.decision.as_str()).collect::<Vec<_>>(), ["c", "b"]);
    assert_eq!((kept[0].failure.as_deref(), kept[1].differences.len()), (Some("timeout"), 1));
    assert_eq!(
        store.agreement(&shadow(2)).expect("read"),
        windlass_domain::decision::Agreement::default(),
        "another binding"
    );

    // The next candidate of the slot: the counts of the one before stay, its disagreements go.
    store.add_shadow_runs(vec![run(2, "e", differs())]).await.expect("added");
    assert_eq!(store.agreement(&shadow(1)).expect("read"), counts);
    assert_eq!(store.disagreements(&shadow(1), 10).expect("read"), []);
    assert_eq!(store.disagreements(&shadow(2), 10).expect("read").len(), 1);
}

#[tokio::test]
async fn the_disagreements_of_a_candidate_are_bounded() {
    let Fixture { store, dir: _dir } = fixture().await;
    let runs = (0..=MAX_DIFFERENCES).map(|n| run(1, &n.to_string(), differs())).collect();
    store.add_shadow_runs(runs).await.expect("added");
    let kept = store.disagreements(&shadow(1), u32::MAX).expect("read");
    assert_eq!((kept.len(), kept[0].decision.as_str()), (MAX_DIFFERENCES as usize, "1000"));
    assert_eq!(kept.last().map(|kept| kept.decision.as_str()), Some("1"));
    assert_eq!(store.agreement(&shadow(1)).expect("read").differed, u64::from(MAX_DIFFERENCES) + 1);
}
