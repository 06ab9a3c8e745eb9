//! What a workspace may have, and what of it is kept for how long: the server's figures, and an operator's for one of them.

use crate::row::{execute, first, get, json, to_json};
use crate::{AuditEntry, Store, StoreError, audit};
use rusqlite::{Connection, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use windlass_domain::WorkspaceName;

/// The name of the row in a workspace's settings: never change it.
const ROW: &str = "limits";

/// The limits of a workspace. 0 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// The most agents.
    pub agents: u64,
    /// The most bytes, as [`Use::bytes`] counts them.
    pub bytes: u64,
    /// How many of an agent's revisions are kept: the current one, and those before it.
    pub keep_revisions: u32,
    /// How many days is kept what nothing needs any more.
    pub keep_days: u32,
    /// How many of the last decisions can be replayed.
    pub keep_inputs: u32,
    /// For how many days a decision can be replayed.
    pub keep_inputs_days: u32,
}

/// What an operator has set for one workspace; `None` is the server's figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct OwnLimits {
    /// The most agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agents: Option<u64>,
    /// The most bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// How many of an agent's revisions are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_revisions: Option<u32>,
    /// How many days is kept what nothing needs any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_days: Option<u32>,
    /// How many of the last decisions can be replayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_inputs: Option<u32>,
    /// For how many days a decision can be replayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_inputs_days: Option<u32>,
}

impl OwnLimits {
    /// These, and `defaults` where there is none.
    #[must_use]
    pub fn or(self, defaults: Limits) -> Limits {
        Limits {
            agents: self.agents.unwrap_or(defaults.agents),
            bytes: self.bytes.unwrap_or(defaults.bytes),
            keep_revisions: self.keep_revisions.unwrap_or(defaults.keep_revisions),
            keep_days: self.keep_days.unwrap_or(defaults.keep_days),
            keep_inputs: self.keep_inputs.unwrap_or(defaults.keep_inputs),
            keep_inputs_days: self.keep_inputs_days.unwrap_or(defaults.keep_inputs_days),
        }
    }
}

/// What a workspace has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Use {
    /// Its agents.
    pub agents: u64,
    /// The bytes of its sources (packed, each once), the blobs of its images (each once), its artifacts and its drafts.
    pub bytes: u64,
}

/// What a limit is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limited {
    /// The number of agents.
    Agents,
    /// The bytes that are kept.
    Bytes,
}

impl fmt::Display for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Agents => "agents",
            Self::Bytes => "bytes",
        })
    }
}

impl Store {
    /// What the workspace has.
    pub fn workspace_use(&self, workspace: &WorkspaceName) -> Result<Use, StoreError> {
        self.read(|connection| used(connection, workspace))
    }

    /// What an operator has set for the workspace.
    pub fn own_limits(&self, workspace: &WorkspaceName) -> Result<OwnLimits, StoreError> {
        self.read(|connection| own(connection, workspace))
    }

    /// The limits that hold for the workspace.
    pub fn limits(&self, workspace: &WorkspaceName) -> Result<Limits, StoreError> {
        Ok(self.own_limits(workspace)?.or(self.limits))
    }

    /// Sets the limits of a workspace, in place of those set before. What it has already stays.
    pub async fn set_limits(
        &self,
        workspace: &WorkspaceName,
        limits: OwnLimits,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let (workspace, value) = (workspace.clone(), to_json("setting", &limits)?);
        self.write(move |connection| {
            let sql = "INSERT INTO settings (workspace, name, value) VALUES (?1, ?2, ?3)
                       ON CONFLICT (workspace, name) DO UPDATE SET value = excluded.value";
            execute(connection, sql, params![workspace.as_str(), ROW, value])
                .map_err(|error| error.for_workspace(&workspace))?;
            audit::append(connection, Some(&audit))
        })
        .await
    }
}

/// Makes a change within the limits: one that goes further past a limit is [`StoreError::OverLimit`], and its savepoint
/// takes it back. One that adds nothing passes wherever the workspace stands.
pub(crate) fn within<T>(
    connection: &Connection,
    workspace: &WorkspaceName,
    defaults: Limits,
    change: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let limits = own(connection, workspace)?.or(defaults);
    if limits.agents == 0 && limits.bytes == 0 {
        return change();
    }
    let before = used(connection, workspace)?;
    let answer = change()?;
    let after = used(connection, workspace)?;
    check(Limited::Agents, limits.agents, before.agents, after.agents)?;
    check(Limited::Bytes, limits.bytes, before.bytes, after.bytes)?;
    Ok(answer)
}

fn check(what: Limited, limit: u64, before: u64, after: u64) -> Result<(), StoreError> {
    if limit == 0 || after <= limit || after <= before {
        return Ok(());
    }
    Err(StoreError::OverLimit { what, limit, used: before, more: after - before })
}

fn own(connection: &Connection, workspace: &WorkspaceName) -> Result<OwnLimits, StoreError> {
    let sql = "SELECT value FROM settings WHERE workspace = ?1 AND name = ?2";
    let own = first(connection, sql, [workspace.as_str(), ROW], |row| json(row, "value"))?;
    Ok(own.unwrap_or_default())
}

fn used(connection: &Connection, workspace: &WorkspaceName) -> Result<Use, StoreError> {
    let sql = "SELECT agents, bytes FROM workspace_use WHERE workspace = ?1";
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    let used = first(connection, sql, [workspace.as_str()], |row| {
        Ok(Use { agents: count(get(row, "agents")?), bytes: count(get(row, "bytes")?) })
    })?;
    used.ok_or_else(|| StoreError::not_found("workspace", workspace))
}
