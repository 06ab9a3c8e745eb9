//! Installing: through the gate, into the store, into memory.

use super::{DETECTORS, Plugins, PluginsError};
use crate::edge;
use anyhow::Context as _;
use std::sync::{Arc, PoisonError};
use windlass_domain::WorkspaceName;
use windlass_domain::binding::BindingTerms;
use windlass_domain::source::sha256;
use windlass_plugin::{InstallError, Phase, Plugin};
use windlass_store::{AuditEntry, By, PluginRecord, Seat, Store, StoreError};

impl Plugins {
    /// Takes a component through the gate, keeps it with its entry of the audit log, and makes it known to `workspace`
    /// (`None`: to all). The flag is false when this very component was installed before. `seen` is told of each phase.
    pub async fn install(
        &self,
        store: &Store,
        workspace: Option<WorkspaceName>,
        component: Vec<u8>,
        seen: impl Fn(Phase) + Send + Sync + 'static,
        audit: impl FnOnce(&PluginRecord) -> AuditEntry + Send,
    ) -> Result<(PluginRecord, bool), PluginsError> {
        refuse_other_bytes(store, workspace.as_ref(), &component)?;
        let host = self.host.clone();
        let gate = move || {
            let plugin = host.install_seen(&component, &seen)?;
            seen(Phase::Publish);
            Ok((plugin, component))
        };
        let passed = off_the_request_path(gate).await?;
        self.publish(store, workspace, passed, false, |plugin| Some(audit(plugin))).await
    }

    async fn publish(
        &self,
        store: &Store,
        workspace: Option<WorkspaceName>,
        (plugin, component): (Plugin, Vec<u8>),
        builtin: bool,
        audit: impl FnOnce(&PluginRecord) -> Option<AuditEntry> + Send,
    ) -> Result<(PluginRecord, bool), PluginsError> {
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
        self.forget(None);
        Ok((record, created))
    }

    /// What was checked before, or came with this program.
    async fn load_component(&self, component: Vec<u8>) -> Result<(Plugin, Vec<u8>), InstallError> {
        let host = self.host.clone();
        off_the_request_path(move || host.load(&component).map(|plugin| (plugin, component))).await
    }

    /// The first one of a slot holds it by default.
    pub(super) async fn install_builtin(&self, store: &Store, component: &[u8]) -> anyhow::Result<()> {
        let passed = self.load_component(component.to_vec()).await?;
        let (record, _) = self.publish(store, None, passed, true, |_| None).await?;
        let slot = match &*record.world {
            "detector" => format!("{DETECTORS}{}", record.name),
            world => world.to_owned(),
        };
        self.note_default(&slot, &record);
        let seat = Seat::live(None, slot);
        if store.binding(&seat)?.is_none() {
            let by = By { who: None, at: edge::now() };
            store.bind(&seat, &record.digest, BindingTerms::default(), by, |_| None).await?;
        }
        Ok(())
    }

    /// Notes a built-in plugin as the default of a slot that has none yet.
    fn note_default(&self, slot: &str, record: &PluginRecord) {
        let mut builtin = self.builtin.write().unwrap_or_else(PoisonError::into_inner);
        builtin.entry(slot.to_owned()).or_insert_with(|| record.digest.clone());
    }

    /// Loads what has to be compiled again, one after the other. Meanwhile its bindings are scheduled, and whoever needs none
    /// of them is served.
    pub async fn load_the_rest(&self, store: &Store) -> Result<(), StoreError> {
        for record in store.all_plugins()? {
            if self.loaded(&record.digest).is_none() && self.why_not_loaded(&record.digest).is_none() {
                self.load(store, &record).await;
                // A set that was made just before lacks it.
                self.forget(None);
            }
        }
        Ok(())
    }

    /// Loads what is installed. Where that fails, its bindings say why.
    pub(super) async fn load(&self, store: &Store, record: &PluginRecord) {
        let Err(error) = self.try_to_load(store, record).await else { return };
        tracing::error!(plugin = record.name, version = record.version, %error, "cannot load an installed plugin");
        let mut unloadable = self.unloadable.write().unwrap_or_else(PoisonError::into_inner);
        unloadable.insert(record.digest.clone(), format!("{error:#}"));
    }

    async fn try_to_load(&self, store: &Store, record: &PluginRecord) -> anyhow::Result<()> {
        if self.loaded(&record.digest).is_some() {
            return Ok(());
        }
        let component = store.plugin_bytes(&record.digest)?.context("its component is not in the data directory")?;
        let (plugin, _) = self.load_component(component).await?;
        self.keep(plugin);
        Ok(())
    }

    fn keep(&self, plugin: Plugin) {
        self.unloadable.write().unwrap_or_else(PoisonError::into_inner).remove(&plugin.digest);
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        loaded.insert(plugin.digest.clone(), Arc::new(plugin));
    }
}

/// Compiling takes milliseconds to seconds.
async fn off_the_request_path<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, InstallError> + Send + 'static,
) -> Result<T, InstallError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| InstallError::Host(anyhow::Error::new(error)))?
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
