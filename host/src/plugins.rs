//! The plugins of this host: what is loaded, and which of them decides for which workspace.
//!
//! Invariants: a deploy is decided wholly by one [`PluginSet`]; a binding swaps the set of its workspace in one step, so
//! the next deploy sees the new one and those under way keep the old; what the store has bound is what is loaded.

mod bind;
pub mod breaker;
mod error;
mod install;
pub mod jobs;
pub mod logs;
pub mod observe;
mod reach;
pub mod terms;

pub use bind::Wanted;
pub use error::PluginsError;

use anyhow::Context as _;
use breaker::{Breaker, Rules, Stopped};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;
use windlass_domain::WorkspaceName;
use windlass_domain::binding::{BindingTerms, OnFailure};
use windlass_domain::decision;
use windlass_plugin::{HostConfig, Observer, Plugin, PluginHost, Terms, Weight, World};
use windlass_store::{Binding, Bindings, Seat, Store, StoreError};

/// The slot of the one strategy.
pub const STRATEGY: &str = "strategy";
/// The slot of the one tool provider.
pub const TOOL_PROVIDER: &str = "tool-provider";
/// What the slots of detectors start with; the rest is a name of the operator's choice.
pub const DETECTORS: &str = "detectors/";

/// A plugin in a slot.
#[derive(Clone)]
pub struct Bound {
    /// The slot.
    pub slot: String,
    /// The plugin.
    pub plugin: Arc<Plugin>,
    /// What its binding gives it.
    pub terms: Arc<Terms>,
    /// [`windlass_domain::binding::BindingTerms::digest`] of its binding.
    pub terms_digest: Option<String>,
    /// Whose binding it is; `None`: the host's.
    pub scope: Option<WorkspaceName>,
    /// The number of the binding's revision.
    pub revision: u32,
    /// What happens when it breaks.
    pub on_failure: OnFailure,
    /// Who answers then, where that is what happens: the host's default of the slot.
    pub fallback: Option<Arc<Bound>>,
    /// Stops it when it keeps breaking.
    pub breaker: Arc<Breaker>,
}

impl Bound {
    /// What tells its answers from those of any other.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        decision::fingerprint(&self.plugin.digest, self.terms_digest.as_deref())
    }
}

/// All plugins that decide for one workspace.
#[derive(Default)]
pub struct PluginSet {
    /// The detectors, in the order of their priority and slot.
    pub detectors: Vec<Bound>,
    /// The strategy.
    pub strategy: Option<Bound>,
    /// The tool provider.
    pub tool_provider: Option<Bound>,
    /// The candidates beside them; one that could not be loaded is left out.
    pub shadows: Vec<Bound>,
    /// What is bound and is not loaded: without it nothing may be decided, since it could be decided otherwise.
    pub missing: Option<Missing>,
}

impl PluginSet {
    /// The weight of the heaviest plugin.
    #[must_use]
    pub fn heaviest(&self) -> Weight {
        let all = self.detectors.iter().chain(&self.strategy).chain(&self.tool_provider);
        all.map(|bound| bound.plugin.weight()).max().unwrap_or(Weight::Light)
    }
}

/// A bound plugin that is not loaded.
pub struct Missing {
    /// Its slot.
    pub slot: String,
    /// `name@version`.
    pub plugin: String,
    /// Why it cannot be; `None`: it is being loaded.
    pub reason: Option<String>,
}

/// How a binding is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It answers.
    Ready,
    /// It is not loaded yet.
    Scheduled,
    /// It cannot be loaded, and why.
    Failed(String),
    /// It keeps breaking, and is not called for a while.
    Stopped(Stopped),
}

/// The loaded plugins by the digest of their component.
type Loaded = HashMap<String, Arc<Plugin>>;
/// The breakers of what is bound, by the workspace that is decided for and the place of the binding, with its revision.
type Breakers = HashMap<(WorkspaceName, Seat), (u32, Arc<Breaker>)>;

/// The plugin host and what is bound.
pub struct Plugins {
    host: Arc<PluginHost>,
    /// When a plugin is stopped that keeps breaking.
    rules: Rules,
    loaded: RwLock<Loaded>,
    /// Why what is installed is not loaded, by digest.
    unloadable: RwLock<HashMap<String, String>>,
    sets: RwLock<HashMap<WorkspaceName, Arc<PluginSet>>>,
    breakers: Mutex<Breakers>,
    /// The digests of the components that hold a slot by default, by slot.
    builtin: RwLock<BTreeMap<String, String>>,
}

/// The world that a slot takes; `None` where there is no such slot.
#[must_use]
pub fn world_of(slot: &str) -> Option<World> {
    let is_name = |name: &str| windlass_domain::ResourceName::parse("slot", name).is_ok();
    match slot {
        STRATEGY => Some(World::Strategy),
        TOOL_PROVIDER => Some(World::ToolProvider),
        _ => slot.strip_prefix(DETECTORS).filter(|name| is_name(name)).map(|_| World::Detector),
    }
}

impl Plugins {
    /// Starts the plugin host, installs and binds the built-in components, and loads what is installed and was compiled
    /// before; for the rest see [`Self::load_the_rest`].
    pub async fn start(
        store: &Store,
        data_dir: &Path,
        rules: Rules,
        builtins: &'static [(&'static str, &'static [u8])],
        observer: Observer,
    ) -> anyhow::Result<Self> {
        let config = HostConfig {
            cache_directory: Some(data_dir.join("plugin-cache")),
            cache_key: crate::bootstrap::cache_key(data_dir)?,
            // The running program itself, even when its file has been replaced meanwhile.
            helper: "/proc/self/exe".into(),
        };
        let host = tokio::task::spawn_blocking(move || PluginHost::new(&config)).await??.observed_by(observer);
        let plugins = Self {
            host: Arc::new(host),
            rules,
            loaded: RwLock::default(),
            unloadable: RwLock::default(),
            sets: RwLock::default(),
            breakers: Mutex::default(),
            builtin: RwLock::default(),
        };
        for (name, component) in builtins {
            plugins.install_builtin(store, component).await.with_context(|| format!("load the built-in {name}"))?;
        }
        for record in store.all_plugins()? {
            if plugins.host.has_compiled(&record.digest) {
                plugins.load(store, &record).await;
            }
        }
        Ok(plugins)
    }

    /// The slots whose plugin is stopped, with the workspace that it is stopped for.
    #[must_use]
    pub fn stopped(&self) -> Vec<(WorkspaceName, String)> {
        let (now, breakers) = (Instant::now(), self.breakers.lock().unwrap_or_else(PoisonError::into_inner));
        let stopped = breakers.iter().filter(|(_, (_, breaker))| breaker.stopped(now).is_some());
        stopped.map(|((workspace, seat), _)| (workspace.clone(), seat.slot.clone())).collect()
    }

    /// The plugin host, to make calls with.
    #[must_use]
    pub fn host(&self) -> &PluginHost {
        &self.host
    }

    fn loaded(&self, digest: &str) -> Option<Arc<Plugin>> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    /// Why a component is not loaded; `None`: it is being loaded.
    fn why_not_loaded(&self, digest: &str) -> Option<String> {
        self.unloadable.read().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    /// Makes the set of `workspace` (`None`: every set) anew before its next deploy: a binding or a secret of it has changed.
    pub fn forget(&self, workspace: Option<&WorkspaceName>) {
        let mut sets = self.sets.write().unwrap_or_else(PoisonError::into_inner);
        match workspace {
            Some(workspace) => drop(sets.remove(workspace)),
            None => sets.clear(),
        }
    }

    /// The plugins that decide for `workspace`, as one immutable set.
    pub fn set_of(&self, store: &Store, workspace: &WorkspaceName) -> Result<Arc<PluginSet>, StoreError> {
        if let Some(set) = self.sets.read().unwrap_or_else(PoisonError::into_inner).get(workspace) {
            return Ok(set.clone());
        }
        // The lock is held while the store is read, so that a binding made meanwhile is not lost to an older set.
        let mut sets = self.sets.write().unwrap_or_else(PoisonError::into_inner);
        let (bindings, defaults) = (store.bindings(Some(workspace))?, store.bindings(None)?.slots);
        let set = Arc::new(self.assemble(store, workspace, bindings, &defaults)?);
        sets.insert(workspace.clone(), set.clone());
        Ok(set)
    }

    fn assemble(
        &self,
        store: &Store,
        workspace: &WorkspaceName,
        bindings: Bindings,
        defaults: &[Binding],
    ) -> Result<PluginSet, StoreError> {
        let bound = |binding: &Binding| self.bound(store, workspace, binding);
        let mut set = PluginSet::default();
        for binding in &bindings.shadows {
            set.shadows.extend(bound(binding)?);
        }
        for binding in bindings.slots {
            let Some(mut found) = bound(&binding)? else {
                let plugin = format!("{}@{}", binding.plugin, binding.version);
                let reason = self.why_not_loaded(&binding.digest);
                set.missing = Some(Missing { slot: binding.seat.slot, plugin, reason });
                continue;
            };
            if found.on_failure == OnFailure::Fallback {
                let default = defaults.iter().find(|default| default.seat.slot == found.slot);
                let default = default.map(bound).transpose()?.flatten();
                found.fallback = default.filter(|default| default.fingerprint() != found.fingerprint()).map(Arc::new);
            }
            match found.slot.as_str() {
                STRATEGY => set.strategy = Some(found),
                TOOL_PROVIDER => set.tool_provider = Some(found),
                _ => set.detectors.push(found),
            }
        }
        Ok(set)
    }

    /// A binding as it decides for `workspace`; `None` where its plugin is not loaded.
    fn bound(&self, store: &Store, workspace: &WorkspaceName, binding: &Binding) -> Result<Option<Bound>, StoreError> {
        let Some(plugin) = self.loaded(&binding.digest) else { return Ok(None) };
        let breaker = self.breaker(workspace, binding);
        let seated = seated(store, workspace, plugin, &binding.seat, &binding.terms, breaker)?;
        Ok(Some(Bound { revision: binding.revision, ..seated }))
    }

    /// The breaker of a binding: it lives as long as its revision holds, whatever else is bound meanwhile.
    fn breaker(&self, workspace: &WorkspaceName, binding: &Binding) -> Arc<Breaker> {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || (binding.revision, Arc::new(Breaker::new(self.rules)));
        let breaker = breakers.entry((workspace.clone(), binding.seat.clone())).or_insert_with(fresh);
        if breaker.0 != binding.revision {
            *breaker = fresh();
        }
        breaker.1.clone()
    }

    /// How a binding is, seen from `workspace`; from the host where that is `None`.
    #[must_use]
    pub fn state_of(&self, workspace: Option<&WorkspaceName>, binding: &Binding) -> State {
        if self.loaded(&binding.digest).is_none() {
            return self.why_not_loaded(&binding.digest).map_or(State::Scheduled, State::Failed);
        }
        let stopped = workspace.and_then(|workspace| self.breaker(workspace, binding).stopped(Instant::now()));
        stopped.map_or(State::Ready, State::Stopped)
    }
}

/// A plugin as it decides for `workspace` in a place, on these terms; of no revision.
fn seated(
    store: &Store,
    workspace: &WorkspaceName,
    plugin: Arc<Plugin>,
    seat: &Seat,
    terms: &BindingTerms,
    breaker: Arc<Breaker>,
) -> Result<Bound, StoreError> {
    Ok(Bound {
        slot: seat.slot.clone(),
        terms: terms::of(store, workspace, &plugin, &seat.slot, terms)?.into(),
        plugin,
        terms_digest: terms.digest(),
        scope: seat.workspace.clone(),
        revision: 0,
        on_failure: terms.on_failure,
        fallback: None,
        breaker,
    })
}
