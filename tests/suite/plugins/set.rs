//! Rebinding under load: every deploy is decided by one set of plugins, and the next one sees the new set.

use super::{bind, builtin, decided, install, request, third_party, unbind};
use crate::harness::{Client, quiet};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const WORKSPACE: &str = "swap-under-load";

/// The edge strategy beside the built-in detectors.
fn strategy_alone() -> Value {
    let mut decided = third_party();
    decided["framework"] = "none".into();
    decided["plugins"].as_array_mut().expect("a list").remove(0);
    decided
}

/// Deploys one agent after the other until told to stop, and shows what was decided.
async fn deploy_on(client: Client, name: usize, stop: Arc<AtomicBool>) -> Vec<Value> {
    let mut seen = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        seen.push(decided(&client, request(&format!("load-{name}-{}", seen.len()))).await);
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_deploy_is_decided_by_one_set_and_the_next_one_sees_the_new_set() {
    let server = quiet();
    let (operator, client) = (server.operator(), server.workspace(WORKSPACE).await);
    install(&operator, "alternative-strategy").await;
    install(&operator, "third-party-detector").await;
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..4).map(|name| tokio::spawn(deploy_on(client.clone(), name, stop.clone()))).collect();
    for turn in 0..10 {
        bind(&operator, WORKSPACE, "strategy", "alternative-strategy").await;
        assert_eq!(decided(&client, request(&format!("strategy-{turn}"))).await, strategy_alone());
        bind(&operator, WORKSPACE, "detectors/acme", "third-party-detector").await;
        assert_eq!(decided(&client, request(&format!("both-{turn}"))).await, third_party());
        unbind(&operator, WORKSPACE, "detectors/acme").await.expect(200);
        assert_eq!(decided(&client, request(&format!("strategy-again-{turn}"))).await, strategy_alone());
        unbind(&operator, WORKSPACE, "strategy").await.expect(200);
        assert_eq!(decided(&client, request(&format!("back-{turn}"))).await, builtin());
    }
    stop.store(true, Ordering::Relaxed);
    let sets = [builtin(), strategy_alone(), third_party()];
    let mut counts = [0; 3];
    for client in clients {
        for seen in client.await.expect("no panic") {
            counts[sets.iter().position(|set| *set == seen).unwrap_or_else(|| panic!("a mixture: {seen:#}"))] += 1;
        }
    }
    assert!(counts.iter().all(|count| *count > 0), "each set decided for somebody: {counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strategy_is_swapped_200_times_under_load_and_no_request_fails() {
    const WORKSPACE: &str = "swap-200-times";
    let server = quiet();
    let (operator, client) = (server.operator(), server.workspace(WORKSPACE).await);
    install(&operator, "alternative-strategy").await;
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..2).map(|name| tokio::spawn(deploy_on(client.clone(), name, stop.clone()))).collect();
    for turn in 0..100 {
        for (plugin, decides) in [("alternative-strategy", strategy_alone()), ("standard-strategy", builtin())] {
            bind(&operator, WORKSPACE, "strategy", plugin).await;
            if turn % 10 == 0 {
                assert_eq!(
                    decided(&client, request(&format!("{plugin}-{turn}"))).await,
                    decides,
                    "the next one sees it"
                );
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    let sets = [builtin(), strategy_alone()];
    let mut counts = [0; 2];
    for client in clients {
        for seen in client.await.expect("every request was answered with a 201") {
            counts[sets.iter().position(|set| *set == seen).unwrap_or_else(|| panic!("a mixture: {seen:#}"))] += 1;
        }
    }
    assert!(counts.iter().all(|count| *count > 0), "each strategy decided for somebody: {counts:?}");
}
