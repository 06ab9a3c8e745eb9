//! Request bodies: read whole within a limit, then judged; what is wrong is named by line and column, or by JSON path.
//!
//! `null` for an optional field is the same as its absence: wire types use `Option` and `#[serde(default)]`.

mod budget;

use super::error::ApiError;
use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use budget::{BODIES, Share};
use http_body_util::BodyExt as _;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;
use std::time::Duration;

/// The largest body that is read whole, in bytes: 64 MiB, room for 16 MiB of source however it is escaped.
pub const MAX_BODY: usize = 64 * 1024 * 1024;
/// The most bytes of an announced length that room is made for before they come.
const MAX_AHEAD: u64 = 1024 * 1024;
/// A body of which nothing comes for so long is given up.
const IDLE: Duration = Duration::from_secs(30);

/// A JSON body. The content type is not looked at: the contract's clients always send JSON.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

/// A JSON body that may be missing; an empty one and `null` are `None`.
#[derive(Debug)]
pub struct OptionalJsonBody<T>(pub Option<T>);

/// A body as it is, at most [`MAX_BODY`].
#[derive(Debug)]
pub struct RawBody(pub Bytes);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (bytes, _share) = read(request.into_body()).await?;
        required(&bytes).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OptionalJsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (bytes, _share) = read(request.into_body()).await?;
        match bytes.trim_ascii() {
            b"" | b"null" => Ok(Self(None)),
            bytes => parse(bytes).map(|value| Self(Some(value))),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        read(request.into_body()).await.map(|(bytes, _)| Self(bytes))
    }
}

/// Reads a body whole; its share of the memory for bodies is given back with it. What is left of one that is too large is
/// drained by `drain`, so that the client sees the answer.
pub(super) async fn read(mut body: Body) -> Result<(Bytes, Share), ApiError> {
    // An announced length is refused before the first byte is asked for.
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(too_large());
    }
    let ahead = body.size_hint().lower().min(MAX_AHEAD) as usize;
    let (mut bytes, mut share) = (Vec::with_capacity(ahead), Share::of(&BODIES));
    loop {
        let frame = tokio::time::timeout(IDLE, body.frame()).await.map_err(|_| stalled())?;
        let Some(frame) = frame else { return Ok((bytes.into(), share)) };
        let frame = frame.map_err(|error| {
            ApiError::bad_request("broken_body", "the body could not be read to its end").hint(error.to_string())
        })?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > MAX_BODY {
            return Err(too_large());
        }
        if !share.grow(data.len()) {
            return Err(no_room());
        }
        bytes.extend_from_slice(&data);
    }
}

fn too_large() -> ApiError {
    let message = format!("the body is larger than {MAX_BODY} bytes");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
        .hint("leave out dependencies and build output, or deploy an image")
}

fn no_room() -> ApiError {
    let message = "too many large bodies are being read at once";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "bodies_busy", message)
        .hint("send it again after the time in Retry-After")
        .retry_after(Duration::from_secs(1))
}

fn stalled() -> ApiError {
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", "the body stopped coming").hint("send it again")
}

/// Reads a body that must be there; see [`parse`].
pub(super) fn required<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    if bytes.trim_ascii().is_empty() {
        return Err(ApiError::bad_request("missing_body", "the request has no body").hint("send a JSON object"));
    }
    parse(bytes)
}

/// Reads a JSON object of one type; see the module.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // serde would take a list for a struct, field by field.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        serde_json::from_slice::<IgnoredAny>(bytes).map_err(|error| refuse("", &error))?;
        return Err(ApiError::bad_request("invalid_type", "the body is not a JSON object").hint("send a JSON object"));
    }
    // Knowing where one is costs time, and matters only where something is wrong.
    if let Ok(value) = serde_json::from_slice(bytes) {
        return Ok(value);
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        refuse(&path, &error.into_inner())
    })?;
    json.end().map_err(|error| refuse("", &error))?;
    Ok(value)
}

fn refuse(path: &str, error: &serde_json::Error) -> ApiError {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Syntax | Category::Eof | Category::Io => {
            ApiError::bad_request("malformed_json", format!("the body is not JSON: {error}"))
                .hint(format!("look at line {line}, column {column} of the body"))
        }
        Category::Data if matches!(path, "" | ".") => {
            ApiError::bad_request("invalid_type", format!("the body has the wrong shape: {error}"))
                .hint(format!("look at line {line}, column {column} of the body"))
        }
        Category::Data => ApiError::bad_request("invalid_type", format!("{path}: {error}"))
            .field(path)
            .hint("correct its type; `null` is the same as leaving it out"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Tool {
        #[serde(default)]
        port: Option<u16>,
    }

    #[derive(Debug, Deserialize)]
    struct Deploy {
        #[serde(default)]
        tools: Option<Vec<Tool>>,
    }

    #[test]
    fn malformed_json_is_named_by_line_and_column() {
        let error = parse::<Deploy>(b"{\n  \"tools\": [,]\n}").expect_err("malformed");
        assert_eq!(error.code, "malformed_json");
        assert!(error.message.contains("line 2 column 13"), "{}", error.message);
        assert_eq!(parse::<Deploy>(b"{} {}").expect_err("trailing").code, "malformed_json");
        assert_eq!(parse::<Deploy>(b"{\"tools\": [").expect_err("cut off").code, "malformed_json");
    }

    #[test]
    fn a_wrong_type_is_named_by_its_json_path() {
        let error = parse::<Deploy>(br#"{"tools": [{"port": 1}, {"port": "x"}]}"#).expect_err("a text is no port");
        assert_eq!((error.code.as_ref(), error.field.as_deref()), ("invalid_type", Some("tools[1].port")));
    }

    #[test]
    fn what_is_no_object_is_refused_as_such() {
        for body in ["[1]", "[]", "null", "\"text\"", " 1 "] {
            assert_eq!(parse::<Deploy>(body.as_bytes()).expect_err("no object").code, "invalid_type", "{body}");
        }
        assert_eq!(parse::<Deploy>(b"agent_name=a").expect_err("a form").code, "malformed_json");
    }

    #[test]
    fn null_is_the_same_as_nothing() {
        assert!(parse::<Deploy>(br#"{"tools": null}"#).expect("good").tools.is_none());
        assert_eq!(parse::<Deploy>(br#"{"tools": [{"port": null}]}"#).expect("good").tools.expect("one")[0].port, None);
    }
}
