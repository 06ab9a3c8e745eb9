//! The `syntax` interface through the real program: patterns that are refused, patterns and files that attack, and a
//! detector that works by pattern.

use crate::harness::{Client, Server, Settings, component, quiet};
use crate::plugins::{bind, install};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

/// The first bytes of every component.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
/// What a pattern's author is told.
const HINT: &str = "simplify the pattern in `patterns` of plugin.json; docs/plugins.md has the rules";

/// A component that does nothing and declares patterns: they are looked at before it is compiled.
fn declares(world: &str, patterns: &Value) -> Vec<u8> {
    let metadata = json!({"name": "p", "version": "1.0.0", "world": world, "wit": "1.0.0", "patterns": patterns});
    let (name, metadata) = (b"windlass:plugin", metadata.to_string());
    let length = 1 + name.len() + metadata.len();
    let digit = |shift: u32| u8::try_from(length >> shift & 127).expect("seven bits");
    let length = [digit(0) | 128, digit(7) | 128, digit(14)];
    [COMPONENT, &[0], &length, &[u8::try_from(name.len()).expect("short")], name, metadata.as_bytes()].concat()
}

fn python(query: &str) -> Value {
    json!({"language": "python", "query": query})
}

fn files_in(server: &Server) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    for folder in ["plugins", "plugin-cache"] {
        for entry in fs::read_dir(server.data_dir().join(folder)).expect("a folder") {
            files.insert(format!("{folder}/{}", entry.expect("an entry").file_name().to_string_lossy()));
        }
    }
    files
}

#[tokio::test]
async fn a_pattern_that_compiles_too_long_is_refused_in_seconds_and_leaves_nothing_behind() {
    let server = Server::start(Settings::without_agents()).await;
    let (operator, before) = (server.operator(), files_in(&server));
    let listed = operator.get("/api/plugins").await.expect(200);
    let started = Instant::now();
    let mut refused = operator.upload("/api/plugins", component("tests/pattern-slow")).await.expect(422);
    println!("refused after {:?}", started.elapsed());
    let query = refused["pattern"]["query"].take();
    assert!(query.as_str().is_some_and(|query| query.starts_with("(block _? _?")), "{query}");
    assert_eq!(
        refused,
        json!({
            "error": "pattern 1 is refused: it does not compile within 1 s and 256 MiB", "code": "pattern_refused",
            "hint": HINT, "pattern": {"index": 1, "query": null},
        })
    );
    assert_eq!(files_in(&server), before);
    assert_eq!(operator.get("/api/plugins").await.expect(200), listed);
}

#[tokio::test]
async fn a_pattern_that_breaks_a_rule_is_refused_by_name() {
    let operator = quiet().operator();
    let long = format!("(call {})", " ".repeat(512));
    let deep = format!("{}_{}", "(".repeat(17), ")".repeat(17));
    let many = vec![python("(call) @a"); 65];
    let cases = [
        (json!([python(&long)]), 0, "it has 519 bytes, more than the 512 that are taken"),
        (json!([python("(call) @a"), python(&deep)]), 1, "its brackets are nested deeper than 16"),
        (json!([python("(((call)*)*)*")]), 0, "it has more than one quantifier or alternation inside another"),
        (json!([python("(call")]), 0, "it is no query of python: line 1"),
        (json!([python("(nonsense) @a")]), 0, "it is no query of python: line 1, column 2"),
        (json!(many), 64, "there are 65 patterns, more than the 64 of one plugin"),
    ];
    for (patterns, index, reason) in cases {
        let refused = operator.upload("/api/plugins", declares("detector", &patterns)).await.expect(422);
        let error = refused["error"].as_str().expect("a text");
        assert!(error.starts_with(&format!("pattern {index} is refused: {reason}")), "{error}");
        assert_eq!((&refused["code"], &refused["pattern"]["index"]), (&json!("pattern_refused"), &json!(index)));
    }
    for wrong in [
        declares("strategy", &json!([python("(call) @a")])),
        declares("detector", &json!([{"language": "cobol", "query": "(call)"}])),
    ] {
        assert_eq!(operator.upload("/api/plugins", wrong).await.expect(422)["code"], "invalid_metadata");
    }
}

/// Binds a guest in a workspace of its own.
async fn workspace_with(server: &Server, guest: &str) -> Client {
    let workspace = format!("syntax-{guest}");
    let client = server.workspace(&workspace).await;
    install(&server.operator(), guest).await;
    bind(&server.operator(), &workspace, "detectors/guest", guest).await;
    client
}

fn request(agent: &str, files: &[(&str, &str)]) -> Value {
    let files: serde_json::Map<String, Value> =
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).into())).collect();
    json!({"agent_name": agent, "entry_point": "agent.py", "source_files": files})
}

/// A handler that needs nothing.
const HANDLER: &str = "def handler(message):\n    return message\n";

#[tokio::test]
async fn a_match_that_explodes_is_a_named_error_long_before_the_deadline_and_hurts_nobody() {
    let server = quiet();
    let client = workspace_with(server, "pattern-explosion").await;
    let mut long = String::from(HANDLER);
    for line in 0..3_000 {
        let _ = writeln!(long, "    x{line} = f({line})");
    }
    let started = Instant::now();
    let attack = async {
        let answer = client.deploy(request("victim", &[("agent.py", &long)])).await;
        (answer, started.elapsed())
    };
    let other = server.client();
    let calm = async {
        let answer = other.deploy(request("calm-beside-explosion", &[("agent.py", HANDLER)])).await;
        (answer, started.elapsed())
    };
    let ((attack, took), (calm, calm_took)) = tokio::join!(attack, calm);
    println!("the attack ended after {took:?}, another deploy beside it after {calm_took:?}");
    let refused = attack.expect(500);
    assert_eq!(refused["code"], "agent_creation_failed");
    // Whatever comes first, on this machine.
    let error = refused["error"].as_str().expect("a text");
    let plugin = "pattern-explosion@0.1.0 in the slot `detectors/guest`";
    let ends = [" failed: agent.py: SyntaxError::TooManyMatches", ": it took longer than its limit of "];
    assert!(ends.iter().any(|end| error.starts_with(&format!("{plugin}{end}"))), "{error}");
    calm.expect(201);
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(client.get("/api/v1/agents").await.expect(200), json!([]));
    client.deploy(request("victim", &[("agent.py", HANDLER)])).await.expect(201);
}

/// What the guest `nested-input` says of each file.
async fn outcomes(client: &Client, request: Value) -> Vec<(String, String)> {
    let answer = client.deploy(request).await.expect(201);
    let id = answer["decision_id"].as_str().expect("an id");
    let decision = client.get(&format!("/api/v1/decisions/{id}")).await.expect(200);
    let claims =
        decision["claims"].as_object().expect("lists by plugin").values().filter_map(Value::as_array).flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of_guest = claims.filter(|claim| claim["kind"] == "query");
    of_guest.map(|claim| (text(&claim["evidence"]["file"]), text(&claim["value"]))).collect()
}

#[tokio::test]
async fn files_that_are_nested_without_end_are_refused_before_they_are_parsed() {
    let server = quiet();
    let client = workspace_with(server, "nested-input").await;
    let blocks = |head: &str, depth: usize| {
        (0..depth).map(|level| [" ".repeat(level).as_str(), head, "\n"].concat()).collect::<String>()
    };
    let brackets = format!("x = {}{}\n", "(".repeat(200_000), ")".repeat(200_000));
    let large = "f()\n".repeat(300_000);
    let started = Instant::now();
    let found = outcomes(
        &client,
        request(
            "nested",
            &[
                ("agent.py", "def handler(message):\n    return str(message)\n"),
                ("blocks.py", &blocks("if x:", 600)),
                ("brackets.py", &brackets),
                ("large.py", &large),
                ("shallow.py", &(blocks("if x:", 90) + &" ".repeat(90) + "f()\n")),
                ("blocks.yaml", &blocks("a:", 600)),
                ("line.yaml", &("- ".repeat(600) + "x\n")),
                ("shallow.yaml", "a:\n  b: 1\n"),
            ],
        ),
    )
    .await;
    println!("eight files, five of them hostile: {:?}", started.elapsed());
    let expected = [
        ("agent.py", "1 captures"),
        ("blocks.py", "SyntaxError::TooNested"),
        ("brackets.py", "SyntaxError::TooNested"),
        ("large.py", "SyntaxError::TooLarge"),
        ("shallow.py", "1 captures"),
        ("blocks.yaml", "SyntaxError::TooNested"),
        ("line.yaml", "SyntaxError::TooNested"),
        ("shallow.yaml", "2 captures"),
    ];
    assert_eq!(found, expected.map(|(path, outcome)| (path.to_owned(), outcome.to_owned())));
    server.client().deploy(request("calm-beside-nested", &[("agent.py", HANDLER)])).await.expect(201);
}

#[tokio::test]
async fn a_pattern_knows_a_framework_by_a_call_and_not_by_its_mention() {
    let server = Server::start(Settings::without_agents()).await;
    let client = workspace_with(&server, "acme-patterns").await;
    let used =
        "import acme_agents\n\nagent = acme_agents.Agent('x')\n\n\ndef handler(message):\n    return agent(message)\n";
    let local = ("acme_agents.py", "class Agent:\n    pass\n");
    let answer = client.deploy(request("used", &[("agent.py", used), local])).await.expect(201);
    assert_eq!(answer["framework"], "acme-agents");
    let mentioned = "'''acme_agents.Agent()'''\n# acme_agents.Agent()\nTEXT = 'acme_agents.Agent()'\nacme_agents = None\n\n\ndef handler(message):\n    return acme_agents.lower()\n";
    let answer = client.deploy(request("mentioned", &[("agent.py", mentioned), local])).await.expect(201);
    assert_eq!(answer["framework"], "none");

    let key = client.key().to_owned();
    let server = server.restart().await;
    let client = Client::new(&server.url(), &key);
    let answer = client.deploy(request("after", &[("agent.py", used), local])).await.expect(201);
    assert_eq!(answer["framework"], "acme-agents", "an installed pattern works after a restart");
}
