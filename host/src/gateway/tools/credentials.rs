//! What a tool is shown: an API key in a header or in the query, or a token of its token endpoint.
//!
//! What the agent sent in the same place is replaced. A tool without authentication gets what the agent sends.

use super::{ToolError, oauth};
use crate::app::App;
use crate::gateway::stored::Stored;
use oauth::{Grant, TokenOf};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;
use windlass_domain::resource::ResourceKind;
use windlass_domain::tool::ToolSpec;
use windlass_domain::{ResourceName, WorkspaceName};

/// How one authenticates at a tool.
pub(super) enum Credentials {
    /// Not at all.
    None,
    /// By a key.
    Key(ResourceName, Placement, String),
    /// By a token that is asked for.
    OAuth(Grant),
}

/// Where a key goes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Placement {
    #[serde(rename = "in")]
    place: String,
    name: String,
    value_prefix: Option<String>,
}

impl Default for Placement {
    fn default() -> Self {
        Self { place: "Header".to_owned(), name: AUTHORIZATION.to_string(), value_prefix: None }
    }
}

impl Credentials {
    /// Reads what the tool wants and what is stored for it.
    pub(super) fn load(
        app: &App,
        workspace: &WorkspaceName,
        tool: &ResourceName,
        spec: &ToolSpec,
    ) -> Result<Self, ToolError> {
        let authentication = &spec.connection.authentication;
        if authentication.kind == "None" {
            return Ok(Self::None);
        }
        let stored = Stored::load(app, workspace, ResourceKind::Tool, tool)?;
        let lacking = |lacking| ToolError::NoCredentials { tool: tool.clone(), lacking };
        if authentication.kind == "APIKey" {
            let placement = part(&authentication.other, "apiKeyConfig");
            let key = stored.text("api_key").ok_or_else(|| lacking("credentials.api_key"))?;
            return Ok(Self::Key(tool.clone(), placement, key));
        }
        let client_id = stored.text("client_id").ok_or_else(|| lacking("credentials.client_id"))?;
        let client_secret = stored.text("client_secret").ok_or_else(|| lacking("credentials.client_secret"))?;
        let of = TokenOf { workspace: workspace.clone(), tool: tool.clone() };
        let grant = Grant::new(of, part(&authentication.other, "oauth2Config"), client_id, client_secret);
        grant.map(Self::OAuth).ok_or_else(|| lacking("spec.connection.authentication.oauth2Config.tokenUrl"))
    }

    /// Puts them into a request; whether what was put in was fetched just now.
    pub(super) async fn apply(&self, app: &App, headers: &mut HeaderMap, url: &mut Url) -> Result<bool, ToolError> {
        match self {
            Self::None => Ok(false),
            Self::Key(tool, placement, key) => {
                let misplaced = "an apiKeyConfig.name and a key that can be sent there";
                let placed = placement.put(key, headers, url);
                placed.ok_or_else(|| ToolError::NoCredentials { tool: tool.clone(), lacking: misplaced })?;
                Ok(true)
            }
            Self::OAuth(grant) => {
                let (token, is_fresh) = app.gateway.token(grant).await?;
                headers.insert(AUTHORIZATION, token);
                Ok(is_fresh)
            }
        }
    }

    /// Drops a token that is kept, so that the next one is a new one; whether there was any.
    pub(super) fn forget(&self, app: &App) -> bool {
        match self {
            Self::None | Self::Key(..) => false,
            Self::OAuth(grant) => app.gateway.oauth.forget(grant),
        }
    }
}

impl Placement {
    /// `None`: the name is no header's, or the key cannot be in one.
    fn put(&self, key: &str, headers: &mut HeaderMap, url: &mut Url) -> Option<()> {
        let prefix = self.value_prefix.as_deref();
        if self.place == "Query" {
            let value = format!("{}{key}", prefix.unwrap_or_default());
            let others: Vec<(String, String)> =
                url.query_pairs().into_owned().filter(|(name, _)| *name != self.name).collect();
            url.query_pairs_mut().clear().extend_pairs(others).append_pair(&self.name, &value);
            return Some(());
        }
        let name = HeaderName::try_from(self.name.as_str()).ok()?;
        // The header of that name wants a scheme; any other takes the key as it is.
        let prefix = prefix.unwrap_or(if name == AUTHORIZATION { "Bearer " } else { "" });
        let mut value = HeaderValue::try_from(format!("{prefix}{key}")).ok()?;
        value.set_sensitive(true);
        headers.insert(name, value);
        Some(())
    }
}

/// A part of the authentication, as it was checked when it came.
fn part<T: Default + serde::de::DeserializeOwned>(other: &Map<String, Value>, name: &str) -> T {
    other.get(name).cloned().and_then(|part| serde_json::from_value(part).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn put(placement: Value, url: &str) -> (Option<String>, String) {
        let placement: Placement = serde_json::from_value(placement).expect("a placement");
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer the agent's own"));
        let mut url = Url::parse(url).expect("a URL");
        placement.put("sk-1", &mut headers, &mut url).expect("it can be put there");
        let header = HeaderName::try_from(placement.name.as_str()).ok().and_then(|name| headers.get(name));
        (header.map(|value| value.to_str().expect("text").to_owned()), url.to_string())
    }

    #[test]
    fn a_key_goes_where_the_tool_wants_it_and_replaces_what_the_agent_put_there() {
        let url = "https://a.example/x?y=1&key=mine";
        for (placement, header, sent) in [
            (json!({}), Some("Bearer sk-1"), url),
            (json!({"in": "Header", "name": "X-Key"}), Some("sk-1"), url),
            (json!({"in": "Header", "name": "X-Key", "valuePrefix": "Token "}), Some("Token sk-1"), url),
            (json!({"name": "Authorization", "valuePrefix": "token "}), Some("token sk-1"), url),
            (json!({"in": "Query", "name": "key"}), None, "https://a.example/x?y=1&key=sk-1"),
        ] {
            assert_eq!(put(placement.clone(), url), (header.map(str::to_owned), sent.to_owned()), "{placement}");
        }
    }
}
