//! The starter kit's model: an OpenAI-shaped chat endpoint that answers by rule, so that a first agent needs no key and
//! no network.
//!
//! Unauthenticated on purpose: an agent knows only the placeholder key of its environment, and there is nothing here to
//! protect. Invariants: no state, no secret, no call out; the same request gives the same bytes; a body is at most
//! [`super::starter_kit::MAX_BODY`]. Every answer says that no model is behind it.

use super::PLAYGROUND_PATH;
use super::health::healthz;
use super::llm::OpenAiError;
use super::openapi::op;
use super::routes::Routes;
use axum::Json;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The one model that it lists and answers as.
pub const MODEL: &str = "playground";
/// How much of the author's message is quoted back, in characters.
const QUOTED: usize = 2_000;

/// `GET healthz`, `GET v1/models` and `POST v1/chat/completions`, below [`PLAYGROUND_PATH`].
pub fn routes() -> Routes {
    let chat_ = op("playgroundChat", "Ask the playground, which answers by rule")
        .body::<ChatRequest>()
        .answers::<Map<String, Value>>(200)
        .answers_as::<Value>(200, "text/event-stream")
        .answers::<OpenAiError>(400)
        .refuses(&[413]);
    let below = Routes::new("Starter kit")
        .get("/healthz", healthz, op("playgroundHealthz", "Say whether the playground is alive"))
        .get("/v1/models", models, op("playgroundModels", "List its one model").answers::<Map<String, Value>>(200))
        .post("/v1/chat/completions", chat, chat_)
        .with(|router| router.layer(DefaultBodyLimit::max(super::starter_kit::MAX_BODY)));
    Routes::new("Starter kit").nest(PLAYGROUND_PATH, below)
}

async fn models() -> Json<Value> {
    Json(json!({"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "windlass"}]}))
}

/// Errors have the shape that the clients of such endpoints read.
async fn chat(body: Bytes) -> Response {
    match serde_json::from_slice::<ChatRequest>(&body) {
        Ok(request) if request.stream => {
            ([(header::CONTENT_TYPE, "text/event-stream")], events(&request, &Answer::to(&request))).into_response()
        }
        Ok(request) => Json(completion(&Answer::to(&request))).into_response(),
        Err(error) => {
            let message = format!("the request is no chat completion request: {error}");
            let body = json!({"error": {"message": message, "type": "invalid_request_error", "code": "invalid_json"}});
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
    }
}

/// What is read of `POST /v1/chat/completions`.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "PlaygroundRequest")]
struct ChatRequest {
    messages: Vec<Message>,
    #[serde(default)]
    stream: bool,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "PlaygroundStreamOptions")]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "PlaygroundMessage")]
struct Message {
    #[serde(default)]
    role: String,
    /// A text, a list of parts, or null beside tool calls.
    #[serde(default)]
    content: Value,
}

impl Message {
    fn text(&self) -> String {
        match &self.content {
            Value::String(text) => text.clone(),
            Value::Array(parts) => {
                let texts = parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str));
                texts.collect::<Vec<_>>().join("\n")
            }
            _ => String::new(),
        }
    }
}

struct Answer {
    text: String,
    /// Counts of words, since there is no tokenizer behind them.
    usage: Value,
}

impl Answer {
    fn to(request: &ChatRequest) -> Self {
        let text = reply(&request.messages);
        let words = |text: &str| text.split_whitespace().count();
        let asked: usize = request.messages.iter().map(|message| words(&message.text())).sum();
        let answered = words(&text);
        let usage = json!({"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered});
        Self { text, usage }
    }
}

fn reply(messages: &[Message]) -> String {
    let said = match messages.last() {
        Some(last) if last.role == "tool" => format!("The tool answered: {}", quote(&last.text())),
        _ => match messages.iter().rev().find(|message| message.role == "user") {
            Some(user) => format!("You said: {}", quote(&user.text())),
            None => "You said nothing yet.".to_owned(),
        },
    };
    format!("This is the Windlass playground: it answers by rule, no model is behind it. {said}")
}

fn quote(text: &str) -> String {
    let mut quoted: String = text.chars().take(QUOTED).collect();
    if quoted.len() < text.len() {
        quoted.push('…');
    }
    quoted
}

fn completion(answer: &Answer) -> Value {
    json!({
        "id": "chatcmpl-playground",
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": answer.text},
            "finish_reason": "stop",
        }],
        "usage": answer.usage,
    })
}

/// The same answer as server-sent events: a chunk for the role, one a word, one for the end, and `[DONE]`.
/// All of it is known at once, so it is one body.
fn events(request: &ChatRequest, answer: &Answer) -> String {
    let mut events = String::new();
    let mut send = |choices: Value, usage: Value| {
        let mut chunk = json!({
            "id": "chatcmpl-playground", "object": "chat.completion.chunk", "created": 0, "model": MODEL,
            "choices": choices,
        });
        if !usage.is_null() {
            chunk["usage"] = usage;
        }
        let _ = write!(events, "data: {chunk}\n\n");
    };
    let mut step = |delta: Value, finish: Option<&str>| {
        send(json!([{"index": 0, "delta": delta, "finish_reason": finish}]), Value::Null);
    };
    step(json!({"role": "assistant", "content": ""}), None);
    for word in answer.text.split_inclusive(' ') {
        step(json!({"content": word}), None);
    }
    step(json!({}), Some("stop"));
    if request.stream_options.as_ref().is_some_and(|options| options.include_usage) {
        send(json!([]), answer.usage.clone());
    }
    events.push_str("data: [DONE]\n\n");
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: Value) -> ChatRequest {
        serde_json::from_value(body).expect("a chat request")
    }

    #[test]
    fn the_answer_says_that_it_is_a_playground_and_quotes_the_last_user() {
        let request = request(json!({"messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": [{"type": "text", "text": "hello there"}]},
        ]}));
        let answer = completion(&Answer::to(&request));
        let text = answer["choices"][0]["message"]["content"].as_str().expect("a text");
        assert!(text.contains("playground") && text.ends_with("You said: hello there"), "{text}");
        assert_eq!(answer["usage"]["prompt_tokens"], 4);
    }

    #[test]
    fn a_tool_result_is_reported_and_a_null_content_is_no_error() {
        let request = request(json!({"messages": [
            {"role": "user", "content": "echo hi"},
            {"role": "assistant", "content": null, "tool_calls": []},
            {"role": "tool", "content": "hi"},
        ]}));
        assert!(reply(&request.messages).ends_with("The tool answered: hi"));
    }

    #[test]
    fn a_stream_carries_the_same_text_and_ends_with_done() {
        let request = request(json!({
            "messages": [{"role": "user", "content": "hi"}], "stream": true, "stream_options": {"include_usage": true},
        }));
        let answer = Answer::to(&request);
        let events = events(&request, &answer);
        let chunks: Vec<Value> = events
            .split("\n\n")
            .filter_map(|event| event.strip_prefix("data: "))
            .filter_map(|data| serde_json::from_str(data).ok())
            .collect();
        let text: String = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
        assert_eq!(text, answer.text);
        assert!(chunks.last().is_some_and(|chunk| chunk["usage"]["total_tokens"].is_u64()));
        assert!(events.ends_with("data: [DONE]\n\n"));
    }
}
