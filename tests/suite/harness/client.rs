//! A small HTTP client: what a test sends and sees is plain JSON.

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as JSON; `Null` where it is none.
    pub body: Value,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The body, after checking the status.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self.body
    }
}

/// A client of the library, which wants to be told which cryptography it uses, though nothing here speaks TLS.
pub fn http() -> reqwest::Client {
    // Another test may have told it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

/// A key, a server, and how the key is sent.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    key: String,
    headers: Vec<(String, String)>,
}

impl Client {
    /// Sends `key` as a bearer token to the server at `url`.
    pub fn new(url: &str, key: &str) -> Self {
        Self { http: http(), url: url.to_owned(), key: key.to_owned(), headers: Vec::new() }
    }

    /// The same client with one more header on each request.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same client without its key, so that a request brings credentials of its own.
    pub fn without_key(&self) -> Self {
        Self { key: String::new(), ..self.clone() }
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// A request with key and headers, to be finished by the caller.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if !self.key.is_empty() {
            request = request.bearer_auth(&self.key);
        }
        self.headers.iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = request.send().await.expect("the server answers");
        let headers = answer.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let (status, headers) = (answer.status().as_u16(), headers.collect());
        let bytes = answer.bytes().await.expect("the answer is read whole").to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status, headers, body, bytes }
    }

    /// `GET path`
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST path` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// `PUT path` with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    /// `PATCH path` with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body)).await
    }

    /// `POST path` without a body, as the SDKs send it.
    pub async fn post_nothing(&self, path: &str) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        self.send(request.header("content-length", "0")).await
    }

    /// `DELETE path`
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// `POST path` with raw bytes, e.g. a component.
    pub async fn upload(&self, path: &str, bytes: Vec<u8>) -> Answer {
        self.send(self.request(Method::POST, path).header("content-type", "application/wasm").body(bytes)).await
    }

    /// `POST /api/deploy`
    pub async fn deploy(&self, body: Value) -> Answer {
        self.post("/api/deploy", body).await
    }
}

/// Checks a refusal: its status, its code, and that it names the field and says what to do.
#[track_caller]
pub fn assert_refused(answer: &Answer, status: u16, code: &str, field: &str) {
    let text = |key: &str| answer.body[key].as_str().unwrap_or_default().to_owned();
    assert_eq!((answer.status, text("code").as_str(), text("field").as_str()), (status, code, field), "{answer:?}");
    assert!(!text("error").is_empty() && !text("hint").is_empty(), "{answer:?}");
}
