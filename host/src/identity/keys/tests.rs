//! When a provider is asked, by a clock that the tests turn.

use super::*;
use jsonwebtoken::Algorithm;

const SECOND: Duration = Duration::from_secs(1);

/// A second before the end of a time.
fn just_within(time: Duration) -> Duration {
    time.saturating_sub(SECOND)
}

fn head(id: &str) -> Head {
    Head { algorithm: Algorithm::EdDSA, key_id: Some(id.to_owned()) }
}

fn keys(id: &str) -> KeySet {
    let document = format!(r#"{{"keys": [{{"kty": "OKP", "crv": "Ed25519", "kid": "{id}", "x": "AQ"}}]}}"#);
    KeySet::parse(document.as_bytes()).expect("a set")
}

fn said(seen: &Seen, id: &str, now: Instant) -> &'static str {
    match seen.next(&head(id), now) {
        Next::Use(_) => "use",
        Next::Ask { meanwhile: None } => "ask",
        Next::Ask { meanwhile: Some(_) } => "ask, and use meanwhile",
        Next::Fail(_) => "fail",
    }
}

#[test]
fn keys_are_asked_for_when_there_are_none_when_they_are_old_and_when_one_is_unknown() {
    let (mut seen, start) = (Seen::default(), Instant::now());
    assert_eq!(said(&seen, "a", start), "ask");
    seen.ask(start);
    seen.learn(Ok(keys("a")), start);
    assert_eq!(said(&seen, "a", start), "use");
    assert_eq!(said(&seen, "b", start), "ask", "the first load was no search");
    assert_eq!(said(&seen, "a", start + just_within(MAX_AGE)), "use");
    assert_eq!(said(&seen, "a", start + MAX_AGE), "ask, and use meanwhile");
    assert_eq!(said(&seen, "a", start + MAX_STALE), "ask");
}

#[test]
fn unknown_keys_make_it_ask_once_in_a_while() {
    let (mut seen, start) = (Seen::default(), Instant::now());
    seen.learn(Ok(keys("a")), start);
    seen.ask(start);
    seen.learn(Ok(keys("a")), start);
    for id in ["b", "c"] {
        assert_eq!(said(&seen, id, start + just_within(SEARCH_PAUSE)), "use", "they are simply not there");
        assert_eq!(said(&seen, id, start + SEARCH_PAUSE), "ask");
    }
}

#[test]
fn a_provider_that_failed_is_left_alone_and_its_keys_hold_for_a_while() {
    let (mut seen, start) = (Seen::default(), Instant::now());
    seen.learn(Err(FetchError::Slow), start);
    assert_eq!(said(&seen, "a", start), "fail");
    let Next::Fail(reason) = seen.next(&head("a"), start + SECOND) else { panic!("it failed") };
    assert_eq!(reason.again_in, just_within(FAILED_PAUSE));
    assert_eq!(said(&seen, "a", start + FAILED_PAUSE), "ask");

    seen.learn(Ok(keys("a")), start);
    let old = start + MAX_AGE;
    seen.learn(Err(FetchError::Slow), old);
    assert_eq!(said(&seen, "a", old), "use", "stale keys hold");
    assert_eq!(said(&seen, "b", old), "fail", "nobody knows whether the key is good");
    assert_eq!(said(&seen, "a", old + FAILED_PAUSE), "ask, and use meanwhile");
    seen.ask(start + SECOND);
    seen.learn(Err(FetchError::Slow), start + SECOND);
    assert_eq!(said(&seen, "b", start + SECOND + FAILED_PAUSE), "ask", "a failed search was none");
    let gone = start + MAX_STALE;
    seen.learn(Err(FetchError::Slow), gone);
    assert_eq!(said(&seen, "a", gone), "fail", "not for ever");
}

#[test]
fn a_key_that_is_not_published_any_more_is_forgotten() {
    let (mut seen, start) = (Seen::default(), Instant::now());
    seen.learn(Ok(keys("a")), start);
    seen.ask(start);
    seen.learn(Ok(keys("b")), start);
    assert!(seen.after_asking(&head("a"), start).is_ok_and(|keys| keys.candidates(&head("a")).next().is_none()));
    assert!(seen.after_asking(&head("b"), start).is_ok_and(|keys| keys.candidates(&head("b")).next().is_some()));
}
