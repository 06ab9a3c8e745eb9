//! The circuit breaker of a binding: a plugin that keeps breaking is not called for a while, then tried once.
//!
//! Only what is the plugin's fault counts: a trap, a limit, a failure in its own words. What it says on purpose, a full queue,
//! a fault of the host, and a client that goes away do not. Each revision in each workspace has a breaker of its own, so
//! nobody's sources stop a plugin that others share.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many times a plugin may break within [`WINDOW`].
pub const STRIKES: u32 = 5;
/// How long a break counts.
pub const WINDOW: Duration = Duration::from_mins(1);
/// How long a plugin is not called.
pub const PAUSE: Duration = Duration::from_secs(30);

/// When a plugin is stopped, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// It is stopped when it breaks so often within the window; 0: never.
    pub strikes: u32,
    /// How long a break counts.
    pub window: Duration,
    /// How long it is not called.
    pub pause: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self { strikes: STRIKES, window: WINDOW, pause: PAUSE }
    }
}

/// Stopped: it is not called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// How it broke the last time.
    pub why: String,
    /// How long it will not be called yet.
    pub wait: Duration,
}

/// The right to one call. What came of it is told to [`Breaker::record`]; a call of which nothing is told counts for nothing.
#[derive(Debug)]
#[must_use]
pub struct Pass {
    is_trial: bool,
}

/// What came of a call.
#[derive(Debug)]
pub enum Outcome {
    /// An answer.
    Answered,
    /// The plugin broke, and how.
    Broke(String),
    /// Nothing that tells whether the plugin works.
    Neither,
}

/// The breaker.
#[derive(Debug)]
pub struct Breaker {
    rules: Rules,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When it broke, oldest first.
    strikes: VecDeque<Instant>,
    stop: Option<Stop>,
}

#[derive(Debug)]
struct Stop {
    why: String,
    until: Instant,
}

impl Breaker {
    /// One that has seen nothing yet.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self { rules, state: Mutex::default() }
    }

    /// Lets a call pass, or says why not. After the pause one call passes as a trial, the others wait for what comes of it.
    pub fn admit(&self, now: Instant) -> Result<Pass, Stopped> {
        let mut state = self.state();
        let Some(stop) = &mut state.stop else { return Ok(Pass { is_trial: false }) };
        if let Some(stopped) = stop.at(now) {
            return Err(stopped);
        }
        stop.until = now + self.rules.pause;
        Ok(Pass { is_trial: true })
    }

    /// Notes what came of a call.
    pub fn record(&self, Pass { is_trial }: Pass, now: Instant, outcome: Outcome) {
        let mut state = self.state();
        match outcome {
            Outcome::Answered if is_trial => *state = State::default(),
            Outcome::Neither if is_trial => {
                if let Some(stop) = &mut state.stop {
                    stop.until = now;
                }
            }
            Outcome::Answered | Outcome::Neither => {}
            Outcome::Broke(why) => self.strike(&mut state, is_trial, now, why),
        }
    }

    fn strike(&self, state: &mut State, is_trial: bool, now: Instant, why: String) {
        let Rules { strikes, window, pause } = self.rules;
        if strikes == 0 {
            return;
        }
        state.strikes.retain(|then| now.saturating_duration_since(*then) < window);
        state.strikes.push_back(now);
        if is_trial || state.strikes.len() >= usize::try_from(strikes).unwrap_or(usize::MAX) {
            state.strikes.clear();
            state.stop = Some(Stop { why, until: now + pause });
        }
    }

    /// Whether it is stopped now.
    #[must_use]
    pub fn stopped(&self, now: Instant) -> Option<Stopped> {
        self.state().stop.as_ref().and_then(|stop| stop.at(now))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stop {
    fn at(&self, now: Instant) -> Option<Stopped> {
        let wait = self.until.saturating_duration_since(now);
        (!wait.is_zero()).then(|| Stopped { why: self.why.clone(), wait })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { strikes: 3, window: Duration::from_mins(1), pause: Duration::from_secs(30) };

    /// A breaker, and times after its start.
    fn breaker() -> (Breaker, impl Fn(u64) -> Instant) {
        let start = Instant::now();
        (Breaker::new(RULES), move |seconds| start + Duration::from_secs(seconds))
    }

    fn call(breaker: &Breaker, now: Instant, outcome: Outcome) {
        let pass = breaker.admit(now).expect("a pass");
        breaker.record(pass, now, outcome);
    }

    fn broke() -> Outcome {
        Outcome::Broke("it trapped".to_owned())
    }

    #[test]
    fn the_last_strike_within_the_window_stops_it_and_older_ones_do_not_count() {
        let (breaker, at) = breaker();
        for second in [0, 1, 61, 62] {
            call(&breaker, at(second), broke());
        }
        assert_eq!(breaker.stopped(at(62)), None, "never three within 60 s");
        call(&breaker, at(63), Outcome::Answered);
        call(&breaker, at(64), broke());
        let stopped = breaker.admit(at(70)).expect_err("stopped");
        assert_eq!(stopped, Stopped { why: "it trapped".to_owned(), wait: Duration::from_secs(24) });
    }

    #[test]
    fn one_trial_after_the_pause_decides_and_the_others_wait_for_it() {
        let (breaker, at) = breaker();
        for _ in 0..3 {
            call(&breaker, at(0), broke());
        }
        assert!(breaker.admit(at(29)).is_err());
        let trial = breaker.admit(at(30)).expect("a trial");
        assert!(breaker.admit(at(30)).is_err(), "one at a time");
        breaker.record(trial, at(31), broke());
        assert!(breaker.admit(at(60)).is_err(), "30 s from the trial on");
        let trial = breaker.admit(at(61)).expect("a trial");
        breaker.record(trial, at(61), Outcome::Neither);
        let trial = breaker.admit(at(61)).expect("the next may try");
        breaker.record(trial, at(61), Outcome::Answered);
        for _ in 0..2 {
            call(&breaker, at(62), broke());
        }
        assert_eq!(breaker.stopped(at(62)), None, "what was before the trial is forgotten");
    }

    #[test]
    fn a_trial_of_which_nothing_is_told_holds_nobody_up_for_longer_than_a_pause() {
        let (breaker, at) = breaker();
        for _ in 0..3 {
            call(&breaker, at(0), broke());
        }
        let _lost = breaker.admit(at(30)).expect("a trial");
        assert!(breaker.admit(at(59)).is_err());
        let _next = breaker.admit(at(60)).expect("another");
    }

    #[test]
    fn an_answer_that_was_asked_for_before_it_was_stopped_does_not_free_it() {
        let (breaker, at) = breaker();
        let early = breaker.admit(at(0)).expect("a pass");
        for _ in 0..3 {
            call(&breaker, at(1), broke());
        }
        breaker.record(early, at(2), Outcome::Answered);
        assert!(breaker.admit(at(3)).is_err());
    }

    #[test]
    fn without_strikes_nothing_is_ever_stopped() {
        let breaker = Breaker::new(Rules { strikes: 0, ..RULES });
        for _ in 0..100 {
            call(&breaker, Instant::now(), broke());
        }
        assert_eq!(breaker.stopped(Instant::now()), None);
    }
}
