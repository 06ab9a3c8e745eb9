//! The keys that a provider publishes (RFC 7517): those that verify signatures, and by which algorithm.

use super::token::Head;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// The most keys of a set: a provider that rotates has two to ten.
pub(super) const MAX_KEYS: usize = 64;

/// Why a document is no set of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotKeys {
    /// It is not `{"keys": […]}`.
    #[error("its answer is no set of keys (JWKS)")]
    Shape,
    /// It holds too many.
    #[error("its answer holds more than {MAX_KEYS} keys")]
    TooMany,
}

/// A set of keys.
#[derive(Default)]
pub(super) struct KeySet(Vec<Key>);

struct Key {
    id: Option<String>,
    /// By what it verifies; never empty.
    algorithms: Vec<Algorithm>,
    verifying: DecodingKey,
}

impl KeySet {
    /// Reads a document. Keys of other kinds, and those that cannot be read, are passed over.
    pub(super) fn parse(document: &[u8]) -> Result<Self, NotKeys> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Value>,
        }
        let Document { keys } = serde_json::from_slice(document).map_err(|_| NotKeys::Shape)?;
        if keys.len() > MAX_KEYS {
            return Err(NotKeys::TooMany);
        }
        Ok(Self(keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok()?.usable()).collect()))
    }

    /// The keys that could have signed: of that id where the token names one, and of its algorithm.
    pub(super) fn candidates<'a>(&'a self, head: &'a Head) -> impl Iterator<Item = &'a DecodingKey> {
        let fits = move |key: &&Key| {
            key.algorithms.contains(&head.algorithm) && (head.key_id.is_none() || head.key_id == key.id)
        };
        self.0.iter().filter(fits).map(|key| &key.verifying)
    }
}

/// What is read of a key.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Jwk {
    /// `None`: it is for something else, symmetric, or of a kind that is not known.
    fn usable(self) -> Option<Key> {
        let is_for_signatures = self.usage.is_none_or(|usage| usage == "sig");
        let may_verify = self.key_ops.is_none_or(|operations| operations.iter().any(|name| name == "verify"));
        let (key, curve) = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => (DecodingKey::from_rsa_components(&self.n?, &self.e?), None),
            ("EC", Some("P-256")) => (DecodingKey::from_ec_components(&self.x?, &self.y?), Some(Algorithm::ES256)),
            ("EC", Some("P-384")) => (DecodingKey::from_ec_components(&self.x?, &self.y?), Some(Algorithm::ES384)),
            ("OKP", Some("Ed25519")) => (DecodingKey::from_ed_components(&self.x?), Some(Algorithm::EdDSA)),
            _ => return None,
        };
        let key = key.ok()?;
        let of_its_kind = curve.map_or_else(|| key.family().algorithms().to_vec(), |algorithm| vec![algorithm]);
        let algorithms: Vec<Algorithm> = match self.alg {
            Some(name) => of_its_kind.into_iter().filter(|algorithm| name.parse().as_ref() == Ok(algorithm)).collect(),
            None => of_its_kind,
        };
        let is_usable = is_for_signatures && may_verify && !algorithms.is_empty();
        is_usable.then_some(Key { id: self.kid, algorithms, verifying: key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn count(keys: &Value, algorithm: Algorithm, key_id: Option<&str>) -> usize {
        let set = KeySet::parse(json!({"keys": keys}).to_string().as_bytes()).expect("a set");
        let head = Head { algorithm, key_id: key_id.map(str::to_owned) };
        set.candidates(&head).count()
    }

    #[test]
    fn a_key_verifies_by_the_algorithms_of_its_kind_and_by_one_where_it_says_which() {
        let rsa = json!({"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB"});
        let mut one = rsa.clone();
        one["alg"] = json!("RS256");
        let point = json!({"kty": "EC", "crv": "P-256", "kid": "b", "x": "AQ", "y": "AQ"});
        let keys = json!([rsa, one, point, {"kty": "OKP", "crv": "Ed25519", "x": "AQ"}]);
        for (algorithm, fitting) in [
            (Algorithm::RS256, 2),
            (Algorithm::PS512, 1),
            (Algorithm::ES256, 1),
            (Algorithm::ES384, 0),
            (Algorithm::EdDSA, 1),
            (Algorithm::HS256, 0),
        ] {
            assert_eq!(count(&keys, algorithm, None), fitting, "{algorithm:?}");
        }
        assert_eq!(count(&keys, Algorithm::RS256, Some("a")), 2);
        assert_eq!(count(&keys, Algorithm::ES256, Some("a")), 0, "an id is of one key");
        assert_eq!(count(&keys, Algorithm::EdDSA, Some("a")), 0, "a key without an id is none of that id");
    }

    #[test]
    fn keys_for_other_ends_symmetric_ones_and_odd_ones_are_passed_over() {
        let rsa = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"});
        let odd = |field: &str, value: Value| {
            let mut key = rsa.clone();
            key[field] = value;
            key
        };
        for key in [
            odd("use", json!("enc")),
            odd("key_ops", json!(["encrypt"])),
            odd("alg", json!("HS256")),
            odd("alg", json!("none")),
            odd("kty", json!("oct")),
            odd("kty", json!("EC")),
            odd("n", json!("not base64!")),
            odd("n", json!(null)),
            odd("kid", json!(7)),
            json!({"kty": "oct", "k": "AQAB"}),
            json!("RSA"),
        ] {
            assert_eq!(count(&json!([key]), Algorithm::RS256, None), 0, "{key}");
        }
        for key in [odd("use", json!("sig")), odd("key_ops", json!(["verify", "sign"])), odd("x5c", json!(7))] {
            assert_eq!(count(&json!([key]), Algorithm::RS256, None), 1, "{key}");
        }
    }

    #[test]
    fn other_documents_and_too_many_keys_are_no_set() {
        for document in ["", "null", "[]", "{}", r#"{"keys": {}}"#, "<html>"] {
            assert_eq!(KeySet::parse(document.as_bytes()).err(), Some(NotKeys::Shape), "{document}");
        }
        let many = json!({"keys": vec![json!({}); MAX_KEYS + 1]}).to_string();
        assert_eq!(KeySet::parse(many.as_bytes()).err(), Some(NotKeys::TooMany));
        assert!(KeySet::parse(br#"{"keys": []}"#).is_ok());
    }
}
