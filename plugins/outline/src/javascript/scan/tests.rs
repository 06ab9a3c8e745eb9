//! What the scanner makes of well-formed, broken and hostile text.

use super::{LiteralKind, scan};

fn statements(text: &str) -> Vec<&str> {
    scan(text, true).statements.iter().map(|statement| statement.text).collect()
}

fn literals(text: &str) -> Vec<(&str, LiteralKind)> {
    scan(text, true).literals.iter().map(|literal| (literal.text, literal.kind)).collect()
}

#[test]
fn statements_end_at_semicolons_and_at_lines_that_do_not_go_on() {
    let text = "const a = 1; b()\nconst f = () =>\n  g()\nlet x = y\n  .z()\nimport {\n c } from 'd'\nfunction h() {\n  i()\n}\nj(\n1)\n";
    let expected = [
        "const a = 1",
        "b()",
        "const f = () =>\n  g()",
        "let x = y\n  .z()",
        "import {\n c } from 'd'",
        "function h() {\n  i()\n}",
        "j(\n1)",
    ];
    assert_eq!(statements(text), expected);
}

#[test]
fn quotes_in_comments_and_regular_expressions_open_nothing() {
    let text = "// it's\n/* \" */ const a = /['\"`/[/]/.test(b), c = d / e, f = 'g' // h'\nreturn_ = x / 'y'\n";
    assert_eq!(literals(text), [("g", LiteralKind::Quoted), ("y", LiteralKind::Quoted)]);
    assert_eq!(scan("a = b / c; d = 'e/'", false).literals.len(), 1);
}

#[test]
fn templates_nest_and_their_code_is_read() {
    let text = "const a = `b ${c(`d ${\"e\"}`)} }`; f('g')\n";
    let expected = [
        ("b ${c(`d ${\"e\"}`)} }", LiteralKind::Template),
        ("d ${\"e\"}", LiteralKind::Template),
        ("e", LiteralKind::Quoted),
        ("g", LiteralKind::Quoted),
    ];
    assert_eq!(literals(text), expected);
    let names: Vec<_> = scan(text, true).calls.iter().map(|call| call.name).collect();
    assert_eq!(names, ["c", "f"]);
}

#[test]
fn the_text_between_elements_is_no_code() {
    let text = "export default function A() {\n  return <div className=\"it's\" on={() => f('x')}>\n    Don't {cond && (<b>`{'y'}</b>)} <br/>\n  </div>\n}\nimport z from 'z'\n";
    let found = literals(text);
    let code: Vec<_> = found.iter().filter(|(_, kind)| *kind == LiteralKind::Quoted).map(|(text, _)| *text).collect();
    assert_eq!(code, ["x", "y", "z"]);
    assert!(found.contains(&("it's", LiteralKind::Attribute)) && found.contains(&("    Don't ", LiteralKind::Text)));
}

#[test]
fn comparisons_and_type_parameters_are_no_elements() {
    for text in [
        "if (a < b) { c('d') }",
        "const f = <T,>(x: T) => c('d')",
        "useState<string>('d')",
        "const g = <T extends U>(x) => c('d')",
    ] {
        let scan = scan(text, true);
        assert_eq!(scan.literals.last().map(|literal| literal.text), Some("d"), "{text}");
        assert!(scan.literals.iter().all(|literal| literal.kind == LiteralKind::Quoted), "{text}");
    }
    assert_eq!(scan("const a = <Foo>b; c('d')", false).literals.len(), 1);
}

#[test]
fn calls_know_their_name_and_what_is_around_a_literal() {
    let scan = scan(
        "const a = new Agent<C>({ name: 'b', tools: { c: tool({ id: \"d\" }) } })\nif ('e') app.listen(1)\nfunction f('g') {}\n",
        false,
    );
    let calls: Vec<_> = scan.calls.iter().map(|call| (call.name, call.is_new, call.depth)).collect();
    assert_eq!(calls, [("Agent", true, 0), ("tool", false, 3), ("app.listen", false, 0)]);
    let around: Vec<_> = scan.literals.iter().map(|l| (l.text, scan.callee(l), l.key())).collect();
    assert_eq!(around[..2], [("b", "Agent", Some("name")), ("d", "tool", Some("id"))]);
    assert_eq!(around[2], ("e", "", None));
}

#[test]
fn places_in_comments_and_strings_are_not_found() {
    let scan = scan("// process.env.A\nf(process.env.B, 'process.env.C', `${process.env.D}`)\n", false);
    let lines: Vec<_> = scan.places("process.env.").map(|at| (scan.line(at), &scan.text()[at + 12..at + 13])).collect();
    assert_eq!(lines, [(2, "B"), (2, "D")]);
}

#[test]
fn broken_source_loses_no_more_than_its_statement() {
    assert_eq!(statements("a = (1,\nimport b from 'c'\n")[1], "import b from 'c'");
    assert_eq!(statements("a = 'open\nimport b from 'c'\n")[1], "import b from 'c'");
    assert_eq!(literals("a = `open\nimport b from 'c'\nd('e')\n").last(), Some(&("e", LiteralKind::Quoted)));
    assert_eq!(statements("a = <div>\nexport const b = 1\n")[1], "export const b = 1");
    for text in [
        "'", "`", "`${", "`${`", "\\", "'\\", "/", "/*", "/[", "<", "<a", "a=<", "a=<b", "a=<b>{", "é'é", "#!",
        "\u{feff}", "`\\é", "new (", "<>(", "})]",
    ] {
        let _ = scan(text, true);
    }
}

#[test]
fn marks_and_interpreter_lines_are_no_code() {
    assert_eq!(statements("\u{feff}#!/usr/bin/env -S node it's\r\nimport 'a'\r\n"), ["import 'a'"]);
}

#[test]
fn hostile_text_takes_time_in_proportion_to_its_length() {
    let started = std::time::Instant::now();
    for unit in [
        "(",
        "`${",
        "/[",
        "<a>",
        "a=<b ",
        "{",
        "'",
        "`",
        "/*",
        "x</",
        "import a from ",
        "}\n/",
        "\n",
        "from 'a' ",
        "a<b>(",
    ] {
        let _ = scan(&unit.repeat(1_000_000 / unit.len()), true);
    }
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
