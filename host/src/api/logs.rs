//! `GET /agents/{name}/logs?tail=N&follow=true`.
//!
//! Without `follow`, a JSON array of lines, oldest first. With it, server-sent events: one `data:` line of JSON for each
//! log line, those of the tail first. A line written at the moment of the request may come twice; a client that reads too
//! slowly gets an event `lagged` with the number of lines that it lost. The stream ends when the agent is deleted.

use super::openapi::{Operation, op};
use super::wire::Time;
use super::{AgentOf, ApiError, Query, agents};
use crate::app::App;
use axum::Json;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _, stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use windlass_runtime::LogLine;

/// How many lines are shown where the request does not say.
const DEFAULT_TAIL: usize = 100;

/// The query.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct LogsQuery {
    /// How many lines; 100 where it is not given.
    tail: Option<usize>,
    /// Whether to go on with those to come, as events.
    #[serde(default)]
    follow: bool,
}

/// A line on the wire.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LogLine")]
struct Line {
    time: Time,
    #[schemars(with = "String", extend("enum" = ["stdout", "stderr", "runtime"]))]
    stream: windlass_runtime::Stream,
    revision: u32,
    message: String,
}

impl From<LogLine> for Line {
    fn from(line: LogLine) -> Self {
        Self { time: Time(line.at), stream: line.stream, revision: line.revision, message: line.text }
    }
}

/// Its line of the document.
pub fn operation() -> Operation {
    op("getAgentLogs", "Show the log of an agent")
        .answers::<Vec<Line>>(200)
        .answers_as::<Value>(200, "text/event-stream")
}

/// `GET /agents/{name}/logs`
pub async fn logs(
    State(app): State<Arc<App>>,
    AgentOf(agent): AgentOf,
    Query(LogsQuery { tail, follow }): Query<LogsQuery>,
) -> Result<Response, ApiError> {
    agents::find(&app, &agent)?;
    // Followed before the tail is read, so that no line falls between the two.
    let news = app.runtime.follow_logs(&agent).filter(|_| follow);
    let tail = app.runtime.logs(&agent, tail.unwrap_or(DEFAULT_TAIL)).into_iter().map(Line::from);
    Ok(match news {
        Some(news) => Sse::new(events(tail.collect(), news)).keep_alive(KeepAlive::default()).into_response(),
        None => Json(tail.collect::<Vec<_>>()).into_response(),
    })
}

fn events(tail: Vec<Line>, news: Receiver<LogLine>) -> impl Stream<Item = Result<Event, Infallible>> {
    let tail = stream::iter(tail).map(|line| Ok(event(&line)));
    let news = stream::unfold(news, |mut news| async move {
        let next = match news.recv().await {
            Ok(line) => event(&line.into()),
            Err(RecvError::Lagged(lost)) => Event::default().event("lagged").data(lost.to_string()),
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(next), news))
    });
    tail.chain(news)
}

fn event(line: &Line) -> Event {
    // A line is a time, a word, a number and a text: it always serialises.
    Event::default().json_data(line).unwrap_or_default()
}
