//! One at a time of what has the same key, such as the deploys of one agent; different keys never wait for each other.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;
use windlass_domain::AgentRef;

type Turns<K> = Mutex<HashMap<K, Arc<tokio::sync::Mutex<()>>>>;

/// The turns of all keys that somebody has or waits for.
pub struct Locks<K = AgentRef>(Arc<Turns<K>>);

/// The turn of one key; given up on drop.
pub struct Turn<K: Eq + Hash> {
    turns: Arc<Turns<K>>,
    key: K,
    guard: Option<OwnedMutexGuard<()>>,
}

impl<K> Default for Locks<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Eq + Hash + Clone> Locks<K> {
    /// Waits for the key's turn. Waiters are served in the order they came.
    pub async fn turn_of(&self, key: &K) -> Turn<K> {
        let mutex = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.entry(key.clone()).or_default().clone()
        };
        // Made before waiting, so that a waiter that goes away tidies up too.
        let mut turn = Turn { turns: self.0.clone(), key: key.clone(), guard: None };
        turn.guard = Some(mutex.lock_owned().await);
        turn
    }
}

impl<K: Eq + Hash> Drop for Turn<K> {
    fn drop(&mut self) {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        self.guard = None;
        // Only the map holds it: nobody has it and nobody waits.
        if turns.get(&self.key).is_some_and(|turn| Arc::strong_count(turn) == 1) {
            turns.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use windlass_domain::{AgentName, WorkspaceName};

    fn agent(name: &str) -> AgentRef {
        let workspace = WorkspaceName::parse("workspace", "default").expect("a good name");
        AgentRef { workspace, name: AgentName::parse("name", name).expect("a good name") }
    }

    #[tokio::test]
    async fn one_agent_waits_and_another_does_not_and_nothing_is_left_behind() {
        let locks = Locks::default();
        let a = agent("a");
        let first = locks.turn_of(&a).await;
        let other = locks.turn_of(&agent("b")).await;
        let mut waiter = Box::pin(locks.turn_of(&a));
        let waits = tokio::time::timeout(Duration::from_millis(20), &mut waiter).await;
        assert!(waits.is_err(), "the second deploy of `a` waits");
        drop((first, other));
        drop(waiter.await);
        assert!(locks.0.lock().expect("not poisoned").is_empty());
    }
}
