//! What nothing needs any more goes: rows past their number or age, then what no row names.
//!
//! Invariants: an agent's current revision stays, and what any kept revision names: its decision, build, image and source.
//! Each step is a transaction of its own of at most [`STEP`] rows, so that no deploy waits long for it, and a kill between
//! two leaves what the next run takes up.

use crate::limits::Limits;
use crate::row::{all, execute, first, get, name};
use crate::{Store, StoreError};
use rusqlite::{Params, params};
use std::collections::HashSet;
use windlass_domain::agent::UnixMillis;
use windlass_domain::{AgentRef, WorkspaceName};

/// The most rows that one transaction removes.
pub(crate) const STEP: usize = 200;
/// A day, in milliseconds.
pub(crate) const DAY: UnixMillis = 24 * 60 * 60 * 1_000;

/// A revision past its agent's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldRevision {
    /// Whose it is.
    pub agent: AgentRef,
    /// Its number.
    pub number: u32,
}

/// A repository that holds manifests which neither a revision nor a build names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Whose it is.
    pub workspace: WorkspaceName,
    /// The rest of its name.
    pub name: String,
}

/// How many rows went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expired {
    /// Decisions that no revision came of, and that cannot be replayed.
    pub decisions: usize,
    /// Builds whose image no revision runs.
    pub builds: usize,
    /// Drafts that are completed, abandoned, or of a key that opens nothing any more.
    pub drafts: usize,
    /// Workflow artifacts that no open draft names.
    pub artifacts: usize,
    /// Idempotency keys of actions.
    pub actions: usize,
}

impl Store {
    /// The revisions of a workspace that are older than its agents' last `keep_revisions`; 0 keeps all.
    pub fn old_revisions(&self, workspace: &WorkspaceName, limits: Limits) -> Result<Vec<OldRevision>, StoreError> {
        if limits.keep_revisions == 0 {
            return Ok(Vec::new());
        }
        let sql = "SELECT revisions.workspace, revisions.agent, revisions.number FROM agents
                   JOIN revisions ON revisions.workspace = agents.workspace AND revisions.agent = agents.name
                   WHERE agents.workspace = ?1 AND revisions.number <= agents.current - ?2";
        self.read(|connection| {
            all(connection, sql, params![workspace.as_str(), limits.keep_revisions], |row| {
                let agent = AgentRef { workspace: name(row, "workspace")?, name: name(row, "agent")? };
                Ok(OldRevision { agent, number: get(row, "number")? })
            })
        })
    }

    /// Removes revisions; a current one stays. Returns how many went.
    pub async fn remove_revisions(&self, old: Vec<OldRevision>) -> Result<usize, StoreError> {
        let mut removed = 0;
        for step in old.chunks(STEP) {
            let step = step.to_vec();
            removed += self
                .write(move |connection| {
                    let sql = "DELETE FROM revisions WHERE workspace = ?1 AND agent = ?2 AND number = ?3
                               AND number < (SELECT current FROM agents WHERE workspace = ?1 AND name = ?2)";
                    let remove = |old: &OldRevision| {
                        let OldRevision { agent, number } = old;
                        execute(connection, sql, params![agent.workspace.as_str(), agent.name.as_str(), number])
                    };
                    step.iter().map(remove).sum::<Result<usize, _>>()
                })
                .await?;
        }
        Ok(removed)
    }

    /// Removes what of a workspace is older than `keep_days` and is needed no more; 0 keeps all.
    pub async fn expire(
        &self,
        workspace: &WorkspaceName,
        limits: Limits,
        now: UnixMillis,
    ) -> Result<Expired, StoreError> {
        if limits.keep_days == 0 {
            return Ok(Expired::default());
        }
        let before = now - UnixMillis::from(limits.keep_days) * DAY;
        let values = (workspace.to_string(), before, now);
        Ok(Expired {
            drafts: self.in_steps(OLD_DRAFTS, values.clone()).await?,
            decisions: self.in_steps(OLD_DECISIONS, values.clone()).await?,
            builds: self.in_steps(OLD_BUILDS, values.clone()).await?,
            artifacts: self.in_steps(OLD_ARTIFACTS, values.clone()).await?,
            actions: self.in_steps(OLD_ACTIONS, values).await?,
        })
    }

    /// Removes the sources that neither a revision nor the inputs of a decision name; returns how many went.
    pub async fn remove_unnamed_sources(&self) -> Result<usize, StoreError> {
        self.in_steps(UNNAMED_SOURCES, ()).await
    }

    async fn in_steps<P>(&self, sql: &'static str, values: P) -> Result<usize, StoreError>
    where
        P: Params + Clone + Send + 'static,
    {
        let mut removed = 0;
        loop {
            let values = values.clone();
            let step = self.write(move |connection| execute(connection, sql, values)).await?;
            removed += step;
            if step < STEP {
                return Ok(removed);
            }
        }
    }

    /// The repositories in which a manifest is no longer named.
    pub fn repositories_with_leftovers(&self) -> Result<Vec<Repository>, StoreError> {
        let sql = "SELECT DISTINCT workspace, repository FROM image_blobs
                   WHERE kind = 'manifest' AND digest NOT IN (
                       SELECT image_digest FROM builds WHERE workspace = image_blobs.workspace
                       AND name = image_blobs.repository AND image_digest IS NOT NULL)";
        self.read(|connection| {
            all(connection, sql, [], |row| {
                Ok(Repository { workspace: name(row, "workspace")?, name: get(row, "repository")? })
            })
        })
    }

    /// The manifests of a repository that a build or a revision of its name has made.
    pub fn named_manifests(&self, repository: &Repository) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT digest FROM image_blobs WHERE workspace = ?1 AND repository = ?2 AND kind = 'manifest' AND (
                       EXISTS (SELECT 1 FROM builds WHERE workspace = ?1 AND name = ?2 AND image_digest = digest)
                       OR EXISTS (SELECT 1 FROM revisions WHERE workspace = ?1 AND agent = ?2
                                  AND json_extract(spec, '$.image_digest') = digest))";
        let values = [repository.workspace.as_str(), &repository.name];
        self.read(|connection| all(connection, sql, values, |row| get(row, "digest")))
    }

    /// Leaves of a repository's blobs only `kept`; tags go with their manifests. Returns how many went.
    pub async fn keep_blobs(&self, repository: Repository, kept: HashSet<String>) -> Result<usize, StoreError> {
        self.write(move |connection| {
            let Repository { workspace, name } = &repository;
            let sql = "SELECT digest FROM image_blobs WHERE workspace = ?1 AND repository = ?2";
            let all: Vec<String> = all(connection, sql, [workspace.as_str(), name], |row| get(row, "digest"))?;
            let sql = "DELETE FROM image_blobs WHERE workspace = ?1 AND repository = ?2 AND digest = ?3";
            let gone = all.iter().filter(|digest| !kept.contains(*digest));
            gone.map(|digest| execute(connection, sql, [workspace.as_str(), name, digest])).sum::<Result<usize, _>>()
        })
        .await
    }

    /// Which of `digests` a repository holds, whichever.
    pub fn held_blobs(&self, digests: &[String]) -> Result<HashSet<String>, StoreError> {
        let sql = "SELECT 1 FROM image_blobs WHERE digest = ?1 LIMIT 1";
        self.read(|connection| {
            let mut held = HashSet::new();
            for digest in digests {
                if first(connection, sql, [digest], |_| Ok(()))?.is_some() {
                    held.insert(digest.clone());
                }
            }
            Ok(held)
        })
    }
}

// In each ?1 is the workspace, ?2 the time before which it is old, and ?3 now; 200 is STEP.

/// A key that is revoked, has expired or is gone opens no draft.
const OLD_DRAFTS: &str = "
    DELETE FROM drafts WHERE rowid IN (
        SELECT rowid FROM drafts WHERE workspace = ?1 AND updated_at < ?2
        AND (status <> 'IN_PROGRESS' OR owner NOT IN (
            SELECT id FROM keys WHERE NOT revoked AND coalesce(expires_at > ?3, TRUE)))
        LIMIT 200)";
const OLD_DECISIONS: &str = "
    DELETE FROM decisions WHERE rowid IN (
        SELECT rowid FROM decisions WHERE workspace = ?1 AND created_at < ?2 AND ?3 > ?2
        AND id NOT IN (SELECT decision_id FROM revisions WHERE workspace = ?1)
        AND id NOT IN (SELECT decision FROM decision_inputs WHERE workspace = ?1)
        LIMIT 200)";
/// A revision names a build that made its image, or an image that a build without an agent made: by tag or by digest.
const OLD_BUILDS: &str = "
    DELETE FROM builds WHERE rowid IN (
        SELECT rowid FROM builds WHERE workspace = ?1 AND created_at < ?2 AND ?3 > ?2
        AND id NOT IN (SELECT build_id FROM revisions WHERE workspace = ?1 AND build_id IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM revisions WHERE revisions.image IN (
            substr(builds.image, instr(builds.image, '/') + 1),
            builds.workspace || '/' || builds.name || '@' || builds.image_digest,
            substr(builds.image, instr(builds.image, '/') + 1) || '@' || builds.image_digest))
        LIMIT 200)";
const OLD_ARTIFACTS: &str = "
    DELETE FROM artifacts WHERE rowid IN (
        SELECT rowid FROM artifacts WHERE workspace = ?1 AND created_at < ?2 AND ?3 > ?2
        AND id NOT IN (SELECT coalesce(json_extract(body, '$.artifact_id'), '') FROM drafts
                       WHERE workspace = ?1 AND status = 'IN_PROGRESS')
        LIMIT 200)";
const OLD_ACTIONS: &str = "
    DELETE FROM actions WHERE rowid IN (
        SELECT rowid FROM actions WHERE workspace = ?1 AND created_at < ?2 AND ?3 > ?2 LIMIT 200)";
const UNNAMED_SOURCES: &str = "
    DELETE FROM sources WHERE rowid IN (
        SELECT rowid FROM sources WHERE NOT EXISTS (
            SELECT 1 FROM revisions WHERE source_digest = sources.digest)
        AND NOT EXISTS (SELECT 1 FROM decision_inputs WHERE source_digest = sources.digest)
        LIMIT 200)";
