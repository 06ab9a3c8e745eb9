//! What the candidates of shadow bindings have said: counts for each binding's revision, and the last differences one by one.

use crate::plugins::scope;
use crate::row::{all, execute, first, json, to_json};
use crate::{Store, StoreError};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use windlass_domain::WorkspaceName;
use windlass_domain::agent::UnixMillis;
use windlass_domain::decision::{Agreement, Difference, Outcome};

/// The most deploys of one shadow binding whose differences are kept one by one.
pub const MAX_DIFFERENCES: u32 = 1_000;

/// A shadow binding: a revision of a slot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ShadowRef {
    /// Whose deploys it looks at; `None`: those of every workspace that inherits it.
    pub workspace: Option<WorkspaceName>,
    /// The slot.
    pub slot: String,
    /// The binding's revision.
    pub revision: u32,
}

/// What a candidate said about one deploy.
#[derive(Debug, Clone, PartialEq)]
pub struct ShadowRun {
    /// Which candidate.
    pub shadow: ShadowRef,
    /// The decision that was made.
    pub decision: String,
    /// The agent that was deployed.
    pub agent: String,
    /// What became of it.
    pub outcome: Outcome,
    /// When.
    pub at: UnixMillis,
}

/// A deploy about which a candidate said something else, or nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Disagreement {
    /// The decision that was made.
    pub decision: String,
    /// The agent that was deployed.
    pub agent: String,
    /// Where the candidate's answer differs.
    #[serde(default)]
    pub differences: Vec<Difference>,
    /// Why it gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// When.
    pub at: UnixMillis,
}

impl Store {
    /// Adds what candidates said, all in one transaction.
    pub async fn add_shadow_runs(&self, runs: Vec<ShadowRun>) -> Result<(), StoreError> {
        self.write(move |connection| runs.iter().try_for_each(|run| add(connection, run))).await
    }

    /// The counts of a candidate; all zero where it was never asked.
    pub fn agreement(&self, shadow: &ShadowRef) -> Result<Agreement, StoreError> {
        self.read(|connection| agreement(connection, shadow))
    }

    /// The last deploys about which it said something else or nothing, newest first, at most `limit`.
    pub fn disagreements(&self, shadow: &ShadowRef, limit: u32) -> Result<Vec<Disagreement>, StoreError> {
        let sql = "SELECT body FROM shadow_differences WHERE workspace = ?1 AND slot = ?2 AND revision = ?3
                   ORDER BY id DESC LIMIT ?4";
        let values = params![scope(shadow.workspace.as_ref()), shadow.slot, shadow.revision, limit];
        self.read(|connection| all(connection, sql, values, |row| json(row, "body")))
    }
}

fn agreement(connection: &Connection, shadow: &ShadowRef) -> Result<Agreement, StoreError> {
    let sql = "SELECT body FROM shadows WHERE workspace = ?1 AND slot = ?2 AND revision = ?3";
    let values = params![scope(shadow.workspace.as_ref()), shadow.slot, shadow.revision];
    Ok(first(connection, sql, values, |row| json(row, "body"))?.unwrap_or_default())
}

fn add(connection: &Connection, run: &ShadowRun) -> Result<(), StoreError> {
    let shadow = &run.shadow;
    let mut counts = agreement(connection, shadow)?;
    counts.add(&run.outcome, run.at);
    let sql = "INSERT INTO shadows (workspace, slot, revision, body) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET body = excluded.body";
    let counts = to_json("shadow", &counts)?;
    execute(connection, sql, params![scope(shadow.workspace.as_ref()), shadow.slot, shadow.revision, counts])?;
    match disagreement(run) {
        Some(disagreement) => keep(connection, shadow, &disagreement),
        None => Ok(()),
    }
}

fn disagreement(run: &ShadowRun) -> Option<Disagreement> {
    let (differences, failure) = match &run.outcome {
        Outcome::Compared { differences, .. } if !differences.is_empty() => (differences.clone(), None),
        Outcome::Failed(why) => (Vec::new(), Some(why.clone())),
        Outcome::Compared { .. } | Outcome::Missed(_) => return None,
    };
    let (decision, agent) = (run.decision.clone(), run.agent.clone());
    Some(Disagreement { decision, agent, differences, failure, at: run.at })
}

fn keep(connection: &Connection, shadow: &ShadowRef, disagreement: &Disagreement) -> Result<(), StoreError> {
    let (workspace, body) = (scope(shadow.workspace.as_ref()), to_json("difference", disagreement)?);
    let sql = "INSERT INTO shadow_differences (workspace, slot, revision, body) VALUES (?1, ?2, ?3, ?4)";
    execute(connection, sql, params![workspace, shadow.slot, shadow.revision, body])?;
    // Of candidates before this one the counts stay.
    let sql = "DELETE FROM shadow_differences WHERE workspace = ?1 AND slot = ?2 AND revision < ?3";
    execute(connection, sql, params![workspace, shadow.slot, shadow.revision])?;
    let sql = "DELETE FROM shadow_differences WHERE id <= (
                   SELECT id FROM shadow_differences WHERE workspace = ?1 AND slot = ?2 AND revision = ?3
                   ORDER BY id DESC LIMIT 1 OFFSET ?4) AND workspace = ?1 AND slot = ?2 AND revision = ?3";
    execute(connection, sql, params![workspace, shadow.slot, shadow.revision, MAX_DIFFERENCES])?;
    Ok(())
}
