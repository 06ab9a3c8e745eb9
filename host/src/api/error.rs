//! The one error of the wire: `{"error", "code", "field", "hint"}` under a status, and `candidates` where the answer is to
//! be picked from some.
//!
//! Invariants: what a client may read and what the log says are apart. [`ApiError::internal`] takes a cause, writes it to
//! the log, and answers with the request's id to look for. Every named error of the house becomes an [`ApiError`] in
//! `mapping`, each variant by name.

mod mapping;

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;
use std::fmt::Display;
use std::time::Duration;
use windlass_domain::ResourceName;
use windlass_domain::resource::ResourceKind;

/// A refusal or failure on its way to the client.
#[derive(Debug)]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// A stable code in snake case.
    pub code: Cow<'static, str>,
    /// What went wrong, for a human.
    pub message: String,
    /// The path of the request's field that it is about.
    pub field: Option<Box<str>>,
    /// What to do next.
    pub hint: Option<Box<str>>,
    /// What a program can act on.
    pub facts: Option<Box<Facts>>,
    /// When to ask again.
    pub retry_after: Option<Duration>,
    /// What is wrong with the request's credentials.
    pub challenge: Option<Challenge>,
}

/// What is wrong with a request's credentials, in the words of RFC 6750, section 3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenge {
    /// They came more than once.
    InvalidRequest,
    /// The token proves nothing.
    InvalidToken,
    /// The token is good, and not enough.
    InsufficientScope,
}

/// Facts of a refusal.
#[derive(Debug, Default)]
pub struct Facts {
    /// What the field could name instead, the likeliest first.
    pub candidates: Vec<Candidate>,
    /// The bindings that stand in the way: `workspace/slot`.
    pub bindings: Vec<String>,
}

/// A file that the field `entry_point` could name.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "EntryPointCandidate")]
pub struct Candidate {
    /// Its path.
    pub entry_point: String,
    /// How it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_kind: Option<String>,
    /// How sure the plugin is that it starts the source, 0.0 to 1.0.
    pub score: f32,
    /// The plugin that says so, `name@version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// The rule of the plugin that fired.
    pub rule: String,
}

/// The body on the wire. Absent keys are left out, never null.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(super) struct Body<'a> {
    /// What is wrong.
    error: &'a str,
    /// The same for a program; it stays as it is.
    code: &'a str,
    /// The field of the request that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    candidates: &'a [Candidate],
    /// The bindings that stand in the way: `workspace/slot`, `*/slot` for the host's default.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    bindings: &'a [String],
}

impl ApiError {
    /// An error with neither field nor hint.
    #[must_use]
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            field: None,
            hint: None,
            facts: None,
            retry_after: None,
            challenge: None,
        }
    }

    /// A 400.
    #[must_use]
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// A 404 with the whole text, e.g. `build not found`.
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// The contract's text for a resource that is not there: `tool "x" not found`.
    #[must_use]
    pub fn no_resource(kind: ResourceKind, name: &ResourceName) -> Self {
        Self::not_found(format!("{kind} \"{name}\" not found"))
    }

    /// The contract's text for an agent that is not there: `agent x not found`.
    #[must_use]
    pub fn no_agent(name: impl Display) -> Self {
        Self::not_found(format!("agent {name} not found"))
    }

    /// A 401.
    #[must_use]
    pub fn unauthorized(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message)
    }

    /// A 403.
    #[must_use]
    pub fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// A 409.
    #[must_use]
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// A 500. The cause, with its own causes, goes to the log; the client gets `message`.
    #[must_use]
    pub fn internal(code: &'static str, message: impl Into<String>, cause: &(dyn std::error::Error + 'static)) -> Self {
        let message = message.into();
        tracing::error!(code, cause = %chain(cause), "{message}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, code, message)
            .hint("the server's log has the cause under this answer's X-Request-Id")
    }

    /// The same error about that field of the request.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into().into_boxed_str());
        self
    }

    /// The same error with what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into().into_boxed_str());
        self
    }

    /// The same error under another status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same error with what is wrong in `WWW-Authenticate`.
    #[must_use]
    pub fn challenge(mut self, error: Challenge) -> Self {
        self.challenge = Some(error);
        self
    }

    /// The same error with a `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }
}

/// `Retry-After` in whole seconds (RFC 9110, 10.2.3): rounded up, at least 1.
pub(super) fn seconds(wait: Duration) -> HeaderValue {
    let begun = u64::from(wait.subsec_nanos() > 0);
    HeaderValue::from((wait.as_secs() + begun).max(1))
}

/// `WWW-Authenticate` (RFC 6750, 3): without an error where the request carried nothing to be wrong.
fn challenge(error: Option<Challenge>) -> &'static str {
    match error {
        None => "Bearer realm=\"windlass\"",
        Some(Challenge::InvalidRequest) => "Bearer realm=\"windlass\", error=\"invalid_request\"",
        Some(Challenge::InvalidToken) => "Bearer realm=\"windlass\", error=\"invalid_token\"",
        Some(Challenge::InsufficientScope) => "Bearer realm=\"windlass\", error=\"insufficient_scope\"",
    }
}

impl ApiError {
    /// What the client reads.
    pub(super) fn body(&self) -> impl Serialize + '_ {
        let facts = self.facts.as_deref();
        Body {
            error: &self.message,
            code: &self.code,
            field: self.field.as_deref(),
            hint: self.hint.as_deref(),
            candidates: facts.map_or(&[], |facts| &facts.candidates),
            bindings: facts.map_or(&[], |facts| &facts.bindings),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        if self.status == StatusCode::UNAUTHORIZED || self.challenge.is_some() {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge(self.challenge)));
        }
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds(wait));
        }
        (self.status, headers, Json(self.body())).into_response()
    }
}

/// An error and its causes, one line, for the log.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
