//! Why a plugin was not installed or bound.

use super::super::ApiError;
use crate::plugins::PluginsError;
use axum::http::StatusCode;
use windlass_plugin::InstallError;

impl From<PluginsError> for ApiError {
    fn from(error: PluginsError) -> Self {
        match error {
            PluginsError::Install(error) => error.into(),
            PluginsError::Store(error) => error.into(),
            PluginsError::Invalid(invalid) => invalid.into(),
            PluginsError::SettingsUnchecked { plugin, error } => {
                let message = format!("{plugin} could not check the settings: {error}");
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "settings_unchecked", message)
                    .field("settings")
                    .hint("the plugin is at fault: bind another version")
            }
            PluginsError::NotLoaded { plugin, reason } => {
                Self::conflict("not_loaded", format!("`{plugin}` is not loaded: {reason}"))
                    .field("plugin")
                    .hint("install it again; the server's log of its start has the cause")
            }
            PluginsError::UnknownSlot { slot } => {
                Self::bad_request("unknown_slot", format!("there is no slot `{}`", slot.escape_debug()))
                    .field("slot")
                    .hint("use `strategy`, `tool-provider` or `detectors/NAME`")
            }
            PluginsError::WrongWorld { plugin, found, slot, needed } => {
                let message = format!("`{plugin}` is a {found}; the slot `{slot}` takes a {needed}");
                Self::bad_request("wrong_world", message).field("plugin").hint(format!("name a {needed}"))
            }
            PluginsError::UnknownPlugin { name, nearest } => {
                let error = Self::not_found(format!("plugin \"{}\" not found", name.escape_debug())).field("plugin");
                match nearest {
                    Some(nearest) => error.hint(format!("did you mean `{nearest}`?")),
                    None => error.hint("install it with POST /api/plugins"),
                }
            }
        }
    }
}

impl From<InstallError> for ApiError {
    fn from(error: InstallError) -> Self {
        match &error {
            InstallError::TooLarge { .. }
            | InstallError::Precompiled
            | InstallError::NotWasm { .. }
            | InstallError::CoreModule
            | InstallError::Metadata { .. }
            | InstallError::Pattern(_)
            | InstallError::WitVersion { .. }
            | InstallError::AsyncUnsupported
            | InstallError::Compile { .. }
            | InstallError::TooCostly
            | InstallError::MissingImports { .. }
            | InstallError::WrongWorld { .. }
            | InstallError::Instantiate { .. }
            | InstallError::SmokeCall { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.code(), error.to_string())
            }
            InstallError::Host(_) => Self::internal(error.code(), "the plugin host failed", &error),
        }
    }
}
