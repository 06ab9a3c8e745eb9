//! The registry's errors: `{"errors": [{"code", "message"}]}` (distribution spec, "Error Codes").

use crate::api::ApiError;
use crate::api::error::seconds;
use axum::Json;
use axum::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde_json::json;
use std::time::Duration;
use windlass_image::ImageError;

/// How a registry refuses.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the shape alone is read")]
pub(super) struct OciErrors {
    errors: Vec<OciErrorShown>,
}

#[derive(JsonSchema)]
#[schemars(rename = "OciError")]
#[expect(dead_code, reason = "the shape alone is read")]
struct OciErrorShown {
    code: String,
    message: String,
}

/// A refusal in the registry's words.
#[derive(Debug)]
pub struct OciError {
    status: StatusCode,
    code: &'static str,
    message: String,
    retry_after: Option<Duration>,
}

impl OciError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    /// No key, or one that opens nothing.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message)
    }

    /// No such repository for this key.
    pub fn name_unknown(repository: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NAME_UNKNOWN", format!("there is no repository {repository}"))
    }

    /// No such manifest in the repository.
    pub fn manifest_unknown(reference: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", format!("there is no manifest {reference}"))
    }

    /// No such blob in the repository.
    pub fn blob_unknown(digest: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", format!("there is no blob {digest}"))
    }

    /// A name, tag or digest outside its grammar.
    pub fn invalid(code: &'static str, error: &ImageError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, error.to_string())
    }

    /// Anything but reading.
    pub fn unsupported() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "UNSUPPORTED",
            "this registry is read only: images are built by deploys",
        )
    }

    /// A path that names nothing of a registry.
    pub fn no_such_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "UNSUPPORTED", "there is nothing at this path of the registry")
    }
}

/// The rest of the house refuses in its own words; the registry passes on status and text.
impl From<ApiError> for OciError {
    fn from(error: ApiError) -> Self {
        let code = match error.status {
            StatusCode::UNAUTHORIZED => "UNAUTHORIZED",
            StatusCode::FORBIDDEN => "DENIED",
            StatusCode::TOO_MANY_REQUESTS => "TOOMANYREQUESTS",
            _ => "UNKNOWN",
        };
        Self { retry_after: error.retry_after, ..Self::new(error.status, code, error.message) }
    }
}

impl IntoResponse for OciError {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        match self.status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"windlass\""));
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            }
            _ => {}
        }
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds(wait));
        }
        let body = Json(json!({"errors": [{"code": self.code, "message": self.message}]}));
        (self.status, headers, body).into_response()
    }
}
