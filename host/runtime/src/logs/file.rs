//! The files behind a log: `NAME.jsonl`, one JSON line each, and `NAME.1.jsonl`, the one before.

use super::{LogLine, MAX_FILE};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;
use windlass_domain::agent::UnixMillis;

/// How long a disk that refused is left alone, in milliseconds.
const RETRY_AFTER: UnixMillis = 10_000;

/// An append-only file that rotates. A disk that refuses is done without, and tried again with a later line: logs never stop
/// an agent.
pub(super) struct LogFile {
    current: PathBuf,
    previous: PathBuf,
    open: Option<Open>,
    /// The time of a line from which on the file is tried again.
    retry_at: UnixMillis,
}

struct Open {
    file: File,
    bytes: u64,
}

impl LogFile {
    /// Opens the log `name` in `folder` and reads the lines that are there, oldest first; lines cut by a crash are skipped.
    pub(super) fn open(folder: PathBuf, name: &str) -> (Self, Vec<LogLine>) {
        let mut log = Self {
            current: folder.join(format!("{name}.jsonl")),
            previous: folder.join(format!("{name}.1.jsonl")),
            open: None,
            retry_at: 0,
        };
        let lines = [&log.previous, &log.current]
            .into_iter()
            .filter_map(|path| fs::read_to_string(path).ok())
            .flat_map(|text| text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect::<Vec<_>>())
            .collect();
        let opened = fs::create_dir_all(folder).and_then(|()| log.reopen());
        if let Err(error) = opened {
            log.give_up(&error, 0);
        }
        (log, lines)
    }

    pub(super) fn append(&mut self, line: &LogLine) {
        if let Err(error) = self.try_append(line) {
            self.give_up(&error, line.at);
        }
    }

    pub(super) fn delete(&mut self) {
        self.open = None;
        for path in [&self.current, &self.previous] {
            // Never written is as good as deleted.
            let _ = fs::remove_file(path);
        }
    }

    fn try_append(&mut self, line: &LogLine) -> io::Result<()> {
        if self.open.as_ref().is_some_and(|open| open.bytes >= MAX_FILE) {
            fs::rename(&self.current, &self.previous)?;
            self.reopen()?;
        }
        if self.open.is_none() && line.at >= self.retry_at {
            self.reopen()?;
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        open.file.write_all(&bytes)?;
        open.bytes += bytes.len() as u64;
        Ok(())
    }

    fn reopen(&mut self) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.current)?;
        let mut bytes = file.metadata()?.len();
        if bytes > 0 {
            // What was cut off is not to take the next line with it; a line of nothing is skipped.
            file.write_all(b"\n")?;
            bytes += 1;
        }
        self.open = Some(Open { file, bytes });
        Ok(())
    }

    fn give_up(&mut self, error: &io::Error, at: UnixMillis) {
        tracing::warn!(file = %self.current.display(), %error, "the agent's log is kept in memory only for a while");
        self.open = None;
        self.retry_at = at + RETRY_AFTER;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::Stream;

    #[test]
    fn a_full_file_is_rotated_and_the_one_before_dropped() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut log, lines) = LogFile::open(folder.path().to_owned(), "a");
        assert!(lines.is_empty());
        let text = "x".repeat(crate::logs::MAX_LINE);
        let line = LogLine { at: 0, stream: Stream::Stdout, revision: 1, text };
        for _ in 0..MAX_FILE / crate::logs::MAX_LINE as u64 * 3 {
            log.append(&line);
        }
        let size = |name: &str| fs::metadata(folder.path().join(name)).expect("a file").len();
        let most = MAX_FILE + 2 * crate::logs::MAX_LINE as u64;
        assert!(size("a.jsonl") <= most && size("a.1.jsonl") <= most);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);
    }

    #[test]
    fn a_disk_that_refused_is_tried_again_after_ten_seconds() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut log, _) = LogFile::open(folder.path().to_owned(), "a");
        let line = |at| LogLine { at, stream: Stream::Stdout, revision: 1, text: at.to_string() };
        log.append(&line(1));
        // As a full disk does: half of a line is written, then no more.
        log.open.as_mut().expect("open").file.write_all(b"{\"at\":2,\"stre").expect("written");
        log.give_up(&io::ErrorKind::StorageFull.into(), 2);
        log.append(&line(RETRY_AFTER + 1));
        log.append(&line(RETRY_AFTER + 2));
        let (_, lines) = LogFile::open(folder.path().to_owned(), "a");
        assert_eq!(lines.iter().map(|line| line.at).collect::<Vec<_>>(), [1, RETRY_AFTER + 2]);
    }

    #[test]
    fn a_line_cut_by_a_crash_is_skipped() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut log, _) = LogFile::open(folder.path().to_owned(), "a");
        log.append(&LogLine { at: 7, stream: Stream::Stderr, revision: 3, text: "whole".into() });
        drop(log);
        let path = folder.path().join("a.jsonl");
        let mut text = fs::read_to_string(&path).expect("text");
        text.push_str("{\"at\":8,\"stre");
        fs::write(&path, text).expect("written");
        let (_, lines) = LogFile::open(folder.path().to_owned(), "a");
        assert_eq!(lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["whole"]);
    }
}
