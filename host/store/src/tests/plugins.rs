//! Installed plugins and what they are bound to.

use super::{Fixture, fixture, note, workspace};
use crate::{Binding, By, PluginRecord, Seat, Store, StoreError};
use std::fs;
use windlass_domain::WorkspaceName;
use windlass_domain::binding::BindingTerms;
use windlass_domain::source;

pub(super) fn plugin(name: &str, version: &str, component: &[u8], owner: Option<&str>) -> PluginRecord {
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

pub(super) async fn install(store: &Store, name: &str, version: &str, component: &[u8]) -> PluginRecord {
    let record = plugin(name, version, component, None);
    store.insert_plugin(record.clone(), component.to_vec(), None).await.expect("installed");
    record
}

pub(super) const NOBODY: By = By { who: None, at: 1 };

/// Binds a component by its digest.
pub(super) async fn bind(
    store: &Store,
    workspace: Option<&WorkspaceName>,
    slot: &str,
    digest: &str,
    priority: i32,
) -> Result<Binding, StoreError> {
    let terms = BindingTerms { priority, ..BindingTerms::default() };
    store.bind(&Seat::live(workspace.cloned(), slot), digest, terms, NOBODY, |_| None).await
}

async fn unbind(store: &Store, workspace: Option<&WorkspaceName>, slot: &str) -> bool {
    store.unbind(&Seat::live(workspace.cloned(), slot), NOBODY, None).await.expect("written")
}

/// The slots that hold in a workspace, each with its plugin's title.
fn slots(store: &Store, workspace: Option<&WorkspaceName>) -> Vec<(String, String)> {
    let bindings = store.bindings(workspace).expect("read");
    let title = |binding: crate::Binding| (binding.seat.slot, format!("{}@{}", binding.plugin, binding.version));
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
    bind(store, None, "strategy", &builtin(b"old").digest, 0).await.expect("bound");
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
    bind(&store, None, "strategy", &record.digest, 0).await.expect("bound");
    let refusal = store.delete_plugin(None, "mine", "1.0.0", None).await;
    assert!(
        matches!(&refusal, Err(StoreError::InUse { what: "plugin", by, .. }) if by == &["*/strategy"]),
        "{refusal:?}"
    );
    assert!(unbind(&store, None, "strategy").await);
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
    bind(store, None, "strategy", &standard.digest, 0).await.expect("bound");
    bind(store, None, "detectors/python", &standard.digest, 5).await.expect("bound");
    let inherited = [("strategy", "standard@1.0.0"), ("detectors/python", "standard@1.0.0")];
    assert_eq!(slots(store, Some(&default)), pairs(&inherited));
    let bound = bind(store, Some(&default), "strategy", &other.digest, 0).await.expect("bound");
    assert_eq!((bound.seat.workspace, bound.plugin.as_str()), (Some(default.clone()), "other"));
    let own = [("strategy", "other@2.0.0"), ("detectors/python", "standard@1.0.0")];
    assert_eq!(slots(store, Some(&default)), pairs(&own));
    assert_eq!(slots(store, Some(&workspace("another"))), pairs(&inherited));
    assert_eq!(slots(store, None), pairs(&inherited));
    assert!(unbind(store, Some(&default), "strategy").await);
    assert!(!unbind(store, Some(&default), "strategy").await);
    assert_eq!(slots(store, Some(&default)), pairs(&inherited));
}

#[tokio::test]
async fn the_revision_grows_with_each_change_that_a_workspace_sees() {
    let fixture = fixture().await;
    let (store, default, another) = (&fixture.store, workspace("default"), workspace("another"));
    let record = install(store, "mine", "1.0.0", b"component").await;
    let revisions = || [&default, &another].map(|name| store.bindings(Some(name)).expect("read").revision);
    assert_eq!(revisions(), [0, 0]);
    bind(store, None, "strategy", &record.digest, 0).await.expect("bound");
    assert_eq!(revisions(), [1, 1]);
    bind(store, Some(&default), "strategy", &record.digest, 0).await.expect("bound");
    assert_eq!(revisions(), [2, 1]);
    unbind(store, Some(&default), "strategy").await;
    unbind(store, Some(&default), "strategy").await;
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
    bind(store, Some(&default), "strategy", &record.digest, 0).await.expect("bound");
    for stranger in [Some(&another), None] {
        assert!(store.plugins(stranger).expect("read").is_empty());
        assert_eq!(store.plugin(stranger, "private", None).expect("read"), None);
        let refusal = bind(store, stranger, "strategy", &record.digest, 0).await;
        assert!(matches!(refusal, Err(StoreError::NotFound { what: "plugin", .. })), "{refusal:?}");
    }
    assert_eq!(store.all_plugins().expect("read"), [record]);
}
