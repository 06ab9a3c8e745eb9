//! Identity providers: who may call an agent. They are recorded and bound here; `identity` enforces them.

use super::ApiError;
use super::resources::{self, Body, Noun, Object, Seen, Shown, read, required};
use super::routes::Routes;
use crate::identity::normal_domain;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;
use windlass_domain::Invalid;
use windlass_domain::resource::ResourceKind;
use windlass_domain::tool::parse_http_url;

/// The routes of `/identity-providers`.
pub fn routes() -> Routes {
    resources::routes::<IdentityProvider>("/identity-providers")
}

/// The contract's `IdentityProvider`.
pub(super) struct IdentityProvider;

/// The most audiences, and the most domains.
const MAX_ENTRIES: usize = 256;
/// The longest name of a claim or an audience, in bytes.
const MAX_TEXT: usize = 1_024;

/// An identity provider.
#[derive(JsonSchema)]
#[schemars(rename = "IdentityProvider")]
#[expect(dead_code, reason = "the shape alone is read")]
pub(super) struct ProviderShown(Shown<Spec, Map<String, Value>>);

/// What is checked of the contract's `IdentityProviderSpec`.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "IdentityProviderSpec")]
#[serde(rename_all = "camelCase")]
pub(super) struct Spec {
    #[schemars(with = "String", regex(pattern = r"\S"))]
    host: Option<String>,
    #[schemars(with = "Settings")]
    identity_provider: Option<Object<Settings>>,
    #[serde(rename = "userIDClaim")]
    #[schemars(with = "String", regex(pattern = r"\S"))]
    user_id_claim: Option<String>,
    #[schemars(length(max = MAX_ENTRIES))]
    allowed_domains: Option<Vec<String>>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "IdentityProviderSettings")]
#[serde(rename_all = "camelCase")]
struct Settings {
    #[schemars(with = "String", url)]
    issuer: Option<String>,
    #[schemars(with = "String", url)]
    jwks_uri: Option<String>,
    #[schemars(length(max = MAX_ENTRIES), inner(length(max = MAX_TEXT), regex(pattern = r"^\S(.*\S)?$")))]
    audiences: Option<Vec<String>>,
}

impl Noun for IdentityProvider {
    const KIND: ResourceKind = ResourceKind::IdentityProvider;
    const CALLED: (&'static str, &'static str) = ("IdentityProvider", "IdentityProviders");
    type Asked = Body<Spec, ProviderShown>;
    type Shown = ProviderShown;
    const HELD_BY_AGENTS: bool = true;
    const AT_THE_TOP: &'static [&'static str] = &[];

    fn parse_spec(spec: Value) -> Result<Value, Invalid> {
        let Spec { host, identity_provider, user_id_claim, allowed_domains } = read("spec", &spec)?;
        check_host(&required_text("spec.host", host)?)?;
        let Object(settings) = required("spec.identityProvider", identity_provider)?;
        for (field, url) in [("issuer", settings.issuer), ("jwksUri", settings.jwks_uri)] {
            let field = format!("spec.identityProvider.{field}");
            parse_http_url(&field, &required(&field, url)?)?;
        }
        each("spec.identityProvider.audiences", settings.audiences, check_text)?;
        check_text("spec.userIDClaim", &required_text("spec.userIDClaim", user_id_claim)?)?;
        each("spec.allowedDomains", allowed_domains, check_domain)?;
        Ok(spec)
    }

    fn dress(_: &mut Map<String, Value>, _: &Seen<'_>) -> Result<(), ApiError> {
        Ok(())
    }
}

fn required_text(field: &str, value: Option<String>) -> Result<String, Invalid> {
    required(field, value.filter(|text| !text.trim().is_empty()))
}

/// A name of a host, with or without a port.
fn check_host(host: &str) -> Result<(), Invalid> {
    let url = Url::parse(&format!("http://{host}/")).ok();
    let is_bare = url.is_some_and(|url| url.path() == "/" && url.query().is_none() && url.username().is_empty());
    if is_bare && !host.contains(['/', '\\', '#', '@']) {
        return Ok(());
    }
    let message = format!("`{}` is not the name of a host", host.escape_debug());
    Err(Invalid::new(
        "invalid_host",
        "spec.host",
        message,
        "give it without scheme and path, like `portal.example.com`",
    ))
}

/// Checks every entry of a list that may be absent.
fn each(
    field: &str,
    entries: Option<Vec<String>>,
    check: fn(&str, &str) -> Result<(), Invalid>,
) -> Result<(), Invalid> {
    let entries = entries.unwrap_or_default();
    if entries.len() > MAX_ENTRIES {
        let message = format!("it has {} entries, more than {MAX_ENTRIES}", entries.len());
        return Err(Invalid::new("too_many_entries", field, message, "leave some out"));
    }
    entries.iter().enumerate().try_for_each(|(index, entry)| check(&format!("{field}[{index}]"), entry))
}

/// A text that a claim of a token may be, or be called.
fn check_text(field: &str, text: &str) -> Result<(), Invalid> {
    if !text.trim().is_empty() && text.trim() == text && text.len() <= MAX_TEXT {
        return Ok(());
    }
    let message = format!("`{}` is blank, has spaces around it, or is too long", text.escape_debug());
    Err(Invalid::new("invalid_value", field, message, format!("give 1 to {MAX_TEXT} bytes, as the provider writes it")))
}

fn check_domain(field: &str, domain: &str) -> Result<(), Invalid> {
    if normal_domain(domain).is_some() {
        return Ok(());
    }
    let message = format!("`{}` is not a domain", domain.escape_debug());
    let hint = "give what stands behind the `@`, like `example.com`; each subdomain is an entry of its own";
    Err(Invalid::new("invalid_domain", field, message, hint))
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
    }

    #[test]
    fn a_value_that_could_never_hold_is_refused_where_it_stands() {
        let long = "a".repeat(MAX_TEXT + 1);
        for (pointer, value, field, code) in [
            ("/identityProvider/issuer", json!("id.example.com"), "spec.identityProvider.issuer", "invalid_url"),
            ("/identityProvider/jwksUri", json!("file:///keys"), "spec.identityProvider.jwksUri", "invalid_url"),
            ("/identityProvider/audiences", json!("a"), "spec.identityProvider.audiences", "invalid_type"),
            ("/identityProvider/audiences", json!(["a", ""]), "spec.identityProvider.audiences[1]", "invalid_value"),
            (
                "/identityProvider/audiences",
                json!(vec!["a"; 257]),
                "spec.identityProvider.audiences",
                "too_many_entries",
            ),
            ("/userIDClaim", json!(" email"), "spec.userIDClaim", "invalid_value"),
            ("/userIDClaim", json!(long), "spec.userIDClaim", "invalid_value"),
            ("/host", json!("https://agents.example.com"), "spec.host", "invalid_host"),
            ("/host", json!("agents.example.com/x"), "spec.host", "invalid_host"),
            ("/host", json!("two words"), "spec.host", "invalid_host"),
            ("/allowedDomains", json!(["example.com", "@example.com"]), "spec.allowedDomains[1]", "invalid_domain"),
            ("/allowedDomains", json!(["*.example.com"]), "spec.allowedDomains[0]", "invalid_domain"),
            ("/allowedDomains", json!([""]), "spec.allowedDomains[0]", "invalid_domain"),
        ] {
            let mut spec = spec();
            *spec.pointer_mut(pointer).expect("a field of it") = value.clone();
            let refused = IdentityProvider::parse_spec(spec).expect_err(field);
            assert_eq!((refused.field.as_str(), refused.code), (field, code), "{value}");
        }
    }

    #[test]
    fn what_may_be_left_out_may_be_empty_and_a_host_may_have_a_port() {
        let mut spec = spec();
        (spec["host"], spec["allowedDomains"]) = (json!("localhost:8080"), json!([]));
        spec["identityProvider"]["audiences"] = json!([]);
        assert_eq!(IdentityProvider::parse_spec(spec.clone()), Ok(spec));
    }
}
