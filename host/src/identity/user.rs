//! Who the user is, and whether users of that domain may come in.

use super::address::domain_of;
use super::error::{IdentityError, TokenError};
use super::provider::Provider;
use serde_json::{Map, Value};

/// The longest id of a user, in bytes.
const MAX_BYTES: usize = 255;
/// The claim with the user's e-mail address (`OpenID` Connect Core, 5.1).
const EMAIL: &str = "email";

/// An end user for whom a provider has vouched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndUser(String);

impl EndUser {
    /// The user that the claims of a verified token name.
    pub(super) fn of(claims: &Map<String, Value>, provider: &Provider) -> Result<Self, IdentityError> {
        let claim = &provider.user_id_claim;
        let user = claims.get(claim).and_then(text).filter(|id| can_travel(id));
        let user = user.ok_or_else(|| TokenError::NoUser(claim.clone()))?;
        let email = claims.get(EMAIL).and_then(Value::as_str);
        let is_by_email = claim == EMAIL || (email.is_some() && !provider.allowed_domains.is_empty());
        if is_by_email && is_unverified(claims) {
            return Err(IdentityError::Unverified);
        }
        if !provider.allowed_domains.is_empty() {
            let domain = domain_of(email.unwrap_or(&user)).ok_or(IdentityError::Domain)?;
            if !provider.allowed_domains.contains(&domain) {
                return Err(IdentityError::Domain);
            }
        }
        Ok(Self(user))
    }

    /// The id: 1 to 255 printable ASCII characters, without a space at either end.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0
    }
}

/// An id is a text; some providers count their users.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

/// Whether a header carries it unchanged, so that no two users look the same behind it.
fn can_travel(id: &str) -> bool {
    (1..=MAX_BYTES).contains(&id.len()) && id.trim() == id && id.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Some providers write the flag as a text; one that is not there says nothing.
fn is_unverified(claims: &Map<String, Value>) -> bool {
    claims.get("email_verified").is_some_and(|flag| *flag != true && flag.as_str() != Some("true"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn provider(claim: &str, domains: &[&str]) -> Provider {
        Provider {
            issuer: "https://id.example".to_owned(),
            jwks_uri: "https://id.example/keys".parse().expect("a URL"),
            audiences: Vec::new(),
            user_id_claim: claim.to_owned(),
            allowed_domains: domains.iter().map(|&domain| domain.to_owned()).collect(),
        }
    }

    fn seen(claims: &Value, claim: &str, domains: &[&str]) -> Result<String, String> {
        let user = EndUser::of(claims.as_object().expect("an object"), &provider(claim, domains));
        user.map(|user| user.id().to_owned()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_claim_that_the_provider_names_is_the_user() {
        for (id, shown) in
            [(json!("ada"), "ada"), (json!("Ada L."), "Ada L."), (json!(42), "42"), (json!("a|1"), "a|1")]
        {
            assert_eq!(seen(&json!({"sub": id, "email": "x@y"}), "sub", &[]).as_deref(), Ok(shown));
        }
        let long = "a".repeat(256);
        for id in
            [json!(null), json!(""), json!(" ada"), json!("a\nb"), json!("josé"), json!(1.5), json!(["a"]), json!(long)]
        {
            assert!(seen(&json!({"sub": id}), "sub", &[]).is_err_and(|error| error.contains("sub")), "{id}");
        }
        assert!(seen(&json!({"a": {"b": "x"}}), "a.b", &[]).is_err());
    }

    #[test]
    fn the_domain_is_that_of_the_email_and_where_there_is_none_of_the_id() {
        let domains = ["example.com", "other.example"];
        for (claims, claim, allowed) in [
            (json!({"email": "ada@example.com"}), "email", true),
            (json!({"email": "ada@EXAMPLE.com"}), "email", true),
            (json!({"email": "ada@other.example"}), "email", true),
            (json!({"sub": "1", "email": "ada@example.com"}), "sub", true),
            (json!({"sub": "ada@example.com"}), "sub", true),
            (json!({"email": "ada@evil.example"}), "email", false),
            (json!({"email": "ada@sub.example.com"}), "email", false),
            (json!({"email": "ada@notexample.com"}), "email", false),
            (json!({"email": "ada@example.com@evil.example"}), "email", false),
            (json!({"email": "ada@evil.example@example.com"}), "email", false),
            (json!({"sub": "ada@example.com", "email": "ada@evil.example"}), "sub", false),
            (json!({"sub": "1"}), "sub", false),
        ] {
            assert_eq!(seen(&claims, claim, &domains).is_ok(), allowed, "{claims}");
            assert!(seen(&claims, claim, &[]).is_ok(), "{claims}");
        }
    }

    #[test]
    fn an_address_that_the_provider_calls_unverified_is_nobodys() {
        for (flag, refused) in [
            (json!(false), true),
            (json!("false"), true),
            (json!(0), true),
            (json!(true), false),
            (json!("true"), false),
        ] {
            let claims = json!({"sub": "1", "email": "ada@example.com", "email_verified": flag});
            assert_eq!(seen(&claims, "email", &[]).is_err(), refused, "{flag}");
            assert_eq!(seen(&claims, "sub", &["example.com"]).is_err(), refused, "{flag}");
            assert!(seen(&claims, "sub", &[]).is_ok(), "nothing hangs on the address");
        }
    }
}
