//! The revisions of a slot: made, taken up again, promoted, and migrated from the time before there were any.

use super::plugins::{NOBODY, bind, install};
use super::{fixture, workspace};
use crate::{Binding, BindingRevision, By, PluginRecord, Seat, Store, StoreError};
use rusqlite::Connection;
use serde_json::json;
use windlass_domain::binding::{BindingTerms, OnFailure, Origin, Role};
use windlass_domain::source;

/// `number origin plugin`, the latest first.
fn lines(history: &[BindingRevision]) -> Vec<String> {
    let plugin =
        |revision: &BindingRevision| revision.bound.as_ref().map_or("-".to_owned(), |bound| bound.plugin.clone());
    history.iter().map(|one| format!("{} {} {}", one.number, one.origin.as_str(), plugin(one))).collect()
}

fn history(store: &Store, seat: &Seat) -> Vec<String> {
    lines(&store.binding_history(seat).expect("read"))
}

async fn roll_back(store: &Store, seat: &Seat, to: Option<u32>) -> Result<Option<Binding>, StoreError> {
    let entry = super::records::entry("roll back");
    store.roll_back(seat, to, NOBODY, |_| entry).await
}

fn holds(store: &Store, seat: &Seat) -> Option<(u32, String)> {
    store.binding(seat).expect("read").map(|binding| (binding.revision, binding.plugin))
}

#[tokio::test]
async fn each_change_is_a_revision_and_an_earlier_one_can_hold_again() {
    let fixture = fixture().await;
    let (store, default) = (&fixture.store, workspace("default"));
    let (one, two) = (install(store, "one", "1.0.0", b"one").await, install(store, "two", "1.0.0", b"two").await);
    let seat = Seat::live(Some(default.clone()), "strategy");
    let settings = json!({"cheap": true}).as_object().cloned().unwrap_or_default();
    let terms = BindingTerms { settings, on_failure: OnFailure::Fallback, priority: 3, ..BindingTerms::default() };
    let by = By { who: Some("key_1".to_owned()), at: 7 };
    let first = store.bind(&seat, &one.digest, terms.clone(), by.clone(), |_| None).await.expect("bound");
    assert_eq!((first.revision, &first.terms, &first.by), (1, &terms, &by));
    bind(store, Some(&default), "strategy", &two.digest, 0).await.expect("bound");
    let again = roll_back(store, &seat, None).await.expect("rolled back").expect("bound");
    assert_eq!((again.revision, again.origin, again.plugin.as_str()), (3, Origin::Rollback, "one"));
    assert_eq!(again.terms, terms, "its terms come with it");
    store.unbind(&seat, NOBODY, None).await.expect("unbound");
    assert_eq!(holds(store, &seat), None);
    assert_eq!(history(store, &seat), ["4 unbind -", "3 rollback one", "2 bind two", "1 bind one"]);

    let back = roll_back(store, &seat, Some(2)).await.expect("rolled back");
    assert_eq!(back.map(|binding| binding.plugin).as_deref(), Some("two"));
    assert_eq!(roll_back(store, &seat, None).await.expect("rolled back"), None, "the one before had emptied the slot");
    assert_eq!(history(store, &seat)[..2], ["6 rollback -", "5 rollback two"]);
    let unknown = roll_back(store, &seat, Some(9)).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { what: "binding revision", .. })), "{unknown:?}");
    assert!(history(store, &Seat::live(None, "strategy")).is_empty(), "another's history");
}

#[tokio::test]
async fn a_first_binding_has_none_before_it() {
    let fixture = fixture().await;
    let one = install(&fixture.store, "one", "1.0.0", b"one").await;
    bind(&fixture.store, None, "strategy", &one.digest, 0).await.expect("bound");
    let refusal = roll_back(&fixture.store, &Seat::live(None, "strategy"), None).await;
    assert!(matches!(refusal, Err(StoreError::NotFound { .. })), "{refusal:?}");
}

#[tokio::test]
async fn a_history_does_not_hold_its_plugins_and_one_that_is_gone_cannot_hold_again() {
    let fixture = fixture().await;
    let store = &fixture.store;
    let (one, two) = (install(store, "one", "1.0.0", b"one").await, install(store, "two", "1.0.0", b"two").await);
    let seat = Seat::live(None, "strategy");
    bind(store, None, "strategy", &one.digest, 0).await.expect("bound");
    bind(store, None, "strategy", &two.digest, 0).await.expect("bound");
    assert!(store.delete_plugin(None, "one", "1.0.0", None).await.expect("deleted"));
    // The same name and version with other bytes is another plugin.
    for _ in 0..2 {
        let refusal = roll_back(store, &seat, Some(1)).await;
        assert!(matches!(&refusal, Err(StoreError::Gone { name, .. }) if name == "one@1.0.0"), "{refusal:?}");
        install(store, "one", "1.0.0", b"other bytes").await;
    }
    assert_eq!(history(store, &seat), ["2 bind two", "1 bind one"], "what is refused is no revision");
    assert_eq!(holds(store, &seat), Some((2, "two".to_owned())));
}

#[tokio::test]
async fn a_built_in_plugin_is_rolled_back_to_as_it_is_now() {
    let fixture = fixture().await;
    let store = &fixture.store;
    let ours = |bytes: &[u8]| PluginRecord { builtin: true, ..super::plugins::plugin("ours", "1.0.0", bytes, None) };
    store.insert_plugin(ours(b"old"), b"old".to_vec(), None).await.expect("installed");
    let other = install(store, "other", "1.0.0", b"other").await;
    bind(store, None, "strategy", &ours(b"old").digest, 0).await.expect("bound");
    bind(store, None, "strategy", &other.digest, 0).await.expect("bound");
    store.insert_plugin(ours(b"new"), b"new".to_vec(), None).await.expect("replaced");
    let back = roll_back(store, &Seat::live(None, "strategy"), None).await.expect("rolled back").expect("bound");
    assert_eq!(back.digest, source::sha256(b"new"));
}

#[tokio::test]
async fn a_shadow_stands_beside_what_decides_until_it_is_promoted() {
    let fixture = fixture().await;
    let (store, default) = (&fixture.store, workspace("default"));
    let (one, two) = (install(store, "one", "1.0.0", b"one").await, install(store, "two", "1.0.0", b"two").await);
    let live = Seat::live(Some(default.clone()), "strategy");
    let shadow = Seat { role: Role::Shadow, ..live.clone() };
    bind(store, Some(&default), "strategy", &one.digest, 0).await.expect("bound");
    store.bind(&shadow, &two.digest, BindingTerms::default(), NOBODY, |_| None).await.expect("bound");
    let names = |bindings: Vec<Binding>| bindings.into_iter().map(|binding| binding.plugin).collect::<Vec<_>>();
    let both = store.bindings(Some(&default)).expect("read");
    assert_eq!((names(both.slots), names(both.shadows)), (vec!["one".to_owned()], vec!["two".to_owned()]));
    let refusal = store.delete_plugin(None, "two", "1.0.0", None).await;
    let holders = ["default/strategy (shadow)"];
    assert!(matches!(&refusal, Err(StoreError::InUse { by, .. }) if by == &holders), "{refusal:?}");

    let promoted = store.promote(Some(&default), "strategy", json!({"agreed": 9}), NOBODY, |_| None).await;
    assert_eq!(promoted.expect("promoted").plugin, "two");
    let after = store.bindings(Some(&default)).expect("read");
    assert_eq!((names(after.slots), names(after.shadows)), (vec!["two".to_owned()], vec![]));
    let revisions = store.binding_history(&live).expect("read");
    assert_eq!(lines(&revisions), ["2 promote two", "1 bind one"]);
    assert_eq!(revisions[0].note, Some(json!({"agreed": 9})));
    let refusal = store.promote(Some(&default), "strategy", json!(null), NOBODY, |_| None).await;
    assert!(matches!(refusal, Err(StoreError::NotFound { what: "shadow", .. })), "{refusal:?}");
}

#[tokio::test]
async fn the_hosts_shadow_stands_beside_the_hosts_own_and_no_other() {
    let fixture = fixture().await;
    let (store, default) = (&fixture.store, workspace("default"));
    let one = install(store, "one", "1.0.0", b"one").await;
    let shadow = Seat { role: Role::Shadow, ..Seat::live(None, "strategy") };
    bind(store, None, "strategy", &one.digest, 0).await.expect("bound");
    store.bind(&shadow, &one.digest, BindingTerms::default(), NOBODY, |_| None).await.expect("bound");
    let shadows = || store.bindings(Some(&default)).expect("read").shadows.len();
    assert_eq!(shadows(), 1);
    bind(store, Some(&default), "strategy", &one.digest, 0).await.expect("bound");
    assert_eq!(shadows(), 0);
}

#[tokio::test]
async fn bindings_of_the_time_before_revisions_are_the_first_ones() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let older = Connection::open(dir.path().join("windlass.db")).expect("it opens");
    older.execute_batch(&crate::schema::STEPS[..5].concat()).expect("the schema of then");
    older
        .execute_batch(
            "INSERT INTO plugins (workspace, name, version, digest, world, metadata, builtin, installed_at)
             VALUES ('*', 'one', '1.0.0', 'sha256:1', 'detector', '{}', 0, 3);
             INSERT INTO bindings VALUES ('*', 'detectors/one', '*', 'one', '1.0.0', 5, 9);
             PRAGMA user_version = 5;",
        )
        .expect("rows of then");
    drop(older);
    let store = Store::open(dir.path()).expect("an older directory opens");
    let binding = store.bindings(None).expect("read").slots.remove(0);
    let terms = BindingTerms { priority: 5, ..BindingTerms::default() };
    assert_eq!((binding.revision, binding.plugin.as_str(), binding.by.at, binding.terms), (1, "one", 9, terms));
    assert_eq!(history(&store, &Seat::live(None, "detectors/one")), ["1 bind one"]);
}

#[tokio::test]
async fn the_latest_thousand_revisions_are_kept() {
    let fixture = fixture().await;
    let one = install(&fixture.store, "one", "1.0.0", b"one").await;
    let mut binds = tokio::task::JoinSet::new();
    for _ in 0..1_001 {
        let (store, digest) = (fixture.store.clone(), one.digest.clone());
        binds.spawn(async move { bind(&store, None, "strategy", &digest, 0).await.expect("bound") });
    }
    binds.join_all().await;
    let kept = history(&fixture.store, &Seat::live(None, "strategy"));
    assert_eq!((kept.len(), kept[0].as_str(), kept[999].as_str()), (1_000, "1001 bind one", "2 bind one"));
}
