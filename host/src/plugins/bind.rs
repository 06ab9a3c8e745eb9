//! Binding: which plugin sits in which slot, on which terms. Each change is a revision, and one swap.

use super::breaker::Breaker;
use super::{Bound, Plugins, PluginsError, seated, terms, world_of};
use crate::bootstrap::DEFAULT_WORKSPACE;
use serde_json::Value;
use std::sync::{Arc, PoisonError};
use windlass_domain::WorkspaceName;
use windlass_domain::binding::BindingTerms;
use windlass_plugin::{Limits, Plugin};
use windlass_store::{AuditEntry, Binding, By, PluginRecord, Seat, Store};

/// A binding as it is asked for.
#[derive(Debug)]
pub struct Wanted {
    /// Where.
    pub seat: Seat,
    /// The plugin, named `name` or `name@version`.
    pub plugin: String,
    /// On which terms.
    pub terms: BindingTerms,
}

impl Plugins {
    /// Puts a plugin into a slot, after the host, the plugin's schema and the plugin itself have looked at the terms.
    pub async fn bind(
        &self,
        store: &Store,
        wanted: Wanted,
        by: By,
        audit: impl FnOnce(&Binding) -> AuditEntry + Send + 'static,
    ) -> Result<Binding, PluginsError> {
        let plugin = self.admit_to(store, &wanted).await?;
        let Wanted { seat, terms, .. } = wanted;
        let binding = store.bind(&seat, &plugin.digest, terms, by, |after| Some(audit(after))).await?;
        self.forget(seat.workspace.as_ref());
        Ok(binding)
    }

    /// Empties a slot, so that the host's default holds there again, and in the host's own the built-in plugin; whether that
    /// was a change.
    pub async fn unbind(&self, store: &Store, seat: &Seat, by: By, audit: AuditEntry) -> Result<bool, PluginsError> {
        let builtin = self.builtin.read().unwrap_or_else(PoisonError::into_inner).get(&seat.slot).cloned();
        let changed = match builtin {
            Some(digest) if *seat == Seat::live(None, &*seat.slot) => {
                let plain = BindingTerms::default();
                let holds = store.binding(seat)?.is_some_and(|now| now.digest == digest && now.terms == plain);
                if !holds {
                    store.bind(seat, &digest, plain, by, |_| Some(audit)).await?;
                }
                !holds
            }
            _ => store.unbind(seat, by, Some(audit)).await?,
        };
        self.forget(seat.workspace.as_ref());
        Ok(changed)
    }

    /// Takes an earlier revision up again (`None`: the one before); the answer is what holds then, if anything.
    pub async fn roll_back(
        &self,
        store: &Store,
        seat: &Seat,
        to: Option<u32>,
        by: By,
        audit: impl FnOnce(Option<&Binding>) -> AuditEntry + Send + 'static,
    ) -> Result<Option<Binding>, PluginsError> {
        let holds = store.roll_back(seat, to, by, audit).await?;
        self.forget(seat.workspace.as_ref());
        Ok(holds)
    }

    /// A plugin as it would decide for `workspace`, though it is bound nowhere.
    pub async fn candidate(
        &self,
        store: &Store,
        workspace: &WorkspaceName,
        wanted: Wanted,
    ) -> Result<Bound, PluginsError> {
        let plugin = self.admit_to(store, &wanted).await?;
        let breaker = Arc::new(Breaker::new(self.rules));
        Ok(seated(store, workspace, plugin, &wanted.seat, &wanted.terms, breaker)?)
    }

    /// Lets the candidate of a slot decide, and empties its place; `note` says why.
    pub async fn promote(
        &self,
        store: &Store,
        seat: &Seat,
        note: Value,
        by: By,
        audit: impl FnOnce(&Binding) -> AuditEntry + Send + 'static,
    ) -> Result<Binding, PluginsError> {
        let workspace = seat.workspace.as_ref();
        let binding = store.promote(workspace, &seat.slot, note, by, |after| Some(audit(after))).await?;
        self.forget(workspace);
        Ok(binding)
    }

    /// The plugin that is wanted, where the slot takes it on these terms.
    async fn admit_to(
        &self,
        store: &Store,
        Wanted { seat, plugin, terms }: &Wanted,
    ) -> Result<Arc<Plugin>, PluginsError> {
        let record = fitting(store, seat, plugin)?;
        terms::check(seat, terms)?;
        let plugin = self.loaded(&record.digest).ok_or_else(|| self.not_loaded(&record))?;
        self.check_settings(seat, plugin.clone(), terms).await?;
        Ok(plugin)
    }

    async fn check_settings(&self, seat: &Seat, plugin: Arc<Plugin>, terms: &BindingTerms) -> Result<(), PluginsError> {
        if let Some(problem) = plugin.settings_problem(&terms.settings) {
            return Err(terms::refused(problem, &format!("the schema of {} says so", plugin.id())).into());
        }
        // What the host binds for itself is looked at in the room of the first workspace.
        let room = seat.workspace.clone().map_or_else(|| WorkspaceName::parse("workspace", DEFAULT_WORKSPACE), Ok)?;
        let limits = Limits::of(plugin.weight(), false).with(&terms.limits);
        let (settings, weight) = (serde_json::json!(terms.settings), plugin.weight());
        let id = plugin.id().to_owned();
        let checked =
            self.host.run(&room, weight, move |calls| calls.check_settings(&plugin, limits, &settings.to_string()));
        let problems = checked.await.and_then(|checked| checked);
        match problems.map(|answer| answer.value.into_iter().next()) {
            Ok(None) => Ok(()),
            Ok(Some(problem)) => Err(terms::refused(problem, &format!("{id} itself says so")).into()),
            Err(error) => Err(PluginsError::SettingsUnchecked { plugin: id, error }),
        }
    }

    fn not_loaded(&self, record: &PluginRecord) -> PluginsError {
        let reason = self.why_not_loaded(&record.digest).unwrap_or_else(|| "it is being loaded".to_owned());
        PluginsError::NotLoaded { plugin: format!("{}@{}", record.name, record.version), reason }
    }
}

/// An installed plugin that the slot takes.
fn fitting(store: &Store, seat: &Seat, plugin: &str) -> Result<PluginRecord, PluginsError> {
    let unknown = || PluginsError::UnknownSlot { slot: seat.slot.clone() };
    let needed = world_of(&seat.slot).ok_or_else(unknown)?.as_str();
    let record = find(store, seat.workspace.as_ref(), plugin)?;
    if record.world == needed {
        return Ok(record);
    }
    let plugin = format!("{}@{}", record.name, record.version);
    Err(PluginsError::WrongWorld { plugin, found: record.world, slot: seat.slot.clone(), needed })
}

fn find(store: &Store, workspace: Option<&WorkspaceName>, plugin: &str) -> Result<PluginRecord, PluginsError> {
    let (name, version) = plugin.split_once('@').map_or((plugin, None), |(name, version)| (name, Some(version)));
    if let Some(record) = store.plugin(workspace, name, version)? {
        return Ok(record);
    }
    let known = store.plugins(workspace)?;
    let nearest = windlass_domain::resource::nearest(name, known.iter().map(|record| record.name.as_str()));
    Err(PluginsError::UnknownPlugin { name: plugin.to_owned(), nearest: nearest.map(str::to_owned) })
}
