//! A token (RFC 7519): what its head says, and whether signature and registered claims hold.

use super::error::TokenError;
use super::key_set::KeySet;
use super::provider::Provider;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Validation, decode};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::time::Duration;

/// By how much our clock and the provider's may differ.
pub const LEEWAY: Duration = Duration::from_mins(1);
/// The longest token, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// What the head of a token says of its signature.
#[derive(Debug, Clone)]
pub(super) struct Head {
    /// How it was made.
    pub(super) algorithm: Algorithm,
    /// By which key.
    pub(super) key_id: Option<String>,
}

impl Head {
    /// Reads the head. What it says of where keys are (`jku`, `jwk`, `x5u`) is not read.
    pub(super) fn read(token: &str) -> Result<Self, TokenError> {
        #[derive(Deserialize)]
        struct Raw {
            alg: String,
            kid: Option<String>,
            crit: Option<Value>,
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [head, _, _] = parts[..] else { return Err(TokenError::Malformed) };
        if token.len() > MAX_BYTES {
            return Err(TokenError::Malformed);
        }
        let head = URL_SAFE_NO_PAD.decode(head).map_err(|_| TokenError::Malformed)?;
        let Raw { alg, kid, crit } = serde_json::from_slice(&head).map_err(|_| TokenError::Malformed)?;
        // What is critical must be understood (RFC 7515, 4.1.11), and no extension is.
        if crit.is_some() {
            return Err(TokenError::Malformed);
        }
        let algorithm: Algorithm = alg.parse().map_err(|_| TokenError::Algorithm)?;
        // A public key is no secret: whoever reads it could sign with it.
        if algorithm.family() == AlgorithmFamily::Hmac {
            return Err(TokenError::Algorithm);
        }
        Ok(Self { algorithm, key_id: kid })
    }
}

/// The claims of a token that one of the keys has signed, for this audience, by this issuer, for now.
pub(super) fn verify(
    token: &str,
    head: &Head,
    keys: &KeySet,
    provider: &Provider,
) -> Result<Map<String, Value>, TokenError> {
    let rules = rules(head.algorithm, provider);
    let mut refused = TokenError::UnknownKey;
    for key in keys.candidates(head) {
        match check(token, key, &rules) {
            Err(TokenError::Signature) => refused = TokenError::Signature,
            decided => return decided,
        }
    }
    Err(refused)
}

fn rules(algorithm: Algorithm, provider: &Provider) -> Validation {
    let mut rules = Validation::new(algorithm);
    rules.leeway = LEEWAY.as_secs();
    rules.validate_nbf = true;
    rules.set_issuer(&[&provider.issuer]);
    if provider.audiences.is_empty() {
        rules.validate_aud = false;
        rules.set_required_spec_claims(&["exp", "iss"]);
    } else {
        rules.set_audience(&provider.audiences);
        rules.set_required_spec_claims(&["exp", "iss", "aud"]);
    }
    rules
}

fn check(token: &str, key: &DecodingKey, rules: &Validation) -> Result<Map<String, Value>, TokenError> {
    let decoded = decode::<Map<String, Value>>(token, key, rules);
    decoded.map(|token| token.claims).map_err(|error| match error.kind() {
        ErrorKind::InvalidSignature => TokenError::Signature,
        ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => TokenError::Algorithm,
        ErrorKind::ExpiredSignature => TokenError::Expired(LEEWAY),
        ErrorKind::ImmatureSignature => TokenError::NotYet(LEEWAY),
        ErrorKind::InvalidIssuer => TokenError::Issuer,
        ErrorKind::InvalidAudience => TokenError::Audience,
        ErrorKind::MissingRequiredClaim(claim) => match claim.as_str() {
            "iss" => TokenError::Issuer,
            "aud" => TokenError::Audience,
            _ => TokenError::NoExpiry,
        },
        // The library adds kinds; none of them is about a token that holds.
        _ => TokenError::Malformed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(head: &Value) -> Result<Head, TokenError> {
        Head::read(&format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(head.to_string())))
    }

    #[test]
    fn only_algorithms_whose_verifying_key_is_public_are_read() {
        for name in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"] {
            assert!(read(&json!({"alg": name, "kid": "a"})).is_ok_and(|head| head.key_id.as_deref() == Some("a")));
        }
        for name in ["none", "None", "NONE", "", "HS256", "HS384", "HS512", "rs256", "RS1", "ES512", "dir"] {
            assert_eq!(read(&json!({"alg": name})).err(), Some(TokenError::Algorithm), "{name}");
        }
    }

    #[test]
    fn what_is_no_token_is_malformed() {
        for head in [json!({}), json!({"alg": 1}), json!({"alg": "RS256", "kid": 1}), json!([]), json!("RS256")] {
            assert_eq!(read(&head).err(), Some(TokenError::Malformed), "{head}");
        }
        for crit in [json!(["b64"]), json!([])] {
            assert_eq!(read(&json!({"alg": "RS256", "crit": crit})).err(), Some(TokenError::Malformed));
        }
        let long = format!("{}.e30.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#), "A".repeat(MAX_BYTES));
        for token in ["", ".", "..", "a.b", "a.b.c", "a.b.c.d", "é.b.c", &long] {
            assert_eq!(Head::read(token).err(), Some(TokenError::Malformed), "{token:.20}");
        }
    }
}
