//! HTTP for a tool provider: to hosts that plugin.json asks for and the binding grants.

use crate::bindings::tool_provider::windlass::plugin::http as host;
use std::collections::BTreeMap;

pub use host::{HttpError, HttpRequest, HttpResponse};

/// Who sends requests: [`Network`], or in a test a map of URLs and answers.
pub trait Http {
    /// Sends a request and waits for the whole answer. A redirect is an answer.
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError>;
}

/// The host's network. Natively there is none: everything is [`HttpError::NotGranted`].
#[derive(Debug, Clone, Copy)]
pub struct Network;

impl Http for Network {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        if cfg!(target_arch = "wasm32") { host::send(request) } else { Err(HttpError::NotGranted) }
    }
}

/// URLs and what is answered there; any other URL is [`HttpError::NotGranted`].
impl Http for BTreeMap<String, HttpResponse> {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        self.get(&request.url).cloned().ok_or(HttpError::NotGranted)
    }
}

impl HttpRequest {
    /// A request for what is at `url`.
    #[must_use]
    pub fn get(url: &str) -> Self {
        Self { method: "GET".to_owned(), url: url.to_owned(), headers: Vec::new(), body: Vec::new(), ext: Vec::new() }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl HttpResponse {
    /// An answer without headers, for tests.
    #[must_use]
    pub fn of(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), ext: Vec::new() }
    }

    /// The value of a header; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn natively_a_map_answers_and_there_is_no_network() {
        let known = BTreeMap::from([("https://a.example/".to_owned(), HttpResponse::of(200, "hello"))]);
        assert_eq!(
            known.send(&HttpRequest::get("https://a.example/")).map(|answer| answer.body),
            Ok(b"hello".to_vec())
        );
        assert_eq!(known.send(&HttpRequest::get("https://b.example/")), Err(HttpError::NotGranted));
        assert_eq!(Network.send(&HttpRequest::get("https://a.example/")), Err(HttpError::NotGranted));
    }
}
