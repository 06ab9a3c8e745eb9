//! What workspaces have of what they may have, and what goes once nothing needs it.

use super::{Fixture, agent, deploy, fixture, note, tree, workspace};
use crate::row::first;
use crate::{
    ArtifactRecord, AuditEntry, BlobKind, DraftRecord, DraftStatus, ImageBlob, ImageRecord, Limited, Limits, OwnLimits,
    Store, StoreError, Use,
};
use std::collections::HashSet;
use std::sync::Arc;

/// The same counted anew, from what is stored.
const COUNTED: &str = "
    SELECT (SELECT count(*) FROM agents WHERE workspace = 'default'),
        (SELECT coalesce(sum(length(tree)), 0) FROM sources WHERE digest IN (
            SELECT json_extract(spec, '$.source_digest') FROM revisions WHERE workspace = 'default'))
        + (SELECT coalesce(sum(size), 0) FROM (
            SELECT DISTINCT digest, size FROM image_blobs WHERE workspace = 'default'))
        + (SELECT coalesce(sum(length(body)), 0) FROM artifacts WHERE workspace = 'default')
        + (SELECT coalesce(sum(octet_length(body)), 0) FROM drafts WHERE workspace = 'default')";

fn used(store: &Store) -> Use {
    let used = store.workspace_use(&workspace("default")).expect("a workspace");
    let counted = store.read(|connection| {
        let counted = first(connection, COUNTED, [], |row| {
            let count = |at| Ok::<_, StoreError>(u64::try_from(row.get::<_, i64>(at)?).expect("not negative"));
            Ok(Use { agents: count(0)?, bytes: count(1)? })
        })?;
        Ok(counted.expect("a row"))
    });
    assert_eq!(used, counted.expect("readable"), "the sums are true");
    used
}

fn image(repository: &str, layer: &str) -> ImageRecord {
    let blob = |digest: &str, size, kind| ImageBlob { digest: digest.into(), media_type: "x".into(), size, kind };
    let blobs = vec![blob("sha256:00", 7, BlobKind::Manifest), blob(layer, 100, BlobKind::Layer)];
    ImageRecord { workspace: workspace("default"), repository: repository.into(), blobs, tags: Vec::new() }
}

fn artifact(id: &str, text: &str) -> ArtifactRecord {
    let (workspace, owner) = (workspace("default"), "key-1".to_owned());
    ArtifactRecord { id: id.into(), workspace, owner, body: note(text), created_at: 10 }
}

fn draft(id: &str, status: DraftStatus, body: serde_json::Value) -> DraftRecord {
    let (workspace, owner) = (workspace("default"), "key-1".to_owned());
    DraftRecord { id: id.into(), workspace, owner, status, version: 1, body, created_at: 10, updated_at: 10 }
}

/// A store whose workspaces may have so much.
async fn limited(limits: Limits) -> Fixture {
    let Fixture { store, dir } = fixture().await;
    let store = Arc::into_inner(store).expect("nobody else has it").with_limits(limits);
    Fixture { store: Arc::new(store), dir }
}

fn refused<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> (Limited, u64, u64, u64) {
    match answer.expect_err("past the limit") {
        StoreError::OverLimit { what, limit, used, more } => (what, limit, used, more),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_a_workspace_has_is_counted_once_each_and_no_more_once_it_is_gone() {
    let Fixture { store, dir: _dir } = fixture().await;
    assert_eq!(used(&store), Use { agents: 0, bytes: 0 });
    let (a, b) = (agent("a"), agent("b"));
    let with_image = |agent, layer| {
        let record = deploy(agent, "same", Vec::new());
        crate::DeployRecord { image: Some(image(agent.name.as_str(), layer)), ..record }
    };
    store.record_deploy(with_image(&a, "sha256:aa")).await.expect("recorded");
    let one = used(&store);
    assert_eq!(one.agents, 1);
    assert!(one.bytes > 107, "{one:?}");
    store.record_deploy(with_image(&a, "sha256:aa")).await.expect("the same again");
    assert_eq!(used(&store), one);
    store.record_deploy(with_image(&b, "sha256:aa")).await.expect("recorded");
    assert_eq!(used(&store), Use { agents: 2, ..one }, "the source and the blobs are there already");
    store.record_deploy(deploy(&a, "other", Vec::new())).await.expect("recorded");
    assert!(used(&store).bytes > one.bytes, "another source");

    store.insert_artifact(artifact("artifact-1", "text")).await.expect("inserted");
    store.insert_draft(draft("draft-1", DraftStatus::InProgress, note("é"))).await.expect("inserted");
    used(&store);
    let body = note("much longer");
    let changed = store.update_draft(&workspace("default"), "draft-1", 1, DraftStatus::InProgress, &body, 11).await;
    changed.expect("changed");
    used(&store);
    assert!(store.delete_draft(&workspace("default"), "draft-1").await.expect("deleted"));
    store.delete_agent(&b).await.expect("deleted");
    used(&store);
    store.delete_agent(&a).await.expect("deleted");
    let left = used(&store);
    assert!(left.agents == 0 && left.bytes < one.bytes, "the artifact alone: {left:?}");
}

#[tokio::test]
async fn as_many_agents_as_the_limit_says_are_taken_and_one_more_changes_nothing() {
    let Fixture { store, dir: _dir } = limited(Limits { agents: 2, ..Limits::default() }).await;
    for name in ["a", "b"] {
        store.record_deploy(deploy(&agent(name), "x", Vec::new())).await.expect("within the limit");
    }
    let third = || store.record_deploy(deploy(&agent("c"), "x", vec![super::tool("t", "")]));
    assert_eq!(refused(third().await), (Limited::Agents, 2, 2, 1));
    assert_eq!(store.agents(&workspace("default")).expect("read").len(), 2);
    assert!(store.tools(&workspace("default")).expect("read").is_empty(), "nothing of it was kept");
    store.record_deploy(deploy(&agent("a"), "x", Vec::new())).await.expect("the same again");
    store.record_deploy(deploy(&agent("a"), "y", Vec::new())).await.expect("another revision is no agent");
    store.delete_agent(&agent("b")).await.expect("deleted");
    third().await.expect("there is room again");
}

#[tokio::test]
async fn bytes_are_taken_up_to_the_limit_and_not_one_more() {
    let Fixture { store, dir: _dir } = fixture().await;
    store.insert_artifact(artifact("artifact-1", "first")).await.expect("inserted");
    store.insert_artifact(artifact("artifact-2", "other")).await.expect("inserted");
    let both = used(&store).bytes;
    for (bytes, passes) in [(both, true), (both - 1, false)] {
        let Fixture { store, dir: _dir } = limited(Limits { bytes, ..Limits::default() }).await;
        store.insert_artifact(artifact("artifact-1", "first")).await.expect("inserted");
        let one = used(&store).bytes;
        let second = store.insert_artifact(artifact("artifact-2", "other")).await;
        if passes {
            second.expect("the very last byte");
        } else {
            assert_eq!(refused(second), (Limited::Bytes, bytes, one, both - one));
        }
        assert_eq!(used(&store).bytes, if passes { both } else { one });
    }
}

#[tokio::test]
async fn past_a_lowered_limit_nothing_grows_and_the_same_deploy_passes() {
    let Fixture { store, dir: _dir } = fixture().await;
    let (default, bot) = (workspace("default"), agent("bot"));
    store.record_deploy(deploy(&bot, "x", Vec::new())).await.expect("recorded");
    store.insert_draft(draft("draft-1", DraftStatus::InProgress, note("long"))).await.expect("inserted");
    let entry = AuditEntry {
        who: "key-1".into(),
        what: "limit default".into(),
        before: serde_json::Value::Null,
        after: serde_json::Value::Null,
        at: 1,
    };
    let own = OwnLimits { bytes: Some(1), agents: Some(1), ..OwnLimits::default() };
    store.set_limits(&default, own, entry).await.expect("set");
    assert_eq!(store.own_limits(&default).expect("read"), own);
    assert_eq!(store.audit_log(1).expect("read")[0].entry.what, "limit default");

    store.record_deploy(deploy(&bot, "x", Vec::new())).await.expect("the same again");
    let body = note("l");
    store.update_draft(&default, "draft-1", 1, DraftStatus::InProgress, &body, 2).await.expect("it shrinks");
    let body = note("longer");
    let grown = store.update_draft(&default, "draft-1", 2, DraftStatus::InProgress, &body, 3).await;
    assert_eq!(refused(grown).0, Limited::Bytes);
    assert_eq!(refused(store.record_deploy(deploy(&bot, "y", Vec::new())).await).0, Limited::Bytes);
    assert_eq!(store.revisions(&bot).expect("read").len(), 1);
}

#[tokio::test]
async fn the_last_revisions_stay_and_what_only_older_ones_named_goes() {
    const DAY: i64 = 24 * 60 * 60 * 1_000;
    let Fixture { store, dir: _dir } = fixture().await;
    let (default, bot) = (workspace("default"), agent("bot"));
    for request in ["1", "2", "3", "4"] {
        let mut record = deploy(&bot, request, Vec::new());
        let image = format!("localhost/default/bot:{request}");
        record.spec.image = Some(image.clone());
        record.build.as_mut().expect("a build").image = image;
        store.record_deploy(record).await.expect("recorded");
    }
    let limits = Limits { keep_revisions: 2, keep_days: 1, ..Limits::default() };
    let old = store.old_revisions(&default, limits).expect("read");
    assert_eq!(old.iter().map(|old| old.number).collect::<Vec<_>>(), [1, 2]);
    assert!(store.old_revisions(&default, Limits::default()).expect("read").is_empty(), "0 keeps all");
    assert_eq!(store.remove_revisions(old).await.expect("removed"), 2);
    let current = crate::OldRevision { agent: bot.clone(), number: 4 };
    assert_eq!(store.remove_revisions(vec![current]).await.expect("run"), 0, "a current one stays");
    used(&store);

    // All was recorded at 10; what is exactly a day old is not older than a day.
    let expire = |now| store.expire(&default, limits, now);
    assert_eq!(expire(10 + DAY).await.expect("run"), crate::Expired::default());
    let expired = expire(11 + DAY).await.expect("run");
    assert_eq!((expired.decisions, expired.builds), (2, 2));
    assert!(store.decision(&default, "dec-bot-2").expect("read").is_none());
    for kept in ["3", "4"] {
        assert!(store.decision(&default, &format!("dec-bot-{kept}")).expect("read").is_some());
        assert!(store.build(&default, &format!("build-bot-{kept}")).expect("read").is_some());
    }
    assert_eq!(store.remove_unnamed_sources().await.expect("removed"), 2);
    assert!(store.source(&tree("2").digest()).expect("read").is_none());
    assert!(store.source(&tree("3").digest()).expect("read").is_some());
    used(&store);
    store.rollback(&bot, 3, 20).await.expect("one that is kept can be gone back to");
}

#[tokio::test]
async fn closed_drafts_those_of_ended_keys_artifacts_and_idempotency_keys_go_with_age_and_open_work_stays() {
    const DAY: i64 = 24 * 60 * 60 * 1_000;
    let Fixture { store, dir: _dir } = fixture().await;
    let default = workspace("default");
    let key = |id: &str, expires_at| crate::KeyRecord {
        id: id.into(),
        kind: crate::KeyKind::Workspace(workspace("default")),
        name: id.into(),
        prefix: "p".into(),
        last4: "last".into(),
        created_at: 1,
        last_used_at: None,
        expires_at,
        revoked: false,
    };
    store.insert_key(key("key-1", None), [1; 32], None).await.expect("inserted");
    store.insert_key(key("key-2", None), [2; 32], None).await.expect("inserted");
    store.insert_key(key("key-3", Some(20)), [3; 32], None).await.expect("inserted");
    store.revoke_key("key-2", None).await.expect("revoked");
    let open = draft("open", DraftStatus::InProgress, serde_json::json!({"artifact_id": "named"}));
    let of =
        |id: &str, owner: &str| DraftRecord { owner: owner.into(), ..draft(id, DraftStatus::InProgress, note("")) };
    let drafts = [
        open,
        of("revoked", "key-2"),
        of("expired", "key-3"),
        of("gone", "key-4"),
        draft("completed", DraftStatus::Completed, note("")),
        draft("abandoned", DraftStatus::Abandoned, note("")),
    ];
    for draft in drafts {
        store.insert_draft(draft).await.expect("inserted");
    }
    for id in ["named", "unnamed"] {
        store.insert_artifact(artifact(id, "text")).await.expect("inserted");
    }
    let action = crate::ActionRecord { digest: "d".into(), result: note("") };
    store.insert_action(&default, "once", action, 10).await.expect("inserted");

    let limits = Limits { keep_days: 1, ..Limits::default() };
    assert_eq!(store.expire(&default, Limits::default(), 100 * DAY).await.expect("run"), crate::Expired::default());
    let expired = store.expire(&default, limits, 11 + DAY).await.expect("run");
    let expected = crate::Expired { drafts: 5, artifacts: 1, actions: 1, ..crate::Expired::default() };
    assert_eq!(expired, expected);
    assert!(store.draft(&default, "open").expect("read").is_some());
    assert!(store.artifact(&default, "named").expect("read").is_some());
    assert!(store.action(&default, "once").expect("read").is_none());
    used(&store);
}

#[tokio::test]
async fn a_build_that_an_agent_runs_by_the_name_of_its_image_stays() {
    const DAY: i64 = 24 * 60 * 60 * 1_000;
    let Fixture { store, dir: _dir } = fixture().await;
    let record = deploy(&agent("made"), "x", Vec::new());
    let build = record.build.clone().expect("a build");
    for (id, image) in [("named", "localhost/default/made:1"), ("unnamed", "localhost/default/made:2")] {
        let build = crate::BuildRecord { id: id.into(), image: image.into(), ..build.clone() };
        store.insert_build(build, None).await.expect("inserted");
    }
    let mut runs = deploy(&agent("bot"), "y", Vec::new());
    (runs.build, runs.spec.image) = (None, Some("another.name:8092/default/made:1".into()));
    store.record_deploy(runs).await.expect("recorded");
    let limits = Limits { keep_days: 1, ..Limits::default() };
    let expired = store.expire(&workspace("default"), limits, 11 + DAY).await.expect("run");
    assert_eq!(expired.builds, 1);
    assert!(store.build(&workspace("default"), "named").expect("read").is_some());
}

#[tokio::test]
async fn a_manifest_that_no_build_names_any_more_is_found_and_its_blobs_go_alone() {
    let Fixture { store, dir: _dir } = fixture().await;
    let mut record = deploy(&agent("bot"), "x", Vec::new());
    record.image = Some(image("bot", "sha256:aa"));
    store.record_deploy(record).await.expect("recorded");
    assert!(store.repositories_with_leftovers().expect("read").is_empty());
    let blobs = vec![
        ImageBlob { digest: "sha256:01".into(), media_type: "x".into(), size: 5, kind: BlobKind::Manifest },
        ImageBlob { digest: "sha256:bb".into(), media_type: "x".into(), size: 50, kind: BlobKind::Layer },
    ];
    store.record_image(ImageRecord { blobs, ..image("bot", "sha256:aa") }).await.expect("recorded");

    let found = store.repositories_with_leftovers().expect("read");
    assert_eq!((found.len(), found[0].name.as_str()), (1, "bot"));
    assert_eq!(store.named_manifests(&found[0]).expect("read"), ["sha256:00"]);
    let kept = HashSet::from(["sha256:00".to_owned(), "sha256:aa".to_owned()]);
    assert_eq!(store.keep_blobs(found[0].clone(), kept.clone()).await.expect("removed"), 2);
    let all = ["sha256:00", "sha256:aa", "sha256:01", "sha256:bb"].map(str::to_owned);
    assert_eq!(store.held_blobs(&all).expect("read"), kept);
    assert!(store.repositories_with_leftovers().expect("read").is_empty());
    used(&store);
}

#[tokio::test]
async fn what_an_older_program_stored_is_counted_when_it_is_opened() {
    let Fixture { store, dir } = fixture().await;
    store.record_deploy(deploy(&agent("a"), "x", Vec::new())).await.expect("recorded");
    store.insert_artifact(artifact("artifact-1", "text")).await.expect("inserted");
    let expected = used(&store);
    drop(store);
    // As the fourth step left it: without what the later ones make.
    let file = rusqlite::Connection::open(dir.path().join("windlass.db")).expect("opens");
    let sql = "SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema WHERE type = 'trigger'";
    let triggers: String = file.query_row(sql, [], |row| row.get(0)).expect("triggers");
    let undo = "DROP INDEX revisions_by_source; DROP INDEX revisions_by_image; DROP INDEX image_blobs_by_digest;
                DROP INDEX builds_by_name; ALTER TABLE revisions DROP COLUMN source_digest;
                ALTER TABLE revisions DROP COLUMN image; DROP TABLE workspace_use;
                DROP TABLE decision_inputs; DROP TABLE shadows; DROP TABLE shadow_differences;
                DROP TABLE current_bindings; DROP TABLE binding_history;
                CREATE TABLE bindings (workspace, slot, plugin_workspace, plugin, version, priority, bound_at);
                PRAGMA user_version = 4;";
    file.execute_batch(&format!("{triggers};{undo}")).expect("undone");
    drop(file);
    let store = Store::open(dir.path()).expect("migrated");
    assert_eq!(used(&store), expected);
    store.delete_agent(&agent("a")).await.expect("deleted");
    assert_eq!(used(&store).agents, 0);
}
