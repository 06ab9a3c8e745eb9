//! The gateway to models, in OpenAI's shape: `chat/completions`, `embeddings` and `models` below `/llm/{pass}/v1`.
//!
//! The pass is the path's, so no key of this server is asked for. Errors have the shape that the clients of such endpoints
//! read: `{"error": {"message", "type", "code", "param", "hint"}}`.

mod words;

use super::error::seconds;
use super::health::healthz;
use super::openapi::{Answer as Documented, Operation, op};
use super::routes::Routes;
use super::{ApiError, Path, RawBody};
use crate::app::App;
use crate::gateway::llm::{self, Answer, AnswerBody, Endpoint};
use crate::gateway::{GatewayError, LLM_PATH};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Tells OpenAI's SDKs not to try again by themselves.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// The routes, and an answer in the same shape for what is not served.
pub fn routes() -> Routes {
    let refused = |operation: Operation| {
        let by_budget_or_provider = [400, 401, 403, 404, 408, 413, 424, 429, 500, 502, 503, 504];
        by_budget_or_provider.into_iter().fold(operation, Operation::answers::<OpenAiError>)
    };
    let asked = |id: &str, summary: &str| {
        let operation = op(id, summary)
            .about("In OpenAI's shape, and so are the refusals. The pass in the path is an agent's own.");
        refused(operation.body::<ModelRequest>().answers::<Map<String, Value>>(200))
    };
    let chat_ = asked("gatewayChat", "Ask a model").answers_as::<Value>(200, "text/event-stream");
    let models_ =
        refused(op("gatewayModels", "List the models that the agent may ask").answers::<Map<String, Value>>(200));
    let below = Routes::new("Gateways")
        .get("/healthz", healthz, op("gatewayHealthz", "Say whether the gateway is alive"))
        .get("/v1/models", models, models_)
        .post("/v1/chat/completions", chat, chat_)
        .post("/v1/embeddings", embeddings, asked("gatewayEmbeddings", "Ask a model for embeddings"))
        .with(|router| router.fallback(unserved).method_not_allowed_fallback(wrong_method));
    Routes::new("Gateways").nest(&format!("{LLM_PATH}/{{pass}}"), below)
}

/// What is read of a request; the rest goes on to the provider.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the shape alone is read")]
struct ModelRequest {
    model: String,
    stream: Option<bool>,
}

/// How the clients of such endpoints are refused.
#[derive(JsonSchema)]
#[schemars(rename = "OpenAIError")]
#[expect(dead_code, reason = "the shape alone is read")]
pub(super) struct OpenAiError {
    error: Map<String, Value>,
}

/// The path's `{pass}`, unchecked.
#[derive(Deserialize, JsonSchema)]
struct Pass {
    pass: String,
}

/// A refusal on its way out.
struct Refusal(GatewayError);

impl Documented for Refusal {}

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
    refused(StatusCode::NOT_FOUND, "not_served")
}

async fn wrong_method() -> Response {
    refused(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")
}

fn refused(status: StatusCode, code: &str) -> Response {
    let message = "the gateway serves POST chat/completions, POST embeddings and GET models";
    let hint =
        "use an OpenAI-compatible client; ChatOpenAI reaches Anthropic and Ollama models through this gateway too";
    body(status, "invalid_request_error", code, message, hint).into_response()
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
