//! Installed plugins and what they are bound to.

use super::{Fixture, fixture, note, workspace};
use crate::{PluginRecord, Store, StoreError};
use std::fs;
use windlass_domain::WorkspaceName;
use windlass_domain::source;

fn plugin(name: &str, version: &str, component: &[u8], owner: Option<&str>) -> PluginRecord {
    PluginRecord {
        name: name.to_owned(),
        version: version.to_owned(),
        digest: source::sha256(component),
        world: "strategy".to_owned(),
        metadata: note("metadata"),
        workspace: owner.map(workspace),
        installed_at: 1,
        builtin: false,
    }
}

async fn install(store: &Store, name: &str, version: &str, component: &[u8]) -> PluginRecord {
    let record = plugin(name, version, component, None);
    store.insert_plugin(record.clone(), component.to_vec(), None).await.expect("installed");
    record
}

/// The slots that hold in a workspace, each with its plugin's title.
fn slots(store: &Store, workspace: Option<&WorkspaceName>) -> Vec<(String, String)> {
    let bindings = store.bindings(workspace).expect("read");
    let title = |binding: crate::Binding| (binding.slot, format!("{}@{}", binding.plugin, binding.version));
    bindings.slots.into_iter().map(title).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(slot, title)| ((*slot).to_owned(), (*title).to_owned())).collect()
}

#[tokio::test]
async fn an_installed_plugin_is_kept_with_its_bytes() {
    let fixture = fixture().await;
    let record = install(&fixture.store, "mine", "1.0.0", b"component").await;
    assert!(!fixture.store.insert_plugin(record.clone(), b"component".to_vec(), None).await.expect("the same again"));
    let fixture = fixture.reopen();
    let store = &fixture.store;
    assert_eq!(store.plugin(None, "mine", None).expect("read").as_ref(), Some(&record));
    assert_eq!(store.plugin(None, "mine", Some("2.0.0")).expect("read"), None);
    assert_eq!(store.plugin_bytes(&record.digest).expect("read").as_deref(), Some(b"component".as_slice()));
    assert_eq!(store.plugins(None).expect("read"), [record]);
}

#[tokio::test]
async fn a_version_never_changes_its_bytes_unless_it_is_built_in() {
    let fixture = fixture().await;
    let store = &fixture.store;
    install(store, "mine", "1.0.0", b"component").await;
    let refusal = store.insert_plugin(plugin("mine", "1.0.0", b"other", None), b"other".to_vec(), None).await;
    assert!(matches!(refusal, Err(StoreError::Exists { what: "plugin", .. })), "{refusal:?}");
    let builtin = |component: &[u8]| PluginRecord { builtin: true, ..plugin("ours", "1.0.0", component, None) };
    store.insert_plugin(builtin(b"old"), b"old".to_vec(), None).await.expect("installed");
    store.bind(None, "strategy", &builtin(b"old").digest, 0, 1, |_| None).await.expect("bound");
    let before = store.bindings(None).expect("read").revision;
    assert!(store.insert_plugin(builtin(b"new"), b"new".to_vec(), None).await.expect("replaced"));
    let bindings = store.bindings(None).expect("read");
    assert_eq!(bindings.slots[0].digest, source::sha256(b"new"), "the binding followed");
    assert!(bindings.revision > before);
}

#[tokio::test]
async fn bytes_that_are_not_what_the_digest_says_are_never_taken_nor_given() {
    let fixture = fixture().await;
    let store = &fixture.store;
    let refusal = store.insert_plugin(plugin("mine", "1.0.0", b"component", None), b"other".to_vec(), None).await;
    assert!(matches!(refusal, Err(StoreError::Corrupt { .. })), "{refusal:?}");
    assert!(store.plugins(None).expect("read").is_empty());
    let record = install(store, "mine", "1.0.0", b"component").await;
    let file = format!("plugins/{}.wasm", &record.digest["sha256:".len()..]);
    fs::write(fixture.dir.path().join(file), "tampered").expect("written");
    let refusal = store.plugin_bytes(&record.digest);
    assert!(matches!(refusal, Err(StoreError::Corrupt { .. })), "{refusal:?}");
    for stranger in ["sha256:../../secret.key", "", &source::sha256(b"unknown")] {
        assert_eq!(store.plugin_bytes(stranger).expect("no such component"), None);
    }
}

#[tokio::test]
async fn a_bound_plugin_stays_and_an_unbound_one_goes_with_its_file() {
    let Fixture { store, dir } = fixture().await;
    let record = install(&store, "mine", "1.0.0", b"component").await;
    store.bind(None, "strategy", &record.digest, 0, 1, |_| None).await.expect("bound");
    let refusal = store.delete_plugin(None, "mine", "1.0.0", None).await;
    assert!(matches!(refusal, Err(StoreError::InUse { what: "plugin", .. })), "{refusal:?}");
    assert!(store.unbind(None, "strategy", None).await.expect("unbound"));
    assert!(store.delete_plugin(None, "mine", "1.0.0", None).await.expect("deleted"));
    assert!(!store.delete_plugin(None, "mine", "1.0.0", None).await.expect("deleted already"));
    let fixture = Fixture { store, dir }.reopen();
    assert_eq!(fixture.store.plugin_bytes(&record.digest).expect("read"), None);
}

#[tokio::test]
async fn a_workspace_inherits_the_defaults_and_replaces_them_slot_by_slot() {
    let fixture = fixture().await;
    let (store, default) = (&fixture.store, workspace("default"));
    let standard = install(store, "standard", "1.0.0", b"standard").await;
    let other = install(store, "other", "2.0.0", b"other").await;
    store.bind(None, "strategy", &standard.digest, 0, 1, |_| None).await.expect("bound");
    store.bind(None, "detectors/python", &standard.digest, 5, 1, |_| None).await.expect("bound");
    let inherited = [("strategy", "standard@1.0.0"), ("detectors/python", "standard@1.0.0")];
    assert_eq!(slots(store, Some(&default)), pairs(&inherited));
    let bound = store.bind(Some(&default), "strategy", &other.digest, 0, 2, |_| None).await.expect("bound");
    assert_eq!((bound.workspace, bound.plugin.as_str()), (Some(default.clone()), "other"));
    let own = [("strategy", "other@2.0.0"), ("detectors/python", "standard@1.0.0")];
    assert_eq!(slots(store, Some(&default)), pairs(&own));
    assert_eq!(slots(store, Some(&workspace("another"))), pairs(&inherited));
    assert_eq!(slots(store, None), pairs(&inherited));
    assert!(store.unbind(Some(&default), "strategy", None).await.expect("unbound"));
    assert!(!store.unbind(Some(&default), "strategy", None).await.expect("unbound already"));
    assert_eq!(slots(store, Some(&default)), pairs(&inherited));
}

#[tokio::test]
async fn the_revision_grows_with_each_change_that_a_workspace_sees() {
    let fixture = fixture().await;
    let (store, default, another) = (&fixture.store, workspace("default"), workspace("another"));
    let record = install(store, "mine", "1.0.0", b"component").await;
    let revisions = || [&default, &another].map(|name| store.bindings(Some(name)).expect("read").revision);
    assert_eq!(revisions(), [0, 0]);
    store.bind(None, "strategy", &record.digest, 0, 1, |_| None).await.expect("bound");
    assert_eq!(revisions(), [1, 1]);
    store.bind(Some(&default), "strategy", &record.digest, 0, 1, |_| None).await.expect("bound");
    assert_eq!(revisions(), [2, 1]);
    store.unbind(Some(&default), "strategy", None).await.expect("unbound");
    store.unbind(Some(&default), "strategy", None).await.expect("unbound already");
    assert_eq!(revisions(), [3, 1]);
}

#[tokio::test]
async fn a_plugin_of_one_workspace_is_for_that_one_only() {
    let fixture = fixture().await;
    let (store, default, another) = (&fixture.store, workspace("default"), workspace("another"));
    let record = plugin("private", "1.0.0", b"private", Some("default"));
    store.insert_plugin(record.clone(), b"private".to_vec(), None).await.expect("installed");
    assert_eq!(store.plugins(Some(&default)).expect("read"), std::slice::from_ref(&record));
    assert_eq!(store.plugin(Some(&default), "private", None).expect("read").as_ref(), Some(&record));
    store.bind(Some(&default), "strategy", &record.digest, 0, 1, |_| None).await.expect("bound");
    for stranger in [Some(&another), None] {
        assert!(store.plugins(stranger).expect("read").is_empty());
        assert_eq!(store.plugin(stranger, "private", None).expect("read"), None);
        let refusal = store.bind(stranger, "strategy", &record.digest, 0, 1, |_| None).await;
        assert!(matches!(refusal, Err(StoreError::NotFound { what: "plugin", .. })), "{refusal:?}");
    }
    assert_eq!(store.all_plugins().expect("read"), [record]);
}
