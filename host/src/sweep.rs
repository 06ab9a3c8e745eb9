//! Removing what nothing needs any more, in the background and when an operator asks: rows past their number or age, then the
//! sources, images and blobs that no row names.
//!
//! Invariants: a current revision, one that still runs, and what a kept one names are never removed. Rows go before files,
//! each step whole, so that a kill leaves only what the next run takes up. One run at a time.

use crate::app::App;
use crate::edge;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::{JoinSet, spawn_blocking};
use windlass_image::{Alone, Digest, ImageError};
use windlass_store::{Repository, StoreError};

/// How long after the start, and after a run, the next one begins.
const PAUSE: Duration = Duration::from_mins(10);

/// The task that sweeps, and the turn of who does.
#[derive(Debug, Default)]
pub struct Sweeper {
    task: Mutex<JoinSet<()>>,
    turn: tokio::sync::Mutex<()>,
}

/// What one run removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Swept {
    /// Revisions past their number.
    pub revisions: usize,
    /// Decisions that no revision came of.
    pub decisions: usize,
    /// What decisions were made of, past its number, age or bytes: these cannot be replayed any more.
    pub inputs: usize,
    /// Builds whose image no revision runs.
    pub builds: usize,
    /// Drafts that are closed, or of a key that opens nothing any more.
    pub drafts: usize,
    /// Workflow artifacts that no open draft names.
    pub artifacts: usize,
    /// Idempotency keys of actions.
    pub actions: usize,
    /// Sources that neither a revision nor a decision that can be replayed names.
    pub sources: usize,
    /// Blobs that no image has.
    pub blobs: usize,
    /// The bytes of those blobs.
    pub blob_bytes: u64,
}

/// Why a run ended early. What it had removed by then stays removed.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The store could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The blobs could not be listed or removed.
    #[error(transparent)]
    Image(#[from] ImageError),
}

impl Sweeper {
    /// Begins to sweep every ten minutes.
    pub fn start(&self, app: &Arc<App>) {
        let app = app.clone();
        self.task().spawn(async move {
            loop {
                tokio::time::sleep(PAUSE).await;
                keep_reserve(&app).await;
                match sweep(&app).await {
                    Ok(swept) if swept == Swept::default() => {}
                    Ok(swept) => tracing::info!(?swept, "removed what nothing needs any more"),
                    Err(error) => tracing::warn!(%error, "what nothing needs any more could not all be removed"),
                }
            }
        });
    }

    /// Stops the task and waits for its end; the next start takes up what it leaves.
    pub async fn stop(&self) {
        let mut task = std::mem::take(&mut *self.task());
        task.shutdown().await;
    }

    fn task(&self) -> std::sync::MutexGuard<'_, JoinSet<()>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the space that the next start may need, where a start on a full disk had to give it up.
async fn keep_reserve(app: &Arc<App>) {
    let app = app.clone();
    match spawn_blocking(move || app.store.reserve_space()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "no space is kept for the next start"),
        Err(error) => tracing::error!(%error, "keeping space for the next start panicked"),
    }
}

/// Removes what nothing needs any more, of all workspaces.
pub async fn sweep(app: &App) -> Result<Swept, SweepError> {
    let _turn = app.sweeper.turn.lock().await;
    let mut swept = Swept::default();
    for workspace in app.store.workspaces()? {
        let limits = app.store.limits(&workspace.name)?;
        let mut old = app.store.old_revisions(&workspace.name, limits)?;
        old.retain(|old| !app.runtime.runs(&old.agent, old.number));
        swept.revisions += app.store.remove_revisions(old).await?;
        swept.inputs += app.store.remove_old_inputs(&workspace.name, limits, edge::now()).await?;
        let expired = app.store.expire(&workspace.name, limits, edge::now()).await?;
        swept.decisions += expired.decisions;
        swept.builds += expired.builds;
        swept.drafts += expired.drafts;
        swept.artifacts += expired.artifacts;
        swept.actions += expired.actions;
    }
    swept.sources = app.store.remove_unnamed_sources().await?;
    for repository in app.store.repositories_with_leftovers()? {
        let Some(alone) = app.blobs.alone().await? else { return Ok(swept) };
        tidy(app, alone, repository).await?;
    }
    (swept.blobs, swept.blob_bytes) = remove_blobs(app).await?;
    Ok(swept)
}

/// Leaves of a repository what its named manifests are made of. One of them that cannot be read keeps all.
async fn tidy(app: &App, alone: Alone, repository: Repository) -> Result<(), SweepError> {
    let manifests = app.store.named_manifests(&repository)?;
    let parts = move || {
        let digests = manifests.iter().map(|manifest| Digest::parse(manifest)).collect::<Result<Vec<_>, _>>()?;
        let parts = digests.iter().map(|manifest| alone.parts(manifest)).collect::<Result<Vec<_>, _>>()?;
        Ok::<_, ImageError>((alone, parts.into_iter().flatten().map(|digest| digest.to_string()).collect()))
    };
    let (_alone, kept): (Alone, HashSet<String>) = spawn_blocking(parts).await.map_err(|_| StoreError::Panicked)??;
    app.store.keep_blobs(repository, kept).await?;
    Ok(())
}

/// Removes the blobs that neither a repository holds nor a base image has, a 256th of them at a time. Nothing while base
/// images are imported, or somebody copies the store.
async fn remove_blobs(app: &App) -> Result<(usize, u64), SweepError> {
    let (mut removed, mut bytes) = (0, 0);
    for shard in 0..=u8::MAX {
        let (Some(alone), Some(bases)) = (app.blobs.alone().await?, app.bases.blobs()) else { break };
        let (alone, stored) = spawn_blocking(move || alone.stored(shard).map(|stored| (alone, stored)))
            .await
            .map_err(|_| StoreError::Panicked)??;
        let held = app.store.held_blobs(&stored.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        let unnamed = stored.into_iter().filter(|blob| !bases.contains(blob) && !held.contains(&blob.to_string()));
        let unnamed: Vec<Digest> = unnamed.collect();
        removed += unnamed.len();
        let remove = move || unnamed.iter().map(|blob| alone.remove(blob)).sum::<Result<u64, _>>();
        bytes += spawn_blocking(remove).await.map_err(|_| StoreError::Panicked)??;
    }
    Ok((removed, bytes))
}
