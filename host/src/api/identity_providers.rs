//! Identity providers: who may call an agent. They are recorded and bound here, and not yet enforced.

use super::ApiError;
use super::resources::{self, Noun, Object, Seen, read, required};
use crate::app::App;
use axum::Router;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use windlass_domain::Invalid;
use windlass_domain::resource::ResourceKind;
use windlass_domain::tool::parse_http_url;

/// The routes of `/identity-providers`.
pub fn routes() -> Router<Arc<App>> {
    resources::routes::<IdentityProvider>("/identity-providers")
}

/// The contract's `IdentityProvider`.
pub(super) struct IdentityProvider;

/// What is checked of the contract's `IdentityProviderSpec`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the domains are read to check their type")]
struct Spec {
    host: Option<String>,
    identity_provider: Option<Object<Settings>>,
    #[serde(rename = "userIDClaim")]
    user_id_claim: Option<String>,
    allowed_domains: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the audiences are read to check their type")]
struct Settings {
    issuer: Option<String>,
    jwks_uri: Option<String>,
    audiences: Option<Vec<String>>,
}

impl Noun for IdentityProvider {
    const KIND: ResourceKind = ResourceKind::IdentityProvider;
    const HELD_BY_AGENTS: bool = true;
    const AT_THE_TOP: &'static [&'static str] = &[];

    fn parse_spec(spec: Value) -> Result<Value, Invalid> {
        let Spec { host, identity_provider, user_id_claim, .. } = read("spec", &spec)?;
        required_text("spec.host", host)?;
        let Object(settings) = required("spec.identityProvider", identity_provider)?;
        for (field, url) in [("issuer", settings.issuer), ("jwksUri", settings.jwks_uri)] {
            let field = format!("spec.identityProvider.{field}");
            parse_http_url(&field, &required(&field, url)?)?;
        }
        required_text("spec.userIDClaim", user_id_claim)?;
        Ok(spec)
    }

    fn dress(_: &mut Map<String, Value>, _: &Seen<'_>) -> Result<(), ApiError> {
        Ok(())
    }
}

fn required_text(field: &str, value: Option<String>) -> Result<String, Invalid> {
    required(field, value.filter(|text| !text.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec() -> Value {
        json!({
            "host": "agents.example.com",
            "identityProvider": {
                "issuer": "https://id.example.com", "jwksUri": "https://id.example.com/keys", "audiences": ["a"],
            },
            "userIDClaim": "email",
            "allowedDomains": ["example.com"],
        })
    }

    #[test]
    fn the_contracts_identity_provider_is_kept_as_it_came() {
        assert_eq!(IdentityProvider::parse_spec(spec()), Ok(spec()));
    }

    #[test]
    fn each_required_field_is_named_when_it_is_missing_or_wrong() {
        for (pointer, field) in [
            ("/host", "spec.host"),
            ("/identityProvider", "spec.identityProvider"),
            ("/identityProvider/issuer", "spec.identityProvider.issuer"),
            ("/identityProvider/jwksUri", "spec.identityProvider.jwksUri"),
            ("/userIDClaim", "spec.userIDClaim"),
        ] {
            for wrong in [Value::Null, json!(1), json!(["https://a.example", "https://a.example"])] {
                let mut spec = spec();
                *spec.pointer_mut(pointer).expect("a field of it") = wrong;
                assert_eq!(IdentityProvider::parse_spec(spec).expect_err(field).field, field);
            }
        }
        let mut spec = spec();
        spec["identityProvider"]["issuer"] = json!("id.example.com");
        assert_eq!(IdentityProvider::parse_spec(spec).expect_err("no URL").code, "invalid_url");
    }
}
