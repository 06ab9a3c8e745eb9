//! Bindings of plugins, as they are asked for and shown.

use super::Time;
use crate::api::openapi::as_asked;
use crate::api::resources::required;
use crate::edge;
use crate::plugins::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use windlass_domain::Invalid;
use windlass_domain::agent::UnixMillis;
use windlass_domain::binding::{BindingLimits, BindingTerms, Grants, OnFailure, Origin, Role};
use windlass_store::{Binding, BindingRevision};

/// `PUT …/plugins/{slot}`
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "BindPluginRequest")]
pub struct BindBody {
    /// `name`, or `name@version`.
    #[schemars(with = "String")]
    pub plugin: Option<String>,
    /// The version, where `plugin` is the name alone; without any, the one that was installed last.
    pub version: Option<String>,
    /// For the plugin to read. They must fit the schema in its metadata, and the plugin itself looks at them.
    pub settings: Option<Map<String, Value>>,
    /// What it may do, of what it asks for in its metadata.
    pub grants: Option<Grants>,
    /// What a call may cost; what is left out is the host's default.
    pub limits: Option<BindingLimits>,
    /// What happens when it breaks; `fail` where nothing is said.
    pub on_failure: Option<OnFailure>,
    /// The order among detectors: lower ones come first.
    pub priority: Option<i32>,
    /// Whether it is a candidate beside the plugin that decides.
    pub shadow: Option<bool>,
}

impl BindBody {
    /// The role, and the terms.
    pub fn terms(&mut self) -> (Role, BindingTerms) {
        let terms = BindingTerms {
            settings: self.settings.take().unwrap_or_default(),
            grants: self.grants.take().unwrap_or_default(),
            limits: self.limits.unwrap_or_default(),
            on_failure: self.on_failure.unwrap_or_default(),
            priority: self.priority.unwrap_or_default(),
        };
        (role(self.shadow), terms)
    }
}

/// The plugin that is asked for: `name`, or `name@version` where the version is a field of its own.
pub fn named(plugin: Option<String>, version: Option<String>) -> Result<String, Invalid> {
    let plugin = required("plugin", plugin)?;
    Ok(version.map_or_else(|| plugin.clone(), |version| format!("{plugin}@{version}")))
}

/// The role that `shadow` says.
pub fn role(shadow: Option<bool>) -> Role {
    if shadow == Some(true) { Role::Shadow } else { Role::Live }
}

/// On which terms a plugin is bound.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct TermsShown {
    settings: Map<String, Value>,
    #[schemars(schema_with = "as_asked::<Grants>")]
    grants: Grants,
    #[schemars(schema_with = "as_asked::<BindingLimits>")]
    limits: BindingLimits,
    on_failure: OnFailure,
    priority: i32,
}

impl From<BindingTerms> for TermsShown {
    fn from(terms: BindingTerms) -> Self {
        let BindingTerms { settings, grants, limits, on_failure, priority } = terms;
        Self { settings, grants, limits, on_failure, priority }
    }
}

/// How a binding is: `Ready`, `Scheduled` (it is being loaded), `Failed` (it cannot be), or `Stopped` (it kept breaking, and
/// is not called for a while).
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PluginState")]
pub struct StateShown {
    #[schemars(extend("enum" = ["Ready", "Scheduled", "Failed", "Stopped"]))]
    status: &'static str,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// When it will be tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Time>,
}

impl From<State> for StateShown {
    fn from(state: State) -> Self {
        let (status, reason, until) = match state {
            State::Ready => ("Ready", None, None),
            State::Scheduled => ("Scheduled", None, None),
            State::Failed(reason) => ("Failed", Some(reason), None),
            State::Stopped(stopped) => {
                let wait = UnixMillis::try_from(stopped.wait.as_millis()).unwrap_or(UnixMillis::MAX);
                ("Stopped", Some(stopped.why), Some(Time(edge::now().saturating_add(wait))))
            }
        };
        Self { status, reason, until }
    }
}

/// A plugin in a slot.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PluginBinding")]
pub struct BindingShown {
    slot: String,
    /// The number of the revision that holds.
    revision: u32,
    plugin: String,
    version: String,
    digest: String,
    builtin: bool,
    /// `workspace`, or `host` for the default of all.
    #[schemars(extend("enum" = ["workspace", "host"]))]
    origin: &'static str,
    shadow: bool,
    #[serde(flatten)]
    terms: TermsShown,
    state: StateShown,
    bound_at: Time,
}

impl BindingShown {
    /// A binding, and how it is.
    pub fn new(binding: Binding, state: State) -> Self {
        let Binding { seat, revision, origin: _, plugin, version, digest, builtin, terms, by } = binding;
        Self {
            slot: seat.slot,
            revision,
            plugin,
            version,
            digest,
            builtin,
            origin: if seat.workspace.is_some() { "workspace" } else { "host" },
            shadow: seat.role == Role::Shadow,
            terms: terms.into(),
            state: state.into(),
            bound_at: Time(by.at),
        }
    }
}

/// A revision of a slot.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PluginBindingRevision")]
pub struct RevisionShown {
    revision: u32,
    /// What made it.
    change: Origin,
    /// Whether it is what holds.
    current: bool,
    /// What it put there; absent where it emptied the slot.
    #[serde(skip_serializing_if = "Option::is_none")]
    binding: Option<BoundShown>,
    /// What was said of it, e.g. the report of a promotion.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<Value>,
    /// The id of the operator's key; absent: the program itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    at: Time,
}

/// A plugin as a revision names it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PluginBoundThen")]
struct BoundShown {
    plugin: String,
    version: String,
    digest: String,
    #[serde(flatten)]
    terms: TermsShown,
}

impl RevisionShown {
    /// A history, the latest first, of which the revision `holds` is what holds, if any.
    pub fn all(history: Vec<BindingRevision>, holds: Option<u32>) -> Vec<Self> {
        history.into_iter().map(|revision| Self::new(revision, holds)).collect()
    }

    fn new(revision: BindingRevision, holds: Option<u32>) -> Self {
        let BindingRevision { number, origin, bound, note, by } = revision;
        let binding = bound.map(|bound| BoundShown {
            plugin: bound.plugin,
            version: bound.version,
            digest: bound.digest,
            terms: bound.terms.into(),
        });
        let current = holds == Some(number);
        Self { revision: number, change: origin, current, binding, note, by: by.who, at: Time(by.at) }
    }
}
