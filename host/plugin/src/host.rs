//! The face of the plugin host: install once, call often, with a bounded number of guests at once.

use crate::cache::Cache;
use crate::call::{Answer, Call, Provided};
use crate::engine::{self, Ticker};
use crate::error::{CallError, InstallError, Undecided};
use crate::gate::{self, Plugin};
use crate::limits::Limits;
use crate::link::Linkers;
use crate::phase::Phase;
use crate::places::Places;
use crate::report::Observer;
use crate::settings::{self, SettingsProblem};
use crate::terms::Terms;
use crate::weight::Weight;
use anyhow::Context as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tracing::Span;
use wasmtime::Engine;
use windlass_domain::WorkspaceName;
use windlass_domain::catalogue::Catalogue;
use windlass_domain::claim::Claim;
use windlass_domain::plan::Plan;
use windlass_domain::request::DeployRequest;
use windlass_domain::source::SourceTree;
use windlass_domain::tool::Tool;
use windlass_syntax::Trees;

/// How to start the plugin host.
#[derive(Debug, Clone)]
pub struct HostConfig {
    /// Where compiled components are kept; `None` keeps none.
    pub cache_directory: Option<PathBuf>,
    /// The key that authenticates them, from outside that directory.
    pub cache_key: [u8; 32],
    /// The program that checks patterns under [`windlass_syntax::check::SUBCOMMAND`] and compiles components under
    /// [`crate::compile::SUBCOMMAND`]: this one, `/proc/self/exe`.
    pub helper: PathBuf,
}

/// The plugin host of a process.
pub struct PluginHost {
    rooms: Rooms,
    cache: Option<Cache>,
    helper: PathBuf,
    /// The one place for what nobody waits for.
    aside: Arc<Semaphore>,
    /// How many guests a decision may have at work at once while no other is made: at most 2, which the instance pool has room for.
    lanes: usize,
    observer: Option<Observer>,
    /// One compilation at a time: compiling is the one thing here that takes seconds and hundreds of megabytes.
    compiling: Mutex<()>,
    _ticker: Ticker,
}

/// Where guests of one weight run.
pub(crate) struct Room {
    pub(crate) engine: Engine,
    pub(crate) linkers: Linkers,
    places: Places,
}

/// The rooms of light and of heavy guests: neither waits for the other.
pub(crate) struct Rooms {
    light: Room,
    heavy: Room,
}

impl Room {
    fn new(engine: Engine, places: Places) -> anyhow::Result<Self> {
        let linkers = Linkers::new(&engine).map_err(anyhow::Error::from).context("link the plugin worlds")?;
        Ok(Self { engine, linkers, places })
    }
}

impl Rooms {
    pub(crate) fn of(&self, weight: Weight) -> &Room {
        match weight {
            Weight::Light => &self.light,
            Weight::Heavy => &self.heavy,
        }
    }
}

impl PluginHost {
    /// Starts engines and ticker.
    pub fn new(config: &HostConfig) -> anyhow::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let light = Room::new(engine::light()?, Places::for_cores(cores))?;
        let heavy = Room::new(engine::heavy()?, Places::of_heavy_guests(cores))?;
        let open = |directory: &PathBuf| Cache::open(directory, config.cache_key);
        let cache = config.cache_directory.as_ref().map(open).transpose()?;
        Ok(Self {
            _ticker: Ticker::start(&[&light.engine, &heavy.engine])?,
            rooms: Rooms { light, heavy },
            cache,
            helper: config.helper.clone(),
            aside: Arc::new(Semaphore::new(1)),
            lanes: cores.min(2),
            observer: None,
            compiling: Mutex::new(()),
        })
    }

    /// The same, and `observer` is told of each call.
    #[must_use]
    pub fn observed_by(self, observer: Observer) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// Takes a component through the gate. Blocks for as long as it compiles: call it off the request path.
    pub fn install(&self, component: &[u8]) -> Result<Plugin, InstallError> {
        self.install_seen(component, &|_| {})
    }

    /// The same; `seen` is told of each phase as it begins.
    pub fn install_seen(&self, component: &[u8], seen: &dyn Fn(Phase)) -> Result<Plugin, InstallError> {
        self.pass(component, Some(&self.helper), seen)
    }

    /// The same for a component that was installed before, or came with this program: it is known to compile.
    pub fn load(&self, component: &[u8]) -> Result<Plugin, InstallError> {
        self.pass(component, None, &|_| {})
    }

    /// Whether a component need not be compiled again: its native code is in the cache. What is there is checked when it is loaded.
    #[must_use]
    pub fn has_compiled(&self, digest: &str) -> bool {
        let has =
            |cache: &Cache| [&self.rooms.light, &self.rooms.heavy].iter().any(|room| cache.has(&room.engine, digest));
        self.cache.as_ref().is_some_and(has)
    }

    fn pass(&self, component: &[u8], helper: Option<&Path>, seen: &dyn Fn(Phase)) -> Result<Plugin, InstallError> {
        let _one_at_a_time = self.compiling.lock().unwrap_or_else(PoisonError::into_inner);
        gate::pass(&self.rooms, self.cache.as_ref(), helper, component, seen)
    }

    /// Runs `work`, which makes guest calls for `workspace`, on a blocking thread, as soon as a place is free. `heaviest` is
    /// the weight of the heaviest guest among them.
    pub async fn run<T: Send + 'static>(
        &self,
        workspace: &WorkspaceName,
        heaviest: Weight,
        work: impl FnOnce(&Calls) -> T + Send + 'static,
    ) -> Result<T, CallError> {
        let asked = Instant::now();
        let place = self.rooms.of(heaviest).places.take(workspace).await?;
        let lanes = if heaviest == Weight::Light && place.is_only_one() { self.lanes } else { 1 };
        self.run_at(place, asked.elapsed(), lanes, work).await
    }

    /// Runs `work` beside all decisions: it has the one place that none of them uses, so it waits only for its like, and none
    /// of them waits for it.
    pub async fn run_aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Calls) -> T + Send + 'static,
    ) -> Result<T, CallError> {
        let asked = Instant::now();
        let place = self.aside.clone().acquire_owned().await.map_err(|error| CallError::Host(error.into()))?;
        self.run_at(place, asked.elapsed(), 1, work).await
    }

    /// The place goes with the work, so that a caller who leaves early frees nothing too soon.
    async fn run_at<T: Send + 'static>(
        &self,
        place: impl Send + 'static,
        queued: Duration,
        lanes: usize,
        work: impl FnOnce(&Calls) -> T + Send + 'static,
    ) -> Result<T, CallError> {
        let calls = Calls { parsed: Mutex::default(), lanes, queued, observer: self.observer.clone() };
        let request = Span::current();
        let work = move || {
            let _of_request = request.entered();
            let done = work(&calls);
            drop(place);
            done
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| CallError::Host(anyhow::Error::new(error).context("run a decision")))
    }
}

/// The calls of guests for one piece of work. Each blocks until the guest answers or its limits end it.
pub struct Calls {
    /// What detectors had parsed, and of which source: no file is parsed twice for one deploy.
    parsed: Mutex<(Weak<SourceTree>, Arc<Trees>)>,
    /// How many guests may be at work at once.
    lanes: usize,
    /// How long the work had waited for its place.
    queued: Duration,
    observer: Option<Observer>,
}

impl Calls {
    /// For calls outside of any room, of which nobody is told.
    pub(crate) fn alone() -> Self {
        Self { parsed: Mutex::default(), lanes: 1, queued: Duration::ZERO, observer: None }
    }

    /// `ask` of each item, the answers in the order of the items: by two threads at once where the place allows it.
    pub fn each<T: Sync, U: Send>(&self, items: &[T], ask: impl Fn(&T) -> U + Sync) -> Vec<U> {
        if self.lanes < 2 || items.len() < 2 {
            return items.iter().map(ask).collect();
        }
        let next = AtomicUsize::new(0);
        let lane = || {
            let take = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|index| *index < items.len());
            std::iter::from_fn(take).map(|index| (index, ask(&items[index]))).collect::<Vec<_>>()
        };
        let mut answers = std::thread::scope(|scope| {
            let request = Span::current();
            let beside = scope.spawn(move || request.in_scope(lane));
            let mut answers = lane();
            answers.extend(beside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            answers
        });
        answers.sort_unstable_by_key(|(index, _)| *index);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    fn trees_of(&self, source: &Arc<SourceTree>) -> Arc<Trees> {
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::ptr::eq(parsed.0.as_ptr(), Arc::as_ptr(source)) {
            *parsed = (Arc::downgrade(source), Arc::default());
        }
        parsed.1.clone()
    }

    /// Asks a plugin what is wrong with `settings`, the text of a JSON object; an empty answer: nothing.
    pub fn check_settings(
        &self,
        plugin: &Plugin,
        limits: Limits,
        settings: &str,
    ) -> Result<Answer<Vec<SettingsProblem>>, CallError> {
        settings::check(plugin, limits, settings)
    }

    fn call<'a>(&'a self, plugin: &'a Plugin, terms: &'a Terms, request: &'a DeployRequest) -> Call<'a> {
        Call { plugin, terms, workspace: &request.workspace, queued: self.queued, observer: self.observer.as_ref() }
    }

    /// Asks a detector for its claims.
    pub fn detect(
        &self,
        plugin: &Plugin,
        terms: &Terms,
        request: &Arc<DeployRequest>,
        source: &Arc<SourceTree>,
    ) -> Result<Answer<Vec<Claim>>, CallError> {
        let answer = self.call(plugin, terms, request).detect(request, source, self.trees_of(source))?;
        let took = u64::try_from(answer.took.as_micros()).unwrap_or(u64::MAX);
        plugin.last_took.store(took, Ordering::Relaxed);
        Ok(answer)
    }

    /// Asks a strategy for the plan.
    pub fn decide(
        &self,
        plugin: &Plugin,
        terms: &Terms,
        request: &Arc<DeployRequest>,
        claims: &Arc<[Claim]>,
        catalogue: &Arc<Catalogue>,
    ) -> Result<Answer<Plan>, Undecided> {
        self.call(plugin, terms, request).decide(request, claims, catalogue)
    }

    /// Asks a tool provider for the tools; `registered` are those of the workspace.
    pub fn provide(
        &self,
        plugin: &Plugin,
        terms: &Terms,
        request: &Arc<DeployRequest>,
        claims: &Arc<[Claim]>,
        registered: &Arc<[Tool]>,
    ) -> Result<Answer<Provided>, CallError> {
        self.call(plugin, terms, request).provide(request, claims, registered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_keep_the_order_of_the_items_by_one_thread_and_by_two() {
        for lanes in [1, 2] {
            let calls = Calls { parsed: Mutex::default(), lanes, queued: Duration::ZERO, observer: None };
            let items: Vec<u32> = (0..100).collect();
            assert_eq!(calls.each(&items, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
            // Two that wait for each other are asked at once, or never answer.
            let both = std::sync::Barrier::new(lanes);
            calls.each(&[(), ()], |()| both.wait());
        }
    }
}
