//! Models: from an agent's request to the provider's answer.

use super::meter::Meter;
use super::pass::{self, Holder};
use super::provider::Provider;
use super::redact::without_key;
use super::route;
use super::tally::{Call, Tally};
use super::{GatewayError, Tokens, budget};
use crate::app::App;
use crate::{edge, egress};
use futures_util::Stream;
use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use serde_json::{Map, Value, json};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;
use windlass_domain::request::LlmConfig;
use windlass_domain::resource::ResourceKind;

/// The largest answer that is read whole, in bytes; a stream has no such limit.
const MAX_ANSWER: usize = 64 * 1024 * 1024;
/// The largest error of a provider that is passed on, in bytes.
const MAX_ERROR: usize = 64 * 1024;

/// What of the OpenAI API is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// `POST chat/completions`
    Chat,
    /// `POST embeddings`
    Embeddings,
}

impl Endpoint {
    fn path(self) -> &'static str {
        match self {
            Self::Chat => "chat/completions",
            Self::Embeddings => "embeddings",
        }
    }

    fn role(self) -> &'static str {
        match self {
            Self::Chat => "default",
            Self::Embeddings => "embedding",
        }
    }
}

/// What goes back to the agent.
pub struct Answer {
    /// The provider's status.
    pub status: u16,
    /// What the body is.
    pub content_type: HeaderValue,
    /// The provider's `Retry-After`.
    pub retry_after: Option<HeaderValue>,
    /// The body.
    pub body: AnswerBody,
}

/// A body, whole or as it comes.
pub enum AnswerBody {
    /// All of it.
    Whole(Vec<u8>),
    /// Server-sent events, each as soon as it is there.
    Events(Events),
}

/// A stream of whole server-sent events.
pub type Events = Pin<Box<dyn Stream<Item = io::Result<Vec<u8>>> + Send>>;

/// Asks the provider that the agent's request is for.
pub async fn ask(app: &Arc<App>, pass: &str, endpoint: Endpoint, body: &[u8]) -> Result<Answer, GatewayError> {
    let holder = pass::open(app, pass)?;
    let mut body = parse(body)?;
    let (provider, call) = admit(app, &holder, endpoint, &mut body)?;
    let hides_usage = ask_for_usage(endpoint, &mut body);
    let answer = app.gateway.send(&provider, endpoint.path(), &body).await?;
    let status = answer.status();
    if matches!(status.as_u16(), 401 | 403) {
        return Err(GatewayError::KeyRefused { provider: provider.name, status: status.as_u16() });
    }
    if !status.is_success() {
        return refused(app, &provider, answer).await;
    }
    let mut tally = Tally::new(app.clone(), call, edge::now());
    let content_type = content_type(&answer);
    let body = if content_type.as_bytes().starts_with(b"text/event-stream") {
        let meter = Meter::new(hides_usage, provider.key.clone());
        AnswerBody::Events(events(answer, meter, tally))
    } else {
        let bytes = read(app, &provider, answer, MAX_ANSWER).await?;
        let tokens = serde_json::from_slice(&bytes).ok().and_then(|answer: Value| Tokens::of(&answer));
        tally.count(tokens).await;
        AnswerBody::Whole(without_key(&bytes, provider.key.as_deref()).into_owned())
    };
    Ok(Answer { status: status.as_u16(), content_type, retry_after: None, body })
}

/// The models that the agent may ask for, in OpenAI's shape.
pub fn models(app: &App, pass: &str) -> Result<Value, GatewayError> {
    let Holder { agent, revision } = pass::open(app, pass)?;
    let configs = revision.spec.settings.llm_configs;
    let model = |id: &str, owner: &str| json!({"id": id, "object": "model", "created": 0, "owned_by": owner});
    let mut models: Vec<Value> = configs.iter().map(|config| model(&config.model, &config.provider)).collect();
    if models.is_empty() {
        for provider in app.store.resources(&agent.workspace, ResourceKind::ModelProvider)? {
            let listed = super::provider::Spec::of(&provider).models;
            models.extend(listed.iter().map(|id| model(id, provider.name.as_str())));
        }
    }
    Ok(json!({"object": "list", "data": models}))
}

fn parse(body: &[u8]) -> Result<Map<String, Value>, GatewayError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(body)) if matches!(body.get("model"), None | Some(Value::String(_) | Value::Null)) => Ok(body),
        Ok(Value::Object(_)) => Err(GatewayError::Body("`model` is not a text".to_owned())),
        Ok(_) => Err(GatewayError::Body("it is not a JSON object".to_owned())),
        Err(error) => Err(GatewayError::Body(format!("it is not JSON: {error}"))),
    }
}

/// Finds who answers, and whether the agent may ask now; puts the model into `body` as the provider knows it.
fn admit(
    app: &Arc<App>,
    holder: &Holder,
    endpoint: Endpoint,
    body: &mut Map<String, Value>,
) -> Result<(Provider, Call), GatewayError> {
    let Holder { agent, revision } = holder;
    let providers = app.store.resources(&agent.workspace, ResourceKind::ModelProvider)?;
    let asked = body.get("model").and_then(Value::as_str).unwrap_or_default();
    let route = route::choose(&revision.spec.settings.llm_configs, &providers, asked, endpoint.role())?;
    if let Some(config) = route.config {
        budget::check(app, agent, config, edge::now())?;
    }
    let provider = Provider::load(app, &agent.workspace, route.provider)?;
    if let Some(per_minute) = provider.per_minute {
        let who = (agent.workspace.clone(), provider.name.clone());
        let admitted = app.gateway.pace.admit(&who, per_minute, Instant::now());
        let too_fast = |retry_after| GatewayError::TooFast { provider: provider.name.clone(), per_minute, retry_after };
        admitted.map_err(too_fast)?;
    }
    body.insert("model".to_owned(), route.model.clone().into());
    let call = Call {
        agent: agent.clone(),
        role: route.config.map(LlmConfig::role_or_default).unwrap_or_default().to_owned(),
        provider: provider.name.clone(),
        model: route.model,
        is_free: provider.is_free,
    };
    Ok((provider, call))
}

/// Has a stream tell its usage; whether the agent had not asked for it.
fn ask_for_usage(endpoint: Endpoint, body: &mut Map<String, Value>) -> bool {
    if endpoint != Endpoint::Chat || body.get("stream").and_then(Value::as_bool) != Some(true) {
        return false;
    }
    let options = body.entry("stream_options").or_insert_with(|| json!({}));
    if !options.is_object() {
        *options = json!({});
    }
    let asked = options["include_usage"] == true;
    options["include_usage"] = true.into();
    !asked
}

/// An error of the provider: its own words, without our key.
async fn refused(app: &App, provider: &Provider, answer: Response) -> Result<Answer, GatewayError> {
    let status = answer.status();
    let bad = |reason: String| GatewayError::BadAnswer { provider: provider.name.clone(), reason };
    if !(status.is_client_error() || status.is_server_error()) {
        return Err(bad(format!("status {status}; redirects are not followed")));
    }
    let retry_after = answer.headers().get(RETRY_AFTER).cloned();
    let bytes = read(app, provider, answer, MAX_ERROR).await?;
    let bytes = without_key(&bytes, provider.key.as_deref());
    // Clients of this API read `error`; what has none is told in our own words.
    let is_error = serde_json::from_slice(&bytes).is_ok_and(|body: Value| body.get("error").is_some());
    let body = if is_error {
        bytes.into_owned()
    } else {
        let message = format!("the model provider {} answered {status}", provider.name);
        json!({"error": {"message": message, "type": "provider_error", "code": "provider_error", "param": null}})
            .to_string()
            .into_bytes()
    };
    let content_type = HeaderValue::from_static("application/json");
    Ok(Answer { status: status.as_u16(), content_type, retry_after, body: AnswerBody::Whole(body) })
}

async fn read(app: &App, provider: &Provider, mut answer: Response, most: usize) -> Result<Vec<u8>, GatewayError> {
    let read = egress::read(&mut answer, most).await.map_err(|error| app.gateway.failed(provider, &error))?;
    let too_large = || format!("it is larger than {most} bytes");
    read.ok_or_else(|| GatewayError::BadAnswer { provider: provider.name.clone(), reason: too_large() })
}

fn content_type(answer: &Response) -> HeaderValue {
    let json = HeaderValue::from_static("application/json");
    answer.headers().get(CONTENT_TYPE).cloned().unwrap_or(json)
}

/// The events of a stream. Usage is on the disk before what follows it passes; where the agent goes away first, the call
/// is counted as unmetered when this is dropped.
fn events(answer: Response, meter: Meter, tally: Tally) -> Events {
    let start = Some((answer, meter, tally));
    Box::pin(futures_util::stream::try_unfold(start, |state| async move {
        let Some((mut answer, mut meter, mut tally)) = state else { return Ok(None) };
        loop {
            let chunk = answer.chunk().await.map_err(|error| {
                tracing::warn!(error = %error.without_url(), "a model provider's stream broke off");
                io::Error::other("the model provider's stream broke off")
            })?;
            let Some(chunk) = chunk else {
                let rest = meter.finish();
                tally.count(meter.tokens).await;
                return Ok((!rest.is_empty()).then_some((rest, None)));
            };
            let passes = meter.push(&chunk);
            if meter.tokens.is_some() {
                tally.count(meter.tokens).await;
            }
            if !passes.is_empty() {
                return Ok(Some((passes, Some((answer, meter, tally)))));
            }
        }
    }))
}
