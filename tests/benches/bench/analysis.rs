//! Analyses over HTTP, of trees that were never seen and of one that was, against `nixpacks plan` on the same folder.

use crate::connection::Connection;
use crate::harness::{Server, Settings, root};
use crate::project;
use crate::timings::{Timings, print_ratio};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};
use tempfile::TempDir;

/// A project, how often it is analysed each way, and what is aimed at for it.
struct Part {
    name: &'static str,
    files: BTreeMap<String, String>,
    warm_up: usize,
    runs: usize,
    nixpacks_runs: usize,
    aims: &'static str,
}

type Files = BTreeMap<String, String>;

/// Measures both projects.
pub async fn run() {
    let server = Server::start(Settings::without_agents()).await;
    let mut connection = Connection::to(&server);
    let small = Part {
        name: "Analysis of 20 files, 100 KB",
        files: project::files(),
        warm_up: 50,
        runs: 500,
        nixpacks_runs: 40,
        aims: "aims at p50: 3,000 µs cold, 300 µs seen",
    };
    let large = Part {
        name: "Analysis of 200 files, 10 MB",
        files: project::large_files(),
        warm_up: 2,
        runs: 15,
        nixpacks_runs: 15,
        aims: "aim at p50: 250,000 µs cold",
    };
    for part in [small, large] {
        measure(&mut connection, &part);
    }
}

fn measure(connection: &mut Connection, part: &Part) {
    let (mut cold, mut seen) = (Times::default(), Times::default());
    for turn in 0..part.warm_up + part.runs {
        let fresh = analyse(connection, &project::varied(&part.files, turn), false);
        let again = analyse(connection, &part.files, turn > 0);
        if turn >= part.warm_up {
            cold.push(fresh);
            seen.push(again);
        }
    }
    print_ratio(
        &format!("{}: POST /api/analyze ({})", part.name, part.aims),
        ("seen before", &seen.whole),
        ("never seen", &cold.whole),
    );
    for (name, times) in [("seen before", &seen), ("never seen", &cold)] {
        println!("  of which deciding, {name:<26} p50 {:>10.1} µs", times.deciding.percentile(50));
    }
    match nixpacks() {
        Some(program) => against_nixpacks(&program, part, [("never seen", &cold.whole), ("seen before", &seen.whole)]),
        None => println!(
            "  against `nixpacks plan`: not measured; set NIXPACKS, or `cargo install nixpacks --root target/tools`"
        ),
    }
}

/// Of an analysis: the whole request, and the part that the server spent on deciding.
#[derive(Default)]
struct Times {
    whole: Timings,
    deciding: Timings,
}

impl Times {
    fn push(&mut self, (whole, deciding): (Duration, Duration)) {
        self.whole.push(whole);
        self.deciding.push(deciding);
    }
}

fn analyse(connection: &mut Connection, files: &Files, remembered: bool) -> (Duration, Duration) {
    let (status, answer, took) = connection.post("/api/analyze", &json!({"files": files}).to_string());
    assert_eq!(status, 201, "{}", String::from_utf8_lossy(&answer));
    let found: Value = serde_json::from_slice(&answer).expect("JSON");
    assert_eq!((&found["entry_point"], &found["framework"]), (&json!("agent.py"), &json!("langgraph")));
    assert_eq!(found["timings"]["remembered"], remembered);
    (took, Duration::from_micros(found["timings"]["total_micros"].as_u64().expect("a time")))
}

/// The program that `NIXPACKS` names, else the one that was installed beside our tools, else the one in `PATH`.
fn nixpacks() -> Option<PathBuf> {
    let given = env::var_os("NIXPACKS").map(PathBuf::from);
    let ours = root().join("target/tools/bin/nixpacks");
    let candidates = given.into_iter().chain([ours, PathBuf::from("nixpacks")]);
    let runs = |program: &PathBuf| {
        let version = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    };
    candidates.into_iter().find(runs)
}

/// Its folder is written before, and not in its time.
fn against_nixpacks(program: &Path, part: &Part, ours: [(&str, &Timings); 2]) {
    let folder = TempDir::new().expect("a folder");
    for (path, text) in &part.files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder");
        fs::write(path, text).expect("written");
    }
    let mut theirs = Timings::default();
    for _ in 0..part.nixpacks_runs {
        let started = Instant::now();
        let done = Command::new(program).arg("plan").arg(folder.path()).output().expect("it runs");
        theirs.note(started);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    for (how, ours) in ours {
        print_ratio(
            &format!("{}, against nixpacks on the same files (aim: 3 times faster)", part.name),
            (&format!("POST /api/analyze, {how}"), ours),
            ("nixpacks plan FOLDER", &theirs),
        );
    }
}
