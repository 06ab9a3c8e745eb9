//! One HTTP/1.1 connection that blocks: where a request takes a quarter of a millisecond, what is measured shall be the
//! server, and not the threads of a client's runtime.

use crate::harness::Server;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A connection to a server, and the key that each request carries.
pub struct Connection {
    stream: BufReader<TcpStream>,
    key: String,
}

impl Connection {
    /// Connects with the key of the first workspace.
    pub fn to(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address()).expect("the server listens");
        stream.set_nodelay(true).expect("an option of the socket");
        Self { stream: BufReader::new(stream), key: server.workspace_key() }
    }

    /// Posts a JSON body: the status, the answer's body, and the time from the first byte sent to the last one received.
    pub fn post(&mut self, path: &str, body: &str) -> (u16, Vec<u8>, Duration) {
        let (key, length) = (&self.key, body.len());
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: windlass\r\nauthorization: Bearer {key}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        let started = Instant::now();
        self.stream.get_mut().write_all(request.as_bytes()).expect("sent");
        let status = self.line().split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line");
        let mut answer = Vec::new();
        loop {
            let line = self.line().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(length) = line.strip_prefix("content-length:") {
                answer.resize(length.trim().parse().expect("a length"), 0);
            }
        }
        self.stream.read_exact(&mut answer).expect("the whole body");
        (status, answer, started.elapsed())
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }
}
