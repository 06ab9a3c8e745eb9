//! The keys of the providers, kept in memory: when they are asked for anew, and how long they hold when nobody answers.
//!
//! Invariants: one request asks a provider at a time, and each request at most once. Tokens of unknown keys make it ask at most
//! once in [`SEARCH_PAUSE`], and a provider that failed is left alone for [`FAILED_PAUSE`], whatever comes.

use super::fetch::{FetchError, Fetcher};
use super::key_set::KeySet;
use super::token::Head;
use crate::egress::Egress;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use url::Url;
use windlass_domain::WorkspaceName;

/// How old keys may be before they are asked for anew.
const MAX_AGE: Duration = Duration::from_mins(5);
/// How old keys may be while the provider does not answer.
const MAX_STALE: Duration = Duration::from_hours(1);
/// How long it takes until tokens of unknown keys make it ask again.
const SEARCH_PAUSE: Duration = Duration::from_secs(10);
/// How long a provider that failed is left alone.
const FAILED_PAUSE: Duration = Duration::from_secs(5);
/// The most providers whose keys are kept.
const MAX_SOURCES: usize = 1_024;

/// Where keys come from, and for whom: no workspace has to do with what another asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Source {
    pub(super) workspace: WorkspaceName,
    pub(super) uri: Url,
}

/// Why there are no keys, and when to ask again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoKeys {
    /// What came of the last attempt, for a human.
    pub why: String,
    /// When the next attempt is made at the earliest.
    pub again_in: Duration,
}

/// The keys of all providers.
pub(super) struct Keys {
    fetcher: Fetcher,
    kept: Mutex<HashMap<Source, Arc<Kept>>>,
}

/// The keys of one provider.
#[derive(Default)]
struct Kept {
    seen: Mutex<Seen>,
    /// Held by whoever asks the provider.
    turn: tokio::sync::Mutex<()>,
}

impl Keys {
    pub(super) fn start(egress: Egress) -> anyhow::Result<Self> {
        Ok(Self { fetcher: Fetcher::start(egress)?, kept: Mutex::default() })
    }

    /// The provider's keys, asked for where those that are kept do not do.
    pub(super) async fn find(&self, source: Source, head: &Head) -> Result<Arc<KeySet>, NoKeys> {
        let kept = self.kept(&source);
        let decided = lock(&kept.seen).next(head, Instant::now());
        let stale = match decided {
            Next::Use(keys) => return Ok(keys),
            Next::Fail(reason) => return Err(reason),
            Next::Ask { meanwhile } => meanwhile,
        };
        let _turn = match (kept.turn.try_lock(), stale) {
            (Ok(turn), _) => turn,
            // Somebody asks already: nobody waits who has keys that hold.
            (Err(_), Some(keys)) => return Ok(keys),
            (Err(_), None) => kept.turn.lock().await,
        };
        let decided = lock(&kept.seen).next(head, Instant::now());
        match decided {
            Next::Use(keys) => return Ok(keys),
            Next::Fail(reason) => return Err(reason),
            Next::Ask { .. } => lock(&kept.seen).ask(Instant::now()),
        }
        let fetched = self.fetcher.fetch(&source.uri).await;
        if let Err(error) = &fetched {
            // Without path and query: some carry keys of their own.
            let host = source.uri.host_str().unwrap_or_default();
            tracing::warn!(%error, workspace = %source.workspace, host, "an identity provider gave no keys");
        }
        let mut seen = lock(&kept.seen);
        seen.learn(fetched, Instant::now());
        seen.after_asking(head, Instant::now())
    }

    fn kept(&self, source: &Source) -> Arc<Kept> {
        let mut all = lock(&self.kept);
        if let Some(kept) = all.get(source) {
            return kept.clone();
        }
        if all.len() >= MAX_SOURCES
            && let Some(oldest) =
                all.iter().min_by_key(|(_, kept)| lock(&kept.seen).asked).map(|(source, _)| source.clone())
        {
            all.remove(&oldest);
        }
        all.entry(source.clone()).or_default().clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was seen of a provider.
#[derive(Default)]
struct Seen {
    /// Its keys, and when they came.
    keys: Option<(Arc<KeySet>, Instant)>,
    /// What the last attempt failed with, and when; `None` after one that did not.
    failed: Option<(FetchError, Instant)>,
    /// When it was last asked though its keys were fresh.
    searched: Option<Instant>,
    /// When it was last asked.
    asked: Option<Instant>,
}

enum Next {
    Use(Arc<KeySet>),
    Ask {
        /// Keys that do until there is an answer.
        meanwhile: Option<Arc<KeySet>>,
    },
    Fail(NoKeys),
}

impl Seen {
    /// What to do for a token of that head.
    fn next(&self, head: &Head, now: Instant) -> Next {
        let failed = self.failed.as_ref().filter(|(_, at)| now < *at + FAILED_PAUSE);
        let Some((keys, at)) = &self.keys else {
            return failed.map_or(Next::Ask { meanwhile: None }, |(error, at)| Next::Fail(no_keys(error, *at, now)));
        };
        let has = keys.candidates(head).next().is_some();
        let is_fresh = now < *at + MAX_AGE;
        let holds = has && now < *at + MAX_STALE;
        let was_searched = self.searched.is_some_and(|at| now < at + SEARCH_PAUSE);
        match failed {
            _ if has && is_fresh => Next::Use(keys.clone()),
            Some(_) if holds => Next::Use(keys.clone()),
            Some((error, at)) => Next::Fail(no_keys(error, *at, now)),
            None if is_fresh && was_searched => Next::Use(keys.clone()),
            None => Next::Ask { meanwhile: holds.then(|| keys.clone()) },
        }
    }

    /// The provider is asked now.
    fn ask(&mut self, now: Instant) {
        if self.keys.as_ref().is_some_and(|(_, at)| now < *at + MAX_AGE) {
            self.searched = Some(now);
        }
        self.asked = Some(now);
    }

    fn learn(&mut self, fetched: Result<KeySet, FetchError>, now: Instant) {
        match fetched {
            Ok(keys) => (self.keys, self.failed) = (Some((Arc::new(keys), now)), None),
            // The pause after a failure is the shorter one: a search that found nobody was none.
            Err(error) => (self.failed, self.searched) = (Some((error, now)), None),
        }
    }

    /// What there is now, without asking once more.
    fn after_asking(&self, head: &Head, now: Instant) -> Result<Arc<KeySet>, NoKeys> {
        match (self.next(head, now), &self.keys) {
            (Next::Use(keys), _) => Ok(keys),
            (Next::Fail(reason), _) => Err(reason),
            (Next::Ask { .. }, keys) => Ok(keys.as_ref().map(|(keys, _)| keys.clone()).unwrap_or_default()),
        }
    }
}

fn no_keys(error: &FetchError, at: Instant, now: Instant) -> NoKeys {
    NoKeys { why: error.to_string(), again_in: (at + FAILED_PAUSE).saturating_duration_since(now) }
}

#[cfg(test)]
mod tests;
