//! The logs of agents: the last lines in memory, more of them in two files, new ones to whoever follows.
//!
//! Invariant: bounded everywhere. A line is cut at [`MAX_LINE`], memory holds [`RING`] lines an agent, the disk two files
//! of [`MAX_FILE`] bytes, a slow follower loses lines instead of holding anybody up.

mod file;
mod reader;

pub(crate) use reader::copy_lines;

use file::LogFile;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::broadcast;
use windlass_domain::AgentRef;
use windlass_domain::agent::UnixMillis;

/// The longest line kept, in bytes; the rest of a longer one is dropped.
pub const MAX_LINE: usize = 16 * 1024;
/// How many lines of an agent are kept in memory.
pub const RING: usize = 1_000;
/// The size at which a log file is rotated, in bytes; one older file is kept.
pub const MAX_FILE: u64 = 4 * 1024 * 1024;

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// The agent's standard output.
    Stdout,
    /// The agent's standard error.
    Stderr,
    /// The runtime itself: starts, ends, restarts.
    Runtime,
}

/// One line of an agent's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When the line was read.
    pub at: UnixMillis,
    /// Where it came from.
    pub stream: Stream,
    /// The revision that wrote it.
    pub revision: u32,
    /// The text, without its line end.
    pub text: String,
}

/// The log of one agent.
pub(crate) struct AgentLog {
    kept: Mutex<Kept>,
    followers: broadcast::Sender<LogLine>,
}

struct Kept {
    ring: VecDeque<LogLine>,
    file: LogFile,
}

impl AgentLog {
    /// Opens the log under `folder` (`WORKSPACE/NAME.jsonl`), with the lines of before.
    pub(crate) fn open(folder: &Path, agent: &AgentRef) -> Self {
        let (file, lines) = LogFile::open(folder.join(agent.workspace.as_str()), agent.name.as_str());
        let skip = lines.len().saturating_sub(RING);
        let ring = lines.into_iter().skip(skip).collect();
        Self { kept: Mutex::new(Kept { ring, file }), followers: broadcast::Sender::new(RING) }
    }

    /// Adds a line. Writes to the page cache only: a log line is not worth a disk flush.
    pub(crate) fn add(&self, stream: Stream, revision: u32, text: String) {
        let line = LogLine { at: now(), stream, revision, text };
        let mut kept = self.kept();
        kept.file.append(&line);
        if kept.ring.len() == RING {
            kept.ring.pop_front();
        }
        kept.ring.push_back(line.clone());
        drop(kept);
        // No follower is not an error.
        let _ = self.followers.send(line);
    }

    /// The last `count` lines, oldest first.
    pub(crate) fn tail(&self, count: usize) -> Vec<LogLine> {
        let kept = self.kept();
        kept.ring.iter().skip(kept.ring.len().saturating_sub(count)).cloned().collect()
    }

    /// The last `count` lines that `revision` wrote itself, oldest first.
    pub(crate) fn tail_of(&self, revision: u32, count: usize) -> Vec<String> {
        let kept = self.kept();
        let own = |line: &&LogLine| line.revision == revision && line.stream != Stream::Runtime;
        let mut lines: Vec<_> = kept.ring.iter().rev().filter(own).take(count).map(|line| line.text.clone()).collect();
        lines.reverse();
        lines
    }

    pub(crate) fn follow(&self) -> broadcast::Receiver<LogLine> {
        self.followers.subscribe()
    }

    /// Deletes the files: the agent is gone.
    pub(crate) fn delete(&self) {
        self.kept().file.delete();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // The ring is whole after each step: a panic elsewhere while it was held does no harm.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis::try_from(since.as_millis()).unwrap_or(UnixMillis::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::{AgentName, WorkspaceName};

    fn agent() -> AgentRef {
        AgentRef {
            workspace: WorkspaceName::parse("w", "acme").expect("a name"),
            name: AgentName::parse("n", "echo").expect("a name"),
        }
    }

    #[test]
    fn memory_holds_the_last_lines_and_a_new_start_reads_them_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = AgentLog::open(folder.path(), &agent());
        for n in 0..RING + 5 {
            log.add(Stream::Stdout, 1, format!("line {n}"));
        }
        assert_eq!(log.tail(usize::MAX).len(), RING);
        assert_eq!(log.tail(1)[0].text, format!("line {}", RING + 4));
        drop(log);
        let again = AgentLog::open(folder.path(), &agent());
        assert_eq!(again.tail(usize::MAX).len(), RING);
        assert_eq!(again.tail(1)[0].text, format!("line {}", RING + 4));
    }

    #[test]
    fn a_revisions_tail_leaves_out_other_revisions_and_the_runtimes_own_lines() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = AgentLog::open(folder.path(), &agent());
        log.add(Stream::Stdout, 1, "old".into());
        log.add(Stream::Runtime, 2, "started".into());
        log.add(Stream::Stderr, 2, "boom".into());
        assert_eq!(log.tail_of(2, 10), ["boom"]);
    }

    #[tokio::test]
    async fn a_follower_sees_new_lines_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = AgentLog::open(folder.path(), &agent());
        log.add(Stream::Stdout, 1, "before".into());
        let mut lines = log.follow();
        log.add(Stream::Stdout, 1, "after".into());
        assert_eq!(lines.recv().await.expect("a line").text, "after");
    }
}
