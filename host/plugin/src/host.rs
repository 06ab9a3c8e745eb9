//! The face of the plugin host: install once, call often, with a bounded number of guests at once and a bounded queue.

use crate::cache::Cache;
use crate::call::{self, Answer, Detected, Provided};
use crate::engine::{self, Allocation, MAX_CONCURRENT_CALLS, Ticker};
use crate::error::{CallError, InstallError};
use crate::gate::{self, Plugin};
use crate::limits::Limits;
use crate::link::Linkers;
use anyhow::Context as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use wasmtime::Engine;
use windlass_domain::catalogue::Catalogue;
use windlass_domain::claim::Claim;
use windlass_domain::plan::Plan;
use windlass_domain::request::DeployRequest;
use windlass_domain::source::SourceTree;
use windlass_domain::tool::Tool;

/// The most decisions that may wait for a free guest; one more is [`CallError::Busy`].
pub const QUEUE_LIMIT: usize = 1_024;

/// How to start the plugin host.
#[derive(Debug, Clone)]
pub struct HostConfig {
    /// Where compiled components are kept; `None` keeps none.
    pub cache_directory: Option<PathBuf>,
    /// The key that authenticates them, from outside that directory.
    pub cache_key: [u8; 32],
    /// What one call may cost.
    pub limits: Limits,
}

/// The plugin host of a process.
pub struct PluginHost {
    calls: Arc<Calls>,
    linkers: Linkers,
    cache: Option<Cache>,
    allocation: Allocation,
    permits: Semaphore,
    waiting: AtomicUsize,
    /// One compilation at a time: compiling is the one thing here that takes seconds and hundreds of megabytes.
    compiling: Mutex<()>,
    _ticker: Ticker,
}

impl PluginHost {
    /// Starts engine and ticker.
    pub fn new(config: &HostConfig) -> anyhow::Result<Self> {
        let (engine, allocation) = engine::build()?;
        let linkers = Linkers::new(&engine).map_err(anyhow::Error::from).context("link the plugin worlds")?;
        let open = |directory: &PathBuf| Cache::open(directory, config.cache_key);
        let cache = config.cache_directory.as_ref().map(open).transpose()?;
        // More guests than twice the cores only wait for each other.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let permits = Semaphore::new((cores * 2).min(MAX_CONCURRENT_CALLS as usize));
        let ticker = Ticker::start(&engine)?;
        let calls = Arc::new(Calls { engine, limits: config.limits });
        let waiting = AtomicUsize::new(0);
        Ok(Self { calls, linkers, cache, allocation, permits, waiting, compiling: Mutex::new(()), _ticker: ticker })
    }

    /// How instances are allocated here.
    #[must_use]
    pub fn allocation(&self) -> Allocation {
        self.allocation
    }

    /// Takes a component through the gate. Blocks for as long as it compiles: call it off the request path.
    pub fn install(&self, component: &[u8]) -> Result<Plugin, InstallError> {
        let _one_at_a_time = self.compiling.lock().unwrap_or_else(PoisonError::into_inner);
        gate::pass(&self.calls.engine, &self.linkers, self.cache.as_ref(), component)
    }

    /// Runs `work`, which makes guest calls, on a blocking thread, as soon as one of the permits is free.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Calls) -> T + Send + 'static,
    ) -> Result<T, CallError> {
        let _permit = self.permit().await?;
        let calls = self.calls.clone();
        tokio::task::spawn_blocking(move || work(&calls))
            .await
            .map_err(|error| CallError::Host(anyhow::Error::new(error).context("run a decision")))
    }

    async fn permit(&self) -> Result<tokio::sync::SemaphorePermit<'_>, CallError> {
        if let Ok(permit) = self.permits.try_acquire() {
            return Ok(permit);
        }
        let _place = Place::take(&self.waiting).ok_or(CallError::Busy)?;
        self.permits.acquire().await.map_err(|error| CallError::Host(error.into()))
    }
}

/// A place in the queue, given back on drop, so also when the caller goes away.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Option<Self> {
        let place = Self(waiting);
        (waiting.fetch_add(1, Ordering::Relaxed) < QUEUE_LIMIT).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The calls of guests. Each blocks until the guest answers or its limits end it.
pub struct Calls {
    engine: Engine,
    limits: Limits,
}

impl Calls {
    /// Asks a detector for its claims.
    pub fn detect(
        &self,
        plugin: &Plugin,
        request: &Arc<DeployRequest>,
        source: &Arc<SourceTree>,
    ) -> Result<Answer<Detected>, CallError> {
        call::detect(&self.engine, plugin, self.limits, request, source)
    }

    /// Asks a strategy for the plan.
    pub fn decide(
        &self,
        plugin: &Plugin,
        request: &Arc<DeployRequest>,
        claims: &Arc<[Claim]>,
        catalogue: &Arc<Catalogue>,
    ) -> Result<Answer<Plan>, CallError> {
        call::decide(&self.engine, plugin, self.limits, request, claims, catalogue)
    }

    /// Asks a tool provider for the tools; `registered` are those of the workspace.
    pub fn provide(
        &self,
        plugin: &Plugin,
        request: &Arc<DeployRequest>,
        claims: &Arc<[Claim]>,
        registered: &Arc<[Tool]>,
    ) -> Result<Answer<Provided>, CallError> {
        call::provide(&self.engine, plugin, self.limits, request, claims, registered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_refuses_exactly_past_its_limit_and_gives_places_back() {
        let waiting = AtomicUsize::new(0);
        let places: Vec<_> = (0..QUEUE_LIMIT).map(|_| Place::take(&waiting).expect("a free place")).collect();
        assert!(Place::take(&waiting).is_none());
        drop(places);
        assert!(Place::take(&waiting).is_some());
    }
}
