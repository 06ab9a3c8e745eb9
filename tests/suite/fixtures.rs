//! The small projects of tests/fixtures, one folder for each condition: what is found in them, and what is decided.
//!
//! `CONDITION/project/**` is the source; `generate.json` beside it adds files that are too large to commit;
//! `expected.json` says what is right ([`expected`] has its fields) and is judged on `POST /api/analyze`; `decision.json`
//! is what `POST /api/deploy/preview` answered when it was last blessed, without what differs from run to run.
//! A field that is known to be wrong stands under `known-gap` with the reason, and must miss until that is taken away.
//! `WINDLASS_BLESS=1 cargo test --release --test suite fixtures` writes each `decision.json` anew.

mod determinism;
mod expected;
pub mod project;
mod snapshot;

use crate::harness::{Answer, Client, difference, quiet};
use project::Fixture;
use serde_json::json;

#[tokio::test]
async fn every_fixture_is_found_to_be_what_its_label_says() {
    let client = quiet().workspace("fixtures-labels").await;
    let mut wrong = Vec::new();
    for fixture in project::all() {
        let answer = analysis(&client, &fixture).await;
        let misses = match answer.status {
            201 => expected::misses(&fixture.expected(), &answer.body),
            status => vec![format!("it is answered with {status}: {}", answer.body)],
        };
        wrong.extend(misses.into_iter().map(|miss| format!("{}: {miss}", fixture.name)));
    }
    assert!(wrong.is_empty(), "{} misses\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn every_fixture_is_decided_as_its_snapshot_shows() {
    let client = quiet().workspace("fixtures-decisions").await;
    let mut changed = Vec::new();
    for fixture in project::all() {
        let (preview, analysis) = (preview(&client, &fixture).await, analysis(&client, &fixture).await);
        let shown = format!("{:#}\n", snapshot::of(&preview, &analysis));
        let difference = difference(&fixture.folder.join("decision.json"), &shown);
        changed.extend(difference.map(|line| format!("{}: {line}", fixture.name)));
    }
    assert!(changed.is_empty(), "{} decisions changed\n{}", changed.len(), changed.join("\n"));
}

async fn preview(client: &Client, fixture: &Fixture) -> Answer {
    client.post("/api/deploy/preview", json!({"agent_name": "fixture", "source_files": fixture.files()})).await
}

async fn analysis(client: &Client, fixture: &Fixture) -> Answer {
    client.post("/api/analyze", json!({"files": fixture.files()})).await
}
