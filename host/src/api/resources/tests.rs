//! The shared reading of a body; what each kind checks is tested beside it.

use super::*;
use axum::http::StatusCode;

/// A kind that takes any spec.
struct Anything;

impl Noun for Anything {
    const KIND: ResourceKind = ResourceKind::Tool;
    const CALLED: (&'static str, &'static str) = ("Anything", "Everything");
    type Asked = Value;
    type Shown = Value;
    const HELD_BY_AGENTS: bool = false;
    const AT_THE_TOP: &'static [&'static str] = &["colour"];

    fn parse_spec(spec: Value) -> Result<Value, Invalid> {
        Ok(spec)
    }

    fn dress(_: &mut Map<String, Value>, _: &Seen<'_>) -> Result<(), ApiError> {
        Ok(())
    }
}

fn parse(body: Value) -> Result<Upsert, Invalid> {
    let Value::Object(body) = body else { panic!("an object") };
    Upsert::parse::<Anything>(body)
}

#[test]
fn what_an_answer_shows_at_its_top_is_known_beside_a_spec_alone() {
    let sent_back = parse(json!({"name": "a", "spec": {}, "colour": "red", "size": 1})).expect("good");
    assert_eq!(sent_back.warnings, [ignored("size")]);
}

#[test]
fn name_and_spec_are_required_and_named() {
    for (body, field) in [
        (json!({"spec": {}}), "name"),
        (json!({"name": 1, "spec": {}}), "name"),
        (json!({"name": "A B", "spec": {}}), "name"),
        (json!({"name": "a"}), "spec"),
        (json!({"name": "a", "spec": null}), "spec"),
        (json!({"name": "a", "spec": [1]}), "spec"),
    ] {
        assert_eq!(parse(body).expect_err(field).field, field);
    }
    assert!(parse(json!({"name": "a", "spec": {}})).is_ok());
}

#[test]
fn nulls_and_credentials_are_not_in_the_spec() {
    let upsert = parse(json!({"name": "a", "spec": {"b": null, "c": [{"d": null}], "apiKey": "sk-1"}})).expect("good");
    assert_eq!(upsert.spec, json!({"c": [{}]}));
    assert!(upsert.secret.is_some());
    assert!(parse(json!({"name": "a", "spec": {}})).expect("good").secret.is_none());
}

#[test]
fn a_spec_at_the_limit_is_kept_and_one_byte_more_is_not() {
    let sized = |bytes: usize| json!({"name": "a", "spec": {"x": "x".repeat(bytes - 8)}});
    assert!(parse(sized(MAX_SPEC)).is_ok());
    assert_eq!(parse(sized(MAX_SPEC + 1)).expect_err("one over").code, "spec_too_large");
}

#[test]
fn a_resource_in_use_is_kept_and_its_agents_are_named() {
    let name = ResourceName::parse("name", "stripe-api").expect("a name");
    let agents = ["a", "b"].map(|agent| AgentName::parse("name", agent).expect("a name"));
    let refusal = refuse_if_held(ResourceKind::Tool, &name, &agents).expect_err("in use");
    assert_eq!(refusal.status, StatusCode::CONFLICT);
    assert_eq!(refusal.message, "tool \"stripe-api\" is used by a, b");
    assert!(refuse_if_held(ResourceKind::Tool, &name, &[]).is_ok());
}
