//! The gateway to models, in OpenAI's shape: `chat/completions`, `embeddings` and `models` below `/llm/{pass}/v1`.
//!
//! The pass is the path's, so no key of this server is asked for. Errors have the shape that the clients of such endpoints
//! read: `{"error": {"message", "type", "code", "param", "hint"}}`.

mod words;

use super::error::seconds;
use super::{ApiError, Path, RawBody};
use crate::app::App;
use crate::gateway::llm::{self, Answer, AnswerBody, Endpoint};
use crate::gateway::{GatewayError, LLM_PATH};
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Tells OpenAI's SDKs not to try again by themselves.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// The routes, and an answer in the same shape for what is not served.
pub fn routes() -> Router<Arc<App>> {
    let below = Router::new()
        .route("/healthz", get(|| async { Json(json!({"status": "ok"})) }))
        .route("/v1/models", get(models))
        .route("/v1/chat/completions", post(chat))
        .route("/v1/embeddings", post(embeddings))
        .fallback(unserved)
        .method_not_allowed_fallback(unserved);
    Router::new().nest(&format!("{LLM_PATH}/{{pass}}"), below)
}

/// The path's `{pass}`, unchecked.
#[derive(Deserialize)]
struct Pass {
    pass: String,
}

/// A refusal on its way out.
struct Refusal(GatewayError);

impl From<GatewayError> for Refusal {
    fn from(error: GatewayError) -> Self {
        Self(error)
    }
}

async fn chat(
    State(app): State<Arc<App>>,
    Path(Pass { pass }): Path<Pass>,
    RawBody(body): RawBody,
) -> Result<Response, Refusal> {
    Ok(shown(llm::ask(&app, &pass, Endpoint::Chat, &body).await?))
}

async fn embeddings(
    State(app): State<Arc<App>>,
    Path(Pass { pass }): Path<Pass>,
    RawBody(body): RawBody,
) -> Result<Response, Refusal> {
    Ok(shown(llm::ask(&app, &pass, Endpoint::Embeddings, &body).await?))
}

async fn models(State(app): State<Arc<App>>, Path(Pass { pass }): Path<Pass>) -> Result<Json<Value>, Refusal> {
    Ok(Json(llm::models(&app, &pass)?))
}

async fn unserved() -> Response {
    let message = "the gateway serves POST chat/completions, POST embeddings and GET models";
    let hint =
        "use an OpenAI-compatible client; ChatOpenAI reaches Anthropic and Ollama models through this gateway too";
    body(StatusCode::NOT_FOUND, "invalid_request_error", "not_served", message, hint).into_response()
}

/// The provider's answer as the agent gets it.
fn shown(answer: Answer) -> Response {
    let Answer { status, content_type, retry_after, body } = answer;
    let body = match body {
        AnswerBody::Whole(bytes) => Body::from(bytes),
        AnswerBody::Events(events) => Body::from_stream(events),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    if let Some(retry_after) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, retry_after);
    }
    response
}

fn body(status: StatusCode, kind: &str, code: &str, message: &str, hint: &str) -> (StatusCode, Json<Value>) {
    let error = json!({"message": message, "type": kind, "code": code, "param": null, "hint": hint});
    (status, Json(json!({"error": error})))
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self(error) = self;
        if let GatewayError::Store(error) = error {
            let ApiError { status, code, message, hint, .. } = error.into();
            return body(status, "server_error", &code, &message, &hint.unwrap_or_default()).into_response();
        }
        tracing::info!(%error, "the gateway refused");
        let words = words::of(&error);
        let mut response = body(words.status, words.kind, words.code, &words.message, &words.hint).into_response();
        if let Some(wait) = words.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds(wait));
        }
        if !words.is_worth_another {
            response.headers_mut().insert(SHOULD_RETRY, HeaderValue::from_static("false"));
        }
        response
    }
}
