//! Secrets at rest: sealed, bound to their row, and lost with their key.

use super::{Fixture, fixture, note, resource, workspace};
use crate::{OpenError, Secret, Store, StoreError};
use std::fs;
use std::path::Path;
use windlass_domain::resource::ResourceKind;

const SECRET: &[u8] = b"sk-live-0123456789-very-secret";

async fn with_secrets() -> Fixture {
    let fixture = fixture().await;
    for (name, secret) in [("one", SECRET), ("two", b"another-secret".as_slice())] {
        let (kind, name) = (ResourceKind::Tool, resource(name));
        fixture
            .store
            .upsert_resource(&workspace("default"), kind, &name, &note("v1"), Some(secret), 1)
            .await
            .expect("written");
    }
    fixture
}

fn secret(fixture: &Fixture, name: &str) -> Result<Option<Secret>, StoreError> {
    fixture.store.resource_secret(&workspace("default"), ResourceKind::Tool, &resource(name))
}

fn holds(dir: &Path, needle: &[u8]) -> bool {
    fs::read_dir(dir).expect("a directory").any(|entry| {
        let path = entry.expect("an entry").path();
        path.is_file() && fs::read(&path).expect("readable").windows(needle.len()).any(|window| window == needle)
    })
}

#[tokio::test]
async fn a_secret_comes_back_and_is_in_no_file_in_the_clear() {
    let fixture = with_secrets().await;
    assert_eq!(secret(&fixture, "one").expect("read").expect("a secret").expose(), SECRET);
    assert!(holds(fixture.dir.path(), b"v1"), "the search finds what is in the clear");
    assert!(!holds(fixture.dir.path(), SECRET));
    let fixture = fixture.reopen();
    assert!(!holds(fixture.dir.path(), SECRET));
    assert_eq!(secret(&fixture, "one").expect("read").expect("a secret").expose(), SECRET);
}

#[tokio::test]
async fn a_secret_is_never_printed() {
    let fixture = with_secrets().await;
    let shown = format!("{:?}", secret(&fixture, "one").expect("read"));
    assert_eq!(shown, "Some(Secret(…))");
    assert_eq!(format!("{:?}", fixture.store.seal), "Seal(…)");
}

#[tokio::test]
async fn an_upsert_without_a_secret_keeps_the_stored_one_and_a_new_one_replaces_it() {
    let fixture = with_secrets().await;
    let (default, kind, name) = (workspace("default"), ResourceKind::Tool, resource("one"));
    fixture.store.upsert_resource(&default, kind, &name, &note("v2"), None, 2).await.expect("written");
    assert_eq!(secret(&fixture, "one").expect("read").expect("kept").expose(), SECRET);
    fixture.store.upsert_resource(&default, kind, &name, &note("v2"), Some(b"new"), 3).await.expect("written");
    assert_eq!(secret(&fixture, "one").expect("read").expect("replaced").expose(), b"new");
    assert!(secret(&fixture, "nobody").expect("read").is_none());
}

#[tokio::test]
async fn a_secret_moved_to_another_row_or_changed_is_detected() {
    let fixture = with_secrets().await;
    for tamper in [
        "UPDATE resources SET secret = (SELECT secret FROM resources WHERE name = 'two') WHERE name = 'one'",
        "UPDATE resources SET secret = CAST(substr(secret, 1, 30) || x'00' || substr(secret, 32) AS BLOB) WHERE name = 'one'",
        "UPDATE resources SET secret = CAST(x'02' || substr(secret, 2) AS BLOB) WHERE name = 'one'",
        "UPDATE resources SET secret = x'01' WHERE name = 'one'",
        "UPDATE resources SET secret = x'' WHERE name = 'one'",
    ] {
        fixture.store.write(|connection| Ok(connection.execute_batch(tamper)?)).await.expect("tampered");
        let found = secret(&fixture, "one");
        assert!(matches!(found, Err(StoreError::Corrupt { .. })), "{tamper}: {found:?}");
    }
    assert_eq!(secret(&fixture, "two").expect("read").expect("untouched").expose(), b"another-secret");
}

#[tokio::test]
async fn without_the_key_a_directory_with_secrets_is_refused() {
    let Fixture { store, dir } = with_secrets().await;
    drop(store);
    let key = dir.path().join("secret.key");
    let bytes = fs::read(&key).expect("a key");
    fs::remove_file(&key).expect("removed");
    let refusal = Store::open(dir.path()).expect_err("no key");
    assert!(matches!(refusal, OpenError::KeyMissing { .. }), "{refusal}");
    assert!(!key.exists(), "no new key is put in its place");
    for (wrong, reason) in [(vec![0; 32], "does not open the stored secrets"), (vec![0; 31], "not 32 bytes long")] {
        fs::write(&key, wrong).expect("written");
        let refusal = Store::open(dir.path()).expect_err("a wrong key");
        assert!(matches!(refusal, OpenError::KeyWrong { .. }), "{refusal}");
        assert!(refusal.to_string().contains(reason), "{refusal}");
    }
    fs::write(&key, bytes).expect("written");
    let fixture = Fixture { store: Store::open(dir.path()).expect("the key is back").into(), dir };
    assert_eq!(secret(&fixture, "one").expect("read").expect("a secret").expose(), SECRET);
}

#[tokio::test]
async fn without_secrets_a_lost_key_is_made_anew() {
    let Fixture { store, dir } = fixture().await;
    drop(store);
    fs::remove_file(dir.path().join("secret.key")).expect("removed");
    Store::open(dir.path()).expect("nothing is lost with the key");
    assert_eq!(fs::read(dir.path().join("secret.key")).expect("a key").len(), 32);
}

#[tokio::test]
async fn a_secret_of_plugins_is_sealed_written_anew_and_deleted_with_a_line_in_the_log_each() {
    let fixture = fixture().await;
    let (store, default, name) = (&fixture.store, workspace("default"), resource("billing-key"));
    let entry = |what: &str| crate::AuditEntry {
        who: "key".to_owned(),
        what: what.to_owned(),
        before: serde_json::Value::Null,
        after: serde_json::Value::Null,
        at: 1,
    };
    for value in ["sk-live-first-value", "sk-live-second-value"] {
        store.set_secret(&default, &name, value, entry("set")).await.expect("written");
        assert!(!holds(fixture.dir.path(), value.as_bytes()), "{value}");
        let opened = store.resource_secret(&default, ResourceKind::Secret, &name).expect("read").expect("a secret");
        assert_eq!(opened.expose(), value.as_bytes());
    }
    assert!(store.delete_secret(&default, &name, entry("delete")).await.expect("written"));
    assert!(!store.delete_secret(&default, &name, entry("delete")).await.expect("written"));
    assert!(store.resource_secret(&default, ResourceKind::Secret, &name).expect("read").is_none());
    let log = store.audit_log(10).expect("read");
    assert_eq!(log.iter().map(|record| &*record.entry.what).collect::<Vec<_>>(), ["delete", "set", "set"]);
}
