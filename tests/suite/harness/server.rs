//! A running `windlass serve`, on a free port, with a data directory of its own.

use super::client::Client;
use super::volume::Volume;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How a server of a test is started.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Arguments beside `--listen` and `--data-dir`.
    pub arguments: Vec<String>,
    /// Environment beside what the test has.
    pub environment: Vec<(String, String)>,
    /// How large the disk of the data directory is, in MiB; `None`: that of the machine.
    pub disk_mib: Option<usize>,
}

impl Settings {
    /// A server that starts no agents: for tests of everything else.
    pub fn without_agents() -> Self {
        Self { arguments: vec!["--no-agents".to_owned()], ..Self::default() }
    }
}

/// A data directory, on a disk of its own where the test wants a small one.
struct Data {
    /// First, so that nothing is mounted any more when the folder is removed.
    disk: Option<Volume>,
    folder: TempDir,
}

/// A server of one test.
pub struct Server {
    data: Arc<Data>,
    settings: Settings,
    port: u16,
    child: Child,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// Starts a server with a fresh data directory.
    pub async fn start(settings: Settings) -> Self {
        let folder = data_folder();
        let disk = settings.disk_mib.map(|mib| Volume::over(folder.path(), mib));
        Self::start_in(Arc::new(Data { disk, folder }), settings).await
    }

    /// Starts a server over what `prepare` makes of its data directory.
    pub async fn start_over(settings: Settings, prepare: impl FnOnce(&Path)) -> Self {
        let folder = data_folder();
        prepare(folder.path());
        Self::start_in(Arc::new(Data { disk: None, folder }), settings).await
    }

    async fn start_in(data: Arc<Data>, settings: Settings) -> Self {
        let (child, log) = spawn(&data, &settings);
        let mut server = Self { data, settings, port: 0, child, log };
        server.wait_until_ready().await;
        server
    }

    async fn wait_until_ready(&mut self) {
        let deadline = Instant::now() + Duration::from_mins(2);
        let client = super::client::http();
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().expect("the child can be asked") {
                panic!("the server stopped with {status}:\n{}", self.log());
            }
            // The system chose the port; the banner tells it.
            self.port = port_in(&self.log()).unwrap_or(0);
            let url = format!("{}/readyz", self.url());
            if self.port > 0 && client.get(&url).send().await.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the server is not ready after two minutes:\n{}", self.log());
    }

    /// Kills the server without warning, as a power cut would the process.
    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it can be waited for");
    }

    /// Asks the server to stop and waits for it; how long it took, and whether it exited with 0.
    pub fn terminate(&mut self) -> (Duration, bool) {
        let started = Instant::now();
        // The shell's own `kill`: a bare Debian has no other.
        let kill = format!("kill -TERM {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().expect("a shell runs");
        assert!(sent.success());
        let status = self.child.wait().expect("it can be waited for");
        (started.elapsed(), status.success())
    }

    /// Starts the server again over the same data directory, on another port.
    pub async fn restart(mut self) -> Self {
        let _ = self.child.kill();
        let _ = self.child.wait();
        Self::start_in(self.data.clone(), self.settings.clone()).await
    }

    /// The base URL.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The data directory.
    pub fn data_dir(&self) -> &Path {
        self.data.disk.as_ref().map_or(self.data.folder.path(), Volume::path)
    }

    /// The small disk that the settings asked for.
    pub fn disk(&self) -> &Volume {
        self.data.disk.as_ref().expect("the settings have a size")
    }

    /// Changes a row of the database behind the server's back: what time alone would do.
    pub fn sql(&self, statement: &str) {
        let script =
            "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1], timeout=30) as db: db.execute(sys.argv[2])";
        let database = self.data_dir().join("windlass.db");
        let done = Command::new("python3").args(["-c", script]).arg(database).arg(statement).output();
        let done = done.expect("python3 runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// The most memory that it ever had in use, in bytes (proc(5), `VmHWM`).
    pub fn peak_memory(&self) -> usize {
        let path = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(&path).expect("the server runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel tells");
        line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1024
    }

    /// Everything that it wrote to its standard output and error so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("not poisoned").clone()
    }

    /// The key of the workspace `default`.
    pub fn workspace_key(&self) -> String {
        read_key(&self.data_dir().join("bootstrap-key"))
    }

    /// The operator's key.
    pub fn operator_key(&self) -> String {
        read_key(&self.data_dir().join("operator-key"))
    }

    /// A client with the key of the workspace `default`.
    pub fn client(&self) -> Client {
        Client::new(&self.url(), &self.workspace_key())
    }

    /// A client with the operator's key.
    pub fn operator(&self) -> Client {
        Client::new(&self.url(), &self.operator_key())
    }

    /// A fresh workspace of that name, and a client with its key.
    pub async fn workspace(&self, name: &str) -> Client {
        let answer = self.operator().post("/api/workspaces", serde_json::json!({"name": name})).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        Client::new(&self.url(), answer.body["key"].as_str().expect("a new workspace comes with its key"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_key(path: &Path) -> String {
    let key = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    key.trim().to_owned()
}

/// The start of the names of our data directories; the id of the process that made them follows.
const DATA_PREFIX: &str = "windlass-test-";

/// A fresh data directory. Those that processes left behind which have ended since are removed: a shared server's is
/// never dropped, and nor is a killed test's.
fn data_folder() -> TempDir {
    let all = fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    for entry in all {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix(DATA_PREFIX).and_then(|rest| rest.split('-').next());
        if owner.is_some_and(|owner| !Path::new("/proc").join(owner).exists()) {
            // Another process may be removing it as well.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    let prefix = format!("{DATA_PREFIX}{}-", std::process::id());
    tempfile::Builder::new().prefix(&prefix).tempdir().expect("a temporary directory")
}

/// The port in the banner's line `address    http://127.0.0.1:PORT`.
fn port_in(log: &str) -> Option<u16> {
    let address = log.lines().find_map(|line| line.trim_start().strip_prefix("address "))?;
    address.rsplit_once(':')?.1.trim().parse().ok()
}

/// Spawns the program; its output is gathered by threads that end with it.
fn spawn(data: &Data, settings: &Settings) -> (Child, Arc<Mutex<String>>) {
    let program = super::release().join("windlass");
    // The kernel ends the server with the thread that starts it, so that none outlives a test that is killed.
    let mut child = Command::new("setpriv")
        .args(["--pdeathsig", "KILL"])
        .args(data.disk.iter().flat_map(Volume::enter))
        .arg(&program)
        .arg("serve")
        .args(["--listen", "127.0.0.1:0"])
        .arg("--data-dir")
        .arg(data.folder.path())
        .args(&settings.arguments)
        .env("RUST_LOG", "info")
        .envs(settings.environment.iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}; `make build` builds it", program.display()));
    let log = Arc::new(Mutex::new(String::new()));
    gather(child.stdout.take().expect("piped"), log.clone());
    gather(child.stderr.take().expect("piped"), log.clone());
    (child, log)
}

fn gather(pipe: impl std::io::Read + Send + 'static, log: Arc<Mutex<String>>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut log = log.lock().expect("not poisoned");
            log.push_str(&line);
            log.push('\n');
        }
    });
}

/// A variable of the shared server's own environment, which no agent may see.
pub const CANARY: (&str, &str) = ("WINDLASS_TEST_CANARY", "sings-only-for-the-server");

/// The server that most tests share. It starts agents. It belongs to a thread that lives as long as the test binary.
pub fn shared() -> &'static Server {
    static SHARED: OnceLock<Server> = OnceLock::new();
    let environment = vec![(CANARY.0.to_owned(), CANARY.1.to_owned())];
    SHARED.get_or_init(|| start_on_a_thread(Settings { environment, ..Settings::default() }))
}

/// The server of the tests that need no running agent: everything but agents works, and nothing is waited for.
pub fn quiet() -> &'static Server {
    static QUIET: OnceLock<Server> = OnceLock::new();
    QUIET.get_or_init(|| start_on_a_thread(Settings::without_agents()))
}

fn start_on_a_thread(settings: Settings) -> Server {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        send.send(runtime.block_on(Server::start(settings))).expect("somebody waits");
        // The server lives as long as this thread.
        loop {
            thread::park();
        }
    });
    receive.recv().expect("the server starts")
}
