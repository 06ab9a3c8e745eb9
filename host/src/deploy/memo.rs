//! What detectors and strategies have said before: the same component over the same source, asked the same, says the same,
//! so it is not asked again.
//!
//! Sound because a plugin is pure: no clock, no randomness, no network, no file but the tree. The key is all that it can
//! see: its own digest, the terms that it is bound on, the digest of the whole tree, every field of the request that a guest
//! can read, and for a strategy the detectors whose claims it reads (the catalogue is one for the life of the process). A
//! tool provider is asked each time: it reads the tools of the workspace, which change. What failed is never remembered.
//! Bounded in entries and bytes; the least recently used goes first.
//!
//! Whole analyses are remembered too, by the bytes of the body that asked for them: then not even the body is read again.

use super::analysis::Analysis;
use crate::plugins::{Bound, PluginSet};
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use windlass_domain::WorkspaceName;
use windlass_domain::claim::Claim;
use windlass_domain::decision::PluginUse;
use windlass_domain::plan::Plan;

/// The most answers of each kind that are remembered.
pub const MAX_ENTRIES: usize = 4_096;
/// What an entry costs beside its texts, in bytes: keys, maps, and the fields of each claim, about.
const ENTRY_BYTES: usize = 1_024;
const CLAIM_BYTES: usize = 256;

/// All that a plugin can see.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// [`crate::plugins::Bound::fingerprint`]: the component's digest, and that of the terms it is bound on.
    pub plugin: String,
    /// The digest of the whole source tree.
    pub source: String,
    /// [`windlass_domain::request::DeployRequest::digest_for_guests`].
    pub request: String,
    /// The fingerprints of the detectors that a strategy has heard; empty for a detector.
    pub heard: Vec<String>,
}

/// All that an analysis depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AnalysisKey {
    workspace: WorkspaceName,
    body: BodyDigest,
    /// The fingerprints of the detectors and of the strategy, in order.
    plugins: Vec<String>,
}

/// The BLAKE3 digest of a request's body, as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BodyDigest([u8; 32]);

impl BodyDigest {
    /// Of these bytes.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        Self(*blake3::hash(body).as_bytes())
    }
}

impl AnalysisKey {
    /// The analysis that those who are bound would make of a body.
    #[must_use]
    pub fn asked(workspace: &WorkspaceName, body: BodyDigest, bound: &PluginSet) -> Self {
        let bound = bound.detectors.iter().chain(&bound.strategy);
        let plugins = bound.map(Bound::fingerprint).collect();
        Self { workspace: workspace.clone(), body, plugins }
    }

    /// The analysis that these have made of a body.
    #[must_use]
    pub fn answered(workspace: &WorkspaceName, body: BodyDigest, by: &[PluginUse]) -> Self {
        Self { workspace: workspace.clone(), body, plugins: by.iter().map(PluginUse::fingerprint).collect() }
    }
}

/// An answer, and how long it took when it was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<T> {
    /// The answer.
    pub value: T,
    /// How long it took.
    pub took: Duration,
}

/// The answers of detectors and strategies, and what was made of them.
pub struct Memo {
    /// The claims of a detector; none where it had nothing to say.
    pub claims: Answers<Key, Arc<[Claim]>>,
    /// The plan of a strategy.
    pub plans: Answers<Key, Arc<Plan>>,
    /// Analyses in which nobody refused.
    pub analyses: Answers<AnalysisKey, Arc<Analysis>>,
}

impl Memo {
    /// An empty memo of at most so many bytes, half of them for claims; 0 remembers nothing.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        let quarter = max_bytes / 4;
        let claims = Answers::new(max_bytes - 2 * quarter);
        Self { claims, plans: Answers::new(quarter), analyses: Answers::new(quarter) }
    }
}

/// What an answer keeps in memory, in bytes, about.
pub trait Weight {
    /// The bytes.
    fn bytes(&self) -> usize;
}

impl Weight for Arc<[Claim]> {
    fn bytes(&self) -> usize {
        self.iter().map(|claim| claim.text_bytes() + CLAIM_BYTES).sum()
    }
}

impl Weight for Arc<Plan> {
    fn bytes(&self) -> usize {
        plan_bytes(self)
    }
}

/// A plan is texts and lists of texts: its JSON is about as long as it is large.
fn plan_bytes(plan: &Plan) -> usize {
    serde_json::to_vec(plan).map_or(usize::MAX / 4, |json| json.len())
}

impl Weight for Arc<Analysis> {
    fn bytes(&self) -> usize {
        // Its evidence and its warnings are said in its claims and its plan already.
        2 * (self.claims.bytes() + plan_bytes(&self.plan))
    }
}

/// The answers of one kind that are remembered.
pub struct Answers<K, T> {
    max_bytes: usize,
    kept: Mutex<Held<K, T>>,
}

struct Held<K, T> {
    by_key: HashMap<Arc<K>, Entry<T>>,
    /// By the time of the last use, oldest first.
    by_use: BTreeMap<u64, Arc<K>>,
    uses: u64,
    bytes: usize,
}

struct Entry<T> {
    answer: Answer<T>,
    bytes: usize,
    used: u64,
}

impl<K: Eq + Hash, T: Clone + Weight> Answers<K, T> {
    fn new(max_bytes: usize) -> Self {
        let kept = Held { by_key: HashMap::new(), by_use: BTreeMap::new(), uses: 0, bytes: 0 };
        Self { max_bytes, kept: Mutex::new(kept) }
    }

    /// The answer to the same question, if it is still remembered.
    pub fn recall(&self, key: &K) -> Option<Answer<T>> {
        let mut answers = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = &mut *answers;
        let entry = answers.by_key.get_mut(key)?;
        let key = answers.by_use.remove(&entry.used)?;
        answers.uses += 1;
        entry.used = answers.uses;
        answers.by_use.insert(entry.used, key);
        Some(entry.answer.clone())
    }

    /// Remembers an answer. One that is larger than a quarter of all is not.
    pub fn remember(&self, key: K, answer: Answer<T>) {
        let bytes = ENTRY_BYTES + answer.value.bytes();
        if bytes > self.max_bytes / 4 {
            return;
        }
        let mut answers = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        answers.forget(&key);
        answers.uses += 1;
        let (key, used) = (Arc::new(key), answers.uses);
        answers.by_use.insert(used, key.clone());
        answers.by_key.insert(key, Entry { answer, bytes, used });
        answers.bytes += bytes;
        while answers.bytes > self.max_bytes || answers.by_key.len() > MAX_ENTRIES {
            let Some((_, oldest)) = answers.by_use.first_key_value() else { break };
            let oldest = oldest.clone();
            answers.forget(&oldest);
        }
    }
}

impl<K: Eq + Hash, T> Held<K, T> {
    fn forget(&mut self, key: &K) {
        if let Some(entry) = self.by_key.remove(key) {
            self.by_use.remove(&entry.used);
            self.bytes -= entry.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::claim::{Attributes, Evidence};

    fn key(source: &str) -> Key {
        Key { plugin: "sha256:p".into(), source: source.into(), request: "sha256:r".into(), heard: Vec::new() }
    }

    fn heard(value: &str) -> Answer<Arc<[Claim]>> {
        let evidence = Evidence { plugin: "p@1.0.0".into(), file: None, line: None, rule: "r".into() };
        let (kind, value) = ("framework".to_owned(), value.to_owned());
        let claim = Claim { kind, value, score: 1.0, attributes: Attributes::default(), evidence };
        Answer { value: [claim].into(), took: Duration::from_micros(1) }
    }

    fn size(value: &str) -> usize {
        ENTRY_BYTES + CLAIM_BYTES + heard(value).value[0].text_bytes()
    }

    #[test]
    fn the_same_question_is_answered_from_memory_and_any_other_is_not() {
        let memo = Answers::new(1 << 20);
        memo.remember(key("a"), heard("x"));
        assert_eq!(memo.recall(&key("a")), Some(heard("x")));
        for other in [
            key("b"),
            Key { plugin: "sha256:other".into(), ..key("a") },
            Key { request: "sha256:other".into(), ..key("a") },
            Key { heard: vec!["sha256:other".into()], ..key("a") },
        ] {
            assert_eq!(memo.recall(&other), None, "{other:?}");
        }
    }

    #[test]
    fn the_least_recently_used_goes_when_the_bytes_are_full() {
        let memo = Answers::new(4 * size("x"));
        for name in ["a", "b", "c", "d"] {
            memo.remember(key(name), heard("x"));
        }
        memo.recall(&key("a")).expect("it is there");
        memo.remember(key("e"), heard("x"));
        let here: Vec<&str> =
            ["a", "b", "c", "d", "e"].into_iter().filter(|name| memo.recall(&key(name)).is_some()).collect();
        assert_eq!(here, ["a", "c", "d", "e"]);
    }

    #[test]
    fn entries_are_bounded_and_an_answer_again_takes_no_second_place() {
        let memo = Answers::new(1 << 30);
        for n in 0..=MAX_ENTRIES {
            memo.remember(key(&n.to_string()), heard("x"));
            memo.remember(key(&n.to_string()), heard("x"));
        }
        assert!(memo.recall(&key("0")).is_none() && memo.recall(&key("1")).is_some());
        let answers = memo.kept.lock().expect("not poisoned");
        assert_eq!((answers.by_key.len(), answers.by_use.len()), (MAX_ENTRIES, MAX_ENTRIES));
        assert_eq!(answers.bytes, MAX_ENTRIES * size("x"));
    }

    #[test]
    fn claims_have_half_of_the_bytes_and_plans_and_analyses_a_quarter_each() {
        let memo = Memo::new(1 << 20);
        let bytes = [memo.claims.max_bytes, memo.plans.max_bytes, memo.analyses.max_bytes];
        assert_eq!(bytes, [1 << 19, 1 << 18, 1 << 18]);
        let plan = Answer { value: Arc::new(Plan::default()), took: Duration::ZERO };
        memo.plans.remember(key("a"), plan.clone());
        assert_eq!(memo.plans.recall(&key("a")), Some(plan));
        assert_eq!(memo.claims.recall(&key("a")), None);
    }

    #[test]
    fn what_is_too_large_is_not_remembered_and_a_memo_of_nothing_remembers_nothing() {
        let memo = Answers::new(4 * size("x"));
        memo.remember(key("fits"), heard("x"));
        memo.remember(key("large"), heard("xx"));
        assert!(memo.recall(&key("fits")).is_some() && memo.recall(&key("large")).is_none());
        let none = Answers::new(0);
        none.remember(key("a"), heard("x"));
        assert_eq!(none.recall(&key("a")), None);
    }
}
