//! Revisions: appended, never changed. Going back or changing a setting appends too, so history stays true.

use crate::row::{all, execute, first, get, json, to_json};
use crate::{Store, StoreError};
use rusqlite::{Connection, Row, params};
use windlass_domain::AgentRef;
use windlass_domain::agent::{Revision, RevisionSpec, UnixMillis};
use windlass_domain::request::AgentSettings;

impl Store {
    /// The revisions of an agent, newest first; empty where there is no such agent.
    pub fn revisions(&self, agent: &AgentRef) -> Result<Vec<Revision>, StoreError> {
        let sql = "SELECT * FROM revisions WHERE workspace = ?1 AND agent = ?2 ORDER BY number DESC";
        self.read(|connection| all(connection, sql, [agent.workspace.as_str(), agent.name.as_str()], read_revision))
    }

    /// One revision of an agent.
    pub fn revision(&self, agent: &AgentRef, number: u32) -> Result<Option<Revision>, StoreError> {
        self.read(|connection| find(connection, agent, number))
    }

    /// Makes the agent what it was at revision `to`, by appending a revision with that one's spec, request, decision and
    /// build. Where the current revision is the same already, it is the answer and nothing is written.
    pub async fn rollback(&self, agent: &AgentRef, to: u32, now: UnixMillis) -> Result<Revision, StoreError> {
        let agent = agent.clone();
        self.write(move |connection| {
            let current = require_current(connection, &agent)?;
            let target = find(connection, &agent, to)?;
            let target = target.ok_or_else(|| StoreError::not_found("revision", format_args!("{agent}@{to}")))?;
            let is_same = target.request_digest == current.request_digest && target.spec == current.spec;
            if is_same {
                return Ok(current);
            }
            let next = Revision { number: current.number + 1, created_at: now, ..target };
            append(connection, &agent, &next, &to_json("revision", &next.spec)?)?;
            Ok(next)
        })
        .await
    }

    /// Changes an agent's settings by appending a revision. `change` gets the current settings, inside the transaction,
    /// so no change of somebody else is lost. Where it changes nothing, nothing is written.
    ///
    /// The revision's tools follow: those no longer required go, those newly required come, those that the tool
    /// provider added stay.
    pub async fn amend_settings<F>(&self, agent: &AgentRef, now: UnixMillis, change: F) -> Result<Revision, StoreError>
    where
        F: FnOnce(AgentSettings) -> AgentSettings + Send + 'static,
    {
        let agent = agent.clone();
        self.write(move |connection| {
            let current = require_current(connection, &agent)?;
            let spec = with_settings(&current.spec, change(current.spec.settings.clone()));
            if spec == current.spec {
                return Ok(current);
            }
            let next = Revision { number: current.number + 1, created_at: now, spec, ..current };
            append(connection, &agent, &next, &to_json("revision", &next.spec)?)?;
            Ok(next)
        })
        .await
    }
}

/// The spec with other settings, its tools brought in line.
fn with_settings(spec: &RevisionSpec, settings: AgentSettings) -> RevisionSpec {
    let mut next = RevisionSpec { settings, ..spec.clone() };
    let (old, new) = (&spec.settings.required_tools, &next.settings.required_tools);
    if new != old {
        let provided = spec.tools.iter().filter(|tool| !old.contains(tool) && !new.contains(tool));
        next.tools = new.iter().chain(provided).cloned().collect();
    }
    next
}

/// The current revision of an agent, if there is such an agent.
pub(crate) fn current(connection: &Connection, agent: &AgentRef) -> Result<Option<Revision>, StoreError> {
    let sql = "SELECT revisions.* FROM agents
               JOIN revisions ON revisions.workspace = agents.workspace AND revisions.agent = agents.name
                             AND revisions.number = agents.current
               WHERE agents.workspace = ?1 AND agents.name = ?2";
    first(connection, sql, [agent.workspace.as_str(), agent.name.as_str()], read_revision)
}

fn require_current(connection: &Connection, agent: &AgentRef) -> Result<Revision, StoreError> {
    current(connection, agent)?.ok_or_else(|| StoreError::not_found("agent", &agent.name))
}

fn find(connection: &Connection, agent: &AgentRef, number: u32) -> Result<Option<Revision>, StoreError> {
    let sql = "SELECT * FROM revisions WHERE workspace = ?1 AND agent = ?2 AND number = ?3";
    first(connection, sql, params![agent.workspace.as_str(), agent.name.as_str(), number], read_revision)
}

/// Appends a revision and makes it the current one; `spec` is its spec as JSON.
pub(crate) fn append(
    connection: &Connection,
    agent: &AgentRef,
    revision: &Revision,
    spec: &str,
) -> Result<(), StoreError> {
    let (workspace, name) = (agent.workspace.as_str(), agent.name.as_str());
    let sql =
        "INSERT INTO revisions (workspace, agent, number, spec, request_digest, decision_id, build_id, created_at,
                                      source_digest, image)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let values = params![
        workspace,
        name,
        revision.number,
        spec,
        revision.request_digest,
        revision.decision_id,
        revision.build_id,
        revision.created_at,
        revision.spec.source_digest,
        revision.spec.image.as_deref().map(without_registry),
    ];
    execute(connection, sql, values)?;
    let sql = "UPDATE agents SET current = ?3 WHERE workspace = ?1 AND name = ?2";
    execute(connection, sql, params![workspace, name, revision.number])?;
    Ok(())
}

/// An image reference from its first slash on: a server may be called by another name than when it built the image.
fn without_registry(image: &str) -> &str {
    image.split_once('/').map_or(image, |(_, rest)| rest)
}

/// A row of `revisions`; the column `created_at` must be the revision's.
pub(crate) fn read_revision(row: &Row) -> Result<Revision, StoreError> {
    Ok(Revision {
        number: get(row, "number")?,
        spec: json(row, "spec")?,
        request_digest: get(row, "request_digest")?,
        decision_id: get(row, "decision_id")?,
        build_id: get(row, "build_id")?,
        created_at: get(row, "created_at")?,
    })
}
