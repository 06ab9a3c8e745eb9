//! What holds for the document, whatever the table is.

use super::*;
use std::collections::BTreeSet;

/// Every object within a value.
fn objects(value: &Value) -> Vec<&Map<String, Value>> {
    match value {
        Value::Object(object) => std::iter::once(object).chain(object.values().flat_map(objects)).collect(),
        Value::Array(values) => values.iter().flat_map(objects).collect(),
        _ => Vec::new(),
    }
}

fn operations(document: &Value) -> Vec<(String, Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let of_path = |(path, methods): (&String, &Value)| {
        let methods = methods.as_object().expect("methods").iter();
        methods.map(|(method, operation)| (format!("{method} {path}"), operation.clone())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

#[test]
fn every_reference_leads_somewhere_and_every_schema_is_used() {
    let document = document();
    let used: BTreeSet<&str> = objects(&document).iter().filter_map(|object| object.get("$ref")?.as_str()).collect();
    for reference in &used {
        assert!(document.pointer(&reference[1..]).is_some(), "{reference} leads nowhere");
    }
    for name in document["components"]["schemas"].as_object().expect("schemas").keys() {
        assert!(used.contains(format!("#/components/schemas/{name}").as_str()), "{name} is not used");
    }
}

#[test]
fn every_operation_says_what_it_is_what_it_takes_and_how_it_is_answered() {
    let schemes = document()["components"]["securitySchemes"].clone();
    for (place, operation) in operations(&document()) {
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{place} has no summary");
        let answers = operation["responses"].as_object().expect("answers");
        assert!(!answers.is_empty(), "{place} has no answer");
        let wanted = operation["security"].as_array().expect("security").iter();
        for scheme in wanted.flat_map(|scheme| scheme.as_object().expect("a scheme").keys()) {
            assert!(schemes.get(scheme).is_some(), "{place} wants {scheme}");
        }
        let taken = operation["parameters"].as_array().cloned().unwrap_or_default();
        for name in place.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
            assert!(taken.iter().any(|one| one["name"] == name && one["in"] == "path"), "{place} lacks {name}");
        }
    }
}

#[test]
fn no_answer_may_be_null() {
    let document = document();
    for (place, operation) in operations(&document) {
        for object in objects(&operation["responses"]) {
            let null = Value::from("null");
            let is_null = object
                .get("type")
                .is_some_and(|one| *one == null || one.as_array().is_some_and(|all| all.contains(&null)));
            assert!(!is_null, "{place}: {object:?}");
        }
    }
}
