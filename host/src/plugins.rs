//! The plugins of this host: what is loaded, and which of them decides for which workspace.
//!
//! Invariants: a deploy is decided wholly by one [`PluginSet`]; a binding swaps the set of its workspace in one step, so
//! the next deploy sees the new one and those under way keep the old; what the store has bound is what is loaded.

mod error;
mod reach;

pub use error::PluginsError;

use crate::edge;
use anyhow::Context as _;
use reach::reach_of;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use windlass_domain::WorkspaceName;
use windlass_domain::binding::Grants;
use windlass_domain::source::sha256;
use windlass_plugin::{HostConfig, InstallError, Limits, Plugin, PluginHost, Terms, Weight, World};
use windlass_store::{AuditEntry, Binding, PluginRecord, Store, StoreError};

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
    /// What is bound and could not be loaded: without it nothing may be decided, since it could be decided otherwise.
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

/// A bound plugin that could not be loaded; the log of the start has the cause.
pub struct Missing {
    /// Its slot.
    pub slot: String,
    /// `name@version`.
    pub plugin: String,
}

/// The loaded plugins by the digest of their component.
type Loaded = HashMap<String, Arc<Plugin>>;

/// The plugin host and what is bound.
pub struct Plugins {
    host: Arc<PluginHost>,
    loaded: RwLock<Loaded>,
    sets: RwLock<HashMap<WorkspaceName, Arc<PluginSet>>>,
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
    /// Starts the plugin host, installs and binds the built-in components, and loads everything that is installed.
    pub async fn start(
        store: &Store,
        data_dir: &Path,
        builtins: &'static [(&'static str, &'static [u8])],
    ) -> anyhow::Result<Self> {
        let config = HostConfig {
            cache_directory: Some(data_dir.join("plugin-cache")),
            cache_key: crate::bootstrap::cache_key(data_dir)?,
            // The running program itself, even when its file has been replaced meanwhile.
            helper: "/proc/self/exe".into(),
        };
        let host = tokio::task::spawn_blocking(move || PluginHost::new(&config)).await??;
        let plugins = Self { host: Arc::new(host), loaded: RwLock::default(), sets: RwLock::default() };
        for (name, component) in builtins {
            plugins.install_builtin(store, component).await.with_context(|| format!("load the built-in {name}"))?;
        }
        for record in store.all_plugins()? {
            if let Err(error) = plugins.load(store, &record).await {
                tracing::error!(plugin = record.name, version = record.version, %error, "cannot load an installed plugin");
            }
        }
        Ok(plugins)
    }

    /// The plugin host, to make calls with.
    #[must_use]
    pub fn host(&self) -> &PluginHost {
        &self.host
    }

    /// Takes a component through the gate, keeps it with its entry of the audit log, and makes it known to `workspace`
    /// (`None`: to all). The flag is false when this very component was installed before.
    pub async fn install(
        &self,
        store: &Store,
        workspace: Option<WorkspaceName>,
        component: Vec<u8>,
        audit: impl FnOnce(&PluginRecord) -> AuditEntry + Send,
    ) -> Result<(PluginRecord, bool), PluginsError> {
        refuse_other_bytes(store, workspace.as_ref(), &component)?;
        self.admit(store, workspace, component, false, |plugin| Some(audit(plugin))).await
    }

    async fn admit(
        &self,
        store: &Store,
        workspace: Option<WorkspaceName>,
        component: Vec<u8>,
        builtin: bool,
        audit: impl FnOnce(&PluginRecord) -> Option<AuditEntry> + Send,
    ) -> Result<(PluginRecord, bool), PluginsError> {
        let (plugin, component) = self.pass_gate(component, builtin).await?;
        let metadata = &plugin.metadata;
        let record = PluginRecord {
            name: metadata.name.to_string(),
            version: metadata.version.clone(),
            digest: plugin.digest.clone(),
            world: metadata.world.as_str().to_owned(),
            metadata: serde_json::to_value(metadata).unwrap_or_default(),
            workspace,
            installed_at: edge::now(),
            builtin,
        };
        let audit = audit(&record);
        let created = store.insert_plugin(record.clone(), component, audit).await?;
        self.keep(plugin);
        // A set that was made just before lacks it.
        self.sets.write().unwrap_or_else(PoisonError::into_inner).clear();
        Ok((record, created))
    }

    /// `trusted`: its patterns need no check, since they were checked before or came with this program.
    async fn pass_gate(&self, component: Vec<u8>, trusted: bool) -> Result<(Plugin, Vec<u8>), InstallError> {
        let host = self.host.clone();
        let gate = move || {
            let passed = if trusted { host.load(&component) } else { host.install(&component) };
            passed.map(|plugin| (plugin, component))
        };
        let passed = tokio::task::spawn_blocking(gate).await;
        passed.map_err(|error| InstallError::Host(anyhow::Error::new(error)))?
    }

    async fn install_builtin(&self, store: &Store, component: &[u8]) -> anyhow::Result<()> {
        let (record, _) = self.admit(store, None, component.to_vec(), true, |_| None).await?;
        let slot = match &*record.world {
            "detector" => format!("{DETECTORS}{}", record.name),
            world => world.to_owned(),
        };
        let bound = store.bindings(None)?.slots.iter().any(|binding| binding.slot == slot);
        if !bound {
            store.bind(None, &slot, &record.digest, 0, edge::now(), |_| None).await?;
        }
        Ok(())
    }

    async fn load(&self, store: &Store, record: &PluginRecord) -> anyhow::Result<()> {
        if self.loaded(&record.digest).is_some() {
            return Ok(());
        }
        let component = store.plugin_bytes(&record.digest)?.context("its component is not in the data directory")?;
        let (plugin, _) = self.pass_gate(component, true).await?;
        self.keep(plugin);
        Ok(())
    }

    fn keep(&self, plugin: Plugin) {
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        loaded.insert(plugin.digest.clone(), Arc::new(plugin));
    }

    fn loaded(&self, digest: &str) -> Option<Arc<Plugin>> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    /// Puts a plugin, named `name` or `name@version`, into a slot of `workspace`.
    pub async fn bind(
        &self,
        store: &Store,
        workspace: &WorkspaceName,
        slot: &str,
        plugin: &str,
        priority: i32,
        audit: impl FnOnce(&Binding) -> AuditEntry + Send + 'static,
    ) -> Result<Binding, PluginsError> {
        let needed = world_of(slot).ok_or_else(|| PluginsError::UnknownSlot { slot: slot.to_owned() })?.as_str();
        let record = find(store, workspace, plugin)?;
        if record.world != needed {
            let plugin = format!("{}@{}", record.name, record.version);
            return Err(PluginsError::WrongWorld { plugin, found: record.world, slot: slot.to_owned(), needed });
        }
        let audit = |after: &Binding| Some(audit(after));
        let binding = store.bind(Some(workspace), slot, &record.digest, priority, edge::now(), audit).await?;
        self.forget(workspace);
        Ok(binding)
    }

    /// Empties a slot of `workspace`, so that the host's default holds there again; whether it was bound.
    pub async fn unbind(
        &self,
        store: &Store,
        workspace: &WorkspaceName,
        slot: &str,
        audit: AuditEntry,
    ) -> Result<bool, PluginsError> {
        let was_bound = store.unbind(Some(workspace), slot, Some(audit)).await?;
        self.forget(workspace);
        Ok(was_bound)
    }

    /// Makes the set of `workspace` anew before its next deploy: a binding or a secret of it has changed.
    pub fn forget(&self, workspace: &WorkspaceName) {
        self.sets.write().unwrap_or_else(PoisonError::into_inner).remove(workspace);
    }

    /// The plugins that decide for `workspace`, as one immutable set.
    pub fn set_of(&self, store: &Store, workspace: &WorkspaceName) -> Result<Arc<PluginSet>, StoreError> {
        if let Some(set) = self.sets.read().unwrap_or_else(PoisonError::into_inner).get(workspace) {
            return Ok(set.clone());
        }
        // The lock is held while the store is read, so that a binding made meanwhile is not lost to an older set.
        let mut sets = self.sets.write().unwrap_or_else(PoisonError::into_inner);
        let set = Arc::new(self.assemble(store, workspace, store.bindings(Some(workspace))?.slots)?);
        sets.insert(workspace.clone(), set.clone());
        Ok(set)
    }

    fn assemble(
        &self,
        store: &Store,
        workspace: &WorkspaceName,
        bindings: Vec<Binding>,
    ) -> Result<PluginSet, StoreError> {
        let mut set = PluginSet::default();
        for Binding { slot, digest, plugin, version, .. } in bindings {
            let Some(plugin) = self.loaded(&digest) else {
                set.missing = Some(Missing { slot, plugin: format!("{plugin}@{version}") });
                continue;
            };
            let reach = reach_of(store, workspace, &plugin, &Grants::default())?;
            let limits = Limits::of(plugin.weight(), reach.has_network());
            let terms = Terms { slot: slot.as_str().into(), reach: reach.into(), ..Terms::of(limits) };
            let bound = Bound { slot, plugin, terms: terms.into() };
            match bound.slot.as_str() {
                STRATEGY => set.strategy = Some(bound),
                TOOL_PROVIDER => set.tool_provider = Some(bound),
                _ => set.detectors.push(bound),
            }
        }
        Ok(set)
    }
}

fn find(store: &Store, workspace: &WorkspaceName, plugin: &str) -> Result<PluginRecord, PluginsError> {
    let (name, version) = plugin.split_once('@').map_or((plugin, None), |(name, version)| (name, Some(version)));
    if let Some(record) = store.plugin(Some(workspace), name, version)? {
        return Ok(record);
    }
    let known = store.plugins(Some(workspace))?;
    let nearest = windlass_domain::resource::nearest(name, known.iter().map(|record| record.name.as_str()));
    Err(PluginsError::UnknownPlugin { name: plugin.to_owned(), nearest: nearest.map(str::to_owned) })
}

/// A version never changes its bytes. The store asks this again when it records; here nothing is left behind yet.
/// Bytes that are no plugin pass: the gate names what they are.
fn refuse_other_bytes(store: &Store, workspace: Option<&WorkspaceName>, component: &[u8]) -> Result<(), PluginsError> {
    let Ok(metadata) = windlass_plugin::metadata::read(component) else { return Ok(()) };
    let stored = store.plugin(workspace, metadata.name.as_str(), Some(&metadata.version))?;
    let stored = stored.filter(|stored| stored.workspace.as_ref() == workspace);
    if stored.is_some_and(|stored| stored.digest != sha256(component)) {
        return Err(StoreError::Exists { what: "plugin", name: metadata.id() }.into());
    }
    Ok(())
}
