//! All kinds of tokens: which pass, and what the others are told.

use super::issuer::{Issuer, Key, claims, now, unsigned};
use super::{PASSED, ask, ask_with, door, outcome, said};
use crate::harness::{assert_refused, quiet};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use ring::hmac;
use serde_json::{Value, json};

#[tokio::test]
async fn tokens_of_every_kind_of_key_pass_within_their_time_for_one_of_several_audiences() {
    let (rsa, ec, ed) = (Key::rsa("rsa-1"), Key::ec("ec-1"), Key::ed("ed-1"));
    let issuer = Issuer::start(&[&rsa, &ec, &ed]).await;
    let client = door(quiet(), "idp-zoo-passes", &issuer, json!({})).await;
    let good = claims(&json!({}));
    for (what, token) in [
        ("RS256", rsa.token(&good)),
        ("PS256", rsa.token_with(&json!({"alg": "PS256", "kid": "rsa-1"}), &good)),
        ("ES256", ec.token(&good)),
        ("EdDSA", ed.token(&good)),
        ("without the key's id", ec.token_with(&json!({"alg": "ES256"}), &good)),
        ("audiences", ec.token(&claims(&json!({"aud": ["other", super::AUDIENCE]})))),
        ("ended just now", ec.token(&claims(&json!({"exp": now() - 20})))),
        ("begins at once", ec.token(&claims(&json!({"nbf": now() + 20})))),
        ("keys elsewhere", ec.token_with(&json!({"alg": "ES256", "kid": "ec-1", "jku": "http://127.0.0.1:9"}), &good)),
    ] {
        assert_eq!(outcome(&client, &token).await, (503, PASSED.to_owned(), None), "{what}");
    }
    assert_eq!(issuer.asked(), 1, "keys that are known are not asked for");
}

/// A token that is signed with the bytes of a public key, as if they were a secret.
fn confused(key: &Key) -> String {
    let signed = unsigned(&json!({"alg": "HS256", "kid": key.id}), &claims(&json!({})));
    let modulus = URL_SAFE_NO_PAD.decode(key.public()["n"].as_str().expect("a modulus")).expect("base64");
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &modulus), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// The token with another last character but one of its signature.
fn tampered(token: &str) -> String {
    let at = token.len() - 2;
    let other = if &token[at..=at] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

#[tokio::test]
async fn tokens_that_prove_nothing_are_a_401_that_says_why() {
    let (rsa, ec) = (Key::rsa("rsa-1"), Key::ec("ec-1"));
    let (stranger, good) = (Key::ec("ec-1"), claims(&json!({})));
    let issuer = Issuer::start(&[&rsa, &ec]).await;
    let client = door(quiet(), "idp-zoo-refused", &issuer, json!({})).await;
    let with = |more: Value| ec.token(&claims(&more));
    let head = |head: Value| ec.token_with(&head, &good);
    let parts: Vec<String> = rsa.token(&good).split('.').map(str::to_owned).collect();
    let other_claims = unsigned(&json!({}), &claims(&json!({"email": "eve@example.com"})));
    let other_claims = other_claims.split_once('.').expect("two parts").1;
    for (what, token, code) in [
        ("expired", with(json!({"exp": now() - 90})), "token_expired"),
        ("without an end", with(json!({"exp": null})), "token_without_expiry"),
        ("an end that is a text", with(json!({"exp": "2099-01-01"})), "token_without_expiry"),
        ("not yet", with(json!({"nbf": now() + 90})), "token_not_yet_valid"),
        ("a start that is a text", with(json!({"nbf": "yesterday"})), "malformed_token"),
        ("audience", with(json!({"aud": "other"})), "wrong_audience"),
        ("audiences", with(json!({"aud": ["other", "agents2"]})), "wrong_audience"),
        ("no audience", with(json!({"aud": null})), "wrong_audience"),
        ("empty audiences", with(json!({"aud": []})), "wrong_audience"),
        ("issuer", with(json!({"iss": "https://evil.example"})), "wrong_issuer"),
        ("issuer with a slash", with(json!({"iss": "https://id.example/"})), "wrong_issuer"),
        ("no issuer", with(json!({"iss": null})), "wrong_issuer"),
        ("no user", with(json!({"email": null})), "user_claim_missing"),
        ("an empty user", with(json!({"email": ""})), "user_claim_missing"),
        ("a user that breaks the line", with(json!({"email": "a@b\r\nX-Admin: 1"})), "user_claim_missing"),
        ("none", format!("{}.", unsigned(&json!({"alg": "none"}), &good)), "algorithm_refused"),
        ("none, signed", head(json!({"alg": "none", "kid": "ec-1"})), "algorithm_refused"),
        ("nOnE", format!("{}.", unsigned(&json!({"alg": "nOnE"}), &good)), "algorithm_refused"),
        ("a secret that is public", confused(&rsa), "algorithm_refused"),
        ("the other key's id", ec.token_with(&json!({"alg": "ES256", "kid": "rsa-1"}), &good), "unknown_signing_key"),
        ("the other algorithm", head(json!({"alg": "RS256", "kid": "ec-1"})), "unknown_signing_key"),
        ("the other key of a kind", head(json!({"alg": "RS256", "kid": "rsa-1"})), "invalid_signature"),
        ("an unknown id", head(json!({"alg": "ES256", "kid": "ec-2"})), "unknown_signing_key"),
        ("a key of its own", stranger.token(&good), "invalid_signature"),
        (
            "a key of its own in its head",
            {
                let jwk = stranger.public();
                stranger.token_with(&json!({"alg": "ES256", "jwk": jwk}), &good)
            },
            "invalid_signature",
        ),
        ("tampered", tampered(&ec.token(&good)), "invalid_signature"),
        ("other claims", format!("{}.{other_claims}.{}", parts[0], parts[2]), "invalid_signature"),
        ("no signature", format!("{}.{}.", parts[0], parts[1]), "invalid_signature"),
        ("something critical", head(json!({"alg": "ES256", "kid": "ec-1", "crit": ["exp"]})), "malformed_token"),
        ("two parts", format!("{}.{}", parts[0], parts[1]), "malformed_token"),
        ("four parts", format!("{}.x", rsa.token(&good)), "malformed_token"),
        ("garbage", "garbage".to_owned(), "malformed_token"),
        ("dots", "..".to_owned(), "malformed_token"),
        ("no object", format!("{}.e30.AA", URL_SAFE_NO_PAD.encode("[]")), "malformed_token"),
        ("too long", with(json!({"padding": "a".repeat(13_000)})), "malformed_token"),
    ] {
        let answer = ask(&client, "/api/v1/agents/bot/invoke", Some(&token)).await;
        assert_eq!(said(&answer), (401, code.to_owned(), Some("invalid_token".to_owned())), "{what}: {answer:?}");
        assert_refused(&answer, 401, code, "");
        let log = quiet().log();
        assert!(token.len() < 60 || !log.contains(&token), "{what} is in the log");
    }
}

#[tokio::test]
async fn users_of_other_domains_and_unverified_addresses_are_a_403() {
    let key = Key::ec("a");
    let issuer = Issuer::start(&[&key]).await;
    let client =
        door(quiet(), "idp-zoo-domains", &issuer, json!({"allowedDomains": ["example.com", "Other.Example"]})).await;
    let refused = |code: &str| (403, code.to_owned(), Some("insufficient_scope".to_owned()));
    for (more, expected) in [
        (json!({}), (503, PASSED.to_owned(), None)),
        (json!({"email": "ada@EXAMPLE.COM"}), (503, PASSED.to_owned(), None)),
        (json!({"email": "ada@other.example"}), (503, PASSED.to_owned(), None)),
        (json!({"email_verified": true}), (503, PASSED.to_owned(), None)),
        (json!({"email": "ada@evil.example"}), refused("domain_forbidden")),
        (json!({"email": "ada@sub.example.com"}), refused("domain_forbidden")),
        (json!({"email": "ada@example.com@evil.example"}), refused("domain_forbidden")),
        (json!({"email": "ada@evil.example@example.com"}), refused("domain_forbidden")),
        (json!({"email": "ada"}), refused("domain_forbidden")),
        (json!({"email_verified": false}), refused("email_unverified")),
    ] {
        assert_eq!(outcome(&client, &key.token(&claims(&more))).await, expected, "{more}");
    }
}

#[tokio::test]
async fn without_a_token_with_a_key_in_its_place_and_with_two_of_them_nobody_passes() {
    let key = Key::ec("a");
    let issuer = Issuer::start(&[&key]).await;
    let client = door(quiet(), "idp-zoo-headers", &issuer, json!({})).await;
    let (path, token) = ("/api/v1/agents/bot/invoke", key.token(&claims(&json!({}))));
    let missing = (401, "missing_token".to_owned(), None);
    assert_eq!(said(&ask(&client, path, None).await), missing);
    assert_eq!(said(&client.post(path, json!({"message": "hello"})).await), missing, "the key is no token");
    assert_eq!(said(&ask(&client, path, Some(client.key())).await), missing, "nor is it when it comes twice");
    assert_eq!(issuer.asked(), 0, "nobody is asked about nothing");

    let bearer = format!("Bearer {token}");
    let twice = ask_with(&client, path, Some(&token), &[("Authorization", &bearer)]).await;
    let repeated = (400, "repeated_header".to_owned(), Some("invalid_request".to_owned()));
    assert_eq!(said(&twice), repeated);
    let twice = ask_with(&client, path, Some(&token), &[("X-RunAgents-API-Key", client.key())]).await;
    assert_eq!(said(&twice), repeated);
    let basic = ask_with(&client, path, None, &[("Authorization", "Basic YTpi")]).await;
    assert_eq!(said(&basic).1, "invalid_authorization");

    let nobody = client.without_key();
    let alone = nobody.send(nobody.request(Method::POST, path).bearer_auth(&token).json(&json!({}))).await;
    assert_eq!(said(&alone), (401, "missing_key".to_owned(), None), "a token says who asks, not which workspace");
    let wrong = nobody.request(Method::POST, path).bearer_auth(&token).header("X-RunAgents-API-Key", "ra_ws_wrong");
    assert_eq!(said(&nobody.send(wrong.json(&json!({}))).await).1, "invalid_key");
}
