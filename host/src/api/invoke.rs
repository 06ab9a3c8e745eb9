//! The way to a running agent: `invoke`, `invoke/stream` and `resume/…`, passed on as they come.
//!
//! Invariants: neither the caller's key nor the end user's token reaches the agent, and who the end user is says `door` alone
//! where the agent binds an identity provider; the lease on the agent's process is held until the answer's last
//! byte, so a redeploy cuts nobody off; the answer is streamed, never gathered. There is no time limit on an answer: a
//! model may think for minutes, and the client closes when it has had enough.

use super::auth::{KEY_HEADER, Visit, WORKSPACE_HEADER};
use super::openapi::{Operation, op};
use super::{ApiError, body, door};
use crate::app::App;
use crate::identity::EndUser;
use axum::Extension;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, Version};
use axum::response::Response;
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use windlass_runtime::Lease;

/// How long a connection to an agent on this machine may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Headers that belong to one connection (RFC 9110, section 7.6.1), beside those that `Connection` names.
const HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("proxy-authorization"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];
/// Headers that are between the client and us.
const OURS: [HeaderName; 5] =
    [AUTHORIZATION, HeaderName::from_static(KEY_HEADER), HeaderName::from_static(WORKSPACE_HEADER), HOST, EXPECT];

/// Connections to agents.
pub type Agents = Client<HttpConnector, Body>;

/// A client for agents on this machine.
#[must_use]
pub fn client() -> Agents {
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(CONNECT_WITHIN));
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(connector)
}

/// The line of the document of one of the ways.
pub fn operation(id: &str, summary: &str) -> Operation {
    op(id, summary)
        .about("Passed on as it comes, and so is the answer: status, media type and body are the agent's own. Where the agent binds an \
             identity provider, `Authorization` carries a token of the end user, and `X-RunAgents-API-Key` the key.")
        .body::<Map<String, Value>>()
        .answers::<Value>(200)
        .refuses(&[404, 408, 413, 502, 503])
}

/// `POST /agents/{name}/invoke`, `…/invoke/stream` and `…/resume/…`
pub async fn invoke(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Agents>,
    visit: Visit,
    request: Request,
) -> Result<Response, ApiError> {
    let end_user = door::admit(&app, &visit).await?;
    let lease = app.runtime.endpoint(&visit.agent)?;
    let request = outgoing(request, &lease, end_user.as_ref()).await?;
    let answer = client.request(request).await.map_err(|error| unreachable(&error))?;
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        // Nobody asked for it: passed on, it would open a tunnel through the proxies in front of us.
        let message = "the agent switched protocols without being asked to";
        return Err(ApiError::new(StatusCode::BAD_GATEWAY, "agent_switched_protocols", message)
            .hint("answer over plain HTTP; upgrades such as WebSocket are not passed on"));
    }
    Ok(incoming(answer, lease))
}

/// The request as the agent gets it: its own path, without what is between the client and us.
async fn outgoing(request: Request, lease: &Lease, end_user: Option<&EndUser>) -> Result<Request, ApiError> {
    let (mut parts, body) = request.into_parts();
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let uri = format!("http://{}{}{query}", lease.addr, path_in_agent(parts.uri.path()));
    parts.uri = Uri::try_from(uri).map_err(|_| ApiError::bad_request("invalid_path", "that is no path of an agent"))?;
    parts.version = Version::HTTP_11;
    strip(&mut parts.headers, &OURS);
    // Only now: `Connection` may have named the header.
    if let Some(user) = end_user {
        door::introduce(&mut parts.headers, user);
    }
    // The public runtime reads as many bytes as Content-Length says, and no chunks.
    let body = if body.size_hint().exact().is_some() {
        body
    } else {
        let (bytes, _) = body::read(body).await?;
        parts.headers.insert(CONTENT_LENGTH, bytes.len().into());
        bytes.into()
    };
    Ok(Request::from_parts(parts, body))
}

/// What follows the agent's name: `/agents/bot/invoke/stream` is the agent's `/invoke/stream`.
fn path_in_agent(path: &str) -> &str {
    let rest = path.strip_prefix("/agents/").unwrap_or(path);
    rest.find('/').map_or("/", |start| &rest[start..])
}

/// The answer as the client gets it; the lease goes with its body.
fn incoming(answer: axum::http::Response<hyper::body::Incoming>, lease: Lease) -> Response {
    let (mut parts, body) = answer.into_parts();
    // What the agent speaks is between it and us: the public runtime answers by HTTP/1.0.
    parts.version = Version::HTTP_11;
    strip(&mut parts.headers, &[]);
    let body = body.map_frame(move |frame| {
        let _held = &lease;
        frame
    });
    Response::from_parts(parts, Body::new(body))
}

/// Takes out hop-by-hop headers, those that `Connection` names, and `also`.
pub(super) fn strip(headers: &mut HeaderMap, also: &[HeaderName]) {
    let listed = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let listed: Vec<HeaderName> =
        listed.flat_map(|list| list.split(',')).filter_map(|name| HeaderName::try_from(name.trim()).ok()).collect();
    for name in listed.iter().chain(&HOP_BY_HOP).chain(also) {
        headers.remove(name);
    }
}

fn unreachable(error: &hyper_util::client::legacy::Error) -> ApiError {
    let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    tracing::warn!(cause, "failed to reach agent");
    ApiError::new(StatusCode::BAD_GATEWAY, "agent_unreachable", format!("failed to reach agent: {cause}"))
        .hint("the agent may have just stopped: try again, and look at GET …/logs")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn an_agent_sees_its_own_path() {
        for (path, own) in [
            ("/agents/bot/invoke", "/invoke"),
            ("/agents/bot/invoke/stream", "/invoke/stream"),
            ("/agents/bot/resume/agents/x", "/resume/agents/x"),
            ("/agents/bot", "/"),
        ] {
            assert_eq!(path_in_agent(path), own);
        }
    }

    #[test]
    fn keys_and_connection_headers_stay_here_and_the_rest_goes_on() {
        let mut headers = HeaderMap::new();
        for name in ["authorization", "x-runagents-api-key", "x-workspace-namespace", "host", "keep-alive", "x-hop"] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("v"));
        }
        for name in ["x-end-user-id", "x-run-id", "x-request-id", "content-type"] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("v"));
        }
        headers.insert(CONNECTION, HeaderValue::from_static("close, X-Hop"));
        strip(&mut headers, &OURS);
        let mut left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["content-type", "x-end-user-id", "x-request-id", "x-run-id"]);
    }
}
