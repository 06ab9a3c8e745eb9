//! The writer: what shares a commit shares nothing else.

use super::{agent, deploy, fixture, workspace};
use crate::{DeployRecord, StoreError};
use rusqlite::Connection;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;
use tokio::task::JoinSet;

fn insert(connection: &Connection, name: &str) -> Result<(), StoreError> {
    connection.execute("INSERT INTO workspaces (name, created_at) VALUES (?1, 0)", [name])?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_and_panicking_jobs_take_nobody_of_their_group_along() {
    let fixture = fixture().await;
    // The first job holds the writer until the others are queued, so that they become one group.
    let (release, held) = mpsc::channel::<()>();
    let mut jobs = JoinSet::new();
    let store = Arc::clone(&fixture.store);
    jobs.spawn(async move {
        store
            .write(move |_| {
                held.recv().expect("released");
                Ok(())
            })
            .await
    });
    for n in 0..60 {
        let store = Arc::clone(&fixture.store);
        jobs.spawn(async move {
            store
                .write(move |connection| {
                    insert(connection, &format!("w{n}"))?;
                    match n % 3 {
                        0 => Ok(()),
                        1 => Err(StoreError::not_found("thing", n)),
                        _ => panic!("a bug in job {n}"),
                    }
                })
                .await
        });
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    release.send(()).expect("the first job waits");
    let outcomes = jobs.join_all().await;
    let count = |wanted: fn(&Result<(), StoreError>) -> bool| outcomes.iter().filter(|got| wanted(got)).count();
    assert_eq!(count(Result::is_ok), 21);
    assert_eq!(count(|got| matches!(got, Err(StoreError::NotFound { .. }))), 20);
    assert_eq!(count(|got| matches!(got, Err(StoreError::Panicked))), 20);
    let stored = fixture.store.workspaces().expect("read");
    assert_eq!(stored.len(), 1 + 20, "`default` and the good ones");
}

#[tokio::test]
async fn a_transaction_that_is_lost_fails_the_whole_group_and_not_the_next() {
    let fixture = fixture().await;
    let lost = fixture.store.write(|connection| {
        insert(connection, "lost")?;
        // What the database does by itself when a disk is full.
        connection.execute_batch("ROLLBACK")?;
        Err::<(), _>(StoreError::Full)
    });
    let beside = fixture.store.write(|connection| insert(connection, "beside"));
    let (lost, beside) = tokio::join!(lost, beside);
    assert!(matches!(lost, Err(StoreError::Full)), "{lost:?}");
    let stored = fixture.store.workspace(&workspace("beside")).expect("read");
    assert_eq!(stored.is_some(), beside.is_ok(), "acknowledged, and only then, stored");
    assert!(fixture.store.workspace(&workspace("lost")).expect("read").is_none());
    fixture.store.create_workspace(&workspace("next"), 1).await.expect("the store goes on");
}

#[tokio::test]
async fn a_full_database_is_named_and_keeps_what_it_had() {
    let fixture = fixture().await;
    fixture
        .store
        .write(|connection| {
            let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
            connection.pragma_update_and_check(None, "max_page_count", pages + 4, |_| Ok(()))?;
            Ok(())
        })
        .await
        .expect("a small limit");
    let big = |n: usize| DeployRecord {
        source: None,
        ..deploy(&agent("big"), &format!("{n}-{}", "x".repeat(200_000)), vec![])
    };
    let refusal = fixture.store.record_deploy(big(1)).await;
    assert!(matches!(refusal, Err(StoreError::Full)), "{:?}", refusal.err());
    assert!(fixture.store.agent(&agent("big")).expect("read").is_none());
    fixture.store.create_workspace(&workspace("small"), 1).await.expect("small writes still fit");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_callers_than_the_queue_holds_are_all_answered() {
    let fixture = fixture().await;
    let mut jobs = JoinSet::new();
    for n in 0..3_000 {
        let store = Arc::clone(&fixture.store);
        jobs.spawn(async move { store.create_workspace(&workspace(&format!("w{n}")), n).await });
    }
    for outcome in jobs.join_all().await {
        outcome.expect("written");
    }
    assert_eq!(fixture.store.workspaces().expect("read").len(), 3_001);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_stop_its_write() {
    let fixture = fixture().await;
    let gone = workspace("gone");
    let mut write = Box::pin(fixture.store.create_workspace(&gone, 1));
    // One poll queues the write.
    let polled = poll_fn(|context| Poll::Ready(write.as_mut().poll(context))).await;
    assert!(polled.is_pending(), "the disk was faster than one poll");
    drop(write);
    fixture.store.create_workspace(&workspace("next"), 1).await.expect("written");
    assert!(fixture.store.workspace(&workspace("gone")).expect("read").is_some());
}
