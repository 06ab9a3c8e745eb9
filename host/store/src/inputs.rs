//! What the plugins were asked at each deploy, kept so that it can be asked again: of the last deploys of a workspace, for
//! some days. While it is kept, so is its source.

use crate::limits::Limits;
use crate::retention::{DAY, STEP};
use crate::row::{all, execute, first, get, json};
use crate::sources::{pack, unpack};
use crate::{Store, StoreError};
use rusqlite::{Connection, params};
use std::collections::HashSet;
use windlass_domain::WorkspaceName;
use windlass_domain::agent::UnixMillis;
use windlass_domain::decision::{Decision, Inputs};

/// The most bytes of sources (packed, each once) and inputs that are kept for a workspace beyond the newest one.
pub const MAX_INPUT_BYTES: i64 = 1024 * 1024 * 1024;

/// A decision that can be asked for again.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// The decision.
    pub decision: Decision,
    /// What it was made of, its source apart.
    pub inputs: Inputs,
    /// When it was made.
    pub created_at: UnixMillis,
}

impl Store {
    /// The ids of the last `limit` decisions of a workspace that can be asked for again, newest first.
    pub fn recordings(&self, workspace: &WorkspaceName, limit: u32) -> Result<Vec<String>, StoreError> {
        let sql =
            "SELECT decision FROM decision_inputs WHERE workspace = ?1 ORDER BY created_at DESC, rowid DESC LIMIT ?2";
        self.read(|connection| all(connection, sql, params![workspace.as_str(), limit], |row| get(row, "decision")))
    }

    /// One of them; `None` where it has gone meanwhile.
    pub fn recording(&self, workspace: &WorkspaceName, decision: &str) -> Result<Option<Recording>, StoreError> {
        let sql = "SELECT decisions.body AS decision_body, decision_inputs.body AS inputs, decision_inputs.created_at AS at
                   FROM decision_inputs JOIN decisions ON decisions.workspace = decision_inputs.workspace AND id = decision
                   WHERE decision_inputs.workspace = ?1 AND decision = ?2";
        self.read(|connection| {
            first(connection, sql, [workspace.as_str(), decision], |row| {
                let packed: Vec<u8> = get(row, "inputs")?;
                Ok(Recording {
                    decision: json(row, "decision_body")?,
                    inputs: unpack(&format!("inputs of {decision}"), &packed)?,
                    created_at: get(row, "at")?,
                })
            })
        })
    }

    /// Removes the inputs past the workspace's number, age or bytes; returns how many went.
    pub async fn remove_old_inputs(
        &self,
        workspace: &WorkspaceName,
        limits: Limits,
        now: UnixMillis,
    ) -> Result<usize, StoreError> {
        let old = self.read(|connection| old(connection, workspace, limits, now))?;
        for step in old.chunks(STEP) {
            let step = step.to_vec();
            self.write(move |connection| {
                let remove = |rowid| execute(connection, "DELETE FROM decision_inputs WHERE rowid = ?1", [rowid]);
                step.into_iter().map(remove).sum::<Result<usize, _>>()
            })
            .await?;
        }
        Ok(old.len())
    }
}

/// The rows that go. The newest always stays.
fn old(
    connection: &Connection,
    workspace: &WorkspaceName,
    limits: Limits,
    now: UnixMillis,
) -> Result<Vec<i64>, StoreError> {
    let before = match limits.keep_inputs_days {
        0 => UnixMillis::MIN,
        days => now - UnixMillis::from(days) * DAY,
    };
    let number = if limits.keep_inputs == 0 { usize::MAX } else { limits.keep_inputs as usize };
    let sql = "SELECT decision_inputs.rowid, source_digest, length(body) AS body, coalesce(length(tree), 0) AS tree,
                      decision_inputs.created_at
               FROM decision_inputs LEFT JOIN sources ON digest = source_digest
               WHERE workspace = ?1 ORDER BY decision_inputs.created_at DESC, decision_inputs.rowid DESC";
    let (mut bytes, mut seen, mut kept) = (0_i64, HashSet::new(), 0);
    let rows = all(connection, sql, [workspace.as_str()], |row| {
        let source: Option<String> = get(row, "source_digest")?;
        let is_new = source.is_some_and(|source| seen.insert(source));
        bytes += get::<i64>(row, "body")? + if is_new { get::<i64>(row, "tree")? } else { 0 };
        let created_at: UnixMillis = get(row, "created_at")?;
        let stays = kept == 0 || (kept < number && created_at >= before && bytes <= MAX_INPUT_BYTES);
        kept += 1;
        Ok((!stays).then_some(get::<i64>(row, "rowid")?))
    })?;
    Ok(rows.into_iter().flatten().collect())
}

/// Inputs ready to be stored.
pub(crate) fn pack_inputs(inputs: &Inputs) -> Result<Vec<u8>, StoreError> {
    pack("decision inputs", inputs)
}

/// Keeps the inputs of a decision that was just recorded; those of one that is applied again stay as they are.
pub(crate) fn insert(
    connection: &Connection,
    workspace: &WorkspaceName,
    decision: &Decision,
    packed: &[u8],
    now: UnixMillis,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO decision_inputs (workspace, decision, source_digest, body, created_at)
               VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
    execute(connection, sql, params![workspace.as_str(), decision.id, decision.source_digest, packed, now])?;
    Ok(())
}
