//! The keys of a provider: fetched, kept, replaced, and not to be had.

use super::issuer::{Issuer, Key, claims};
use super::{PASSED, ask, door, guarded, outcome, register, said, until_passed};
use crate::harness::quiet;
use serde_json::{Value, json};
use std::time::Instant;

#[tokio::test]
async fn a_key_that_the_provider_replaces_is_taken_at_once_and_the_old_one_no_more() {
    let (old, new) = (Key::ec("old"), Key::ec("new"));
    let issuer = Issuer::start(&[&old]).await;
    let client = door(quiet(), "idp-keys-rotated", &issuer, json!({})).await;
    let (old_token, new_token) = (old.token(&claims(&json!({}))), new.token(&claims(&json!({}))));
    assert_eq!(outcome(&client, &old_token).await.1, PASSED);
    issuer.publish(&[&new]);
    assert_eq!(outcome(&client, &new_token).await.1, PASSED);
    assert_eq!(outcome(&client, &old_token).await.1, "unknown_signing_key");

    // The same id for another key is the same to us until the keys are asked for again, and then the old one is out.
    let (impostor, other) = (Key::ec("new"), Key::ec("other"));
    issuer.publish(&[&impostor, &other]);
    until_passed(&client, &other.token(&claims(&json!({})))).await;
    assert_eq!(outcome(&client, &impostor.token(&claims(&json!({})))).await.1, PASSED);
    assert_eq!(outcome(&client, &new_token).await.1, "invalid_signature");
}

#[tokio::test]
async fn a_flood_of_unknown_keys_is_no_flood_for_the_provider() {
    let key = Key::ec("a");
    let issuer = Issuer::start(&[&key]).await;
    let client = door(quiet(), "idp-keys-flood", &issuer, json!({})).await;
    let (started, good) = (Instant::now(), claims(&json!({})));
    let forged = |number: usize| key.token_with(&json!({"alg": "ES256", "kid": format!("k{number}")}), &good);
    let tokens: Vec<String> = (0..100).map(forged).collect();
    for answer in futures_util::future::join_all(tokens.iter().map(|token| outcome(&client, token))).await {
        assert_eq!(answer.1, "unknown_signing_key");
    }
    // One that loads, one that searches, and one more for each pause of ten seconds that has passed meanwhile.
    let most = 2 + usize::try_from(started.elapsed().as_secs() / 10).expect("small");
    assert!(issuer.asked() <= most, "{} requests", issuer.asked());
    assert_eq!(outcome(&client, &key.token(&good)).await.1, PASSED, "those who have a key of it do not notice");
}

#[tokio::test]
async fn without_keys_it_is_a_503_that_says_why_and_when_to_ask_again() {
    let key = Key::ec("a");
    let token = key.token(&claims(&json!({})));
    let many = json!({"keys": vec![key.public(); 65]}).to_string();
    let large = format!("{{\"keys\": [], \"padding\": \"{}\"}}", "a".repeat(300_000));
    let issuer = Issuer::start(&[&key]).await;
    let client = door(quiet(), "idp-keys-missing", &issuer, json!({})).await;
    for (number, (status, body, why)) in [
        (0, "", "cannot be reached"),
        (404, "{}", "404"),
        (302, "", "302"),
        (500, "{\"keys\": []}", "500"),
        (200, "<html>", "no set of keys"),
        (200, "{\"key\": []}", "no set of keys"),
        (200, &many, "more than 64 keys"),
        (200, &large, "more than 262144 bytes"),
    ]
    .into_iter()
    .enumerate()
    {
        issuer.answer(status, body);
        // Another path is another provider, of which nothing is known yet.
        register(&client, &format!("{}/{number}", issuer.keys_url()), json!({})).await;
        unavailable(&client, &token, why).await;
    }
    for (address, why) in [
        ("http://169.254.169.254/keys", "169.254.169.254"),
        ("http://no-such-host.invalid/keys", "cannot be reached"),
        ("http://127.0.0.1:9/keys", "cannot be reached"),
    ] {
        register(&client, address, json!({})).await;
        unavailable(&client, &token, why).await;
    }
    register(&client, &issuer.keys_url(), json!({})).await;
    issuer.publish(&[]);
    assert_eq!(outcome(&client, &token).await.1, "unknown_signing_key", "no keys at all is an answer");
}

async fn unavailable(client: &crate::harness::Client, token: &str, why: &str) {
    let answer = ask(client, "/api/v1/agents/bot/invoke", Some(token)).await;
    assert_eq!(said(&answer), (503, "identity_provider_unavailable".to_owned(), None), "{why}: {answer:?}");
    assert!(answer.body["error"].as_str().is_some_and(|error| error.contains(why)), "{why}: {answer:?}");
    let seconds = answer.header("retry-after").and_then(|seconds| seconds.parse::<u64>().ok());
    assert!(seconds.is_some_and(|seconds| (1..=5).contains(&seconds)), "{answer:?}");
}

#[tokio::test]
async fn keys_hold_while_the_provider_is_away_and_it_is_asked_again_when_it_may_be_back() {
    let (known, other) = (Key::ec("known"), Key::ec("other"));
    let issuer = Issuer::start(&[&known]).await;
    let client = door(quiet(), "idp-keys-away", &issuer, json!({})).await;
    let (known, new) = (known.token(&claims(&json!({}))), other.token(&claims(&json!({}))));
    assert_eq!(outcome(&client, &known).await.1, PASSED);
    issuer.answer(0, "");
    assert_eq!(outcome(&client, &new).await.1, "identity_provider_unavailable", "it may be a good key or none");
    assert_eq!(outcome(&client, &known).await.1, PASSED);
    issuer.publish(&[&other]);
    until_passed(&client, &new).await;
    assert_eq!(outcome(&client, &known).await.1, "unknown_signing_key");
}

#[tokio::test]
async fn each_workspace_has_its_own_providers() {
    let (mine, theirs) = (Key::ec("a"), Key::ec("a"));
    let (my_issuer, their_issuer) = (Issuer::start(&[&mine]).await, Issuer::start(&[&theirs]).await);
    let my_client = door(quiet(), "idp-keys-mine", &my_issuer, json!({})).await;
    let their_client = door(quiet(), "idp-keys-theirs", &their_issuer, json!({})).await;
    let (my_token, their_token) = (mine.token(&claims(&json!({}))), theirs.token(&claims(&json!({}))));
    let outcomes: [(&crate::harness::Client, &str, &str); 4] = [
        (&my_client, &my_token, PASSED),
        (&their_client, &their_token, PASSED),
        (&my_client, &their_token, "invalid_signature"),
        (&their_client, &my_token, "invalid_signature"),
    ];
    for (client, token, code) in outcomes {
        assert_eq!(outcome(client, token).await.1, code);
    }
}

#[tokio::test]
async fn a_change_of_the_provider_counts_from_the_next_request_on() {
    let key = Key::ec("a");
    let issuer = Issuer::start(&[&key]).await;
    let client = door(quiet(), "idp-keys-changed", &issuer, json!({})).await;
    guarded(&client, "other").await;
    let token = key.token(&claims(&json!({"aud": null, "groups": ["x"]})));
    assert_eq!(outcome(&client, &token).await.1, "wrong_audience");
    let settings: Value = json!({"issuer": super::issuer::NAME, "jwksUri": issuer.keys_url()});
    register(&client, "", json!({"identityProvider": settings, "userIDClaim": "sub"})).await;
    assert_eq!(outcome(&client, &token).await.1, PASSED, "without audiences any will do");
    assert_eq!(issuer.asked(), 1);
}
