//! A fast-overlay deploy, recorded and served, against `umoci insert` + `skopeo copy` into a registry on the loopback.

use crate::harness::{Client, Registry, Server, Settings};
use crate::timings::{Timings, print_ratio};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Deploys that count, of each way.
const RUNS: usize = 40;
/// Bytes of the base image's only layer, which no compression makes smaller.
const BASE_BYTES: usize = 48 * 1024 * 1024;
const TOOLS: [&str; 3] = ["umoci", "skopeo", "docker-registry"];

/// Measures both ways in turns; each turn appends one 5-file, 20 KB source layer to the same base.
pub async fn run() {
    if let Some(missing) = TOOLS.iter().find(|tool| Command::new(tool).arg("--version").output().is_err()) {
        println!("\nFast overlay: not measured, {missing} is not installed (`make test` installs it)");
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let layout = folder.path().join("layout");
    make_base(folder.path(), &layout);
    let registry = Registry::start(folder.path());
    let copy = |tag: &str, name: &str| {
        let (from, to) = (format!("oci:{}:{tag}", layout.display()), format!("docker://{}/{name}", registry.address));
        run_tool("skopeo", &["copy", "--quiet", "--insecure-policy", "--dest-tls-verify=false", &from, &to]);
    };
    copy("base", "bench/agent:base");

    let mut settings = Settings::without_agents();
    settings.arguments.extend(["--runtime-base".to_owned(), format!("python={}", layout.display())]);
    let server = Server::start(settings).await;
    let client = server.client();
    wait_for_base(&client).await;

    let (mut ours, mut theirs) = (Timings::default(), Timings::default());
    for turn in 0..RUNS {
        let files = source(turn);
        let request = request(&files);
        let started = Instant::now();
        let answer = client.deploy(request).await;
        ours.note(started);
        assert_eq!(answer.expect(201)["execution_mode"], "FAST_OVERLAY");

        let app = folder.path().join(format!("app-{turn}"));
        fs::create_dir(&app).expect("a fresh folder");
        for (name, text) in &files {
            fs::write(app.join(name), text).expect("written");
        }
        let (image, tag) = (format!("{}:base", layout.display()), format!("turn-{turn}"));
        let started = Instant::now();
        run_tool("umoci", &["insert", "--image", &image, "--tag", &tag, &app.display().to_string(), "/app"]);
        copy(&tag, &format!("bench/agent:{tag}"));
        theirs.note(started);
    }
    let what = "Fast overlay of 5 files, 20 KB, on a 48 MB base: over HTTP, decided, built, on the disk and served";
    print_ratio(what, ("POST /api/deploy", &ours), ("umoci insert + skopeo copy", &theirs));
}

fn source(turn: usize) -> BTreeMap<String, String> {
    let text = |n: usize| format!("# turn {turn}, file {n}\n{}", "value = \"a line of ordinary length\"\n".repeat(115));
    let mut files: BTreeMap<_, _> = (1..5).map(|n| (format!("part_{n}.py"), text(n))).collect();
    files.insert("agent.py".to_owned(), format!("{}\ndef handler(message):\n    return message\n", text(0)));
    files
}

fn request(files: &BTreeMap<String, String>) -> Value {
    json!({"agent_name": "agent", "source_files": files, "entry_point": "agent.py", "requirements": "runagents>=0.2.0"})
}

/// The server imports the base at its start, in the background.
async fn wait_for_base(client: &Client) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while client.deploy(request(&source(usize::MAX))).await.status != 201 {
        assert!(Instant::now() < deadline, "the base image is not imported after a minute");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn make_base(folder: &Path, layout: &Path) {
    // Noise that is the same in each run: xorshift (Marsaglia 2003).
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut noise = Vec::with_capacity(BASE_BYTES);
    while noise.len() < BASE_BYTES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend_from_slice(&state.to_le_bytes());
    }
    let file = folder.join("noise");
    fs::write(&file, noise).expect("written");
    let (layout, image) = (layout.display().to_string(), format!("{}:base", layout.display()));
    run_tool("umoci", &["init", "--layout", &layout]);
    run_tool("umoci", &["new", "--image", &image]);
    run_tool("umoci", &["insert", "--image", &image, &file.display().to_string(), "/usr/lib/noise"]);
}

fn run_tool(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().expect("the tool runs");
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
