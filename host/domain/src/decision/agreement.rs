//! How far a candidate agrees with what is bound, over many deploys.

use super::Difference;
use crate::agent::UnixMillis;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most fields, and the most kinds of failures, that are counted apart; the rest is counted under [`OTHER`].
pub const MAX_COUNTED: usize = 64;
/// Where the rest is counted.
pub const OTHER: &str = "other";
/// The buckets of times: the n-th holds those below 2^n microseconds, the last one all above.
const BUCKETS: usize = 25;

/// What became of asking a candidate about one deploy.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It answered.
    Compared {
        /// Where its answer differs; empty: it agrees.
        differences: Vec<Difference>,
        /// How long it took, in microseconds.
        micros: u64,
        /// Whether it answered the same when it was asked twice.
        is_steady: bool,
    },
    /// It gave no answer where the bound plugin gave one: why, in a few words that do not vary from deploy to deploy.
    Failed(String),
    /// It was not asked about so many deploys, since too much was waiting, or what it would be asked about has gone.
    Missed(u64),
}

/// The counts of outcomes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Agreement {
    /// Deploys about which the candidate said the same.
    pub agreed: u64,
    /// Deploys about which it said something else.
    pub differed: u64,
    /// Deploys about which it gave no answer.
    pub failed: u64,
    /// Deploys about which it was not asked.
    pub missed: u64,
    /// Deploys about which it answered differently when it was asked twice.
    pub unsteady: u64,
    /// In how many deploys each field differed.
    pub fields: BTreeMap<String, u64>,
    /// How often each failure was met.
    pub failures: BTreeMap<String, u64>,
    /// When the first and the last were counted.
    pub first_at: Option<UnixMillis>,
    /// The last.
    pub last_at: Option<UnixMillis>,
    times: Vec<u64>,
    longest: u64,
}

impl Agreement {
    /// Counts one more.
    pub fn add(&mut self, outcome: &Outcome, now: UnixMillis) {
        self.first_at.get_or_insert(now);
        self.last_at = Some(now);
        match outcome {
            Outcome::Compared { differences, micros, is_steady } => {
                *(if differences.is_empty() { &mut self.agreed } else { &mut self.differed }) += 1;
                self.unsteady += u64::from(!is_steady);
                self.add_time(*micros);
                for difference in differences {
                    count(&mut self.fields, &difference.field);
                }
            }
            Outcome::Failed(why) => {
                self.failed += 1;
                count(&mut self.failures, why);
            }
            Outcome::Missed(deploys) => self.missed += deploys,
        }
    }

    /// How many deploys it was asked about.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.agreed + self.differed + self.failed
    }

    /// The part of them about which it said the same, 0 to 1; `None` where it was not asked yet.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a share is for people")]
        let share = |part: u64, whole: u64| part as f64 / whole as f64;
        (self.asked() > 0).then(|| share(self.agreed, self.asked()))
    }

    /// The time below which `percent` of its answers came, in microseconds: the next power of two, or the longest time.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let all: u64 = self.times.iter().sum();
        let rank = (all * percent).div_ceil(100).max(1);
        let mut below = 0;
        let bucket = self.times.iter().position(|count| {
            below += count;
            below >= rank
        });
        bucket.map(|bucket| (1_u64 << bucket).min(self.longest))
    }

    /// The longest time that it took, in microseconds.
    #[must_use]
    pub fn longest(&self) -> Option<u64> {
        (!self.times.is_empty()).then_some(self.longest)
    }

    fn add_time(&mut self, micros: u64) {
        let bucket = (u64::BITS - micros.leading_zeros()) as usize;
        self.times.resize(BUCKETS, 0);
        self.times[bucket.min(BUCKETS - 1)] += 1;
        self.longest = self.longest.max(micros);
    }
}

fn count(counts: &mut BTreeMap<String, u64>, what: &str) {
    let what = if counts.len() < MAX_COUNTED || counts.contains_key(what) { what } else { OTHER };
    *counts.entry(what.to_owned()).or_default() += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(fields: &[&str], micros: u64) -> Outcome {
        let difference = |field: &&str| Difference {
            field: (*field).to_owned(),
            live: serde_json::Value::Null,
            candidate: serde_json::Value::Null,
        };
        Outcome::Compared { differences: fields.iter().map(difference).collect(), micros, is_steady: fields.is_empty() }
    }

    #[test]
    fn outcomes_are_counted_by_kind_field_and_failure() {
        let mut counts = Agreement::default();
        assert_eq!((counts.share(), counts.percentile(50), counts.longest()), (None, None, None));
        for outcome in [
            compared(&[], 100),
            compared(&["plan.env", "plan.port"], 100),
            compared(&["plan.port"], 100),
            Outcome::Failed("trap".into()),
            Outcome::Missed(1),
        ] {
            counts.add(&outcome, 7);
        }
        assert_eq!((counts.agreed, counts.differed, counts.failed, counts.missed, counts.unsteady), (1, 2, 1, 1, 2));
        assert_eq!((counts.asked(), counts.share()), (4, Some(0.25)));
        assert_eq!((counts.fields["plan.env"], counts.fields["plan.port"], counts.failures["trap"]), (1, 2, 1));
        assert_eq!((counts.first_at, counts.last_at), (Some(7), Some(7)));
    }

    #[test]
    fn times_are_told_to_the_next_power_of_two_and_never_past_the_longest() {
        let mut counts = Agreement::default();
        for micros in (0..98).map(|_| 100).chain([3_000, 5_000]) {
            counts.add(&compared(&[], micros), 0);
        }
        assert_eq!(
            (counts.percentile(50), counts.percentile(99), counts.percentile(100)),
            (Some(128), Some(4_096), Some(5_000))
        );
        counts.add(&compared(&[], u64::MAX), 0);
        assert_eq!(counts.longest(), Some(u64::MAX));
    }

    #[test]
    fn what_is_counted_apart_is_bounded() {
        let mut counts = Agreement::default();
        for n in 0..MAX_COUNTED + 5 {
            counts.add(&Outcome::Failed(format!("f{n}")), 0);
        }
        counts.add(&Outcome::Failed("f0".into()), 0);
        assert_eq!((counts.failures.len(), counts.failures[OTHER], counts.failures["f0"]), (MAX_COUNTED + 1, 5, 2));
    }
}
