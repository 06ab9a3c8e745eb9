//! `/workspaces/{ws}/secrets`: what plugins are given in the clear and nobody else is, written by operators.
//!
//! Invariant: no answer, error, log or entry of the audit log has a value.

use super::deploy::to_the_end;
use super::openapi::op;
use super::resources::required;
use super::routes::Routes;
use super::wire::{Deleted, Time};
use super::workspaces::{OperatorIn, audit};
use super::{ApiError, JsonBody, Named};
use crate::app::App;
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use windlass_domain::resource::ResourceKind;
use windlass_domain::{Invalid, ResourceName, WorkspaceName};
use windlass_store::Resource;

/// The shortest value, in bytes: a shorter one could not be told from ordinary text where it must be hidden.
const MIN_VALUE: usize = 8;
/// The longest value, in bytes.
const MAX_VALUE: usize = 32 * 1024;

/// The routes of secrets.
pub fn routes() -> Routes {
    const ALL: &str = "/workspaces/{ws}/secrets";
    const ONE: &str = "/workspaces/{ws}/secrets/{name}";
    Routes::new("Operators")
        .get(ALL, list, op("listSecrets", "List the names of a workspace's secrets"))
        .get(ONE, show, op("getSecret", "Show that there is a secret of that name"))
        .put(ONE, set, op("setSecret", "Store a secret, which plugins may be granted"))
        .delete(ONE, remove, op("deleteSecret", "Delete a secret"))
}

/// A secret without its value, which is never shown.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Secret")]
struct Shown {
    name: ResourceName,
    created_at: Time,
    updated_at: Time,
}

impl From<Resource> for Shown {
    fn from(stored: Resource) -> Self {
        Self { name: stored.name, created_at: Time(stored.created_at), updated_at: Time(stored.updated_at) }
    }
}

/// `PUT …/secrets/{name}`
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "SetSecretRequest")]
struct Body {
    #[schemars(with = "String", length(min = MIN_VALUE, max = MAX_VALUE))]
    value: Option<String>,
}

impl Body {
    fn parse(self) -> Result<String, Invalid> {
        let value = required("value", self.value)?;
        if (MIN_VALUE..=MAX_VALUE).contains(&value.len()) {
            return Ok(value);
        }
        let message = format!("it has {} bytes", value.len());
        let hint = format!("send {MIN_VALUE} to {MAX_VALUE} bytes");
        Err(Invalid::new("invalid_value", "value", message, hint))
    }
}

async fn list(State(app): State<Arc<App>>, at: OperatorIn) -> Result<Json<Vec<Shown>>, ApiError> {
    let secrets = app.store.resources(&at.workspace, ResourceKind::Secret)?;
    Ok(Json(secrets.into_iter().map(Shown::from).collect()))
}

async fn show(State(app): State<Arc<App>>, at: OperatorIn, Named(name): Named) -> Result<Json<Shown>, ApiError> {
    find(&app, &at.workspace, &name).map(Json)
}

async fn set(
    State(app): State<Arc<App>>,
    OperatorIn { operator, workspace }: OperatorIn,
    Named(name): Named,
    JsonBody(body): JsonBody<Body>,
) -> Result<Json<Shown>, ApiError> {
    let value = body.parse()?;
    to_the_end(async move {
        let entry =
            audit(&operator.key_id, format!("set secret {name} of {workspace}"), Value::Null, json!({"name": name}));
        app.store.set_secret(&workspace, &name, &value, entry).await?;
        app.plugins.forget(Some(&workspace));
        find(&app, &workspace, &name)
    })
    .await
    .map(Json)
}

async fn remove(
    State(app): State<Arc<App>>,
    OperatorIn { operator, workspace }: OperatorIn,
    Named(name): Named,
) -> Result<Json<Deleted>, ApiError> {
    to_the_end(async move {
        let what = format!("delete secret {name} of {workspace}");
        let entry = audit(&operator.key_id, what, json!({"name": name}), Value::Null);
        let was_there = app.store.delete_secret(&workspace, &name, entry).await?;
        app.plugins.forget(Some(&workspace));
        if was_there { Ok(()) } else { Err(unknown(&name)) }
    })
    .await?;
    Ok(Json(Deleted::YES))
}

fn find(app: &App, workspace: &WorkspaceName, name: &ResourceName) -> Result<Shown, ApiError> {
    app.store.resource(workspace, ResourceKind::Secret, name)?.map(Shown::from).ok_or_else(|| unknown(name))
}

fn unknown(name: &ResourceName) -> ApiError {
    ApiError::not_found(format!("secret \"{name}\" not found"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_long_enough_to_be_hidden_and_short_enough_to_be_kept() {
        let value = |bytes| Body { value: Some("x".repeat(bytes)) }.parse();
        assert!(value(MIN_VALUE).is_ok() && value(MAX_VALUE).is_ok());
        for refused in [value(0), value(MIN_VALUE - 1), value(MAX_VALUE + 1), Body { value: None }.parse()] {
            let refused = refused.expect_err("refused");
            assert_eq!(refused.field, "value");
        }
    }
}
