//! The last lines that guests have logged, by workspace and slot. In memory, bounded: the log of the process has them all.

use crate::edge;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use windlass_domain::WorkspaceName;
use windlass_domain::agent::UnixMillis;
use windlass_plugin::{CallReport, Level, LogLine};

/// The most lines that are kept of one slot of one workspace.
pub const MAX_LINES: usize = 1_000;
/// The most bytes of them.
pub const MAX_BYTES: usize = 256 * 1024;
/// The most slots that lines are kept of; the one that was silent longest goes.
pub const MAX_SLOTS: usize = 256;

/// A line of a guest, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestLine {
    /// Rises from line to line, and from one start of the server to the next.
    pub id: u64,
    /// When the call had ended.
    pub at: UnixMillis,
    /// `name@version`.
    pub plugin: Arc<str>,
    /// Its level.
    pub level: Level,
    /// What it says.
    pub text: String,
}

/// Which lines are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Of this level or a higher one.
    pub level: Level,
    /// After the line of this id.
    pub since: u64,
    /// The last so many of them.
    pub limit: usize,
}

/// The kept lines of all slots.
pub struct GuestLogs(Mutex<Kept>);

struct Kept {
    slots: HashMap<(WorkspaceName, Arc<str>), Lines>,
    next: u64,
}

#[derive(Default)]
struct Lines {
    lines: VecDeque<GuestLine>,
    bytes: usize,
}

impl GuestLogs {
    /// None yet. `started` is when the server was: ids begin there, so that they rise over restarts.
    #[must_use]
    pub fn new(started: UnixMillis) -> Self {
        // From 1 on, so that those after line 0 are all. Room for a thousand lines in each millisecond that the last server ran; every client's numbers hold it (2^53).
        let next = u64::try_from(started).unwrap_or_default().saturating_mul(1_000) + 1;
        Self(Mutex::new(Kept { slots: HashMap::new(), next }))
    }

    /// Keeps the lines of a call.
    pub fn keep(&self, report: CallReport) {
        if report.lines.is_empty() {
            return;
        }
        let at = edge::now();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (report.workspace, report.slot);
        if !kept.slots.contains_key(&key) && kept.slots.len() >= MAX_SLOTS {
            let silent = kept.slots.iter().min_by_key(|(_, lines)| lines.lines.back().map(|line| line.id));
            if let Some(silent) = silent.map(|(key, _)| key.clone()) {
                kept.slots.remove(&silent);
            }
        }
        let first = kept.next;
        kept.next += u64::try_from(report.lines.len()).unwrap_or_default();
        let lines = kept.slots.entry(key).or_default();
        for (id, LogLine { level, text }) in (first..).zip(report.lines) {
            lines.push(GuestLine { id, at, plugin: report.plugin.clone(), level, text });
        }
    }

    /// The lines of a slot, oldest first.
    #[must_use]
    pub fn of(&self, workspace: &WorkspaceName, slot: &str, wanted: Wanted) -> Vec<GuestLine> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(lines) = kept.slots.get(&(workspace.clone(), slot.into())) else { return Vec::new() };
        let is_wanted = |line: &&GuestLine| line.level >= wanted.level && line.id > wanted.since;
        let mut lines: Vec<_> = lines.lines.iter().rev().filter(is_wanted).take(wanted.limit).cloned().collect();
        lines.reverse();
        lines
    }
}

impl Lines {
    fn push(&mut self, line: GuestLine) {
        self.bytes += line.text.len();
        self.lines.push_back(line);
        while self.lines.len() > MAX_LINES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.text.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use windlass_plugin::{Outcome, World};

    const ALL: Wanted = Wanted { level: Level::Debug, since: 0, limit: usize::MAX };

    fn workspace(name: &str) -> WorkspaceName {
        WorkspaceName::parse("workspace", name).expect("a name")
    }

    fn report(of: &str, slot: &str, lines: impl IntoIterator<Item = (Level, String)>) -> CallReport {
        CallReport {
            plugin: "acme@1.0.0".into(),
            world: World::Strategy,
            workspace: workspace(of),
            slot: slot.into(),
            outcome: Outcome::Answered,
            took: Duration::ZERO,
            queued: Duration::ZERO,
            memory: 0,
            host_call_bytes: 0,
            lines: lines.into_iter().map(|(level, text)| LogLine { level, text }).collect(),
            lines_dropped: 0,
        }
    }

    fn texts(lines: &[GuestLine]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn lines_are_those_of_one_workspace_and_slot_by_level_and_after_an_id() {
        let logs = GuestLogs::new(5);
        let line = |level, text: &str| (level, text.to_owned());
        logs.keep(report("a", "strategy", [line(Level::Debug, "one"), line(Level::Error, "two")]));
        logs.keep(report("b", "strategy", [line(Level::Info, "of b")]));
        logs.keep(report("a", "tool-provider", [line(Level::Info, "of tools")]));
        logs.keep(report("a", "strategy", [line(Level::Warn, "three")]));
        let of = |wanted| logs.of(&workspace("a"), "strategy", wanted);
        let all = of(ALL);
        assert_eq!(texts(&all), ["one", "two", "three"]);
        assert!(all[0].id >= 5_000 && all.windows(2).all(|pair| pair[0].id < pair[1].id));
        assert_eq!(texts(&of(Wanted { level: Level::Warn, ..ALL })), ["two", "three"]);
        assert_eq!(texts(&of(Wanted { since: all[1].id, ..ALL })), ["three"]);
        assert_eq!(texts(&of(Wanted { limit: 1, ..ALL })), ["three"], "the last");
        assert_eq!(texts(&logs.of(&workspace("b"), "strategy", ALL)), ["of b"]);
        assert!(logs.of(&workspace("c"), "strategy", ALL).is_empty());
    }

    #[test]
    fn the_oldest_lines_go_past_a_number_and_past_bytes() {
        let logs = GuestLogs::new(0);
        logs.keep(report("a", "strategy", (0..=MAX_LINES).map(|n| (Level::Info, n.to_string()))));
        let kept = logs.of(&workspace("a"), "strategy", ALL);
        assert_eq!((kept.len(), kept[0].text.as_str()), (MAX_LINES, "1"));
        let large = "x".repeat(MAX_BYTES / 2);
        logs.keep(report("a", "strategy", [(Level::Info, large.clone()), (Level::Info, large)]));
        assert_eq!(logs.of(&workspace("a"), "strategy", ALL).len(), 2);
    }

    #[test]
    fn the_slot_that_was_silent_longest_makes_room() {
        let logs = GuestLogs::new(0);
        let line = || [(Level::Info, "x".to_owned())];
        for n in 0..MAX_SLOTS {
            logs.keep(report(&format!("w{n}"), "strategy", line()));
        }
        logs.keep(report("w0", "strategy", line()));
        logs.keep(report("new", "strategy", line()));
        let count = |name: &str| logs.of(&workspace(name), "strategy", ALL).len();
        assert_eq!((count("w0"), count("w1"), count("w2"), count("new")), (2, 0, 1, 1));
    }
}
