//! The keys of workspaces, made and revoked by operators. A token is shown once, when its key is made. What the holders of
//! such keys may do themselves is in `api_keys`, with the same shapes.

use super::deploy::to_the_end;
use super::openapi::{Created as Made, op};
use super::resources::required;
use super::routes::Routes;
use super::wire::{Deleted, Time};
use super::workspaces::{OperatorIn, audit};
use super::{ApiError, Id, JsonBody};
use crate::app::App;
use crate::edge;
use crate::token::{Token, WORKSPACE_PREFIX};
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use windlass_domain::agent::UnixMillis;
use windlass_domain::{Invalid, WorkspaceName};
use windlass_store::{AuditEntry, KeyKind, KeyRecord};

/// The header that a workspace key is sent in.
pub(super) const HEADER: &str = "X-RunAgents-API-Key";
/// The longest name of a key, in bytes.
const MAX_NAME: usize = 128;
/// A day, in milliseconds.
const DAY: UnixMillis = 24 * 60 * 60 * 1_000;
/// The longest life of a key, in days: ten years.
pub(super) const MAX_DAYS: u32 = 3_650;

/// The routes of `/workspaces/{ws}/keys`.
pub fn routes() -> Routes {
    Routes::new("Operators")
        .get("/workspaces/{ws}/keys", list, op("listWorkspaceKeys", "List the keys of a workspace"))
        .post("/workspaces/{ws}/keys", create, op("createWorkspaceKey", "Make a key, whose token is shown this once"))
        .delete("/workspaces/{ws}/keys/{id}", revoke, op("revokeWorkspaceKey", "Revoke a key"))
}

/// The contract's `CreateWorkspaceApiKeyRequest`.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "CreateWorkspaceApiKeyRequest")]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    #[schemars(with = "String", length(min = 1, max = MAX_NAME))]
    name: Option<String>,
    #[schemars(range(min = 1, max = MAX_DAYS))]
    expires_in_days: Option<u32>,
}

impl Body {
    /// The name of the key, and how long it lives.
    pub(super) fn parse(self) -> Result<(String, Option<UnixMillis>), Invalid> {
        Ok((parse_name(self.name)?, self.expires_in_days.map(parse_days).transpose()?))
    }
}

/// The contract's `WorkspaceApiKey`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WorkspaceApiKey")]
#[serde(rename_all = "camelCase")]
pub(super) struct Key {
    id: String,
    name: String,
    prefix: String,
    last4: String,
    created_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Time>,
}

impl From<KeyRecord> for Key {
    fn from(key: KeyRecord) -> Self {
        let KeyRecord { id, kind: _, name, prefix, last4, created_at, last_used_at, expires_at, revoked: _ } = key;
        Self {
            id,
            name,
            prefix,
            last4,
            created_at: Time(created_at),
            last_used_at: last_used_at.map(Time),
            expires_at: expires_at.map(Time),
        }
    }
}

/// The contract's `CreateWorkspaceApiKeyResponse`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CreateWorkspaceApiKeyResponse")]
pub(super) struct Created {
    key: Key,
    token: String,
    header: &'static str,
}

impl Created {
    /// Shows a key with its token, this once.
    pub(super) fn new(key: KeyRecord, token: &Token) -> Self {
        Self { key: key.into(), token: token.expose().to_owned(), header: HEADER }
    }
}

async fn list(State(app): State<Arc<App>>, at: OperatorIn) -> Result<Json<Vec<Key>>, ApiError> {
    Ok(Json(live(&app, &at.workspace)?))
}

async fn create(
    State(app): State<Arc<App>>,
    at: OperatorIn,
    JsonBody(body): JsonBody<Body>,
) -> Result<Made<Created>, ApiError> {
    Ok(Made(make(app, &at.operator.key_id, &at.workspace, body).await?))
}

async fn revoke(State(app): State<Arc<App>>, at: OperatorIn, Id(id): Id) -> Result<Json<Deleted>, ApiError> {
    end(app, at.operator.key_id, at.workspace, id).await
}

/// The keys of a workspace that are not revoked.
pub(super) fn live(app: &App, workspace: &WorkspaceName) -> Result<Vec<Key>, ApiError> {
    let keys = app.store.workspace_keys(workspace)?;
    Ok(keys.into_iter().filter(|key| !key.revoked).map(Key::from).collect())
}

/// One of them.
pub(super) fn find(app: &App, workspace: &WorkspaceName, id: &str) -> Result<KeyRecord, ApiError> {
    let key = app.store.key(id)?.filter(|key| key.kind == KeyKind::Workspace(workspace.clone()) && !key.revoked);
    key.ok_or_else(|| ApiError::not_found(format!("key \"{id}\" not found")))
}

/// Makes a key, on behalf of the key `who`.
pub(super) async fn make(app: Arc<App>, who: &str, workspace: &WorkspaceName, body: Body) -> Result<Created, ApiError> {
    let (name, life) = body.parse()?;
    let (token, key, entry) = fresh(who, workspace, name, life)?;
    let (record, hash) = (key.clone(), token.hash());
    to_the_end(async move { app.store.insert_key(record, hash, Some(entry)).await }).await?;
    Ok(Created::new(key, &token))
}

/// Revokes a key, on behalf of the key `who`.
pub(super) async fn end(
    app: Arc<App>,
    who: String,
    workspace: WorkspaceName,
    id: String,
) -> Result<Json<Deleted>, ApiError> {
    let key = find(&app, &workspace, &id)?;
    to_the_end(async move {
        let entry = audit(&who, format!("revoke key {id} of {workspace}"), json!(Key::from(key)), Value::Null);
        app.store.revoke_key(&id, Some(entry)).await
    })
    .await?;
    Ok(Json(Deleted::YES))
}

/// A fresh token of a workspace's key.
pub(super) fn fresh_token() -> Result<Token, ApiError> {
    Token::parse(WORKSPACE_PREFIX, &edge::new_token(WORKSPACE_PREFIX))
        .map_err(|error| ApiError::internal("key_failed", "the key could not be made", &error))
}

/// A key of `workspace` that lives for `life` milliseconds, or for ever, to be stored with the entry of the audit log.
pub(super) fn fresh(
    who: &str,
    workspace: &WorkspaceName,
    name: String,
    life: Option<UnixMillis>,
) -> Result<(Token, KeyRecord, AuditEntry), ApiError> {
    let token = fresh_token()?;
    let now = edge::now();
    let key = KeyRecord {
        id: edge::new_id("key"),
        kind: KeyKind::Workspace(workspace.clone()),
        name,
        prefix: WORKSPACE_PREFIX.to_owned(),
        last4: token.last4().to_owned(),
        created_at: now,
        last_used_at: None,
        expires_at: life.map(|life| now + life),
        revoked: false,
    };
    let what = format!("create key {} of {workspace}", key.id);
    let entry = audit(who, what, Value::Null, json!(Key::from(key.clone())));
    Ok((token, key, entry))
}

fn parse_name(name: Option<String>) -> Result<String, Invalid> {
    let name = required("name", name.filter(|name| !name.trim().is_empty()))?;
    if name.len() > MAX_NAME || name.contains(char::is_control) {
        let message = format!("it is longer than {MAX_NAME} bytes, or has a control character");
        return Err(Invalid::new("invalid_name", "name", message, "use a short name, for example `ci`"));
    }
    Ok(name)
}

pub(super) fn parse_days(days: u32) -> Result<UnixMillis, Invalid> {
    if (1..=MAX_DAYS).contains(&days) {
        return Ok(UnixMillis::from(days) * DAY);
    }
    let message = format!("{days} is not from 1 to {MAX_DAYS}");
    Err(Invalid::new("invalid_value", "expiresInDays", message, "leave it out for a key that does not expire"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_needs_a_short_name() {
        assert_eq!(parse_name(Some("ci".to_owned())), Ok("ci".to_owned()));
        for bad in [None, Some(" ".to_owned()), Some("a\nb".to_owned()), Some("x".repeat(MAX_NAME + 1))] {
            assert_eq!(parse_name(bad).expect_err("no name").field, "name");
        }
    }

    #[test]
    fn a_key_lives_a_day_to_ten_years() {
        assert_eq!((parse_days(1), parse_days(MAX_DAYS).is_ok()), (Ok(DAY), true));
        for bad in [0, MAX_DAYS + 1] {
            assert_eq!(parse_days(bad).expect_err("out of range").field, "expiresInDays");
        }
    }

    #[test]
    fn a_key_is_shown_in_the_contracts_words_and_without_null() {
        let key = KeyRecord {
            id: "key-1".to_owned(),
            kind: KeyKind::Operator,
            name: "ci".to_owned(),
            prefix: "ra_ws_".to_owned(),
            last4: "cdef".to_owned(),
            created_at: 0,
            last_used_at: None,
            expires_at: Some(DAY),
            revoked: false,
        };
        let expected = json!({
            "id": "key-1", "name": "ci", "prefix": "ra_ws_", "last4": "cdef",
            "createdAt": "1970-01-01T00:00:00.000Z", "expiresAt": "1970-01-02T00:00:00.000Z",
        });
        assert_eq!(json!(Key::from(key)), expected);
    }
}
