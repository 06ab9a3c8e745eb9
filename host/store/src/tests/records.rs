//! Workspaces, keys, builds, drafts, artifacts and the audit log.

use super::plugins::NOBODY;
use super::{agent, deploy, fixture, note, tree, workspace};
use crate::{
    ActionRecord, ArtifactRecord, AuditEntry, BuildOutcome, BuildStatus, DeployRecord, DraftRecord, DraftSeen,
    DraftStatus, KeyKind, KeyRecord, Seat, StoreError,
};
use serde_json::Value;

fn key(id: &str, kind: KeyKind) -> KeyRecord {
    KeyRecord {
        id: id.to_owned(),
        kind,
        name: "ci".to_owned(),
        prefix: "ra_ws_".to_owned(),
        last4: "cdef".to_owned(),
        created_at: 5,
        last_used_at: None,
        expires_at: None,
        revoked: false,
    }
}

#[tokio::test]
async fn a_workspace_is_made_once() {
    let fixture = fixture().await;
    let made = fixture.store.create_workspace(&workspace("team"), 7).await.expect("made");
    assert_eq!(fixture.store.workspace(&workspace("team")).expect("read"), Some(made.clone()));
    let refusal = fixture.store.create_workspace(&workspace("team"), 8).await;
    assert!(matches!(refusal, Err(StoreError::Exists { what: "workspace", .. })), "{refusal:?}");
    assert_eq!(fixture.store.workspaces().expect("read").last(), Some(&made));
}

#[tokio::test]
async fn keys_are_found_by_their_hash_until_they_are_revoked_or_expired() {
    let fixture = fixture().await;
    let store = &fixture.store;
    let operator = key("op", KeyKind::Operator);
    let worker = KeyRecord { expires_at: Some(100), ..key("ws", KeyKind::Workspace(workspace("default"))) };
    store.insert_key(operator.clone(), [1; 32], None).await.expect("inserted");
    store.insert_key(worker.clone(), [2; 32], None).await.expect("inserted");
    assert_eq!(store.key_by_hash(&[1; 32]).expect("read").as_ref(), Some(&operator));
    assert_eq!(store.key_by_hash(&[3; 32]).expect("read"), None);
    assert_eq!(store.operator_keys().expect("read"), [operator]);
    assert_eq!(store.workspace_keys(&workspace("default")).expect("read"), std::slice::from_ref(&worker));
    assert!(worker.is_valid(99) && !worker.is_valid(100));
    assert!(store.revoke_key("ws", None).await.expect("revoked"));
    assert!(store.revoke_key("ws", None).await.expect("revoked already"));
    assert!(!store.revoke_key("nobody", None).await.expect("no such key"));
    assert!(!store.key("ws").expect("read").expect("still listed").is_valid(6));
}

#[tokio::test]
async fn a_key_of_a_known_token_or_an_unknown_workspace_is_refused() {
    let fixture = fixture().await;
    fixture.store.insert_key(key("one", KeyKind::Operator), [1; 32], None).await.expect("inserted");
    let twice = fixture.store.insert_key(key("two", KeyKind::Operator), [1; 32], None).await;
    assert!(matches!(twice, Err(StoreError::Exists { what: "key", .. })), "{twice:?}");
    let nowhere = fixture.store.insert_key(key("three", KeyKind::Workspace(workspace("nowhere"))), [3; 32], None).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound { what: "workspace", .. })), "{nowhere:?}");
}

#[tokio::test]
async fn the_last_use_of_a_key_is_kept_to_the_minute() {
    let fixture = fixture().await;
    let store = &fixture.store;
    store.insert_key(key("k", KeyKind::Operator), [1; 32], None).await.expect("inserted");
    let mut seen = Vec::new();
    for now in [1_000, 60_999, 61_000] {
        store.touch_key("k", now);
        // Writes are in order: once this one is answered, the touch is stored.
        store.revoke_key("nobody", None).await.expect("no such key");
        seen.extend(store.key("k").expect("read").expect("a key").last_used_at);
    }
    assert_eq!(seen, [1_000, 1_000, 61_000]);
}

#[tokio::test]
async fn a_rotated_key_is_found_by_its_new_hash_alone_and_was_never_used() {
    let fixture = fixture().await;
    let store = &fixture.store;
    let old = key("k", KeyKind::Workspace(workspace("default")));
    store.insert_key(old.clone(), [1; 32], None).await.expect("inserted");
    store.touch_key("k", 1_000);
    let new = KeyRecord { last4: "6789".to_owned(), expires_at: Some(100), ..old.clone() };
    assert!(store.rotate_key(new.clone(), [2; 32], None).await.expect("rotated"));
    assert_eq!(store.key_by_hash(&[1; 32]).expect("read"), None);
    assert_eq!(store.key_by_hash(&[2; 32]).expect("read"), Some(new.clone()));
    store.touch_key("k", 2_000);
    store.revoke_key("nobody", None).await.expect("no such key");
    assert_eq!(store.key("k").expect("read").expect("a key").last_used_at, Some(2_000), "its first use is noted");
    store.revoke_key("k", None).await.expect("revoked");
    assert!(!store.rotate_key(new, [3; 32], None).await.expect("not rotated"), "a revoked key stays revoked");
    assert_eq!(store.key_by_hash(&[3; 32]).expect("read"), None);
}

#[tokio::test]
async fn a_setting_is_of_its_workspace_and_overwritten() {
    let fixture = fixture().await;
    let (store, default) = (&fixture.store, workspace("default"));
    store.create_workspace(&workspace("team"), 7).await.expect("made");
    assert_eq!(store.session_idle_minutes(&default).expect("read"), None);
    for minutes in [5, 60] {
        store.set_session_idle_minutes(&default, minutes).await.expect("set");
        assert_eq!(store.session_idle_minutes(&default).expect("read"), Some(minutes));
    }
    assert_eq!(store.session_idle_minutes(&workspace("team")).expect("read"), None);
    let nowhere = store.set_session_idle_minutes(&workspace("nowhere"), 5).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound { what: "workspace", .. })), "{nowhere:?}");
}

#[tokio::test]
async fn what_was_done_under_a_key_is_kept_once_and_for_its_workspace() {
    let fixture = fixture().await;
    let default = workspace("default");
    let done = |digest: &str| ActionRecord { digest: digest.to_owned(), result: note(digest) };
    fixture.store.insert_action(&default, "k", done("one"), 1).await.expect("kept");
    let again = fixture.store.insert_action(&default, "k", done("two"), 2).await;
    assert!(matches!(again, Err(StoreError::Exists { what: "action", .. })), "{again:?}");
    let fixture = fixture.reopen();
    assert_eq!(fixture.store.action(&default, "k").expect("read"), Some(done("one")));
    assert_eq!(fixture.store.action(&default, "other").expect("read"), None);
    assert_eq!(fixture.store.action(&workspace("team"), "k").expect("read"), None);
}

#[tokio::test]
async fn a_build_moves_on_in_its_workspace_only() {
    let fixture = fixture().await;
    let (store, default) = (&fixture.store, workspace("default"));
    let mut build = deploy(&super::agent("a"), "one", vec![]).build.expect("a build");
    build.status = BuildStatus::Pending;
    store.insert_build(build.clone(), None).await.expect("inserted");
    let refusal = store.insert_build(build.clone(), None).await;
    assert!(matches!(refusal, Err(StoreError::Exists { what: "build", .. })), "{refusal:?}");
    let failed = BuildOutcome {
        status: BuildStatus::Failed,
        image_digest: None,
        error: Some("no such base".to_owned()),
        completed_at: Some(20),
    };
    store.update_build(&default, &build.id, failed.clone()).await.expect("updated");
    let stored = store.build(&default, &build.id).expect("read").expect("a build");
    assert_eq!((stored.status, stored.error.as_deref()), (BuildStatus::Failed, Some("no such base")));
    assert_eq!((stored.completed_at, stored.image), (Some(20), build.image));
    assert_eq!(store.build(&workspace("another"), &build.id).expect("read"), None);
    let refusal = store.update_build(&workspace("another"), &build.id, failed).await;
    assert!(matches!(refusal, Err(StoreError::NotFound { what: "build", .. })), "{refusal:?}");
}

#[tokio::test]
async fn a_source_is_kept_once_whatever_its_size() {
    let fixture = fixture().await;
    for content in ["small".to_owned(), "large ".repeat(100_000)] {
        let tree = tree(&content);
        let digest = fixture.store.put_source(tree.clone(), 1).await.expect("kept");
        assert_eq!(fixture.store.put_source(tree.clone(), 2).await.expect("kept already"), digest);
        assert_eq!(fixture.store.source(&digest).expect("read").as_ref(), Some(tree.as_ref()));
    }
    assert_eq!(fixture.store.source("sha256:unknown").expect("read"), None);
}

fn draft(id: &str, owner: &str, status: DraftStatus) -> DraftRecord {
    DraftRecord {
        id: id.to_owned(),
        workspace: workspace("default"),
        owner: owner.to_owned(),
        status,
        version: 1,
        body: note("first"),
        created_at: 1,
        updated_at: 1,
    }
}

#[tokio::test]
async fn a_draft_is_changed_by_who_read_its_version() {
    let fixture = fixture().await;
    let (store, default, status) = (&fixture.store, workspace("default"), DraftStatus::InProgress);
    store.insert_draft(draft("d", "me", status)).await.expect("inserted");
    let changed = store.update_draft(&default, "d", 1, status, &note("second"), 9).await.expect("changed");
    assert_eq!((changed.version, changed.updated_at, changed.created_at), (2, 9, 1));
    assert_eq!(store.draft(&default, "d").expect("read"), Some(changed.clone()));
    let late = store.update_draft(&default, "d", 1, status, &note("lost"), 10).await;
    assert!(matches!(late, Err(StoreError::Stale { expected: 1, found: 2, .. })), "{late:?}");
    assert_eq!(store.draft(&default, "d").expect("read"), Some(changed));
    let nobody = store.update_draft(&default, "x", 1, status, &Value::Null, 10).await;
    assert!(matches!(nobody, Err(StoreError::NotFound { .. })), "{nobody:?}");
    assert!(store.delete_draft(&default, "d").await.expect("deleted"));
    assert!(!store.delete_draft(&default, "d").await.expect("deleted already"));
}

#[tokio::test]
async fn a_deploy_completes_the_draft_that_it_has_read_and_no_later_one() {
    let fixture = fixture().await;
    let (store, default, open) = (&fixture.store, workspace("default"), DraftStatus::InProgress);
    for id in ["read", "changed"] {
        store.insert_draft(draft(id, "me", open)).await.expect("inserted");
    }
    store.update_draft(&default, "changed", 1, open, &note("second"), 9).await.expect("changed");
    for (id, status, version) in [("read", DraftStatus::Completed, 2), ("changed", open, 2), ("gone", open, 0)] {
        let draft = Some(DraftSeen { id: id.to_owned(), version: 1 });
        let record = DeployRecord { draft, ..deploy(&agent(id), "one", vec![]) };
        store.record_deploy(record).await.expect("recorded");
        let after = store.draft(&default, id).expect("read").map(|draft| (draft.status, draft.version));
        assert_eq!(after, Some((status, version)).filter(|_| id != "gone"), "{id}");
    }
}

#[tokio::test]
async fn drafts_are_listed_by_status_and_owner() {
    let fixture = fixture().await;
    let store = &fixture.store;
    for (id, owner, status) in [
        ("a", "me", DraftStatus::InProgress),
        ("b", "me", DraftStatus::Completed),
        ("c", "you", DraftStatus::InProgress),
    ] {
        store.insert_draft(draft(id, owner, status)).await.expect("inserted");
    }
    let ids = |status, owner| {
        let drafts = store.drafts(&workspace("default"), status, owner).expect("read");
        drafts.into_iter().map(|draft| draft.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(None, None), ["a", "b", "c"]);
    assert_eq!(ids(Some(DraftStatus::InProgress), None), ["a", "c"]);
    assert_eq!(ids(Some(DraftStatus::InProgress), Some("me")), ["a"]);
    assert_eq!(DraftStatus::parse("COMPLETED"), Some(DraftStatus::Completed));
    assert_eq!(DraftStatus::parse("completed"), None);
}

#[tokio::test]
async fn an_artifact_is_kept_as_it_came() {
    let fixture = fixture().await;
    let artifact = ArtifactRecord {
        id: "art-1".to_owned(),
        workspace: workspace("default"),
        owner: "me".to_owned(),
        body: note(&"long ".repeat(10_000)),
        created_at: 3,
    };
    fixture.store.insert_artifact(artifact.clone()).await.expect("inserted");
    assert_eq!(fixture.store.artifact(&workspace("default"), "art-1").expect("read"), Some(artifact.clone()));
    assert_eq!(fixture.store.artifact(&workspace("another"), "art-1").expect("read"), None);
    let refusal = fixture.store.insert_artifact(artifact).await;
    assert!(matches!(refusal, Err(StoreError::Exists { .. })), "{refusal:?}");
}

pub(super) fn entry(what: &str) -> AuditEntry {
    AuditEntry { who: "op".to_owned(), what: what.to_owned(), before: Value::Null, after: note(what), at: 4 }
}

#[tokio::test]
async fn the_audit_log_is_read_newest_first() {
    let fixture = fixture().await;
    for (n, what) in ["one", "two", "three"].into_iter().enumerate() {
        let hash = [u8::try_from(n).expect("a small number"); 32];
        fixture.store.insert_key(key(what, KeyKind::Operator), hash, Some(entry(what))).await.expect("written");
    }
    let log = fixture.store.audit_log(2).expect("read");
    assert_eq!(log.iter().map(|record| &record.entry).collect::<Vec<_>>(), [&entry("three"), &entry("two")]);
    assert!(log[0].id > log[1].id);
}

#[tokio::test]
async fn an_action_and_its_entry_are_written_together_or_not_at_all() {
    let fixture = fixture().await;
    let store = &fixture.store;
    let first = key("first", KeyKind::Workspace(workspace("team")));
    let both = vec![entry("create workspace team"), entry("create key first")];
    store.create_workspace_with_key(&workspace("team"), first.clone(), [1; 32], both).await.expect("made");
    // The workspace is new, the key is not: neither is made.
    let refused = store.create_workspace_with_key(&workspace("other"), first, [1; 32], vec![entry("other")]).await;
    assert!(matches!(refused, Err(StoreError::Exists { what: "key", .. })), "{refused:?}");
    assert_eq!(store.workspace(&workspace("other")).expect("read"), None);
    // What changes nothing is no action.
    assert!(!store.revoke_key("nobody", Some(entry("revoke nobody"))).await.expect("no such key"));
    assert!(!store.unbind(&Seat::live(None, "strategy"), NOBODY, Some(entry("unbind"))).await.expect("not bound"));
    assert!(!store.delete_plugin(None, "none", "1.0.0", Some(entry("delete"))).await.expect("no such plugin"));
    let log = store.audit_log(9).expect("read");
    let said: Vec<&str> = log.iter().map(|record| record.entry.what.as_str()).collect();
    assert_eq!(said, ["create key first", "create workspace team"]);
}

#[tokio::test]
async fn a_damaged_row_is_named_and_not_quoted() {
    let fixture = fixture().await;
    fixture.store.insert_draft(draft("d", "me", DraftStatus::InProgress)).await.expect("inserted");
    for damage in ["body = '{\"note\": private'", "status = 'LOST'", "workspace = 'not a name'"] {
        let sql = format!("PRAGMA defer_foreign_keys = ON; UPDATE drafts SET {damage}");
        let damaged = fixture.store.write(move |connection| {
            connection.execute_batch(&sql)?;
            let read = crate::row::all(connection, "SELECT * FROM drafts", [], crate::drafts::read_draft);
            // The error rolls the damage back.
            Err::<(), _>(read.expect_err("damaged"))
        });
        let error = damaged.await.expect_err("damaged");
        assert!(matches!(error, StoreError::Corrupt { .. }), "{damage}: {error}");
        assert!(!error.to_string().contains("private"), "{error}");
    }
    assert!(fixture.store.draft(&workspace("default"), "d").expect("read").is_some());
}
