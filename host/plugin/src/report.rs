//! What a call was like: one report for each, whatever became of it.

use crate::error::{CallError, Undecided};
use crate::metadata::World;
use std::sync::Arc;
use std::time::Duration;
use windlass_domain::WorkspaceName;

/// The target of the spans of calls, at the level `debug`.
pub const CALL_SPANS: &str = "windlass::call";

/// Told of each call when it has ended, on the call's own thread: it must not wait for anything.
pub type Observer = Arc<dyn Fn(CallReport) + Send + Sync>;

/// One call of a guest.
#[derive(Debug, Clone)]
pub struct CallReport {
    /// `name@version`.
    pub plugin: Arc<str>,
    /// The world of the plugin.
    pub world: World,
    /// For whom it was called.
    pub workspace: WorkspaceName,
    /// The slot of its binding.
    pub slot: Arc<str>,
    /// What became of it.
    pub outcome: Outcome,
    /// From the instantiation to the answer, by the clock.
    pub took: Duration,
    /// How long the decision had waited for its place before.
    pub queued: Duration,
    /// The most bytes of memories and tables that it held.
    pub memory: usize,
    /// Bytes that the guest handed to the host.
    pub host_call_bytes: usize,
    /// What it logged.
    pub lines: Vec<LogLine>,
    /// Lines beside these, past its limit.
    pub lines_dropped: usize,
}

/// A line of a guest's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How important it is to the guest.
    pub level: Level,
    /// At most [`crate::limits::MAX_LOG_LINE`] bytes.
    pub text: String,
}

/// The levels of guests' logs, the least important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For the plugin's author.
    Debug,
    /// What it did.
    Info,
    /// What is odd.
    Warn,
    /// What went wrong.
    Error,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// An answer.
    Answered,
    /// It had nothing to say about the request.
    NotApplicable,
    /// It said on purpose that the request is wrong, refused, or in need of something.
    Refused,
    /// It reported a failure of its own.
    Failed,
    /// Its answer was not whole, or past a limit of the answer.
    BadAnswer,
    /// It trapped.
    Trapped,
    /// It ran out of its time.
    TimedOut,
    /// It asked for more than another of its limits.
    OverLimit,
    /// The host failed.
    HostFailed,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Answered,
        Self::NotApplicable,
        Self::Refused,
        Self::Failed,
        Self::BadAnswer,
        Self::Trapped,
        Self::TimedOut,
        Self::OverLimit,
        Self::HostFailed,
    ];

    /// A stable word in snake case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::NotApplicable => "not_applicable",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::BadAnswer => "bad_answer",
            Self::Trapped => "trapped",
            Self::TimedOut => "timed_out",
            Self::OverLimit => "over_limit",
            Self::HostFailed => "host_failed",
        }
    }
}

impl From<&CallError> for Outcome {
    fn from(error: &CallError) -> Self {
        match error {
            CallError::NotApplicable => Self::NotApplicable,
            CallError::InvalidInput(_) | CallError::Denied(_) | CallError::Unavailable(_) => Self::Refused,
            CallError::Failed(_) => Self::Failed,
            CallError::Incomplete { .. } | CallError::PlanLimit { .. } | CallError::PlanValue { .. } => Self::BadAnswer,
            CallError::Trap { .. } => Self::Trapped,
            CallError::Timeout { .. } => Self::TimedOut,
            CallError::OverLimit { .. } => Self::OverLimit,
            CallError::Busy | CallError::Host(_) => Self::HostFailed,
        }
    }
}

impl AsRef<CallError> for CallError {
    fn as_ref(&self) -> &CallError {
        self
    }
}

impl AsRef<CallError> for Undecided {
    fn as_ref(&self) -> &CallError {
        &self.error
    }
}
