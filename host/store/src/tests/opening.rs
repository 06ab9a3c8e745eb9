//! Opening a data directory: fresh, again, taken, newer, damaged.

use super::{agent, deploy, fixture, workspace};
use crate::{OpenError, Store, StoreError};
use rusqlite::Connection;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

#[tokio::test]
async fn a_fresh_directory_is_made_private_and_opens_again() {
    let outer = tempfile::tempdir().expect("a temporary directory");
    let dir = outer.path().join("a/b");
    Store::open(&dir).expect("a missing directory is made");
    let mode = |name: &str| fs::metadata(dir.join(name)).expect("it exists").permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("windlass.db"), mode("secret.key")), (0o700, 0o600, 0o600));
    let key = fs::read(dir.join("secret.key")).expect("a key");
    Store::open(&dir).expect("it opens again");
    assert_eq!(fs::read(dir.join("secret.key")).expect("a key"), key, "the key is made once");
}

#[tokio::test]
async fn what_was_written_is_there_after_opening_again() {
    let fixture = fixture().await;
    fixture.store.record_deploy(deploy(&agent("a"), "one", vec![])).await.expect("recorded");
    let before = fixture.store.agent(&agent("a")).expect("read");
    let fixture = fixture.reopen();
    assert_eq!(fixture.store.agent(&agent("a")).expect("read"), before);
    assert!(before.is_some());
}

#[tokio::test]
async fn the_writer_flushes_each_commit_and_holds_references() {
    let fixture = fixture().await;
    let settings = fixture.store.write(|connection| {
        let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        Ok::<_, StoreError>((journal, number("synchronous")?, number("foreign_keys")?))
    });
    // 2 is FULL (sqlite.org/pragma.html#pragma_synchronous).
    assert_eq!(settings.await.expect("read"), ("wal".to_owned(), 2, 1));
}

#[tokio::test]
async fn readers_cannot_write() {
    let fixture = fixture().await;
    let refusal = fixture.store.read(|connection| Ok(connection.execute("DELETE FROM workspaces", [])?));
    assert!(matches!(refusal, Err(StoreError::Database(_))), "{refusal:?}");
}

#[tokio::test]
async fn a_directory_in_use_is_refused_with_its_owner_and_file() {
    let fixture = fixture().await;
    let refusal = Store::open(fixture.dir.path()).expect_err("it is open already");
    let text = refusal.to_string();
    assert!(matches!(refusal, OpenError::Locked { pid: Some(pid), .. } if pid == std::process::id()), "{text}");
    assert!(text.contains("windlass.lock") && text.contains("--data-dir"), "{text}");
    fixture.reopen();
}

#[test]
fn a_newer_directory_is_refused_by_version_and_left_alone() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    drop(Store::open(dir.path()).expect("a fresh directory opens"));
    let file = dir.path().join("windlass.db");
    let newer = Connection::open(&file).expect("it opens");
    newer.pragma_update(None, "user_version", 9_000).expect("a version of the future");
    drop(newer);
    let before = fs::read(&file).expect("a file");
    let refusal = Store::open(dir.path()).expect_err("it is newer");
    assert!(matches!(refusal, OpenError::Newer { found: 9_000, .. }), "{refusal}");
    assert!(refusal.to_string().contains("version 9000"), "{refusal}");
    assert_eq!(fs::read(&file).expect("a file"), before);
}

#[tokio::test]
async fn a_directory_of_any_earlier_version_is_taken_forward_with_all_that_is_in_it() {
    let steps = crate::schema::STEPS;
    for version in 1..steps.len() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("windlass.db");
        let older = Connection::open(&file).expect("it opens");
        older.execute_batch(&steps[..version].concat()).expect("the schema of then");
        older.execute_batch("INSERT INTO workspaces (name, created_at) VALUES ('default', 7)").expect("a row of then");
        older.pragma_update(None, "user_version", i64::try_from(version).expect("small")).expect("its version");
        drop(older);

        let store = Store::open(dir.path()).expect("an older directory opens");
        let kept = store.workspace(&workspace("default")).expect("read").expect("the row of then");
        assert_eq!(kept.created_at, 7);
        store.record_deploy(deploy(&agent("a"), "one", vec![])).await.expect("recorded as ever");
        store.set_session_idle_minutes(&workspace("default"), 45).await.expect("what is newer works");
        assert_eq!(store.session_idle_minutes(&workspace("default")).expect("read"), Some(45));
        drop(store);
        let now = Connection::open(&file).expect("it opens");
        let number: i64 = now.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a version");
        assert_eq!(usize::try_from(number), Ok(steps.len()));
    }
}

#[test]
fn a_failed_migration_leaves_the_directory_as_it_was() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("windlass.db");
    let other = Connection::open(&file).expect("it opens");
    other.execute_batch("CREATE TABLE audit (stranger TEXT)").expect("a table that is in the way");
    drop(other);
    let refusal = Store::open(dir.path()).expect_err("the step cannot run");
    assert!(matches!(refusal, OpenError::Database { .. }), "{refusal}");
    let other = Connection::open(&file).expect("it opens");
    let sql = "SELECT group_concat(name) FROM sqlite_schema WHERE type = 'table'";
    let tables: String = other.query_row(sql, [], |row| row.get(0)).expect("a list");
    assert_eq!(tables, "audit");
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::write(dir.path().join("windlass.db"), "not a database, but long enough to be one".repeat(100))
        .expect("written");
    let refusal = Store::open(dir.path()).expect_err("it is text");
    assert!(matches!(refusal, OpenError::Database { source: StoreError::Corrupt { .. }, .. }), "{refusal:?}");
}

#[tokio::test]
async fn unknown_files_do_no_harm_and_come_to_none() {
    let fixture = fixture().await;
    let plugins = fixture.dir.path().join("plugins");
    fs::create_dir_all(&plugins).expect("a folder");
    let strangers = [fixture.dir.path().join("notes.txt"), plugins.join("notes.wasm"), plugins.join("README")];
    for stranger in &strangers {
        fs::write(stranger, "mine").expect("written");
    }
    let fixture = fixture.reopen();
    assert!(fixture.store.workspace(&workspace("default")).expect("read").is_some());
    for stranger in &strangers {
        assert_eq!(fs::read_to_string(stranger).expect("still there"), "mine");
    }
}

#[tokio::test]
async fn a_closed_store_refuses_writes_and_closes_twice() {
    let fixture = fixture().await;
    fixture.store.close();
    fixture.store.close();
    let refusal = fixture.store.create_workspace(&workspace("late"), 1).await;
    assert!(matches!(refusal, Err(StoreError::Closed)), "{refusal:?}");
}
