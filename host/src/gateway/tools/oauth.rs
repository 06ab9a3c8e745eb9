//! Tokens by client credentials (RFC 6749, 4.4), kept in memory until shortly before they end.

use super::ToolError;
use crate::egress;
use crate::gateway::Gateway;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use url::Url;
use windlass_domain::{ResourceName, WorkspaceName};

/// How long before its end a token is no longer used.
const EARLY: Duration = Duration::from_secs(30);
/// How long a token is kept whose end the endpoint does not tell.
const UNTOLD: Duration = Duration::from_mins(5);
/// How long the endpoint may take.
const WITHIN: Duration = Duration::from_secs(30);

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct TokenOf {
    pub(super) workspace: WorkspaceName,
    pub(super) tool: ResourceName,
}

/// What is read of the contract's `ToolOAuth2Config`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Config {
    token_url: Option<String>,
    scopes: Vec<String>,
    auth_params: BTreeMap<String, String>,
}

/// All that a token is asked for with. A token is kept under all of it: other credentials get another one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Grant {
    of: TokenOf,
    token_url: Url,
    form: Vec<(String, String)>,
    client_id: String,
    client_secret: String,
}

impl Grant {
    /// `None`: there is no endpoint to ask.
    pub(super) fn new(of: TokenOf, config: Config, client_id: String, client_secret: String) -> Option<Self> {
        let token_url = Url::parse(&config.token_url?).ok()?;
        let mut form = vec![("grant_type".to_owned(), "client_credentials".to_owned())];
        if !config.scopes.is_empty() {
            form.push(("scope".to_owned(), config.scopes.join(" ")));
        }
        form.extend(config.auth_params);
        Some(Self { of, token_url, form, client_id, client_secret })
    }

    fn body(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.form).finish()
    }
}

/// The tokens that are kept, and until when.
#[derive(Default)]
pub(in crate::gateway) struct Tokens(Mutex<HashMap<Grant, (HeaderValue, Instant)>>);

impl Tokens {
    fn get(&self, grant: &Grant, now: Instant) -> Option<HeaderValue> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(grant).filter(|(_, until)| now < *until).map(|(token, _)| token.clone())
    }

    fn keep(&self, grant: &Grant, token: HeaderValue, until: Instant, now: Instant) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|other, (_, until)| now < *until && other.of != grant.of);
        kept.insert(grant.clone(), (token, until));
    }

    /// Drops a token; whether there was one.
    pub(super) fn forget(&self, grant: &Grant) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(grant).is_some()
    }
}

/// What is read of the endpoint's answer (RFC 6749, 5.1).
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

impl Gateway {
    /// The value of `Authorization`, kept or fetched; whether it was fetched.
    pub(super) async fn token(&self, grant: &Grant) -> Result<(HeaderValue, bool), ToolError> {
        let now = Instant::now();
        if let Some(token) = self.oauth.get(grant, now) {
            return Ok((token, false));
        }
        let tool = &grant.of.tool;
        let Granted { access_token, expires_in } = self.fetch(grant).await?;
        let refused =
            |_| ToolError::NoToken { tool: tool.clone(), reason: "its token is no text of a header".to_owned() };
        let mut token = HeaderValue::try_from(format!("Bearer {access_token}")).map_err(refused)?;
        token.set_sensitive(true);
        let lasts = expires_in.map_or(UNTOLD, |seconds| Duration::from_secs(seconds.min(86_400)).saturating_sub(EARLY));
        self.oauth.keep(grant, token.clone(), now + lasts, now);
        Ok((token, true))
    }

    async fn fetch(&self, grant: &Grant) -> Result<Granted, ToolError> {
        let tool = grant.of.tool.clone();
        self.egress.check(&grant.token_url).map_err(|refused| ToolError::Egress { tool: tool.clone(), refused })?;
        let request = self
            .client
            .post(grant.token_url.clone())
            .timeout(WITHIN)
            .basic_auth(&grant.client_id, Some(&grant.client_secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(grant.body());
        let no_token = |reason: String| ToolError::NoToken { tool: tool.clone(), reason };
        let failed = |error: reqwest::Error| match egress::refusal(&error) {
            Some(refused) => ToolError::Egress { tool: tool.clone(), refused },
            None => no_token(egress::reason(&error)),
        };
        let answer = request.send().await.map_err(failed)?;
        if !answer.status().is_success() {
            return Err(no_token(format!("it answered {}", answer.status())));
        }
        let bytes = answer.bytes().await.map_err(failed)?;
        serde_json::from_slice(&bytes).map_err(|_| no_token("its answer has no access_token".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn grant(secret: &str) -> Grant {
        let of = TokenOf {
            workspace: WorkspaceName::parse("w", "acme").expect("a name"),
            tool: ResourceName::parse("n", "ledger").expect("a name"),
        };
        let config = json!({
            "tokenUrl": "https://a.example/token", "scopes": ["read", "write"], "authParams": {"audience": "x y"},
        });
        let config = serde_json::from_value(config).expect("a configuration");
        Grant::new(of, config, "id".to_owned(), secret.to_owned()).expect("an endpoint")
    }

    #[test]
    fn a_token_is_asked_for_with_scopes_and_parameters() {
        assert_eq!(grant("s").body(), "grant_type=client_credentials&scope=read+write&audience=x+y");
    }

    #[test]
    fn a_token_is_kept_until_its_end_for_the_same_credentials_only() {
        let (tokens, now) = (Tokens::default(), Instant::now());
        let token = HeaderValue::from_static("Bearer t");
        tokens.keep(&grant("s"), token.clone(), now + Duration::from_secs(5), now);
        assert_eq!(tokens.get(&grant("s"), now), Some(token.clone()));
        assert_eq!(tokens.get(&grant("other"), now), None);
        assert_eq!(tokens.get(&grant("s"), now + Duration::from_secs(5)), None);
        tokens.keep(&grant("other"), token, now + Duration::from_secs(5), now);
        assert_eq!(tokens.get(&grant("s"), now), None, "a tool has one token");
        assert!(tokens.forget(&grant("other")) && !tokens.forget(&grant("other")));
    }
}
