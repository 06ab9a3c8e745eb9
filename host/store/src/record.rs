//! Recording a deploy: everything it made, in one transaction, or nothing of it.

use crate::drafts::{self, DraftSeen};
use crate::limits::within;
use crate::row::{execute, to_json};
use crate::{
    BuildRecord, ImageRecord, Store, StoreError, builds, decisions, images, inputs, resources, revisions, sources,
};
use rusqlite::{Connection, params};
use std::sync::Arc;
use windlass_domain::agent::{Revision, RevisionSpec, UnixMillis};
use windlass_domain::decision::{Decision, Inputs};
use windlass_domain::resource::ResourceKind;
use windlass_domain::source::SourceTree;
use windlass_domain::tool::Tool;
use windlass_domain::{AgentRef, ResourceName};

/// What a deploy made.
#[derive(Debug, Clone)]
pub struct DeployRecord {
    /// Which agent.
    pub agent: AgentRef,
    /// What its revision is.
    pub spec: RevisionSpec,
    /// The decision behind it; its `request_digest` is the revision's.
    pub decision: Decision,
    /// What it was made of, where it is not recorded yet.
    pub inputs: Option<Inputs>,
    /// Tools to create, or to change to this spec. Their secrets and status stay.
    pub tools: Vec<Tool>,
    /// The build of the image, where there is one. One whose id is stored already is only referred to.
    pub build: Option<BuildRecord>,
    /// The source, kept by its digest.
    pub source: Option<Arc<SourceTree>>,
    /// What the embedded registry shall serve.
    pub image: Option<ImageRecord>,
    /// The draft that it came of; it is completed, unless somebody has changed it meanwhile.
    pub draft: Option<DraftSeen>,
    /// The time of the deploy.
    pub now: UnixMillis,
}

/// What recording a deploy changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The agent's current revision: the new one, or the one that is the same.
    pub revision: Revision,
    /// Whether the agent is new.
    pub agent_created: bool,
    /// Whether the revision is new.
    pub revision_created: bool,
    /// The tools that did not exist before, in the order of the record.
    pub tools_created: Vec<ResourceName>,
}

/// The parts of a record as they are stored, serialised before the writer's turn.
struct Rows {
    spec: String,
    decision: String,
    inputs: Option<Vec<u8>>,
    tools: Vec<(ResourceName, String)>,
    source: Option<sources::Packed>,
}

impl Store {
    /// Records a deploy. Deploys of one agent are serialised, their revisions numbered one by one.
    ///
    /// Where the current revision came of the same request and has the same spec, no revision is written, nor its
    /// decision, build, source or image; only tools that have gone since are created again.
    /// [`StoreError::NotFound`] where the workspace is unknown, [`StoreError::OverLimit`] where it has too much already.
    pub async fn record_deploy(&self, record: DeployRecord) -> Result<Recorded, StoreError> {
        let source = match &record.source {
            Some(tree) => Some(sources::pack_source(Arc::clone(tree)).await?),
            None => None,
        };
        let tools = record.tools.iter().map(|tool| Ok((tool.name.clone(), to_json("tool", &tool.spec)?)));
        let rows = Rows {
            spec: to_json("revision", &record.spec)?,
            decision: to_json("decision", &record.decision)?,
            inputs: record.inputs.as_ref().map(inputs::pack_inputs).transpose()?,
            tools: tools.collect::<Result<_, StoreError>>()?,
            source,
        };
        let limits = self.limits;
        self.write(move |connection| {
            let workspace = record.agent.workspace.clone();
            within(connection, &workspace, limits, || write_record(connection, record, &rows))
                .map_err(|error| error.for_workspace(&workspace))
        })
        .await
    }
}

fn write_record(connection: &Connection, record: DeployRecord, rows: &Rows) -> Result<Recorded, StoreError> {
    let current = revisions::current(connection, &record.agent)?;
    if let Some(revision) = current.as_ref().filter(|current| is_same(current, &record)) {
        let tools_created = create_missing_tools(connection, &record, rows)?;
        complete_draft(connection, &record)?;
        let revision = revision.clone();
        return Ok(Recorded { revision, agent_created: false, revision_created: false, tools_created });
    }
    let tools_created = upsert_tools(connection, &record, rows)?;
    decisions::insert(connection, &record.agent, &record.decision.id, &rows.decision, record.now)?;
    if let Some(inputs) = &rows.inputs {
        inputs::insert(connection, &record.agent.workspace, &record.decision, inputs, record.now)?;
    }
    if let Some(build) = &record.build {
        builds::insert(connection, build)?;
    }
    if let Some(source) = &rows.source {
        sources::insert(connection, source, record.now)?;
    }
    if let Some(image) = &record.image {
        images::insert(connection, image)?;
    }
    complete_draft(connection, &record)?;
    let revision = Revision {
        number: current.as_ref().map_or(1, |current| current.number + 1),
        spec: record.spec,
        request_digest: record.decision.request_digest,
        decision_id: record.decision.id,
        build_id: record.build.map(|build| build.id),
        created_at: record.now,
    };
    let agent_created = current.is_none();
    if agent_created {
        insert_agent(connection, &record.agent, record.now)?;
    }
    revisions::append(connection, &record.agent, &revision, &rows.spec)?;
    Ok(Recorded { revision, agent_created, revision_created: true, tools_created })
}

fn complete_draft(connection: &Connection, record: &DeployRecord) -> Result<(), StoreError> {
    match &record.draft {
        Some(draft) => drafts::complete(connection, &record.agent.workspace, draft, record.now),
        None => Ok(()),
    }
}

fn is_same(current: &Revision, record: &DeployRecord) -> bool {
    current.request_digest == record.decision.request_digest && current.spec == record.spec
}

fn insert_agent(connection: &Connection, agent: &AgentRef, now: UnixMillis) -> Result<(), StoreError> {
    let sql = "INSERT INTO agents (workspace, name, current, created_at) VALUES (?1, ?2, 0, ?3)";
    execute(connection, sql, params![agent.workspace.as_str(), agent.name.as_str(), now])?;
    Ok(())
}

fn create_missing_tools(
    connection: &Connection,
    record: &DeployRecord,
    rows: &Rows,
) -> Result<Vec<ResourceName>, StoreError> {
    let mut created = Vec::new();
    for (name, spec) in &rows.tools {
        if !tool_exists(connection, record, name)? {
            write_tool(connection, record, name, spec)?;
            created.push(name.clone());
        }
    }
    Ok(created)
}

fn upsert_tools(connection: &Connection, record: &DeployRecord, rows: &Rows) -> Result<Vec<ResourceName>, StoreError> {
    let mut created = Vec::new();
    for (name, spec) in &rows.tools {
        if !tool_exists(connection, record, name)? {
            created.push(name.clone());
        }
        write_tool(connection, record, name, spec)?;
    }
    Ok(created)
}

fn tool_exists(connection: &Connection, record: &DeployRecord, name: &ResourceName) -> Result<bool, StoreError> {
    resources::exists(connection, &record.agent.workspace, ResourceKind::Tool, name)
}

fn write_tool(
    connection: &Connection,
    record: &DeployRecord,
    name: &ResourceName,
    spec: &str,
) -> Result<(), StoreError> {
    resources::upsert(connection, &record.agent.workspace, ResourceKind::Tool, name, spec, None, record.now)
}
