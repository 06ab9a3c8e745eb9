//! Edits of the frozen package, one by one: which break plugins that are built already, and which do not.

use super::package;
use super::surface::{Surface, breaks};

fn surface(text: &str) -> Surface {
    Surface::read(text).unwrap_or_else(|error| panic!("{error}"))
}

/// What an edit breaks: `from` replaced by `to` in the package as it was frozen, so many times, in its next minor version.
fn edited_times(from: &str, to: &str, times: usize) -> Vec<String> {
    let frozen = package("tests/wit-1.0.0");
    assert!(frozen.contains(from), "the package has no `{from}`");
    let text = frozen.replacen(from, to, times).replacen("@1.0.0;", "@1.1.0;", 1);
    breaks(&surface(&frozen), &surface(&text))
}

fn edited(from: &str, to: &str) -> Vec<String> {
    edited_times(from, to, 1)
}

#[test]
fn an_edit_that_breaks_is_named() {
    for (from, to, broken) in [
        ("kind: string,", "kind: string,\n score-of: f32,", "record claims.claim was"),
        ("score: f32,", "", "record claims.claim was"),
        ("score: f32,", "score: f64,", "record claims.claim was"),
        ("line: option<u32>,", "line: u32,", "record claims.claim was"),
        ("rule: string,", "rule-id: string,", "record claims.claim was"),
        ("not-applicable,", "not-applicable, later,", "variant types.plugin-error was"),
        ("budget-spent,", "", "variant source.read-error was"),
        ("debug,", "debug, trace,", "enum log.level was"),
        ("add: func(claim: claim) -> bool;", "", "function claims.[method]claim-list.add is gone"),
        (
            "add: func(claim: claim) -> bool;",
            "add: func(item: claim) -> bool;",
            "function claims.[method]claim-list.add was",
        ),
        ("add: func(claim: claim) -> bool;", "add: func(claim: claim);", "function claims.[method]claim-list.add was"),
        (
            "all: func() -> list<claim>;",
            "all: func(max: u32) -> list<claim>;",
            "function claims.[method]claim-set.all was",
        ),
        ("of-kind: func", "by-kind: func", "function claims.[method]claim-set.of-kind is gone"),
        (
            "write: func(level: level, message: string);",
            "write: async func(level: level, message: string);",
            "function log.write was",
        ),
        ("    import log;\n", "", "world detector imports log is gone"),
        ("export detect: func(request: borrow<request>,", "export detect: func(", "world detector exports detect was"),
        ("export decide: func", "export plan-it: func", "world strategy exports decide is gone"),
        (
            "    export decide: func",
            "    export explain: func() -> string;\n export decide: func",
            "world strategy exports explain is new",
        ),
        ("world strategy {", "world planner {", "world strategy exports decide is gone"),
    ] {
        let found = edited(from, to);
        assert!(found.iter().any(|text| text.starts_with(broken)), "{from} -> {to}: {found:#?}");
    }
    let renamed = edited_times("secrets", "secret-store", usize::MAX);
    for broken in
        ["interface secrets is gone", "function secrets.get is gone", "world tool-provider imports secrets is gone"]
    {
        assert!(renamed.contains(&broken.to_owned()), "{renamed:#?}");
    }
}

#[test]
fn an_edit_that_only_adds_is_let_be() {
    for (from, to) in [
        (
            "add: func(claim: claim) -> bool;",
            "add: func(claim: claim) -> bool;\n add-all: func(claims: list<claim>) -> u32;",
        ),
        ("write: func(level", "is-kept: func(level: level) -> bool;\n write: func(level"),
        ("interface secrets {", "interface clock { now: func() -> u64; }\ninterface secrets {"),
        ("world strategy {\n", "interface clock { now: func() -> u64; }\nworld strategy {\n import clock;\n"),
        (
            "interface log {",
            "interface log {\n record line { text: string }\n resource pen { write: func(line: line); }\n",
        ),
        ("world strategy {", "world judge { import log; export judge: func() -> bool; }\nworld strategy {"),
        ("/// One statement about the source", "/// Another word about the source"),
    ] {
        assert_eq!(edited(from, to), Vec::<String>::new(), "{to}");
    }
}

#[test]
fn what_is_added_is_a_new_version() {
    let frozen = package("tests/wit-1.0.0");
    let grown = frozen.replacen("write: func(level", "is-kept: func(level: level) -> bool;\n write: func(level", 1);
    let broken = breaks(&surface(&frozen), &surface(&grown));
    assert_eq!(
        broken,
        ["function log.is-kept is new and the version is still 1.0.0: an older host would not know whom to refuse"]
    );
    assert!(breaks(&surface(&frozen), &surface(&frozen)).is_empty());
}
