//! A registered model provider, as the gateway calls it.
//!
//! All are called in OpenAI's shape: OpenAI itself; Anthropic by its compatibility layer at `https://api.anthropic.com/v1/`
//! (docs.anthropic.com, "OpenAI SDK compatibility"); Ollama by its own at `http://HOST:11434/v1` (docs.ollama.com, "OpenAI
//! compatibility"). Bedrock has none that takes a key, so it is refused.

use super::GatewayError;
use super::stored::Stored;
use crate::app::App;
use serde::Deserialize;
use std::fmt;
use url::Url;
use windlass_domain::resource::ResourceKind;
use windlass_domain::{ResourceName, WorkspaceName};
use windlass_store::Resource;

/// The kind of provider that runs on one's own machines, for no money.
const FREE: &str = "ollama";
/// The paths of endpoints, which an author may have copied with the base.
const ENDPOINTS: [&str; 2] = ["/chat/completions", "/embeddings"];

/// What the gateway reads of the contract's `ModelProviderSpec`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Spec {
    pub(super) provider: String,
    endpoint: String,
    pub(super) models: Vec<String>,
    auth: Option<Auth>,
    rate_limit: Option<RateLimit>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Auth {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RateLimit {
    requests_per_minute: Option<u32>,
}

impl Spec {
    /// What was stored was checked when it came.
    pub(super) fn of(resource: &Resource) -> Self {
        serde_json::from_value(resource.spec.clone()).unwrap_or_default()
    }
}

/// A provider that can be called.
pub(super) struct Provider {
    pub(super) name: ResourceName,
    pub(super) base: Url,
    /// Sent as a bearer token; `None`: it asks for none.
    pub(super) key: Option<String>,
    pub(super) per_minute: Option<u32>,
    /// Whether calls cost no money.
    pub(super) is_free: bool,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Provider {
    /// Makes ready to call a registered provider: its address, and its key where it wants one.
    pub(super) fn load(app: &App, workspace: &WorkspaceName, resource: &Resource) -> Result<Self, GatewayError> {
        let (name, spec) = (resource.name.clone(), Spec::of(resource));
        let unsupported = |what: &str| GatewayError::Unsupported { provider: name.clone(), what: what.to_owned() };
        if spec.provider == "bedrock" {
            return Err(unsupported("the gateway does not speak the protocol of `bedrock`"));
        }
        let wanted = spec.auth.and_then(|auth| auth.kind);
        let key = match wanted.as_deref() {
            Some("None") => None,
            None | Some("APIKey") => Stored::load(app, workspace, ResourceKind::ModelProvider, &name)?.key(),
            Some(other) => return Err(unsupported(&format!("the gateway does not authenticate by `{other}`"))),
        };
        if key.is_none() && wanted.as_deref() == Some("APIKey") && spec.provider != FREE {
            return Err(GatewayError::NoKey(name));
        }
        let base = app.gateway.reachable(&spec.endpoint).map(base_of);
        let base = base.ok_or_else(|| unsupported("its endpoint is no URL"))?;
        let per_minute = spec.rate_limit.and_then(|limit| limit.requests_per_minute);
        Ok(Self { name, base, key, per_minute, is_free: spec.provider == FREE })
    }

    /// The URL of an endpoint such as `chat/completions`.
    pub(super) fn url(&self, endpoint: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{endpoint}", self.base.path().trim_end_matches('/')));
        url
    }
}

/// The base of an endpoint as it was registered: without the path of an endpoint, and `/v1` where it names no path at all.
fn base_of(mut endpoint: Url) -> Url {
    let path = endpoint.path().trim_end_matches('/');
    let path = ENDPOINTS.iter().find_map(|end| path.strip_suffix(end)).unwrap_or(path);
    let path = if path.is_empty() { "/v1".to_owned() } else { path.to_owned() };
    endpoint.set_path(&path);
    endpoint
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_of_an_endpoint_is_found_however_it_was_written() {
        for (endpoint, base) in [
            ("https://api.openai.com/v1", "https://api.openai.com/v1"),
            ("https://api.anthropic.com", "https://api.anthropic.com/v1"),
            ("https://api.anthropic.com/v1/", "https://api.anthropic.com/v1"),
            ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
            ("https://a.example/openai/v1/chat/completions", "https://a.example/openai/v1"),
            ("https://a.example/v1?api-version=1", "https://a.example/v1?api-version=1"),
        ] {
            assert_eq!(base_of(Url::parse(endpoint).expect("a URL")).as_str(), base);
        }
    }
}
