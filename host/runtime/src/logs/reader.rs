//! Reads a process's output line by line, whatever it writes: no line end for ever, bytes that are not UTF-8, or more
//! than anybody can read. Who writes too fast waits for us at the full pipe, and nobody else for him.

use super::{AgentLog, MAX_LINE, Stream};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::time::Instant;

/// The most steps, each a line or a buffer's worth of one, within a [`WINDOW`]: 20,000 a second, some milliseconds each
/// window. Without a pace, one agent that prints empty lines held up every request for seconds.
const STEPS: u32 = 200;
const WINDOW: Duration = Duration::from_millis(10);

/// Copies lines from `input` to `log` until its end.
pub(crate) async fn copy_lines(input: impl AsyncRead + Unpin, log: &AgentLog, stream: Stream, revision: u32) {
    let mut input = BufReader::new(input);
    let mut line = Vec::new();
    let mut pace = Pace { since: Instant::now(), steps: 0 };
    loop {
        pace.step().await;
        // A broken pipe is an end like any other.
        let Ok(bytes) = input.fill_buf().await else { return };
        if bytes.is_empty() {
            if !line.is_empty() {
                add(log, stream, revision, &mut line);
            }
            return;
        }
        let end = bytes.iter().position(|&byte| byte == b'\n');
        let part = &bytes[..end.unwrap_or(bytes.len())];
        line.extend_from_slice(&part[..part.len().min(MAX_LINE - line.len())]);
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            add(log, stream, revision, &mut line);
        }
    }
}

/// Counts steps, and waits for the window's end where they were too many.
struct Pace {
    since: Instant,
    steps: u32,
}

impl Pace {
    async fn step(&mut self) {
        self.steps += 1;
        if self.steps > STEPS {
            tokio::time::sleep_until(self.since + WINDOW).await;
            *self = Self { since: Instant::now(), steps: 1 };
        }
    }
}

fn add(log: &AgentLog, stream: Stream, revision: u32, line: &mut Vec<u8>) {
    log.add(stream, revision, String::from_utf8_lossy(line).trim_end_matches('\r').to_owned());
    line.clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::{AgentName, AgentRef, WorkspaceName};

    async fn read(input: &[u8]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let workspace = WorkspaceName::parse("w", "w").expect("a name");
        let agent = AgentRef { workspace, name: AgentName::parse("n", "n").expect("a name") };
        let log = AgentLog::open(folder.path(), &agent);
        copy_lines(input, &log, Stream::Stdout, 1).await;
        log.tail(usize::MAX).into_iter().map(|line| line.text).collect()
    }

    #[tokio::test]
    async fn lines_end_at_line_feeds_and_at_the_end() {
        assert_eq!(read(b"one\r\n\ntwo \xff").await, ["one", "", "two \u{fffd}"]);
        assert!(read(b"").await.is_empty());
    }

    #[tokio::test]
    async fn a_flood_of_lines_is_read_at_a_pace_and_a_few_at_once() {
        let took = async |lines: u32| {
            let start = Instant::now();
            read("\n".repeat(lines as usize).as_bytes()).await;
            start.elapsed()
        };
        assert!(took(STEPS * 20).await >= WINDOW * 19);
        assert!(took(STEPS / 2).await < WINDOW * 19);
    }

    #[tokio::test]
    async fn an_endless_line_is_cut_and_the_next_one_is_whole() {
        let mut input = vec![b'x'; MAX_LINE * 3];
        input.extend_from_slice(b"\nnext\n");
        let lines = read(&input).await;
        assert_eq!((lines[0].len(), lines[1].as_str(), lines.len()), (MAX_LINE, "next", 2));
    }
}
