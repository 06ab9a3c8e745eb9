//! How many requests pass in a minute: of a key at the door, to a model provider at the gateway.
//!
//! Invariants: in memory, so that a restart forgets at most a minute; a window is of one size whatever its limit, and those
//! in which nothing happened for a minute are dropped as others come, so that as many are kept as had requests in a minute,
//! doubled. A refused request does not count.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What the limit is counted over, in seconds.
const WINDOW: u64 = 60;
/// Each has its own lock, so that requests of different keys seldom wait for each other.
const SHARDS: usize = 16;
/// A shard with fewer windows is not tidied.
const TIDY_FROM: usize = 64;

/// The requests of the last minute by `K`, counted in whole seconds from the start.
#[derive(Debug)]
pub struct Pace<K> {
    start: Instant,
    hasher: RandomState,
    shards: [Mutex<Shard<K>>; SHARDS],
}

#[derive(Debug)]
struct Shard<K> {
    windows: HashMap<K, Window>,
    tidy_at: usize,
}

/// How many requests passed in each second of the last minute, the one of second `s` at `s % 60`.
#[derive(Debug)]
struct Window {
    passed: [u32; 60],
    last: u64,
}

impl<K: Eq + Hash> Pace<K> {
    /// Nothing has passed yet; no later call may be of a time before `start`.
    #[must_use]
    pub fn new(start: Instant) -> Self {
        let shard = || Mutex::new(Shard { windows: HashMap::new(), tidy_at: TIDY_FROM });
        Self { start, hasher: RandomState::new(), shards: std::array::from_fn(|_| shard()) }
    }

    /// Counts a request at `now`, or says how long until one may pass.
    pub fn admit<Q>(&self, of: &Q, per_minute: u32, now: Instant) -> Result<(), Duration>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        let at = now.duration_since(self.start);
        let shard = usize::try_from(self.hasher.hash_one(of)).unwrap_or_default() % SHARDS;
        let mut shard = self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner);
        match shard.windows.get_mut(of) {
            Some(window) => window.admit(per_minute, at),
            None => shard.open(of.to_owned(), at.as_secs()).admit(per_minute, at),
        }
    }
}

impl<K: Eq + Hash> Shard<K> {
    fn open(&mut self, of: K, second: u64) -> &mut Window {
        if self.windows.len() >= self.tidy_at {
            self.windows.retain(|_, window| window.last + WINDOW > second);
            self.tidy_at = TIDY_FROM.max(2 * self.windows.len());
        }
        self.windows.entry(of).or_insert(Window { passed: [0; 60], last: second })
    }
}

impl Window {
    fn admit(&mut self, per_minute: u32, at: Duration) -> Result<(), Duration> {
        // Threads may come in another order than they looked at the clock.
        let second = at.as_secs().max(self.last);
        for gone in (self.last + 1..=second).take(self.passed.len()) {
            *self.at(gone) = 0;
        }
        self.last = second;
        let mut over = self.passed.iter().map(|count| u64::from(*count)).sum::<u64>() + 1;
        if over <= u64::from(per_minute) {
            *self.at(second) += 1;
            return Ok(());
        }
        for oldest in (second + 1).saturating_sub(WINDOW)..second {
            over -= u64::from(*self.at(oldest));
            if over <= u64::from(per_minute) {
                return Err(Duration::from_secs(oldest + WINDOW).saturating_sub(at));
            }
        }
        Err(Duration::from_secs(second + WINDOW).saturating_sub(at))
    }

    fn at(&mut self, second: u64) -> &mut u32 {
        &mut self.passed[usize::try_from(second % WINDOW).unwrap_or_default()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(pace: &Pace<String>) -> usize {
        pace.shards.iter().map(|shard| shard.lock().expect("not poisoned").windows.len()).sum()
    }

    #[test]
    fn as_many_pass_as_the_limit_says_and_the_next_once_the_first_is_a_minute_old() {
        let start = Instant::now();
        let pace = Pace::<String>::new(start);
        let at = |of: &str, seconds| pace.admit(of, 2, start + Duration::from_secs(seconds));
        assert_eq!((at("a", 0), at("a", 10)), (Ok(()), Ok(())));
        assert_eq!(at("a", 20), Err(Duration::from_secs(40)));
        assert_eq!(at("b", 20), Ok(()), "another has its own");
        assert_eq!(at("a", 59), Err(Duration::from_secs(1)));
        assert_eq!(at("a", 60), Ok(()), "a refused request does not count");
        assert_eq!(at("a", 60), Err(Duration::from_secs(10)));
        assert_eq!((at("a", 500), at("a", 500)), (Ok(()), Ok(())), "long after, all is forgotten");
        assert_eq!(at("a", 500), Err(Duration::from_mins(1)));
    }

    #[test]
    fn a_lowered_limit_says_when_enough_has_passed() {
        let start = Instant::now();
        let pace = Pace::<String>::new(start);
        let at = |limit, seconds| pace.admit("a", limit, start + Duration::from_secs(seconds));
        assert_eq!((at(3, 0), at(3, 5), at(3, 10)), (Ok(()), Ok(()), Ok(())));
        assert_eq!(at(1, 20), Err(Duration::from_secs(50)));
        assert_eq!((at(1, 69), at(1, 70)), (Err(Duration::from_secs(1)), Ok(())));
    }

    #[test]
    fn those_that_were_silent_for_a_minute_are_dropped() {
        let start = Instant::now();
        let pace = Pace::<String>::new(start);
        for second in 0..60_u64 {
            for key in 0..100 {
                let now = start + Duration::from_secs(second * WINDOW);
                assert_eq!(pace.admit(format!("{second}-{key}").as_str(), 1, now), Ok(()));
            }
        }
        assert!(kept(&pace) <= SHARDS * TIDY_FROM, "6,000 came, and {} are kept", kept(&pace));
    }
}
