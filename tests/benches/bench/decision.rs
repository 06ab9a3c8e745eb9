//! A decision by the built-in components, against the same code compiled natively: through the plugin host, each component
//! asked; and by the running server about a tree that it has seen, where detectors are not asked again.

use crate::harness::{self, Server, Settings};
use crate::project;
use crate::timings::{Timings, print_ratio};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use windlass_domain::catalogue::Catalogue;
use windlass_domain::request::{DeployRequest, Source};
use windlass_domain::source::SourceTree;
use windlass_domain::{AgentName, WorkspaceName};
use windlass_plugin::{Calls, HostConfig, Plugin, PluginHost, Terms, Weight};

/// Decisions before the first that counts.
const WARM_UP: usize = 200;
/// Decisions that count, of each way.
const RUNS: usize = 3_000;

/// The three components of a decision.
pub struct Components {
    detector: Plugin,
    strategy: Plugin,
    tool_provider: Plugin,
}

impl Components {
    /// Takes them through the gate of `host`.
    pub fn of(host: &PluginHost) -> Self {
        let install = |name| host.load(&harness::component(name)).expect("a built-in component is sound");
        Self {
            detector: install("python-detector"),
            strategy: install("standard-strategy"),
            tool_provider: install("http-tools"),
        }
    }
}

/// A plugin host without a cache.
pub fn host() -> PluginHost {
    let config = HostConfig { cache_directory: None, cache_key: [0; 32], helper: "/proc/self/exe".into() };
    PluginHost::new(&config).expect("the plugin host starts")
}

/// Microseconds of each component alone.
#[derive(Default)]
struct Parts([Timings; 3]);

/// Measures both ways in turns.
pub async fn run() {
    let host = host();
    let components = Arc::new(Components::of(&host));
    let files = project::files();
    let catalogue = Arc::new(catalogue());
    let mut program = Natively::start(&files, &catalogue);
    let request = Arc::new(request(&files));

    let (mut guests, mut native, mut parts) = (Timings::default(), Timings::default(), Parts::default());
    for turn in 0..WARM_UP + RUNS {
        let (components, request, catalogue) = (components.clone(), request.clone(), catalogue.clone());
        let started = Instant::now();
        let workspace = request.workspace.clone();
        let answer =
            host.run(&workspace, Weight::Light, move |calls| decide(calls, &components, &request, &catalogue)).await;
        let whole = started.elapsed();
        let (mode, took) = answer.expect("a free guest");
        let counts = turn >= WARM_UP;
        if counts {
            guests.push(whole);
            for (part, took) in parts.0.iter_mut().zip(took) {
                part.push(took);
            }
        }
        let (took, native_mode) = program.decide();
        if counts {
            native.push(took);
        }
        assert_eq!(mode, native_mode, "both ways decide the same");
    }
    let bytes: usize = files.values().map(String::len).sum();
    let what = format!("Decision on {} files, {bytes} bytes: detector, strategy, tool provider", files.len());
    print_ratio(&what, ("components, fresh instances, queue and thread", &guests), ("native Rust", &native));
    let seen = seen(&files).await;
    let what = format!("{what}; the tree was seen before (aim at p50: 200 µs)");
    print_ratio(&what, ("the server's own count", &seen), ("native Rust", &native));
    for (name, part) in ["python-detector", "standard-strategy", "http-tools"].iter().zip(&parts.0) {
        println!("  of which {name:<35} p50 {:>10.1} µs", part.percentile(50));
    }
}

/// What the server says that its decisions about the project took, once it has seen it.
async fn seen(files: &BTreeMap<String, String>) -> Timings {
    let server = Server::start(Settings::without_agents()).await;
    let client = server.client();
    let body = json!({"agent_name": "bench", "source_files": files, "requirements": project::REQUIREMENTS});
    let mut timings = Timings::default();
    for turn in 0..=WARM_UP + RUNS {
        let preview = client.post("/api/deploy/preview", body.clone()).await.expect(200);
        let spent = &preview["decision"]["timings"];
        assert_eq!(spent["remembered"], turn > 0);
        if turn > WARM_UP {
            timings.push(Duration::from_micros(spent["total_micros"].as_u64().expect("a time")));
        }
    }
    timings
}

/// One decision: its execution mode, and the time of each component.
pub fn decide(
    calls: &Calls,
    components: &Components,
    request: &Arc<DeployRequest>,
    catalogue: &Arc<Catalogue>,
) -> (String, [Duration; 3]) {
    let source = request.files().expect("the request carries files");
    let terms = Terms::default();
    let detected = calls.detect(&components.detector, &terms, request, source).expect("the detector answers");
    let claims = detected.value.into();
    let plan = calls.decide(&components.strategy, &terms, request, &claims, catalogue).expect("the strategy answers");
    let nothing_registered = Vec::new().into();
    let tools =
        calls.provide(&components.tool_provider, &terms, request, &claims, &nothing_registered).expect("an answer");
    (plan.value.execution_mode, [detected.took, plan.took, tools.took])
}

/// A deploy of `files`.
pub fn request(files: &BTreeMap<String, String>) -> DeployRequest {
    let tree = SourceTree::parse("source_files", files.clone()).expect("a sound tree");
    DeployRequest {
        requirements: Some(project::REQUIREMENTS.to_owned()),
        ..DeployRequest::plain(
            WorkspaceName::parse("workspace", "default").expect("a name"),
            AgentName::parse("agent_name", "bench").expect("a name"),
            Source::Files(Arc::new(tree)),
        )
    }
}

/// What a host with all runtime images offers.
pub fn catalogue() -> Catalogue {
    Catalogue {
        builders: vec!["overlay".to_owned()],
        runtimes: windlass_runtime::catalogue(),
        architectures: vec!["amd64".to_owned()],
    }
}

/// The same code in a native program, which decides on demand; it ends with this value. It is a program of the guests'
/// workspace, so that what plugins are built from has no part in what the host is built from.
struct Natively {
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Natively {
    fn start(files: &BTreeMap<String, String>, catalogue: &Catalogue) -> Self {
        let program = harness::root().join("target/guests/release/examples/natively");
        let mut process = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; `make bench` builds it", program.display()));
        let mut ask = process.stdin.take().expect("piped");
        let answers = BufReader::new(process.stdout.take().expect("piped"));
        let project = json!({"files": files, "requirements": project::REQUIREMENTS, "catalogue": catalogue});
        writeln!(ask, "{project}").expect("the program reads");
        Self { process, ask, answers }
    }

    /// One decision: its time without the way there and back, and the execution mode.
    fn decide(&mut self) -> (Duration, String) {
        writeln!(self.ask).expect("the program reads");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the program answers");
        let (nanos, mode) = line.trim_end().split_once(' ').expect("a time and a mode");
        (Duration::from_nanos(nanos.parse().expect("a number")), mode.to_owned())
    }
}

impl Drop for Natively {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
