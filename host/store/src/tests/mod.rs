//! The store against a real data directory. Each test has one of its own.

mod bindings;
mod deploys;
mod grouping;
mod inputs;
mod killed;
mod limits;
mod opening;
mod plugins;
mod records;
mod registry;
mod resources;
mod secrets;
mod usage;

use crate::{BuildRecord, BuildStatus, DeployRecord, Store};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use tempfile::TempDir;
use windlass_domain::agent::RevisionSpec;
use windlass_domain::decision::Decision;
use windlass_domain::plan::Plan;
use windlass_domain::request::AgentSettings;
use windlass_domain::source::SourceTree;
use windlass_domain::tool::{Tool, ToolPlan, ToolSpec};
use windlass_domain::{AgentName, AgentRef, ResourceName, WorkspaceName};

/// A store with the workspace `default`, in a directory that goes with it.
pub(crate) struct Fixture {
    pub(crate) store: Arc<Store>,
    pub(crate) dir: TempDir,
}

pub(crate) async fn fixture() -> Fixture {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Arc::new(Store::open(dir.path()).expect("a fresh directory opens"));
    store.create_workspace(&workspace("default"), 1).await.expect("a new workspace");
    Fixture { store, dir }
}

impl Fixture {
    /// Closes the store and opens its directory again.
    pub(crate) fn reopen(self) -> Self {
        let Self { store, dir } = self;
        assert_eq!(Arc::strong_count(&store), 1, "the test still holds the store");
        drop(store);
        let store = Arc::new(Store::open(dir.path()).expect("the directory opens again"));
        Self { store, dir }
    }
}

pub(crate) fn workspace(name: &str) -> WorkspaceName {
    WorkspaceName::parse("workspace", name).expect("a workspace name")
}

pub(crate) fn resource(name: &str) -> ResourceName {
    ResourceName::parse("name", name).expect("a resource name")
}

pub(crate) fn agent(name: &str) -> AgentRef {
    AgentRef { workspace: workspace("default"), name: AgentName::parse("name", name).expect("an agent name") }
}

pub(crate) fn tool(name: &str, description: &str) -> Tool {
    let spec = ToolSpec { description: description.to_owned(), ..ToolSpec::default() };
    Tool { name: resource(name), spec }
}

pub(crate) fn tree(content: &str) -> Arc<SourceTree> {
    let files = BTreeMap::from([("agent.py".to_owned(), content.to_owned())]);
    Arc::new(SourceTree::parse("source_files", files).expect("a source tree"))
}

/// The record of a deploy of `agent`; `request` stands for everything that its author asked for.
pub(crate) fn deploy(agent: &AgentRef, request: &str, tools: Vec<Tool>) -> DeployRecord {
    let source = tree(request);
    let names: Vec<ResourceName> = tools.iter().map(|tool| tool.name.clone()).collect();
    let settings = AgentSettings { system_prompt: Some(request.to_owned()), ..AgentSettings::default() };
    let plan = Plan { execution_mode: "FAST_OVERLAY".to_owned(), ..Plan::default() };
    let decision = Decision {
        id: format!("dec-{}-{request}", agent.name),
        plan_digest: String::new(),
        request_digest: format!("sha256:{request}"),
        source_digest: Some(source.digest()),
        plugins: Vec::new(),
        claims: Vec::new(),
        plan: plan.clone(),
        tools: ToolPlan { create: tools.clone(), required: names.clone(), rewrites: BTreeMap::new() },
        evidence: BTreeMap::new(),
        warnings: Vec::new(),
        micros: 0,
    };
    let build = BuildRecord {
        id: format!("build-{}-{request}", agent.name),
        workspace: agent.workspace.clone(),
        name: agent.name.clone(),
        status: BuildStatus::Succeeded,
        image: format!("localhost/default/{}:1", agent.name),
        image_digest: Some("sha256:00".to_owned()),
        error: None,
        created_at: 10,
        completed_at: Some(10),
    };
    let spec = RevisionSpec {
        image: Some(build.image.clone()),
        image_digest: build.image_digest.clone(),
        source_digest: Some(source.digest()),
        plan,
        settings,
        tools: names,
        rewrites: BTreeMap::new(),
    };
    DeployRecord {
        agent: agent.clone(),
        spec,
        decision,
        inputs: None,
        tools,
        build: Some(build),
        source: Some(source),
        image: None,
        draft: None,
        now: 10,
    }
}

pub(crate) fn note(text: &str) -> serde_json::Value {
    json!({ "note": text })
}
