//! Revisions replace each other; processes that end come back.

use super::house::{House, plan, post};
use super::{ECHO, Phase};
use crate::NotReady;
use crate::logs::Stream;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

const BROKEN: &str = "import no_such_module\ndef handler(message):\n    return 'x'\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_import_fails_with_its_line_while_the_old_revision_serves_on() {
    let house = House::start().await;
    let agent = house.apply("echo", 1, &[("agent.py", ECHO)], &plan("handler"));
    house.until(&agent, |state| state.phase == Phase::Running).await;
    house.apply("echo", 2, &[("agent.py", BROKEN)], &plan("handler"));
    let state = house.until(&agent, |state| state.phase == Phase::Failed).await;
    assert!(state.message.contains("No module named 'no_such_module'"), "{}", state.message);
    assert_eq!((state.revision_wanted, state.revision_serving), (2, Some(1)));
    assert_eq!(house.invoke(&agent, "still here").await, "echo: still here");
    house.apply("echo", 3, &[("agent.py", ECHO)], &plan("handler"));
    let state = house.until(&agent, |state| state.phase == Phase::Running).await;
    assert_eq!(state.revision_serving, Some(3));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_revision_that_fails_has_no_endpoint_but_its_last_lines() {
    let house = House::start().await;
    let agent = house.apply("broken", 1, &[("agent.py", BROKEN)], &plan("handler"));
    house.until(&agent, |state| state.phase == Phase::Failed).await;
    let NotReady::Failed { log_tail, .. } = house.runtime.endpoint(&agent).expect_err("no endpoint") else {
        panic!("it failed");
    };
    assert!(log_tail.iter().any(|line| line.contains("no_such_module")), "{log_tail:?}");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crashed_process_is_started_again() {
    let house = House::start().await;
    let code = "import os\ndef handler(message):\n    if message == 'die':\n        os._exit(7)\n    return 'alive'\n";
    let agent = house.apply("mortal", 1, &[("agent.py", code)], &plan("handler"));
    house.until(&agent, |state| state.phase == Phase::Running).await;
    let addr = house.runtime.endpoint(&agent).expect("an endpoint").addr;
    let dying = tokio::spawn(async move { post(addr, "/invoke", &json!({"message": "die"})).await });
    let state = house.until(&agent, |state| state.restarts == 1).await;
    assert!(state.message.contains("exit status: 7"), "{}", state.message);
    assert!(dying.await.is_err(), "no answer from a process that ended");
    house.until(&agent, |state| state.phase == Phase::Running).await;
    assert_eq!(house.invoke(&agent, "hello").await, "alive");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_flight_is_answered_by_the_revision_that_took_it() {
    let house = House::start().await;
    let slow = "import time\ndef handler(message):\n    time.sleep(3)\n    return 'old'\n";
    let agent = house.apply("slow", 1, &[("agent.py", slow)], &plan("handler"));
    house.until(&agent, |state| state.phase == Phase::Running).await;
    let lease = house.runtime.endpoint(&agent).expect("an endpoint");
    let asked = tokio::spawn(async move {
        let answer = post(lease.addr, "/invoke", &json!({"message": "hi"})).await;
        drop(lease);
        answer
    });
    house.apply("slow", 2, &[("agent.py", ECHO)], &plan("handler"));
    house.until(&agent, |state| state.revision_serving == Some(2)).await;
    assert!(!asked.is_finished(), "the old revision is still at it");
    assert_eq!(house.invoke(&agent, "new").await, "echo: new");
    assert_eq!(asked.await.expect("an answer")["response"], "old");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn superseded_revisions_never_start() {
    let house = House::start_with(|config| config.timing.starting_at_once = 1).await;
    // Holds the only place to start, so that the revisions after it wait.
    let sleeper = house.apply("sleeper", 1, &[("agent.py", "import time\ntime.sleep(3600)\n")], &plan("script"));
    house.until(&sleeper, |state| state.message == "starting").await;
    let agent = house.apply("busy", 1, &[("agent.py", ECHO)], &plan("handler"));
    for revision in 2..=5 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        house.apply("busy", revision, &[("agent.py", ECHO)], &plan("handler"));
    }
    house.runtime.remove(&sleeper);
    house.until(&agent, |state| state.phase == Phase::Running).await;
    let lines = house.runtime.logs(&agent, 1_000);
    let started: BTreeSet<u32> = lines
        .iter()
        .filter(|line| line.stream == Stream::Runtime && line.text.starts_with("started"))
        .map(|line| line.revision)
        .collect();
    assert_eq!(started, BTreeSet::from([5]));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_again_starts_nothing() {
    let house = House::start().await;
    let agent = house.apply("echo", 1, &[("agent.py", ECHO)], &plan("handler"));
    house.until(&agent, |state| state.phase == Phase::Running).await;
    house.apply("echo", 1, &[("agent.py", ECHO)], &plan("handler"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let starts = house.runtime.logs(&agent, 100).iter().filter(|line| line.text.starts_with("started")).count();
    assert_eq!(starts, 1);
    house.end().await;
}
