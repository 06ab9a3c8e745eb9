//! Who asks, and in which workspace.
//!
//! Invariants: a token is hashed at once and neither kept nor logged. A key that is not valid is not counted. The workspace
//! is the path's, else the header's, else the key's own; a workspace that a key does not own is the same 403 whether or not
//! there is one of that name.

use super::error::{ApiError, Challenge};
use crate::app::App;
use crate::bootstrap::DEFAULT_WORKSPACE;
use crate::deploy::Caller;
use crate::edge::now;
use crate::token;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use std::sync::Arc;
use std::time::Instant;
use windlass_domain::{AgentName, AgentRef, WorkspaceName};
use windlass_store::{KeyKind, KeyRecord};

/// The header that carries a key without a scheme.
pub const KEY_HEADER: &str = "x-runagents-api-key";
/// The header that names the workspace.
pub const WORKSPACE_HEADER: &str = "x-workspace-namespace";

/// The holder of an operator key: may act on the whole host.
#[derive(Debug, Clone)]
pub struct Operator {
    /// The key's id: the audit log's `who`.
    pub key_id: String,
}

/// An agent of the caller's workspace: a caller plus the path's `{name}`. Whether it exists is the handler's question.
#[derive(Debug, Clone)]
pub struct AgentOf(pub AgentRef);

/// A request to an agent itself: the agent, and the token of the end user where the request carries one.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The agent.
    pub agent: AgentRef,
    /// What `Authorization` carries beside a key in [`KEY_HEADER`].
    pub token: Option<String>,
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let key = authenticate(app, &parts.headers)?;
        caller(parts, app, key).await
    }
}

/// The holder of `key`, in the workspace that the request names.
async fn caller(parts: &mut Parts, app: &Arc<App>, key: KeyRecord) -> Result<Caller, ApiError> {
    let path = path_workspace(parts, app).await?;
    let workspace = resolve_workspace(&key.kind, path.as_deref(), header(&parts.headers, WORKSPACE_HEADER)?)?;
    if key.kind == KeyKind::Operator && app.store.workspace(&workspace)?.is_none() {
        return Err(ApiError::not_found(format!("workspace \"{workspace}\" not found")));
    }
    Ok(Caller { workspace, key_id: key.id })
}

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let key = authenticate(app, &parts.headers)?;
        match key.kind {
            KeyKind::Operator => Ok(Self { key_id: key.id }),
            KeyKind::Workspace(_) => Err(ApiError::forbidden("operator_only", "this needs an operator key")
                .hint("use the key in the data directory's `operator-key` file")),
        }
    }
}

impl FromRequestParts<Arc<App>> for AgentOf {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Caller { workspace, .. } = Caller::from_request_parts(parts, app).await?;
        agent_in(workspace, parts, app).await.map(Self)
    }
}

impl FromRequestParts<Arc<App>> for Visit {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let sent = Sent::read(&parts.headers)?;
        let key = key_of(app, sent.key_of_visit()?)?;
        let token = sent.token().map(str::to_owned);
        let Caller { workspace, .. } = caller(parts, app, key).await?;
        Ok(Self { agent: agent_in(workspace, parts, app).await?, token })
    }
}

/// The path's `{name}` as an agent of the workspace.
async fn agent_in(workspace: WorkspaceName, parts: &mut Parts, app: &Arc<App>) -> Result<AgentRef, ApiError> {
    let super::path::Path(super::path::Name { name }) = super::path::Path::from_request_parts(parts, app).await?;
    Ok(AgentRef { workspace, name: AgentName::parse("name", &name)? })
}

/// The key behind a request's headers.
fn authenticate(app: &App, headers: &HeaderMap) -> Result<KeyRecord, ApiError> {
    key_of(app, Sent::read(headers)?.key()?)
}

/// The valid key that a token is; also for `/v2/`, which reads its tokens differently.
pub(super) fn key_of(app: &App, token: &str) -> Result<KeyRecord, ApiError> {
    let now = now();
    let key = app.store.key_by_hash(&token::hash(token))?;
    let key = key.ok_or_else(|| ApiError::unauthorized("invalid_key", "the API key is not known here"))?;
    if !key.is_valid(now) {
        let (code, what) = if key.revoked { ("key_revoked", "revoked") } else { ("key_expired", "expired") };
        return Err(ApiError::unauthorized(code, format!("the API key is {what}")).hint("use another key"));
    }
    admit(app, &key)?;
    app.store.touch_key(&key.id, now);
    Ok(key)
}

/// Counts a request with the key of a workspace. An operator sets the limit, and mends things when all else is refused.
fn admit(app: &App, key: &KeyRecord) -> Result<(), ApiError> {
    let (Some(most), KeyKind::Workspace(_)) = (app.requests_per_minute, &key.kind) else { return Ok(()) };
    app.pace.admit(key.id.as_str(), most.get(), Instant::now()).map_err(|wait| {
        let message = format!("this key has sent {most} requests within a minute, and may send no more");
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", message)
            .hint("wait as long as Retry-After says; the operator sets the limit with --requests-per-minute")
            .retry_after(wait)
    })
}

/// The credentials of a request.
struct Sent<'a> {
    /// The token of `Authorization: Bearer`.
    bearer: Option<&'a str>,
    /// What [`KEY_HEADER`] carries.
    key: Option<&'a str>,
}

impl<'a> Sent<'a> {
    fn read(headers: &'a HeaderMap) -> Result<Self, ApiError> {
        let bearer = header(headers, AUTHORIZATION.as_str())?.map(parse_bearer).transpose()?;
        Ok(Self { bearer, key: header(headers, KEY_HEADER)? })
    }

    /// The key, by either header; where both are sent they must be the same.
    fn key(&self) -> Result<&'a str, ApiError> {
        if self.token().is_some() { Err(keys_differ()) } else { self.key_or_bearer() }
    }

    /// The key of a request to an agent: `Authorization` may carry something else beside it.
    fn key_of_visit(&self) -> Result<&'a str, ApiError> {
        let is_token = |bearer: &str| bearer.bytes().filter(|&byte| byte == b'.').count() == 2;
        if self.key.is_none() && self.bearer.is_some_and(is_token) {
            return Err(ApiError::unauthorized("missing_key", "the request carries a token and no API key")
                .hint("send `X-RunAgents-API-Key: <key>` beside the end user's `Authorization: Bearer <token>`"));
        }
        self.key_or_bearer()
    }

    fn key_or_bearer(&self) -> Result<&'a str, ApiError> {
        self.key.or(self.bearer).ok_or_else(|| {
            ApiError::unauthorized("missing_key", "the request carries no API key")
                .hint("send `Authorization: Bearer <key>` or `X-RunAgents-API-Key: <key>`")
        })
    }

    /// What `Authorization` carries that is not the key.
    fn token(&self) -> Option<&'a str> {
        self.bearer.filter(|bearer| self.key.is_some_and(|key| key != *bearer))
    }
}

/// Two keys, or a token that nothing here would check.
pub(super) fn keys_differ() -> ApiError {
    ApiError::unauthorized("keys_differ", "Authorization and X-RunAgents-API-Key carry different keys")
        .hint("send one of them; the token of an end user is for agents that bind an identity provider")
}

fn parse_bearer(text: &str) -> Result<&str, ApiError> {
    text.split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| ApiError::unauthorized("invalid_authorization", "Authorization is not `Bearer <key>`"))
}

/// A header's text, trimmed; an empty one counts as absent, and one that came twice is refused: which of them counts would be
/// a guess.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, ApiError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        let refused = ApiError::bad_request("repeated_header", format!("the header {name} came more than once"));
        return Err(refused.field(name).hint("send it once").challenge(Challenge::InvalidRequest));
    }
    let text = value.to_str().map_err(|_| {
        ApiError::bad_request("invalid_header", format!("the header {name} is not plain text")).field(name)
    })?;
    Ok(Some(text.trim()).filter(|text| !text.is_empty()))
}

async fn path_workspace(parts: &mut Parts, app: &Arc<App>) -> Result<Option<String>, ApiError> {
    let params = RawPathParams::from_request_parts(parts, app)
        .await
        .map_err(|rejection| ApiError::bad_request("invalid_path", rejection.body_text()))?;
    Ok(params.iter().find(|(name, _)| *name == "ws").map(|(_, value)| value.to_owned()))
}

/// Which workspace a key acts in, from what the path and the header say; an operator's that name none: the first one.
fn resolve_workspace(kind: &KeyKind, path: Option<&str>, header: Option<&str>) -> Result<WorkspaceName, ApiError> {
    let named = match (path, header) {
        (Some(path), Some(header)) if path != header => {
            return Err(ApiError::bad_request(
                "namespace_mismatch",
                "the path and X-Workspace-Namespace name different workspaces",
            )
            .field("X-Workspace-Namespace")
            .hint("leave the header out, or make them the same"));
        }
        (Some(path), _) => Some(WorkspaceName::parse("workspace", path)?),
        (None, Some(header)) => Some(WorkspaceName::parse("X-Workspace-Namespace", header)?),
        (None, None) => None,
    };
    match (kind, named) {
        (KeyKind::Operator, Some(named)) => Ok(named),
        (KeyKind::Operator, None) => Ok(WorkspaceName::parse("workspace", DEFAULT_WORKSPACE)?),
        (KeyKind::Workspace(own), None) => Ok(own.clone()),
        (KeyKind::Workspace(own), Some(named)) if *own == named => Ok(named),
        (KeyKind::Workspace(_), Some(named)) => {
            Err(ApiError::forbidden("workspace_forbidden", format!("this key does not open the workspace \"{named}\""))
                .hint("use a key of that workspace"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        pairs.iter().map(pair).collect()
    }

    fn code(error: Result<impl std::fmt::Debug, ApiError>) -> (u16, String) {
        let error = error.expect_err("refused");
        (error.status.as_u16(), error.code.into_owned())
    }

    fn key(headers: &HeaderMap) -> Result<&str, ApiError> {
        Sent::read(headers)?.key()
    }

    #[test]
    fn a_key_comes_by_either_header_or_by_both_alike() {
        for pairs in [
            &[("authorization", "Bearer k")][..],
            &[("authorization", "bearer  k")],
            &[(KEY_HEADER, "k")],
            &[("authorization", "Bearer k"), (KEY_HEADER, "k")],
        ] {
            assert_eq!(key(&headers(pairs)).expect("a key"), "k");
        }
    }

    #[test]
    fn no_key_two_keys_and_another_scheme_are_refused() {
        for (pairs, expected) in [
            (&[][..], "missing_key"),
            (&[(KEY_HEADER, " ")], "missing_key"),
            (&[("authorization", "Bearer a"), (KEY_HEADER, "b")], "keys_differ"),
            (&[("authorization", "Basic a")], "invalid_authorization"),
        ] {
            assert_eq!(code(key(&headers(pairs))), (401, expected.to_owned()));
        }
    }

    #[test]
    fn a_header_that_came_twice_is_refused() {
        for name in ["authorization", KEY_HEADER] {
            let mut twice = headers(&[("authorization", "Bearer k"), (KEY_HEADER, "k")]);
            twice.append(name, HeaderValue::from_static("Bearer k"));
            assert_eq!(code(key(&twice)), (400, "repeated_header".to_owned()), "{name}");
        }
    }

    #[test]
    fn a_visit_may_carry_a_token_beside_its_key() {
        let read = |pairs: &[(&'static str, &'static str)]| {
            let headers = headers(pairs);
            let sent = Sent::read(&headers)?;
            Ok((sent.key_of_visit()?.to_owned(), sent.token().map(str::to_owned)))
        };
        let (key, token) = ("k".to_owned(), Some("a.b.c".to_owned()));
        let both = [("authorization", "Bearer a.b.c"), (KEY_HEADER, "k")];
        assert_eq!(read(&both).expect("both"), (key.clone(), token));
        for alone in [&[("authorization", "Bearer k")][..], &[("authorization", "Bearer k"), (KEY_HEADER, "k")]] {
            assert_eq!(read(alone).expect("a key"), (key.clone(), None));
        }
        assert_eq!(code(read(&[("authorization", "Bearer a.b.c")])), (401, "missing_key".to_owned()));
    }

    #[test]
    fn the_workspace_is_the_paths_then_the_headers_then_the_keys() {
        let own = KeyKind::Workspace(WorkspaceName::parse("w", "acme").expect("a name"));
        let resolved =
            |kind: &KeyKind, path, header| resolve_workspace(kind, path, header).expect("allowed").to_string();
        assert_eq!(resolved(&own, None, None), "acme");
        assert_eq!(resolved(&own, Some("acme"), Some("acme")), "acme");
        assert_eq!(resolved(&KeyKind::Operator, None, None), "default");
        assert_eq!(resolved(&KeyKind::Operator, Some("acme"), None), "acme");
        assert_eq!(resolved(&KeyKind::Operator, None, Some("other")), "other");
    }

    #[test]
    fn a_foreign_workspace_is_forbidden_and_a_contradiction_is_the_clients_error() {
        let own = KeyKind::Workspace(WorkspaceName::parse("w", "acme").expect("a name"));
        assert_eq!(code(resolve_workspace(&own, None, Some("other"))), (403, "workspace_forbidden".to_owned()));
        assert_eq!(code(resolve_workspace(&own, Some("other"), None)), (403, "workspace_forbidden".to_owned()));
        assert_eq!(code(resolve_workspace(&own, Some("acme"), Some("other"))), (400, "namespace_mismatch".to_owned()));
        assert_eq!(code(resolve_workspace(&own, Some("No!"), None)), (400, "invalid_name".to_owned()));
    }
}
