//! Tools, model providers, policies and identity providers.

use super::{agent, deploy, fixture, note, resource, workspace};
use crate::{StoreError, Upserted};
use serde_json::json;
use windlass_domain::request::{AgentSettings, LlmConfig};
use windlass_domain::resource::ResourceKind;

#[tokio::test]
async fn an_upsert_creates_then_changes_and_keeps_the_status_while_the_spec_is_the_same() {
    let fixture = fixture().await;
    let (store, default, kind, name) = (&fixture.store, workspace("default"), ResourceKind::Policy, resource("p"));
    let created = store.upsert_resource(&default, kind, &name, &note("one"), None, 1).await.expect("written");
    assert!(store.set_resource_status(&default, kind, &name, &note("seen")).await.expect("written"));
    store.upsert_resource(&default, kind, &name, &note("one"), None, 2).await.expect("written");
    let stored = || store.resource(&default, kind, &name).expect("read").expect("a policy");
    assert_eq!((stored().spec, stored().status), (note("one"), Some(note("seen"))));
    let changed = store.upsert_resource(&default, kind, &name, &note("two"), None, 2).await.expect("written");
    assert_eq!((created, changed), (Upserted { created: true }, Upserted { created: false }));
    let stored = stored();
    assert_eq!((stored.spec, stored.status), (note("two"), None), "what was seen was seen of another spec");
    assert_eq!((stored.created_at, stored.updated_at, stored.has_secret), (1, 2, false));
}

#[tokio::test]
async fn kinds_and_workspaces_are_apart() {
    let fixture = fixture().await;
    let (store, default, another) = (&fixture.store, workspace("default"), workspace("another"));
    store.create_workspace(&another, 1).await.expect("a workspace");
    for name in ["b", "a.b", "a"] {
        let kind = ResourceKind::ModelProvider;
        store.upsert_resource(&default, kind, &resource(name), &note(name), None, 1).await.expect("written");
    }
    let names = |workspace, kind| store.resource_names(workspace, kind).expect("read");
    assert_eq!(names(&default, ResourceKind::ModelProvider), ["a", "a.b", "b"].map(resource));
    assert!(names(&default, ResourceKind::IdentityProvider).is_empty());
    assert!(names(&another, ResourceKind::ModelProvider).is_empty());
    let listed = store.resources(&default, ResourceKind::ModelProvider).expect("read");
    assert_eq!(listed.iter().map(|listed| &listed.spec).collect::<Vec<_>>(), [&note("a"), &note("a.b"), &note("b")]);
    let refusal =
        store.upsert_resource(&workspace("nowhere"), ResourceKind::Tool, &resource("t"), &note(""), None, 1).await;
    assert!(matches!(refusal, Err(StoreError::NotFound { what: "workspace", .. })), "{refusal:?}");
}

#[tokio::test]
async fn a_deleted_resource_is_gone_with_its_secret() {
    let fixture = fixture().await;
    let (store, default, kind, name) = (&fixture.store, workspace("default"), ResourceKind::Tool, resource("t"));
    let spec = json!({});
    store.upsert_resource(&default, kind, &name, &spec, Some(b"secret"), 1).await.expect("written");
    assert!(store.resource(&default, kind, &name).expect("read").expect("a tool").has_secret);
    assert!(store.delete_resource(&default, kind, &name).await.expect("deleted"));
    assert!(!store.delete_resource(&default, kind, &name).await.expect("deleted already"));
    assert!(!store.set_resource_status(&default, kind, &name, &spec).await.expect("no such tool"));
    store.upsert_resource(&default, kind, &name, &spec, None, 2).await.expect("written");
    assert!(store.resource_secret(&default, kind, &name).expect("read").is_none());
}

#[tokio::test]
async fn users_are_the_agents_whose_current_revision_names_the_resource() {
    let fixture = fixture().await;
    let (store, default) = (&fixture.store, workspace("default"));
    let provider = |provider: &str, registered: Option<&str>| {
        let other = registered.map(|name| ("model_provider".to_owned(), json!(name)));
        LlmConfig { provider: provider.to_owned(), other: other.into_iter().collect(), ..LlmConfig::default() }
    };
    for (name, request, policies, llm_configs) in [
        ("old", "one", vec![resource("p")], vec![]),
        ("old", "two", vec![], vec![]),
        ("b", "one", vec![resource("q"), resource("p")], vec![provider("m", None)]),
        ("a", "one", vec![resource("p")], vec![provider("openai", Some("m")), provider("m", None)]),
    ] {
        let mut record = deploy(&agent(name), request, vec![]);
        record.spec.tools = policies.clone();
        let identity_provider = policies.first().cloned();
        record.spec.settings = AgentSettings { policies, llm_configs, identity_provider, ..record.spec.settings };
        store.record_deploy(record).await.expect("recorded");
    }
    let users = |kind, name| {
        let names = store.used_by(&default, kind, &resource(name)).expect("read");
        names.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(users(ResourceKind::Policy, "p"), ["a", "b"]);
    assert_eq!(users(ResourceKind::Policy, "q"), ["b"]);
    assert_eq!(users(ResourceKind::Tool, "p"), ["a", "b"]);
    assert_eq!(users(ResourceKind::IdentityProvider, "p"), ["a"]);
    assert_eq!(users(ResourceKind::ModelProvider, "m"), ["a", "b"]);
    assert!(users(ResourceKind::Policy, "nobody").is_empty());
}
