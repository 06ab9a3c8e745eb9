//! Why a plugin was not installed or bound. Data; `api` turns it into words and statuses.

use windlass_domain::Invalid;
use windlass_plugin::{CallError, InstallError};
use windlass_store::StoreError;

/// Why a plugin was not installed or bound.
#[derive(Debug, thiserror::Error)]
pub enum PluginsError {
    /// The component did not pass the gate.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The terms of the binding are wrong.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The plugin broke while it looked at its settings.
    #[error("{plugin} could not check the settings: {error}")]
    SettingsUnchecked {
        /// `name@version`.
        plugin: String,
        /// How.
        #[source]
        error: CallError,
    },
    /// The plugin is installed, and not loaded.
    #[error("{plugin} is not loaded: {reason}")]
    NotLoaded {
        /// `name@version`.
        plugin: String,
        /// Why.
        reason: String,
    },
    /// There is no such slot.
    #[error("there is no slot `{slot}`")]
    UnknownSlot {
        /// What was asked for.
        slot: String,
    },
    /// The plugin is for another world than the slot.
    #[error("`{plugin}` is a {found}; the slot `{slot}` takes a {needed}")]
    WrongWorld {
        /// `name@version`.
        plugin: String,
        /// The world that it is for.
        found: String,
        /// The slot.
        slot: String,
        /// The world that the slot takes.
        needed: &'static str,
    },
    /// No plugin of that name is installed, or not for this workspace.
    #[error("plugin \"{name}\" not found")]
    UnknownPlugin {
        /// What was asked for.
        name: String,
        /// A name that is near.
        nearest: Option<String>,
    },
}
