//! Queries: what they catch, and how the three kinds of attack end.

use super::*;
use crate::pattern::DeclaredPattern;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

fn pattern(language: Grammar, query: &str) -> Pattern {
    Pattern::compile(&DeclaredPattern { language, query: query.to_owned() }).expect("a sound pattern")
}

fn soon() -> impl Fn() -> bool {
    let end = Instant::now() + Duration::from_secs(30);
    move || Instant::now() >= end
}

fn query(
    language: Grammar,
    query: &str,
    path: &str,
    text: &str,
) -> Result<Vec<(u32, String, String, u32)>, QueryError> {
    let found = Trees::default().query(&pattern(language, query), path, text, &soon())?;
    Ok(found.into_iter().map(|capture| (capture.match_number, capture.name, capture.text, capture.line)).collect())
}

#[test]
fn captures_carry_name_text_line_and_match() {
    let text = "a = Agent('x')\nb = other('y')\n# Agent('z')\nc = Agent('w')\n";
    let calls = "(call function: (identifier) @name arguments: (argument_list (string) @text) (#eq? @name \"Agent\"))";
    let expected = [(0, "name", "Agent", 1), (0, "text", "'x'", 1), (1, "name", "Agent", 4), (1, "text", "'w'", 4)];
    let expected = expected.map(|(number, name, text, line)| (number, name.to_owned(), text.to_owned(), line));
    assert_eq!(query(Grammar::Python, calls, "a.py", text).expect("caught"), expected);
}

#[test]
fn every_grammar_reads_its_files() {
    for (language, pattern, path, text) in [
        (Grammar::Python, "(call) @x", "a.py", "f()"),
        (Grammar::JavaScript, "(call_expression) @x", "a.mjs", "f()"),
        (Grammar::TypeScript, "(type_annotation) @x", "a.ts", "const a: string = f()"),
        (Grammar::Tsx, "(jsx_self_closing_element) @x", "a.tsx", "const a = <b/>"),
        (Grammar::Json, "(pair) @x", "a.json", "{\"a\": 1}"),
        (Grammar::Toml, "(table) @x", "a.toml", "[a]\nb = 1"),
        (Grammar::Yaml, "(block_mapping_pair) @x", "a.yml", "a: 1"),
    ] {
        assert_eq!(query(language, pattern, path, text).map(|found| found.len()), Ok(1), "{path}");
    }
}

#[test]
fn a_broken_file_gives_what_can_be_read() {
    let found = query(Grammar::Python, "(import_from_statement) @x", "a.py", "from a import b\nx = (1,\ndef f(:\n");
    assert_eq!(found.expect("readable").len(), 1);
}

#[test]
fn a_file_of_another_language_is_told() {
    let found = query(Grammar::TypeScript, "(identifier) @x", "a.tsx", "a");
    assert_eq!(found, Err(QueryError::OtherLanguage));
    assert_eq!(query(Grammar::Python, "(call) @x", "Makefile", "a"), Err(QueryError::OtherLanguage));
}

#[test]
fn a_file_is_parsed_once_and_large_ones_are_not_kept() {
    let trees = Trees::default();
    let calls = pattern(Grammar::Python, "(call) @x");
    let half = "f()\n".repeat(MAX_KEPT_BYTES / 8);
    let count = |path: &str, text: &str| trees.query(&calls, path, text, &soon()).expect("read").len();
    assert_eq!((count("a.py", "f()"), count("a.py", "f()"), trees.len()), (1, 1, 1));
    assert_eq!((count("b.py", &half), trees.len()), (MAX_ENTRIES, 2));
    assert_eq!((count("c.py", &half), trees.len()), (MAX_ENTRIES, 2), "answered, not kept");
}

#[test]
fn a_file_is_parsed_up_to_a_mebibyte() {
    let text = |bytes: usize| format!("f(){}", "\n".repeat(bytes - 3));
    assert_eq!(query(Grammar::Python, "(call) @x", "a.py", &text(MAX_PARSED_BYTES)).map(|found| found.len()), Ok(1));
    let over = query(Grammar::Python, "(call) @x", "a.py", &text(MAX_PARSED_BYTES + 1));
    assert_eq!(over, Err(QueryError::TooLarge));
}

#[test]
fn a_pattern_with_too_many_ways_to_match_is_stopped_long_before_the_deadline() {
    let exploding = format!("(block {})", ["(_)? @a"; 8].join(" "));
    let mut text = String::from("def f():\n");
    for line in 0..3_000 {
        let _ = writeln!(text, "    x{line} = f({line})");
    }
    let started = Instant::now();
    assert_eq!(query(Grammar::Python, &exploding, "a.py", &text), Err(QueryError::TooManyMatches));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn a_parse_and_a_match_end_at_the_deadline() {
    let calls = pattern(Grammar::Python, "(call) @x");
    let text = "f()\n".repeat(100_000);
    let trees = Trees::default();
    let over = |text: &str, trees: &Trees| trees.query(&calls, "a.py", text, &|| true);
    assert_eq!(over(&text, &trees), Err(QueryError::OutOfTime), "parsing");
    trees.query(&calls, "a.py", &text, &soon()).expect("in time");
    assert_eq!(trees.len(), 1);
    let many = pattern(Grammar::Python, "(integer) @x");
    assert_eq!(trees.query(&many, "a.py", &text, &|| true), Err(QueryError::OutOfTime), "matching");
}

#[test]
fn what_would_bring_a_scanner_down_is_not_parsed() {
    let blocks = |head: &str| (0..600).map(|level| " ".repeat(level) + head + "\n").collect::<String>();
    let deep = Err(QueryError::TooNested);
    assert_eq!(query(Grammar::Python, "(call) @x", "a.py", &blocks("if x:")), deep);
    assert_eq!(query(Grammar::Yaml, "(block_mapping_pair) @x", "a.yaml", &blocks("a:")), deep);
    let brackets = format!("x = {}{}", "(".repeat(200_000), ")".repeat(200_000));
    assert_eq!(query(Grammar::Python, "(call) @x", "a.py", &brackets), deep);
}

#[test]
fn what_is_just_shallow_enough_is_parsed() {
    let blocks = |head: &str| (0..100).map(|level| " ".repeat(level) + head + "\n").collect::<String>();
    assert!(query(Grammar::Python, "(call) @x", "a.py", &blocks("if x:")).is_ok());
    assert!(query(Grammar::Yaml, "(block_mapping_pair) @x", "a.yaml", &blocks("a:")).is_ok());
    assert!(query(Grammar::Yaml, "(block_mapping_pair) @x", "a.yaml", &format!("{}x", "- ".repeat(50))).is_ok());
}
