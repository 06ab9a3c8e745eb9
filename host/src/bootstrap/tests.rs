//! First starts, later starts, and starts that were cut off.

use super::*;
use crate::config::{GivenKeys, Settings};
use clap::Parser;
use std::os::unix::fs::PermissionsExt as _;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
}

fn config(data_dir: &Path, bootstrap: Option<&str>) -> Config {
    let parsed = Arguments::try_parse_from(["windlass".as_ref(), "--data-dir".as_ref(), data_dir.as_os_str()]);
    let keys = GivenKeys { bootstrap: bootstrap.map(str::to_owned), operator: None };
    Config::new(parsed.expect("the arguments parse").settings, keys).expect("the settings are good")
}

fn key_in(file: &Path) -> String {
    fs::read_to_string(file).expect("the key file").trim().to_owned()
}

fn key_of(store: &Store, key: &str) -> Option<KeyRecord> {
    store.key_by_hash(&token::hash(key)).expect("the store answers")
}

#[tokio::test]
async fn the_first_start_makes_a_workspace_and_two_private_keys_and_the_second_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(folder.path(), None);
    let store = Store::open(folder.path()).expect("the store opens");
    run(&store, &config).await.expect("the first start");
    let (workspace, operator) = (key_in(&bootstrap_file(folder.path())), key_in(&operator_file(folder.path())));
    assert_eq!((workspace.len(), &workspace[..6]), (6 + 64, "ra_ws_"));
    assert_eq!((operator.len(), &operator[..6]), (6 + 64, "wl_op_"));
    for file in [bootstrap_file(folder.path()), operator_file(folder.path())] {
        assert_eq!(fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
    }
    let default = WorkspaceName::parse("workspace", "default").expect("a name");
    assert_eq!(key_of(&store, &workspace).expect("known").kind, KeyKind::Workspace(default.clone()));
    assert_eq!(key_of(&store, &operator).expect("known").kind, KeyKind::Operator);
    run(&store, &config).await.expect("the second start");
    assert_eq!(key_in(&bootstrap_file(folder.path())), workspace);
    assert_eq!(store.workspace_keys(&default).expect("the keys").len(), 1);
    assert_eq!(store.operator_keys().expect("the keys").len(), 1);
}

#[tokio::test]
async fn a_chosen_key_is_added_beside_the_old_ones_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("the store opens");
    run(&store, &config(folder.path(), None)).await.expect("the first start");
    let first = key_in(&bootstrap_file(folder.path()));
    let chosen = format!("ra_ws_{}", "c".repeat(32));
    for _ in 0..2 {
        run(&store, &config(folder.path(), Some(&chosen))).await.expect("a start with a chosen key");
    }
    assert_eq!(key_in(&bootstrap_file(folder.path())), chosen);
    assert!(key_of(&store, &first).is_some() && key_of(&store, &chosen).is_some());
    let default = WorkspaceName::parse("workspace", "default").expect("a name");
    assert_eq!(store.workspace_keys(&default).expect("the keys").len(), 2);
}

#[tokio::test]
async fn a_revoked_key_is_not_revived_by_the_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("the store opens");
    let chosen = format!("ra_ws_{}", "c".repeat(32));
    run(&store, &config(folder.path(), Some(&chosen))).await.expect("the first start");
    store.revoke_key(&key_of(&store, &chosen).expect("known").id, None).await.expect("revoked");
    run(&store, &config(folder.path(), Some(&chosen))).await.expect("the second start");
    assert!(key_of(&store, &chosen).expect("known").revoked);
}

#[tokio::test]
async fn a_start_cut_off_before_the_store_knew_the_key_is_made_good() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("the store opens");
    let written = format!("ra_ws_{}", "w".repeat(64));
    fs::write(bootstrap_file(folder.path()), &written).expect("the file");
    run(&store, &config(folder.path(), None)).await.expect("the start");
    assert!(key_of(&store, &written).is_some());
}

#[tokio::test]
async fn a_key_file_that_holds_no_key_is_refused_without_being_repeated() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("the store opens");
    fs::write(bootstrap_file(folder.path()), "nonsense").expect("the file");
    let refused = format!("{:#}", run(&store, &config(folder.path(), None)).await.expect_err("refused"));
    assert!(refused.contains("bootstrap-key holds no key") && !refused.contains("nonsense"), "{refused}");
}

#[test]
fn the_cache_key_is_made_once_and_again_where_it_was_emptied() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = cache_key(folder.path()).expect("made");
    assert_eq!(cache_key(folder.path()).expect("read"), first);
    fs::write(folder.path().join(CACHE_FILE), "").expect("emptied");
    assert_ne!(cache_key(folder.path()).expect("made again"), first);
}
