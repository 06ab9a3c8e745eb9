//! A client of a running server: where it is, the key, one request, and the server's refusals in its own words.

use crate::bootstrap;
use crate::config::DataDir;
use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use std::env;
use std::fs;
use std::time::Duration;
use url::{Host, Url};

/// Longer than the compile time of the heaviest plugin that a server takes.
const ANSWER_WITHIN: Duration = Duration::from_mins(5);
/// The environment variable with the key.
const KEY: &str = "WINDLASS_KEY";

/// How a command reaches its server; the key comes from `WINDLASS_KEY`.
#[derive(Debug, Clone, Args)]
pub(super) struct Connection {
    /// The server
    #[arg(long, env = "WINDLASS_URL", value_name = "URL", default_value = "http://127.0.0.1:8092")]
    url: Url,

    /// Print the server's JSON instead of a table
    #[arg(long)]
    pub(super) json: bool,

    #[command(flatten)]
    data_dir: DataDir,
}

/// What to send.
pub(super) enum Body {
    Empty,
    Json(Value),
    Bytes(Vec<u8>),
}

impl Connection {
    /// Sends one request with the operator's key. `segments` are the parts of the path after `/api`, encoded one by one,
    /// but for their slashes.
    pub(super) async fn send(&self, method: Method, segments: &[&str], body: Body) -> anyhow::Result<Value> {
        self.send_with(method, segments, "", body).await
    }

    /// The same with a query.
    pub(super) async fn send_with(
        &self,
        method: Method,
        segments: &[&str],
        query: &str,
        body: Body,
    ) -> anyhow::Result<Value> {
        let mut url = self.endpoint(segments)?;
        url.set_query(Some(query).filter(|query| !query.is_empty()));
        let request = self.client()?.request(method, url).bearer_auth(self.key()?);
        let response = with_body(request, body).send().await.map_err(|error| self.unreachable(&error))?;
        read(response).await
    }

    /// Asks with a query.
    pub(super) async fn ask(&self, segments: &[&str], query: &[(&str, String)]) -> anyhow::Result<Value> {
        let mut url = self.endpoint(segments)?;
        url.query_pairs_mut().extend_pairs(query);
        let request = self.client()?.get(url).bearer_auth(self.key()?);
        read(request.send().await.map_err(|error| self.unreachable(&error))?).await
    }

    fn endpoint(&self, segments: &[&str]) -> anyhow::Result<Url> {
        let mut url = self.url.clone();
        let mut path = url.path_segments_mut().map_err(|()| anyhow!("--url `{}` is not a web address", self.url))?;
        path.pop_if_empty().push("api").extend(segments.iter().flat_map(|segment| segment.split('/')));
        drop(path);
        Ok(url)
    }

    fn client(&self) -> anyhow::Result<reqwest::Client> {
        let client = reqwest::Client::builder()
            .timeout(ANSWER_WITHIN)
            .user_agent(concat!("windlass/", env!("CARGO_PKG_VERSION")));
        // A proxy cannot reach this machine's own loopback.
        let client = if is_loopback(&self.url) { client.no_proxy() } else { client };
        client.build().context("cannot start the HTTP client")
    }

    /// `WINDLASS_KEY`, else the operator key that a server on this machine keeps.
    fn key(&self) -> anyhow::Result<String> {
        if let Some(key) = env::var(KEY).ok().filter(|key| !key.is_empty()) {
            return Ok(key);
        }
        let file = bootstrap::operator_file(&self.data_dir.resolve());
        match fs::read_to_string(&file) {
            Ok(key) => Ok(key.trim().to_owned()),
            Err(error) => bail!(
                "there is no key: {KEY} is not set, and {} cannot be read: {error} (hint: set {KEY} to an operator \
                 key, or --data-dir to the server's)",
                file.display()
            ),
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> anyhow::Error {
        let mut reason: &dyn std::error::Error = error;
        while let Some(source) = reason.source() {
            reason = source;
        }
        anyhow!("no answer from {}: {reason} (hint: `windlass serve` starts a server; --url names another)", self.url)
    }
}

fn with_body(request: RequestBuilder, body: Body) -> RequestBuilder {
    match body {
        Body::Empty => request,
        Body::Json(value) => request.json(&value),
        Body::Bytes(bytes) => request.header("Content-Type", "application/wasm").body(bytes),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

async fn read(response: Response) -> anyhow::Result<Value> {
    let status = response.status();
    let text = response.text().await.context("the answer broke off")?;
    if !status.is_success() {
        bail!("{}", refusal(status.as_u16(), &text));
    }
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&text).context("the answer is not JSON (hint: is --url a Windlass server?)")
}

/// The server's error in one line.
fn refusal(status: u16, body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    in_words(&body).unwrap_or_else(|| format!("the server answered {status} (hint: is --url a Windlass server?)"))
}

/// A refusal's own words and its hint, in one line.
pub(super) fn in_words(refusal: &Value) -> Option<String> {
    let error = refusal["error"].as_str()?;
    Some(match refusal["hint"].as_str() {
        Some(hint) => format!("{error} (hint: {hint})"),
        None => error.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(url: &str) -> Connection {
        Connection { url: Url::parse(url).expect("a URL"), json: false, data_dir: DataDir::default() }
    }

    #[test]
    fn a_refusal_shows_the_servers_words_and_its_hint() {
        let with_hint = r#"{"error": "plugin \"a\" not found", "code": "not_found", "hint": "did you mean `b`?"}"#;
        assert_eq!(refusal(404, with_hint), "plugin \"a\" not found (hint: did you mean `b`?)");
        assert_eq!(refusal(400, r#"{"error": "no"}"#), "no");
    }

    #[test]
    fn an_answer_of_something_else_is_named_by_its_status() {
        assert!(refusal(502, "<html>").starts_with("the server answered 502"));
    }

    #[test]
    fn paths_keep_the_slashes_of_slots_and_encode_the_rest() {
        let path = ["workspaces", "a b", "plugins", "detectors/mine"];
        let url = connection("http://127.0.0.1:8092/").endpoint(&path).expect("a URL");
        assert_eq!(url.as_str(), "http://127.0.0.1:8092/api/workspaces/a%20b/plugins/detectors/mine");
        assert!(connection("mailto:a@b").endpoint(&path).is_err());
    }

    #[test]
    fn only_loopback_goes_past_the_proxy() {
        for (url, expected) in [
            ("http://127.0.0.1:8092", true),
            ("http://[::1]:8092", true),
            ("http://localhost", true),
            ("https://example.com", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_loopback(&connection(url).url), expected, "{url}");
        }
    }
}
