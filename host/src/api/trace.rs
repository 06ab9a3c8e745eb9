//! One id and one span for each request: `X-Request-Id` in the answer is `id` in the log.
//!
//! Invariants: headers, queries and bodies are never logged, since keys and secrets travel in them; nor is the signature of
//! the pass that an agent's path to the gateway carries.

use crate::app::App;
use crate::edge;
use crate::gateway::pass::without_signature;
use crate::gateway::{LLM_PATH, TOOL_PATH};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument as _;

/// The header of the id, in requests and answers.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken from a client, in bytes.
const MAX_ID: usize = 128;

/// Gives the request an id, and says in the log how it was answered.
pub async fn trace(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let id = request.headers().get(&REQUEST_ID).filter(|id| is_sane(id)).cloned().unwrap_or_else(fresh);
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let name = id.to_str().unwrap_or_default();
    let span =
        tracing::info_span!("request", id = name, method = %request.method(), path = %shown(request.uri().path()));
    let mut response = answer(&app, request, next).instrument(span).await;
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

async fn answer(app: &App, request: Request, next: Next) -> Response {
    let (start, method) = (Instant::now(), request.method().clone());
    let response = next.run(request).await;
    let (took, status) = (start.elapsed(), response.status().as_u16());
    app.metrics.answered(method.as_str(), status, took);
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    tracing::info!(status, micros, "answered");
    response
}

/// A path as the log may show it.
fn shown(path: &str) -> Cow<'_, str> {
    for gateway in [LLM_PATH, TOOL_PATH] {
        if let Some(rest) = path.strip_prefix(gateway).and_then(|rest| rest.strip_prefix('/')) {
            let (pass, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            return format!("{gateway}/{}{rest}", without_signature(pass)).into();
        }
    }
    path.into()
}

/// What may be written to a log and sent back: words of letters, digits and a few marks.
fn is_sane(id: &HeaderValue) -> bool {
    let mark = |c: u8| matches!(c, b'-' | b'_' | b'.' | b':' | b'/' | b'+' | b'=');
    (1..=MAX_ID).contains(&id.len()) && id.as_bytes().iter().all(|&c| c.is_ascii_alphanumeric() || mark(c))
}

fn fresh() -> HeaderValue {
    HeaderValue::try_from(edge::new_id("req")).unwrap_or_else(|_| HeaderValue::from_static("req"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_of_a_pass_is_not_shown() {
        for (path, expected) in [
            ("/llm/acme.bot.3.AQID/v1/models", "/llm/acme.bot.3/v1/models"),
            ("/llm/acme.bot.3.AQID", "/llm/acme.bot.3"),
            ("/tool/acme.bot.3.AQID/ledger/x", "/tool/acme.bot.3/ledger/x"),
            ("/llm/guess/v1", "/llm//v1"),
            ("/api/agents/a.b.c", "/api/agents/a.b.c"),
        ] {
            assert_eq!(shown(path), expected);
        }
    }

    #[test]
    fn only_short_plain_ids_are_taken_from_clients() {
        let long = "a".repeat(MAX_ID + 1);
        for (id, good) in
            [("req-1", true), ("a/b+c=", true), ("", false), ("a b", false), ("a\"b", false), (&long, false)]
        {
            assert_eq!(is_sane(&HeaderValue::from_str(id).expect("a value")), good, "{id}");
        }
    }
}
