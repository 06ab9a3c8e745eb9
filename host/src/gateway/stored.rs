//! The credentials that are stored with a model provider or a tool, in the form that `api/resources/credentials` gives them.

use crate::app::App;
use serde::Deserialize;
use serde_json::{Map, Value};
use windlass_domain::resource::ResourceKind;
use windlass_domain::{ResourceName, WorkspaceName};
use windlass_store::StoreError;

/// The credentials of one resource; it may have none.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Stored {
    credentials: Map<String, Value>,
    spec: Map<String, Value>,
}

impl Stored {
    /// Opens them.
    pub(super) fn load(
        app: &App,
        workspace: &WorkspaceName,
        kind: ResourceKind,
        name: &ResourceName,
    ) -> Result<Self, StoreError> {
        let secret = app.store.resource_secret(workspace, kind, name)?;
        Ok(secret.and_then(|secret| serde_json::from_slice(secret.expose()).ok()).unwrap_or_default())
    }

    /// One of `credentials`.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        text(self.credentials.get(name))
    }

    /// A key as it was sent: in `credentials.api_key`, or somewhere in the spec.
    pub(super) fn key(&self) -> Option<String> {
        text(self.credentials.get("api_key").or_else(|| self.spec.values().next()))
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}
