//! A runtime in a temporary data directory, and the few things that tests do with it.

use crate::{AgentState, Runtime, RuntimeConfig};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use windlass_domain::AgentRef;
use windlass_domain::agent::RunRequest;
use windlass_domain::source::SourceTree;

/// The longest a test waits for a state: installing and starting on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
/// User ids of this test alone, so that its processes can be told apart.
static NEXT_UID: AtomicU32 = AtomicU32::new(0);

pub(super) struct House {
    pub(super) runtime: Arc<Runtime>,
    pub(super) config: RuntimeConfig,
    pub(super) data: TempDir,
}

impl House {
    pub(super) async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    pub(super) async fn start_with(change: impl FnOnce(&mut RuntimeConfig)) -> Self {
        let data = tempfile::tempdir().expect("a data directory");
        let mut config = config(data.path()).await;
        change(&mut config);
        let runtime = Runtime::start(config.clone()).await.expect("a runtime");
        Self { runtime, config, data }
    }

    pub(super) async fn restart(&mut self) {
        self.runtime.shutdown(Duration::from_secs(10)).await;
        self.runtime = Runtime::start(self.config.clone()).await.expect("a runtime");
    }

    pub(super) fn apply(&self, name: &str, revision: u32, source: &[(&str, &str)], plan: &Value) -> AgentRef {
        let agent = agent(name);
        self.runtime.apply(request(&agent, revision, plan), Some(files(source)));
        agent
    }

    pub(super) async fn until(&self, agent: &AgentRef, holds: impl Fn(&AgentState) -> bool) -> AgentState {
        let mut states = self.runtime.follow_state(agent).expect("an agent");
        let state = tokio::time::timeout(PATIENCE, states.wait_for(|state| holds(state))).await;
        match state {
            Ok(state) => state.expect("a state").clone(),
            Err(late) => panic!("{late}: {:?} {:#?}", self.runtime.state(agent), self.runtime.logs(agent, 30)),
        }
    }

    /// The text that the agent answers to `message`.
    pub(super) async fn invoke(&self, agent: &AgentRef, message: &str) -> String {
        let lease = self.runtime.endpoint(agent).expect("an endpoint");
        let answer = post(lease.addr, "/invoke", &json!({"message": message})).await;
        answer["response"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// The processes of this test's agents.
    pub(super) fn processes(&self) -> Vec<String> {
        processes_that_mention(self.data.path())
    }

    pub(super) async fn end(self) {
        self.runtime.shutdown(Duration::from_secs(10)).await;
        assert_eq!(self.processes(), [""; 0]);
    }
}

pub(super) async fn config(data: &Path) -> RuntimeConfig {
    let shared = environments().await;
    std::os::unix::fs::symlink(shared, data.join("environments")).expect("linked");
    let mut config = RuntimeConfig::new(data, "http://127.0.0.1:1/v1");
    config.uv = Some(uv());
    config.limits.first_uid = 3_000_000 + NEXT_UID.fetch_add(100, Ordering::Relaxed);
    config.timing.backoff_first = Duration::from_millis(200);
    config
}

pub(super) fn agent(name: &str) -> AgentRef {
    serde_json::from_value(json!({"workspace": "acme", "name": name})).expect("an agent")
}

/// The `python` runtime, `agent.py` and `run_kind`.
pub(super) fn plan(run_kind: &str) -> Value {
    json!({"run_kind": run_kind, "entry_point": "agent.py"})
}

pub(super) fn request(agent: &AgentRef, revision: u32, plan: &Value) -> RunRequest {
    let mut whole = json!({"runtime": "python"});
    let fields = plan.as_object().expect("an object").clone();
    whole.as_object_mut().expect("an object").extend(fields);
    let spec = json!({"plan": whole, "settings": {}, "tools": [], "rewrites": {}});
    let spec = serde_json::from_value(spec).expect("a spec");
    RunRequest { agent: agent.clone(), revision, recorded_at: 0, spec, tools: Vec::new() }
}

pub(super) fn files(source: &[(&str, &str)]) -> Arc<SourceTree> {
    let map: BTreeMap<String, String> =
        source.iter().map(|(path, content)| ((*path).to_owned(), (*content).to_owned())).collect();
    Arc::new(SourceTree::parse("source_files", map).expect("a tree"))
}

/// Posts JSON and reads the JSON answer; the agents' server closes the connection after it.
pub(super) async fn post(addr: SocketAddr, path: &str, body: &Value) -> Value {
    let body = body.to_string();
    let head =
        format!("POST {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    let mut stream = TcpStream::connect(addr).await.expect("connected");
    stream.write_all((head + &body).as_bytes()).await.expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("an odd answer: {answer}"));
    serde_json::from_str(body).expect("JSON")
}

/// The command lines of processes that name `folder`: bubblewrap's do, for each sandbox.
pub(super) fn processes_that_mention(folder: &Path) -> Vec<String> {
    let folder = folder.display().to_string();
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().parse::<u32>().is_ok_and(|id| id != std::process::id()))
        .filter_map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).ok())
        .map(|line| line.replace('\0', " "))
        .filter(|line| line.contains(&folder))
        .collect()
}

/// `WINDLASS_UV`, else beside the test's own binary or above it, else PATH. Without uv these tests fail: they never skip.
fn uv() -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    let beside = own.ancestors().skip(1).take(3).map(|folder| folder.join("uv"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).map(|folder| folder.join("uv"));
    std::env::var_os("WINDLASS_UV")
        .map(PathBuf::from)
        .into_iter()
        .chain(beside)
        .chain(in_path)
        .find(|path| path.is_file())
        .expect("uv: run `make setup`, or set WINDLASS_UV")
}

/// The environments of all tests, made once by whoever comes first, beside the test's binary.
async fn environments() -> PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    let made = tokio::task::spawn_blocking(|| MADE.get_or_init(|| std::thread::spawn(make).join().expect("made")));
    made.await.expect("made").clone()
}

fn make() -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    let folder = own.with_file_name("windlass-runtime-tests");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let environments = crate::Environments::new(&folder, Some(uv()), None);
        let mut progress = environments.prepare("python").expect("a runtime");
        let ready = progress.wait_for(|progress| matches!(progress, crate::Preparation::Ready(_)));
        tokio::time::timeout(PATIENCE, ready).await.expect("in time").expect("made");
        environments.shutdown().await;
    });
    folder.join("environments")
}
