//! The keys of one's own workspace: every key of a workspace may list, make, replace and revoke its keys, itself included.

use super::deploy::to_the_end;
use super::keys::{self, Body, Created, Key, MAX_DAYS, parse_days};
use super::openapi::{Created as Made, op};
use super::routes::Routes;
use super::wire::Deleted;
use super::workspaces::audit;
use super::{ApiError, Caller, Id, JsonBody, OptionalJsonBody};
use crate::app::App;
use crate::edge;
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use windlass_domain::Invalid;
use windlass_domain::agent::UnixMillis;
use windlass_store::KeyRecord;

/// The routes of `/auth/api-keys`.
pub fn routes() -> Routes {
    Routes::new("Keys")
        .get("/auth/api-keys", list, op("listApiKeys", "List the workspace's keys"))
        .post("/auth/api-keys", create, op("createApiKey", "Make a key, whose token is shown this once"))
        .delete("/auth/api-keys/{id}", revoke, op("revokeApiKey", "Revoke a key"))
        .post("/auth/api-keys/{id}/rotate", rotate, op("rotateApiKey", "Give a key another token"))
}

/// The contract's `RotateWorkspaceApiKeyRequest`.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(rename = "RotateWorkspaceApiKeyRequest")]
#[serde(rename_all = "camelCase")]
struct Rotation {
    #[schemars(range(min = 1, max = MAX_DAYS))]
    expires_in_days: Option<u32>,
}

async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Vec<Key>>, ApiError> {
    Ok(Json(keys::live(&app, &caller.workspace)?))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    JsonBody(body): JsonBody<Body>,
) -> Result<Made<Created>, ApiError> {
    Ok(Made(keys::make(app, &caller.key_id, &caller.workspace, body).await?))
}

async fn revoke(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Result<Json<Deleted>, ApiError> {
    keys::end(app, caller.key_id, caller.workspace, id).await
}

/// The key keeps its id and its drafts; the old token opens nothing from this answer on.
async fn rotate(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    OptionalJsonBody(body): OptionalJsonBody<Rotation>,
) -> Result<Json<Created>, ApiError> {
    let old = keys::find(&app, &caller.workspace, &id)?;
    let life = body.unwrap_or_default().expires_in_days.map(parse_days).transpose()?;
    let expires_at = expiry(&old, life, edge::now())?;
    let token = keys::fresh_token()?;
    let new = KeyRecord { last4: token.last4().to_owned(), expires_at, last_used_at: None, ..old.clone() };
    let what = format!("rotate key {id} of {}", caller.workspace);
    let entry = audit(&caller.key_id, what, json!(Key::from(old)), json!(Key::from(new.clone())));
    let (record, hash) = (new.clone(), token.hash());
    let rotated = to_the_end(async move { app.store.rotate_key(record, hash, Some(entry)).await }).await?;
    // It was revoked since it was found.
    if rotated {
        Ok(Json(Created::new(new, &token)))
    } else {
        Err(ApiError::not_found(format!("key \"{id}\" not found")))
    }
}

/// When the replaced key expires: after `life`, or else when the old one would have, if that is still to come.
fn expiry(old: &KeyRecord, life: Option<UnixMillis>, now: UnixMillis) -> Result<Option<UnixMillis>, Invalid> {
    match (life, old.expires_at) {
        (Some(life), _) => Ok(Some(now + life)),
        (None, Some(at)) if at <= now => {
            let hint = "say how many days the new one lives";
            Err(Invalid::new(
                "missing_field",
                "expiresInDays",
                "the key has expired, so expiresInDays is required",
                hint,
            ))
        }
        (None, expires_at) => Ok(expires_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_store::KeyKind;

    #[test]
    fn a_rotated_key_lives_as_long_as_is_asked_or_as_the_old_one_would_have() {
        let key = |expires_at| KeyRecord {
            id: "key-1".to_owned(),
            kind: KeyKind::Operator,
            name: "ci".to_owned(),
            prefix: "ra_ws_".to_owned(),
            last4: "cdef".to_owned(),
            created_at: 0,
            last_used_at: None,
            expires_at,
            revoked: false,
        };
        assert_eq!(expiry(&key(None), None, 10), Ok(None));
        assert_eq!(expiry(&key(Some(20)), None, 10), Ok(Some(20)));
        assert_eq!(expiry(&key(Some(20)), Some(5), 10), Ok(Some(15)));
        assert_eq!(expiry(&key(Some(10)), Some(5), 10), Ok(Some(15)));
        assert_eq!(expiry(&key(Some(10)), None, 10).expect_err("expired").field, "expiresInDays");
    }
}
