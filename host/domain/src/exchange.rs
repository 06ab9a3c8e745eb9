//! HTTP exchanges of a plugin's call, recorded so that the call can be made again without a network.
//!
//! Invariant: no header of a request is in here, and no value of a secret.

use crate::source::sha256;
use serde::{Deserialize, Serialize};

/// The most bytes of answers that are kept of one call; exchanges past it are listed without their answer.
pub const MAX_RECORDED: usize = 1024 * 1024;

/// A request and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// [`digest`] of method, URL and body.
    pub digest: String,
    /// The method.
    pub method: String,
    /// The URL; secrets in it are replaced by their names.
    pub url: String,
    /// What came back.
    pub outcome: Outcome,
}

/// What came back of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An answer.
    Answer(HttpAnswer),
    /// None.
    Failure(HttpFailure),
    /// Something that would not fit into [`MAX_RECORDED`].
    NotKept,
}

/// An answer of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The headers, by lower-case names.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Body,
}

/// Bytes, kept as text where they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Body {
    /// UTF-8.
    Text(String),
    /// Anything else.
    Bytes(Vec<u8>),
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpFailure {
    /// The host is not asked for, or not granted.
    NotGranted,
    /// The host is, or resolves to, an address that is not called unless it is granted.
    RefusedAddress,
    /// The request is none: why.
    InvalidRequest(String),
    /// A limit of the call is reached: `calls` or `bytes`.
    Limit(String),
    /// The time of the call is over.
    Timeout,
    /// No answer came: why.
    Failed(String),
    /// Anything else: a code in snake case.
    Other(String),
}

impl HttpFailure {
    /// Of a request that a recording does not have.
    #[must_use]
    pub fn not_recorded() -> Self {
        Self::Other("not_recorded".to_owned())
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(|error| Self::Bytes(error.into_bytes()), Self::Text)
    }
}

impl Body {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl From<Body> for Vec<u8> {
    fn from(body: Body) -> Self {
        match body {
            Body::Text(text) => text.into_bytes(),
            Body::Bytes(bytes) => bytes,
        }
    }
}

impl HttpAnswer {
    /// About how many bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len());
        headers.sum::<usize>() + self.body.as_bytes().len()
    }
}

/// What a request is known by: method, URL and body, without secrets. Headers are not in it: they carry credentials.
#[must_use]
pub fn digest(method: &str, url: &str, body: &[u8]) -> String {
    sha256(&[method.as_bytes(), b" ", url.as_bytes(), b"\n", body].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_kept_as_text_where_it_is_text_and_comes_back_the_same() {
        for bytes in [&b"text"[..], b"\xff\x00"] {
            let json = serde_json::to_string(&Body::from(bytes.to_vec())).expect("JSON");
            assert_eq!(json.starts_with('"'), bytes == b"text");
            let body: Body = serde_json::from_str(&json).expect("the same");
            assert_eq!(Vec::from(body), bytes);
        }
    }

    #[test]
    fn requests_that_differ_in_a_part_have_another_digest() {
        let digests =
            [digest("GET", "u", b""), digest("PUT", "u", b""), digest("GET", "v", b""), digest("GET", "u", b"b")];
        let different: std::collections::BTreeSet<_> = digests.iter().collect();
        assert_eq!(different.len(), digests.len());
    }
}
