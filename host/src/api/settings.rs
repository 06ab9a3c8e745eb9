//! `/settings/auth`: how clients authenticate, and when a session of the console ends.

use super::keys::{self, HEADER};
use super::openapi::op;
use super::resources::required;
use super::routes::Routes;
use super::{ApiError, Caller, JsonBody};
use crate::app::App;
use crate::token::WORKSPACE_PREFIX;
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use windlass_domain::{Invalid, WorkspaceName};

/// How many minutes a session may idle where nothing is set: OWASP's upper figure for low-risk applications (Session
/// Management Cheat Sheet, 15 to 30).
const IDLE_DEFAULT: u32 = 30;
/// The fewest minutes.
const IDLE_MIN: u32 = 5;
/// The most minutes: a day.
const IDLE_MAX: u32 = 24 * 60;

/// The route of `/settings/auth`.
pub fn routes() -> Routes {
    Routes::new("Keys").get("/settings/auth", show, op("getAuthSettings", "Show how clients authenticate")).put(
        "/settings/auth",
        change,
        op("updateAuthSettings", "Change when sessions end"),
    )
}

/// The contract's `AuthSettings`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AuthSettings {
    session_idle_timeout_minutes: u32,
    min_session_idle_timeout_minutes: u32,
    max_session_idle_timeout_minutes: u32,
    programmatic_header: &'static str,
    api_key_prefix: &'static str,
    api_key_count: usize,
}

/// What may be changed. The rest of what is shown may be sent back, and is not looked at.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "AuthSettingsRequest")]
#[serde(rename_all = "camelCase")]
struct Body {
    #[schemars(with = "u32", range(min = IDLE_MIN, max = IDLE_MAX))]
    session_idle_timeout_minutes: Option<u32>,
}

async fn show(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<AuthSettings>, ApiError> {
    Ok(Json(settings(&app, &caller.workspace)?))
}

async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    JsonBody(body): JsonBody<Body>,
) -> Result<Json<AuthSettings>, ApiError> {
    let minutes = parse_minutes(body.session_idle_timeout_minutes)?;
    app.store.set_session_idle_minutes(&caller.workspace, minutes).await?;
    Ok(Json(settings(&app, &caller.workspace)?))
}

fn settings(app: &App, workspace: &WorkspaceName) -> Result<AuthSettings, ApiError> {
    Ok(AuthSettings {
        session_idle_timeout_minutes: app.store.session_idle_minutes(workspace)?.unwrap_or(IDLE_DEFAULT),
        min_session_idle_timeout_minutes: IDLE_MIN,
        max_session_idle_timeout_minutes: IDLE_MAX,
        programmatic_header: HEADER,
        api_key_prefix: WORKSPACE_PREFIX,
        api_key_count: keys::live(app, workspace)?.len(),
    })
}

fn parse_minutes(minutes: Option<u32>) -> Result<u32, Invalid> {
    const FIELD: &str = "sessionIdleTimeoutMinutes";
    let minutes = required(FIELD, minutes)?;
    if (IDLE_MIN..=IDLE_MAX).contains(&minutes) {
        return Ok(minutes);
    }
    let message = format!("{minutes} is not from {IDLE_MIN} to {IDLE_MAX}");
    Err(Invalid::new("invalid_value", FIELD, message, "send a number of minutes within these limits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_may_idle_from_five_minutes_to_a_day() {
        assert_eq!((parse_minutes(Some(5)), parse_minutes(Some(1440))), (Ok(5), Ok(1440)));
        for bad in [None, Some(0), Some(4), Some(1441)] {
            assert_eq!(parse_minutes(bad).expect_err("outside").field, "sessionIdleTimeoutMinutes");
        }
    }
}
