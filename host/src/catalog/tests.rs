//! Reading a catalog, and finding in it.

use super::*;
use serde_json::{Value, json};

fn manifest(id: &str, version: &str, more: Value) -> String {
    let mut manifest = json!({
        "id": id, "version": version, "name": id, "summary": "Does it", "publishedAt": "2026-01-01T00:00:00Z",
        "deploymentTemplate": {"agentName": id},
    });
    let (Some(fields), Value::Object(more)) = (manifest.as_object_mut(), more) else { panic!("two objects") };
    fields.extend(more);
    manifest.to_string()
}

fn catalog(files: &[(&str, String)]) -> anyhow::Result<Catalog> {
    Catalog::parse(&files.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect())
}

fn source() -> String {
    "def handler(message):\n    return message\n".to_owned()
}

#[test]
fn the_agents_inside_the_program_are_a_catalog() {
    let catalog = Catalog::load(None).expect("a good catalog");
    let (all, total) = catalog.search(&Filter::default(), Page::new(1, 100).expect("a page"));
    assert!(total >= 5 && all.len() == total);
    for manifest in all {
        let files = manifest.document()["deploymentTemplate"]["sourceFiles"].as_object().expect("files");
        assert!(files.keys().all(|path| path.starts_with("src/")), "{}", manifest.id());
    }
}

#[test]
fn versions_are_in_order_of_their_numbers_and_not_of_their_letters() {
    let catalog = catalog(&[
        ("a/manifest.json", manifest("a", "1.10.0", json!({}))),
        ("a/src/agent.py", source()),
        ("a/versions/1.9.0/manifest.json", manifest("a", "1.9.0", json!({}))),
        ("a/versions/1.9.0/src/old.py", source()),
        ("a/versions/rc/manifest.json", manifest("a", "1.10.0-rc.1", json!({}))),
        ("a/versions/rc/src/agent.py", source()),
    ])
    .expect("good");
    let versions: Vec<String> =
        catalog.versions("a").expect("an agent").iter().map(|version| version.version().to_string()).collect();
    assert_eq!(versions, ["1.10.0", "1.10.0-rc.1", "1.9.0"]);
    let files = |version: Option<&str>| {
        let found = catalog.find("a", version).expect("a version");
        found.document()["deploymentTemplate"]["sourceFiles"].clone()
    };
    assert_eq!(files(None), json!({"src/agent.py": source()}));
    assert_eq!(files(Some("1.9.0")), json!({"src/old.py": source()}));
    assert!(catalog.find("a", Some("2.0.0")).is_none() && catalog.find("b", None).is_none());
}

#[test]
fn what_is_wrong_in_a_catalog_is_refused_by_its_path() {
    let good = || manifest("a", "1.0.0", json!({}));
    for (files, said) in [
        (vec![("a/manifest.json", "{".to_owned())], "no JSON object"),
        (vec![("a/manifest.json", good())], "src/ has no file"),
        (vec![("a/manifest.json", manifest("A b", "1.0.0", json!({}))), ("a/src/a.py", source())], "id"),
        (vec![("a/manifest.json", manifest("a", "1", json!({}))), ("a/src/a.py", source())], "version"),
        (
            vec![("a/manifest.json", manifest("a", "1.0.0", json!({"publishedAt": "soon"}))), ("a/src/a.py", source())],
            "publishedAt",
        ),
        (vec![("a/manifest.json", manifest("a", "1.0.0", json!({"tags": "t"}))), ("a/src/a.py", source())], "tags"),
        (
            vec![
                ("a/manifest.json", manifest("a", "1.0.0", json!({"deploymentTemplate": []}))),
                ("a/src/a.py", source()),
            ],
            "deploymentTemplate",
        ),
        (
            vec![
                ("a/manifest.json", good()),
                ("a/src/a.py", source()),
                ("b/manifest.json", good()),
                ("b/src/a.py", source()),
            ],
            "twice",
        ),
    ] {
        let refused = format!("{:#}", catalog(&files).expect_err(said));
        assert!(refused.contains("manifest.json") && refused.contains(said), "{said}: {refused}");
    }
}

#[test]
fn a_manifest_inside_of_a_source_is_a_file_of_that_agent() {
    let catalog = catalog(&[
        ("a/manifest.json", manifest("a", "1.0.0", json!({"category": null}))),
        ("a/src/agent.py", source()),
        ("a/src/extension/manifest.json", "{}".to_owned()),
    ])
    .expect("good");
    let found = catalog.find("a", None).expect("an agent").document();
    let files = found["deploymentTemplate"]["sourceFiles"].as_object().expect("files");
    assert_eq!(files.keys().collect::<Vec<_>>(), ["src/agent.py", "src/extension/manifest.json"]);
    assert!(!found.contains_key("category"), "null is nothing");
}

#[test]
fn a_filter_takes_any_of_its_words_and_every_list_must_agree() {
    let more = json!({
        "category": "Support", "tags": ["LangGraph", "Mail"], "requiredIntegrations": ["email"],
        "governanceTraits": ["audit-ready"], "summary": "Answers letters",
    });
    let catalog =
        catalog(&[("a/manifest.json", manifest("a", "1.0.0", more)), ("a/src/agent.py", source())]).expect("good");
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let total = |filter: Filter| catalog.search(&filter, Page::new(1, 10).expect("a page")).1;
    for (filter, found) in [
        (Filter::default(), 1),
        (Filter { categories: words(&["sales", "SUPPORT"]), ..Filter::default() }, 1),
        (Filter { categories: words(&["Sales"]), ..Filter::default() }, 0),
        (Filter { tags: words(&["mail"]), integrations: words(&["email"]), ..Filter::default() }, 1),
        (Filter { tags: words(&["mail"]), integrations: words(&["calendar"]), ..Filter::default() }, 0),
        (Filter { governance: words(&["audit-ready"]), ..Filter::default() }, 1),
        (Filter { search: "LETTERS email".to_owned(), ..Filter::default() }, 1),
        (Filter { search: "letters fax".to_owned(), ..Filter::default() }, 0),
    ] {
        assert_eq!(total(filter.clone()), found, "{filter:?}");
    }
}

#[test]
fn a_page_is_counted_from_1_and_has_up_to_a_hundred() {
    for (number, size) in [(0, 10), (1, 0), (1, 101)] {
        assert_eq!(Page::new(number, size), None);
    }
    let files: Vec<(String, String)> = (0..5)
        .flat_map(|n| {
            [
                (format!("a{n}/manifest.json"), manifest(&format!("a{n}"), "1.0.0", json!({}))),
                (format!("a{n}/src/a.py"), source()),
            ]
        })
        .collect();
    let catalog = Catalog::parse(&files.into_iter().collect()).expect("good");
    let ids = |number| {
        let (page, total) = catalog.search(&Filter::default(), Page::new(number, 2).expect("a page"));
        assert_eq!(total, 5);
        page.into_iter().map(|manifest| manifest.id().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((ids(1), ids(3)), (vec!["a0".to_owned(), "a1".to_owned()], vec!["a4".to_owned()]));
    assert_eq!((ids(4), ids(usize::MAX)), (vec![], vec![]));
}
