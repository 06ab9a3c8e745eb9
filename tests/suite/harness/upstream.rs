//! Servers that agents reach through the host: a model provider from PyPI (`llmock`), and one of our own that writes down
//! what arrives, which no provider tells.

use super::client::http;
use super::root;
use serde_json::{Value, json};
use std::net::TcpListener as Probe;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A running llmock: it answers `Hello! You said: …` in OpenAI's shape, and fails when it is told to.
pub struct Llmock {
    child: Child,
    url: String,
}

impl Llmock {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        let program = root().join("target/sdk/llmock/bin/llmock");
        let port = Probe::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .arg(&program)
            .args(["serve", "--response-style", "echo", "--log-level", "warning", "--port", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; `make test` makes it", program.display()));
        let mut server = Self { child, url: format!("http://127.0.0.1:{port}") };
        let give_up = Instant::now() + Duration::from_mins(2);
        while http().get(format!("{}/health", server.url)).send().await.is_err() {
            let ended = server.child.try_wait().expect("it can be asked");
            assert!(ended.is_none() && Instant::now() < give_up, "{} did not start: {ended:?}", program.display());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server
    }

    /// The OpenAI-shaped base URL.
    pub fn base(&self) -> String {
        format!("{}/v1", self.url)
    }

    /// What the next requests get, e.g. `{"type": "fail", "status": 429}`.
    pub async fn behave(&self, behaviours: Value) {
        let scenario = http().post(format!("{}/_llmock/scenario", self.url)).json(&json!({"behaviors": behaviours}));
        assert!(scenario.send().await.expect("it answers").status().is_success());
    }

    /// The requests that came, oldest first.
    pub async fn requests(&self) -> Vec<Value> {
        let answer = http().get(format!("{}/_llmock/requests", self.url)).send().await.expect("it answers");
        let body: Value = answer.json().await.expect("JSON");
        body["requests"].as_array().expect("a list").clone()
    }
}

impl Drop for Llmock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The first line without the version: `POST /v1/x?y=z`.
    pub line: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Arrived {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// A server that writes down what arrives and answers by a list; its last answer is repeated.
pub struct Recorder {
    url: String,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    answers: Arc<Mutex<Vec<(u16, String)>>>,
    task: JoinHandle<()>,
}

impl Recorder {
    /// Starts one. `{authorization}` in an answer's body is what the request carried; status 0 closes the connection.
    pub async fn start(answers: &[(u16, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let answers: Vec<(u16, String)> = answers.iter().map(|(status, body)| (*status, (*body).to_owned())).collect();
        let answers = Arc::new(Mutex::new(answers));
        let (seen, left) = (arrived.clone(), answers.clone());
        let task = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (status, body) = {
                    let mut left = left.lock().expect("not poisoned");
                    if left.len() > 1 { left.remove(0) } else { left[0].clone() }
                };
                // A connection that breaks is the other side's affair.
                if let Some(request) = exchange(connection, status, &body).await {
                    seen.lock().expect("not poisoned").push(request);
                }
            }
        });
        Self { url, arrived, answers, task }
    }

    /// Gives this answer from now on.
    pub fn answer(&self, status: u16, body: &str) {
        *self.answers.lock().expect("not poisoned") = vec![(status, body.to_owned())];
    }

    /// The base URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What arrived, oldest first.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().expect("not poisoned").clone()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn exchange(connection: TcpStream, status: u16, body: &str) -> Option<Arrived> {
    let mut connection = BufReader::new(connection);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).await.ok().filter(|bytes| *bytes > 0)?;
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let line = head.remove(0).trim_end_matches(" HTTP/1.1").to_owned();
    let headers = head.iter().filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let mut request = Arrived { line, headers, body: String::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut bytes = vec![0; length];
    connection.read_exact(&mut bytes).await.ok()?;
    request.body = String::from_utf8_lossy(&bytes).into_owned();
    if status > 0 {
        let body = body.replace("{authorization}", request.header("authorization").unwrap_or_default());
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        connection.get_mut().write_all(answer.as_bytes()).await.ok()?;
    }
    Some(request)
}
