//! Agents: list, look, configure, go back, delete.

use super::deploy::to_the_end;
use super::openapi::op;
use super::resources::required;
use super::routes::Routes;
use super::wire::{Agent, AgentConfig, ConfigBody, Deleted, RevisionLine, RevisionShown, Rollback};
use super::{AgentOf, ApiError, Caller, JsonBody, Path, invoke, logs};
use crate::app::App;
use crate::deploy;
use crate::edge;
use crate::spend::month_name;
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;
use windlass_domain::agent::{self, RevisionSpec};
use windlass_domain::{AgentRef, WorkspaceName};

/// The routes of agents, those to a running one among them.
pub fn routes() -> Routes {
    Routes::new("Agents")
        .get("/agents", list, op("listAgents", "List the agents"))
        .refuse("/agents/", unnamed)
        .get("/agents/{name}", show, op("getAgent", "Show an agent"))
        .delete("/agents/{name}", delete, op("deleteAgent", "Stop and delete an agent").refuses(&[409]))
        .get("/agents/{name}/config", config, op("getAgentConfig", "Show the configuration of an agent"))
        .put(
            "/agents/{name}/config",
            configure,
            op("updateAgentConfig", "Change it, as a new revision").refuses(&[409]),
        )
        .get("/agents/{name}/revisions", revisions, op("listRevisions", "List the revisions of an agent"))
        .get("/agents/{name}/revisions/{number}", revision, op("getRevision", "Show a revision with its decision"))
        .post("/agents/{name}/rollback", roll_back, op("rollBackAgent", "Go back to a revision").refuses(&[409]))
        .get("/agents/{name}/logs", logs::logs, logs::operation())
        .post("/agents/{name}/invoke", invoke::invoke, invoke::operation("invokeAgent", "Ask an agent"))
        .post(
            "/agents/{name}/invoke/stream",
            invoke::invoke,
            invoke::operation("invokeAgentStream", "Ask it for events"),
        )
        .post("/agents/{name}/resume/{*action}", invoke::invoke, invoke::operation("resumeAgent", "Let it go on"))
        .refuse("/agents/{name}/{*rest}", unnamed)
}

/// `GET /agents`
async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Vec<Agent>>, ApiError> {
    Ok(Json(all(&app, &caller.workspace)?))
}

/// All agents of a workspace, in order of name.
pub(super) fn all(app: &App, workspace: &WorkspaceName) -> Result<Vec<Agent>, ApiError> {
    Ok(app.store.agents(workspace)?.into_iter().map(|agent| shown(app, agent)).collect())
}

/// `GET /agents/{name}`
async fn show(State(app): State<Arc<App>>, AgentOf(agent): AgentOf) -> Result<Json<Agent>, ApiError> {
    Ok(Json(shown(&app, find(&app, &agent)?)))
}

/// `DELETE /agents/{name}`
async fn delete(State(app): State<Arc<App>>, AgentOf(agent): AgentOf) -> Result<Json<Deleted>, ApiError> {
    let name = agent.name.clone();
    let deleted = to_the_end(async move { deploy::remove(&app, &agent).await }).await?;
    if deleted { Ok(Json(Deleted::YES)) } else { Err(ApiError::no_agent(name)) }
}

/// `/agents/`, and what is nothing of an agent: the contract's text.
async fn unnamed(_: Caller) -> ApiError {
    ApiError::bad_request("invalid_path", "path must be /agents/{name}")
        .hint("after the name: nothing, config, revisions, rollback, logs, invoke, invoke/stream or resume/{id}")
}

/// `GET /agents/{name}/config`
async fn config(State(app): State<Arc<App>>, AgentOf(agent): AgentOf) -> Result<Json<AgentConfig>, ApiError> {
    let spec = find(&app, &agent)?.current.spec;
    configuration(&app, &agent, spec, Vec::new()).map(Json)
}

/// `PUT /agents/{name}/config`
async fn configure(
    State(app): State<Arc<App>>,
    AgentOf(agent): AgentOf,
    JsonBody(body): JsonBody<ConfigBody>,
) -> Result<Json<AgentConfig>, ApiError> {
    let (app_, agent_) = (app.clone(), agent.clone());
    let (ask, mut warnings) = body.into_ask();
    let (revision, found) = to_the_end(async move { deploy::amend(&app_, &agent_, ask).await }).await?;
    warnings.extend(found);
    configuration(&app, &agent, revision.spec, warnings).map(Json)
}

fn configuration(
    app: &App,
    agent: &AgentRef,
    spec: RevisionSpec,
    warnings: Vec<String>,
) -> Result<AgentConfig, ApiError> {
    let image = app.image_of(agent, &spec);
    let sums = app.store.agent_usage(agent, &month_name(edge::now()))?;
    Ok(AgentConfig::new(agent, spec, image, &sums, warnings))
}

/// `GET /agents/{name}/revisions`
async fn revisions(State(app): State<Arc<App>>, AgentOf(agent): AgentOf) -> Result<Json<Vec<RevisionLine>>, ApiError> {
    let current = find(&app, &agent)?.current.number;
    let lines = app.store.revisions(&agent)?.into_iter().map(|revision| {
        let image = app.image_of(&agent, &revision.spec);
        RevisionLine::new(revision, image, current)
    });
    Ok(Json(lines.collect()))
}

/// `GET /agents/{name}/revisions/{number}`
async fn revision(
    State(app): State<Arc<App>>,
    AgentOf(agent): AgentOf,
    Path(Number { number }): Path<Number>,
) -> Result<Json<RevisionShown>, ApiError> {
    let current = find(&app, &agent)?.current.number;
    let revision = number.parse().ok().map(|number| app.store.revision(&agent, number)).transpose()?.flatten();
    let revision = revision.ok_or_else(|| {
        ApiError::not_found(format!("agent {} has no such revision", agent.name))
            .field("number")
            .hint("GET …/revisions lists them")
    })?;
    let decision = app.store.decision(&agent.workspace, &revision.decision_id)?;
    let image = app.image_of(&agent, &revision.spec);
    Ok(Json(RevisionShown::new(RevisionLine::new(revision, image, current), decision)))
}

/// The path's `{number}`, unchecked.
#[derive(Deserialize, JsonSchema)]
struct Number {
    #[schemars(with = "u32")]
    number: String,
}

/// `POST /agents/{name}/rollback`
async fn roll_back(
    State(app): State<Arc<App>>,
    AgentOf(agent): AgentOf,
    JsonBody(Rollback { revision }): JsonBody<Rollback>,
) -> Result<Json<RevisionLine>, ApiError> {
    let revision = required("revision", revision)?;
    let (app_, agent_) = (app.clone(), agent.clone());
    let revision = to_the_end(async move { deploy::roll_back(&app_, &agent_, revision).await }).await?;
    let (image, number) = (app.image_of(&agent, &revision.spec), revision.number);
    Ok(Json(RevisionLine::new(revision, image, number)))
}

/// The agent, or the contract's 404.
pub(super) fn find(app: &App, agent: &AgentRef) -> Result<agent::Agent, ApiError> {
    app.store.agent(agent)?.ok_or_else(|| ApiError::no_agent(&agent.name))
}

fn shown(app: &App, agent: agent::Agent) -> Agent {
    let image = app.image_of(&agent.id, &agent.current.spec);
    let state = app.runtime.state(&agent.id);
    Agent::new(agent, image, state)
}
