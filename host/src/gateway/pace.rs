//! How many requests a minute a provider gets: `rateLimit.requestsPerMinute`, over all agents of its workspace.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use windlass_domain::{ResourceName, WorkspaceName};

/// What the limit is counted over.
const WINDOW: Duration = Duration::from_mins(1);

/// The requests of the last minute, by provider. In memory: a restart forgets at most a minute.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<HashMap<(WorkspaceName, ResourceName), VecDeque<Instant>>>);

impl Pace {
    /// Counts a request at `now`, or says how long until one may pass.
    pub(super) fn admit(
        &self,
        provider: (WorkspaceName, ResourceName),
        per_minute: u32,
        now: Instant,
    ) -> Result<(), Duration> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = all.entry(provider).or_default();
        while passed.front().is_some_and(|first| now.duration_since(*first) >= WINDOW) {
            passed.pop_front();
        }
        let most = usize::try_from(per_minute).unwrap_or(usize::MAX);
        match passed.front() {
            Some(first) if passed.len() >= most => Err(WINDOW.saturating_sub(now.duration_since(*first))),
            _ => {
                passed.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_pass_as_the_limit_says_and_the_next_once_the_first_is_a_minute_old() {
        let pace = Pace::default();
        let provider = |workspace: &str| {
            let workspace = WorkspaceName::parse("w", workspace).expect("a name");
            (workspace, ResourceName::parse("n", "openai").expect("a name"))
        };
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(pace.admit(provider("a"), 2, at(0)), Ok(()));
        assert_eq!(pace.admit(provider("a"), 2, at(10)), Ok(()));
        assert_eq!(pace.admit(provider("a"), 2, at(20)), Err(Duration::from_secs(40)));
        assert_eq!(pace.admit(provider("b"), 2, at(20)), Ok(()), "another workspace has its own");
        assert_eq!(pace.admit(provider("a"), 2, at(60)), Ok(()), "a refused request does not count");
        assert_eq!(pace.admit(provider("a"), 2, at(60)), Err(Duration::from_secs(10)));
    }
}
