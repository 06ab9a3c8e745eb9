//! Deploys, revisions and agents.

use super::{agent, deploy, fixture, resource, tool, workspace};
use crate::{BlobKind, ImageBlob, ImageRecord, ImageTag, StoreError};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::task::JoinSet;
use windlass_domain::AgentRef;
use windlass_domain::request::AgentSettings;
use windlass_domain::resource::ResourceKind;

#[tokio::test]
async fn a_first_deploy_records_everything_it_made() {
    let fixture = fixture().await;
    let store = &fixture.store;
    let record = deploy(&agent("a"), "one", vec![tool("stripe-api", "pays")]);
    let recorded = store.record_deploy(record.clone()).await.expect("recorded");
    assert!(recorded.agent_created && recorded.revision_created);
    assert_eq!(recorded.tools_created, [resource("stripe-api")]);
    assert_eq!(recorded.revision.number, 1);
    assert_eq!(recorded.revision.spec, record.spec);
    let stored = store.agent(&agent("a")).expect("read").expect("an agent");
    assert_eq!((stored.current, stored.created_at), (recorded.revision, 10));
    let default = workspace("default");
    assert_eq!(store.decision(&default, &record.decision.id).expect("read").as_ref(), Some(&record.decision));
    let build = record.build.expect("a build");
    assert_eq!(store.build(&default, &build.id).expect("read"), Some(build));
    let source = record.source.expect("a source");
    assert_eq!(store.source(&source.digest()).expect("read").as_ref(), Some(source.as_ref()));
    assert_eq!(store.tools(&default).expect("read"), record.tools);
}

#[tokio::test]
async fn the_same_deploy_again_writes_nothing() {
    let fixture = fixture().await;
    let record = deploy(&agent("a"), "one", vec![tool("t", "first")]);
    let first = fixture.store.record_deploy(record.clone()).await.expect("recorded");
    let again = fixture.store.record_deploy(record).await.expect("recorded");
    assert_eq!(again.revision, first.revision);
    assert!(!again.agent_created && !again.revision_created && again.tools_created.is_empty());
    assert_eq!(fixture.store.revisions(&agent("a")).expect("read").len(), 1);
}

#[tokio::test]
async fn the_same_deploy_again_brings_a_deleted_tool_back_and_leaves_a_changed_one() {
    let fixture = fixture().await;
    let (store, default) = (&fixture.store, workspace("default"));
    let record = deploy(&agent("a"), "one", vec![tool("gone", "deployed"), tool("kept", "deployed")]);
    store.record_deploy(record.clone()).await.expect("recorded");
    store.delete_resource(&default, ResourceKind::Tool, &resource("gone")).await.expect("deleted");
    let edited = serde_json::to_value(tool("kept", "edited").spec).expect("JSON");
    let kind = ResourceKind::Tool;
    store.upsert_resource(&default, kind, &resource("kept"), &edited, None, 11).await.expect("edited");
    let again = store.record_deploy(record).await.expect("recorded");
    assert!(!again.revision_created);
    assert_eq!(again.tools_created, [resource("gone")]);
    assert_eq!(store.tools(&default).expect("read"), [tool("gone", "deployed"), tool("kept", "edited")]);
}

#[tokio::test]
async fn another_request_or_another_decision_makes_a_revision() {
    let fixture = fixture().await;
    let first = deploy(&agent("a"), "one", vec![]);
    let mut redecided = first.clone();
    redecided.spec.plan.execution_mode = "INSTANT_RUNTIME".to_owned();
    redecided.decision.id = "dec-2".to_owned();
    redecided.build = None;
    for (record, number) in [(first, 1), (redecided, 2), (deploy(&agent("a"), "two", vec![]), 3)] {
        let recorded = fixture.store.record_deploy(record).await.expect("recorded");
        assert_eq!((recorded.revision.number, recorded.revision_created), (number, true));
        assert_eq!(recorded.agent_created, number == 1);
    }
    let numbers: Vec<u32> =
        fixture.store.revisions(&agent("a")).expect("read").iter().map(|revision| revision.number).collect();
    assert_eq!(numbers, [3, 2, 1]);
    let decisions = fixture.store.decisions(&agent("a"), 2).expect("read");
    assert_eq!(decisions.iter().map(|decision| decision.id.as_str()).collect::<Vec<_>>(), ["dec-a-two", "dec-2"]);
}

#[tokio::test]
async fn only_new_tools_are_created_and_known_ones_change() {
    let fixture = fixture().await;
    let store = &fixture.store;
    store.record_deploy(deploy(&agent("a"), "one", vec![tool("known", "old")])).await.expect("recorded");
    let tools = vec![tool("zeta", "new"), tool("known", "changed"), tool("alpha", "new")];
    let recorded = store.record_deploy(deploy(&agent("b"), "one", tools)).await.expect("recorded");
    assert_eq!(recorded.tools_created, [resource("zeta"), resource("alpha")]);
    let stored = store.tools(&workspace("default")).expect("read");
    assert_eq!(stored, [tool("alpha", "new"), tool("known", "changed"), tool("zeta", "new")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn deploys_of_one_agent_at_once_get_consecutive_numbers() {
    let fixture = fixture().await;
    let mut jobs = JoinSet::new();
    for n in 0..100 {
        let store = Arc::clone(&fixture.store);
        let record = deploy(&agent("a"), &format!("request-{n}"), vec![tool("shared", "one")]);
        jobs.spawn(async move { store.record_deploy(record).await.expect("recorded") });
    }
    let recorded = jobs.join_all().await;
    let numbers: HashSet<u32> = recorded.iter().map(|recorded| recorded.revision.number).collect();
    assert_eq!(numbers, (1..=100).collect());
    assert_eq!(recorded.iter().filter(|recorded| recorded.agent_created).count(), 1);
    assert_eq!(recorded.iter().filter(|recorded| !recorded.tools_created.is_empty()).count(), 1);
    let current = fixture.store.agent(&agent("a")).expect("read").expect("an agent").current;
    assert_eq!(current.number, 100);
}

#[tokio::test]
async fn a_deploy_that_fails_leaves_nothing_behind() {
    let fixture = fixture().await;
    let store = &fixture.store;
    // The tag leads nowhere: tool, decision and build were written before it in the same transaction.
    let mut record = deploy(&agent("b"), "two", vec![tool("half", "made")]);
    record.image = Some(ImageRecord {
        workspace: workspace("default"),
        repository: "b".to_owned(),
        blobs: vec![],
        tags: vec![ImageTag { tag: "latest".to_owned(), digest: "sha256:00".to_owned() }],
    });
    let refusal = store.record_deploy(record).await;
    assert!(matches!(refusal, Err(StoreError::NotFound { what: "manifest", .. })), "{:?}", refusal.err());
    assert!(store.tools(&workspace("default")).expect("read").is_empty());
    assert!(store.agent(&agent("b")).expect("read").is_none());
    assert!(store.decision(&workspace("default"), "dec-b-two").expect("read").is_none());
    assert!(store.build(&workspace("default"), "build-b-two").expect("read").is_none());
}

#[tokio::test]
async fn a_deploy_into_an_unknown_workspace_is_not_found() {
    let fixture = fixture().await;
    let nowhere = AgentRef { workspace: workspace("nowhere"), ..agent("a") };
    for tools in [vec![], vec![tool("t", "")]] {
        let refusal = fixture.store.record_deploy(deploy(&nowhere, "one", tools)).await;
        assert!(matches!(refusal, Err(StoreError::NotFound { what: "workspace", .. })), "{:?}", refusal.err());
    }
}

#[tokio::test]
async fn a_rollback_appends_the_old_revision_once() {
    let fixture = fixture().await;
    let store = &fixture.store;
    for request in ["one", "two"] {
        store.record_deploy(deploy(&agent("a"), request, vec![])).await.expect("recorded");
    }
    let back = store.rollback(&agent("a"), 1, 50).await.expect("rolled back");
    let first = store.revision(&agent("a"), 1).expect("read").expect("revision 1");
    assert_eq!((back.number, back.created_at), (3, 50));
    assert_eq!((&back.spec, &back.decision_id, &back.build_id), (&first.spec, &first.decision_id, &first.build_id));
    assert_eq!(store.rollback(&agent("a"), 1, 60).await.expect("the same"), back);
    let redeployed = store.record_deploy(deploy(&agent("a"), "one", vec![])).await.expect("recorded");
    assert!(!redeployed.revision_created, "it is what serves already");
    for (who, to) in [("a", 9), ("nobody", 1)] {
        let refusal = store.rollback(&agent(who), to, 70).await;
        assert!(matches!(refusal, Err(StoreError::NotFound { .. })), "{refusal:?}");
    }
}

#[tokio::test]
async fn changed_settings_append_a_revision_and_bring_its_tools_in_line() {
    let fixture = fixture().await;
    let store = &fixture.store;
    let mut record = deploy(&agent("a"), "one", vec![tool("old", ""), tool("provided", "")]);
    record.spec.settings.required_tools = vec![resource("old")];
    let first = store.record_deploy(record.clone()).await.expect("recorded").revision;
    let settings = AgentSettings { required_tools: vec![resource("new")], ..first.spec.settings.clone() };
    let whole = || {
        let settings = settings.clone();
        move |_| settings
    };
    let second = store.amend_settings(&agent("a"), 20, whole()).await.expect("changed");
    assert_eq!((second.number, second.created_at), (2, 20));
    assert_eq!(second.spec.tools, [resource("new"), resource("provided")]);
    assert_eq!(second.spec.settings, settings);
    assert_eq!(store.amend_settings(&agent("a"), 30, whole()).await.expect("the same"), second);
    let prompt = |settings| AgentSettings { system_prompt: Some("new".to_owned()), ..settings };
    let third = store.amend_settings(&agent("a"), 40, prompt).await.expect("changed");
    assert_eq!(third.spec.tools, second.spec.tools);
    assert_eq!(store.agent(&agent("a")).expect("read").expect("an agent").current, third);
    let refusal = store.amend_settings(&agent("nobody"), 40, prompt).await;
    assert!(matches!(refusal, Err(StoreError::NotFound { what: "agent", .. })), "{refusal:?}");
    let redeployed = store.record_deploy(record).await.expect("recorded");
    assert!(redeployed.revision_created, "the settings were changed since");
}

#[tokio::test]
async fn a_deleted_agent_is_gone_and_starts_again_at_one() {
    let fixture = fixture().await;
    let store = &fixture.store;
    let digest = format!("sha256:{}", "0".repeat(64));
    for (name, request) in [("a", "one"), ("a", "two"), ("b", "one")] {
        let mut record = deploy(&agent(name), request, vec![]);
        let (media_type, kind) = ("application/json".to_owned(), BlobKind::Manifest);
        record.image = Some(ImageRecord {
            workspace: workspace("default"),
            repository: name.to_owned(),
            blobs: vec![ImageBlob { digest: digest.clone(), media_type, size: 2, kind }],
            tags: vec![ImageTag { tag: "latest".to_owned(), digest: digest.clone() }],
        });
        store.record_deploy(record).await.expect("recorded");
    }
    assert!(store.delete_agent(&agent("a")).await.expect("deleted"));
    assert!(!store.delete_agent(&agent("a")).await.expect("deleted already"));
    assert!(store.agent(&agent("a")).expect("read").is_none());
    assert!(store.revisions(&agent("a")).expect("read").is_empty());
    assert!(store.image_tag(&workspace("default"), "a", "latest").expect("read").is_none());
    assert!(store.image_tag(&workspace("default"), "b", "latest").expect("read").is_some());
    let mut again = deploy(&agent("a"), "three", vec![]);
    again.now = 99;
    assert_eq!(store.record_deploy(again).await.expect("recorded").revision.number, 1);
    assert_eq!(store.agent(&agent("a")).expect("read").expect("an agent").created_at, 99);
}

#[tokio::test]
async fn agents_are_listed_by_workspace_and_all_together() {
    let fixture = fixture().await;
    let store = &fixture.store;
    store.create_workspace(&workspace("another"), 2).await.expect("a workspace");
    let elsewhere = AgentRef { workspace: workspace("another"), ..agent("z") };
    for id in [&agent("b"), &agent("a"), &elsewhere] {
        store.record_deploy(deploy(id, "one", vec![])).await.expect("recorded");
    }
    let ids = |agents: Vec<windlass_domain::agent::Agent>| agents.into_iter().map(|agent| agent.id).collect::<Vec<_>>();
    assert_eq!(ids(store.agents(&workspace("default")).expect("read")), [agent("a"), agent("b")]);
    assert_eq!(ids(store.all_agents().expect("read")), [elsewhere, agent("a"), agent("b")]);
}
