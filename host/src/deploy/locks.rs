//! One deploy at a time for each agent; deploys of different agents never wait for each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;
use windlass_domain::AgentRef;

type Turns = Mutex<HashMap<AgentRef, Arc<tokio::sync::Mutex<()>>>>;

/// The turns of all agents that are being deployed.
#[derive(Default)]
pub struct Locks(Arc<Turns>);

/// The turn of one agent; given up on drop.
pub struct Turn {
    turns: Arc<Turns>,
    agent: AgentRef,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Locks {
    /// Waits for the agent's turn. Waiters are served in the order they came.
    pub async fn turn_of(&self, agent: &AgentRef) -> Turn {
        let mutex = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.entry(agent.clone()).or_default().clone()
        };
        // Made before waiting, so that a waiter that goes away tidies up too.
        let mut turn = Turn { turns: self.0.clone(), agent: agent.clone(), guard: None };
        turn.guard = Some(mutex.lock_owned().await);
        turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        self.guard = None;
        // Only the map holds it: nobody has it and nobody waits.
        if turns.get(&self.agent).is_some_and(|turn| Arc::strong_count(turn) == 1) {
            turns.remove(&self.agent);
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
