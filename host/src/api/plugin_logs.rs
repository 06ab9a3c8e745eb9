//! `GET /workspaces/{ws}/plugins/{slot}/logs`: the last lines that the plugin in a slot has logged for the workspace.

use super::routes::Routes;
use super::slots::{OF_WORKSPACE, Slot, at_slots};
use super::wire::Time;
use super::{ApiError, Caller, Query};
use crate::app::App;
use crate::plugins::logs::{GuestLine, MAX_LINES, Wanted};
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use windlass_domain::Invalid;

/// How many lines are shown where the request does not say.
const DEFAULT_LIMIT: usize = 100;

/// The routes of plugins' logs.
pub fn routes() -> Routes {
    at_slots(Routes::new("Operators"), OF_WORKSPACE, |routes, at| {
        let operation = at.op("getPluginLogs", "Show what the plugin in a slot has logged").about(
            "The last lines of the workspace's own calls, oldest first: up to 1,000 and 256 KiB of a slot, in memory. \
             A key of the workspace may read them too.",
        );
        routes.get(&at.path("/logs"), logs, operation)
    })
}

/// The query.
#[derive(Deserialize, JsonSchema)]
struct LogsQuery {
    /// The lowest level that is shown; all where it is not given.
    #[serde(default)]
    level: Level,
    /// How many lines, the last of them; 100 where it is not given.
    #[schemars(range(min = 1, max = MAX_LINES))]
    limit: Option<usize>,
    /// Only lines after the one of this id.
    #[serde(default)]
    since: u64,
}

/// The levels of plugins' logs, the least important first.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Level {
    #[default]
    Debug,
    Info,
    Warn,
    Error,
}

impl From<Level> for windlass_plugin::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Debug => Self::Debug,
            Level::Info => Self::Info,
            Level::Warn => Self::Warn,
            Level::Error => Self::Error,
        }
    }
}

impl From<windlass_plugin::Level> for Level {
    fn from(level: windlass_plugin::Level) -> Self {
        use windlass_plugin::Level as Guests;
        match level {
            Guests::Debug => Self::Debug,
            Guests::Info => Self::Info,
            Guests::Warn => Self::Warn,
            Guests::Error => Self::Error,
        }
    }
}

/// A line of a plugin.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PluginLogLine")]
struct Line {
    /// Rises from line to line.
    id: u64,
    time: Time,
    level: Level,
    /// `name@version`
    plugin: String,
    message: String,
}

impl From<GuestLine> for Line {
    fn from(line: GuestLine) -> Self {
        let GuestLine { id, at, plugin, level, text } = line;
        Self { id, time: Time(at), level: level.into(), plugin: plugin.to_string(), message: text }
    }
}

async fn logs(
    State(app): State<Arc<App>>,
    caller: Caller,
    Slot(slot): Slot,
    Query(LogsQuery { level, limit, since }): Query<LogsQuery>,
) -> Result<Json<Vec<Line>>, ApiError> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LINES).contains(&limit) {
        let message = format!("{limit} is not from 1 to {MAX_LINES}");
        return Err(Invalid::new("invalid_value", "limit", message, "ask for fewer lines").into());
    }
    let wanted = Wanted { level: level.into(), since, limit };
    let lines = app.guest_logs.of(&caller.workspace, &slot, wanted);
    Ok(Json(lines.into_iter().map(Line::from).collect()))
}
