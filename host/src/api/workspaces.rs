//! Workspaces, and what every action of an operator has in common: the workspace of the path, and a line in the audit log.
//!
//! All routes here, and those of `keys`, `secrets` and `plugins`, take operator keys only. They stand beside the table of a
//! workspace's own resources, never in it.

use super::deploy::to_the_end;
use super::openapi::{Created as Made, op};
use super::routes::Routes;
use super::wire::Time;
use super::{ApiError, JsonBody, Operator, Path, keys, limits, secrets};
use crate::app::App;
use crate::edge;
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use windlass_domain::{Invalid, WorkspaceName};
use windlass_store::{AuditEntry, Workspace};

/// The routes of `/workspaces`, and of the keys below it.
pub fn routes() -> Routes {
    let created = op("createWorkspace", "Make a workspace with its first key, shown this once").refuses(&[409]);
    Routes::new("Operators")
        .get("/workspaces", list, op("listWorkspaces", "List the workspaces"))
        .post("/workspaces", create, created)
        .merge(keys::routes())
        .merge(limits::routes())
        .merge(secrets::routes())
}

/// An operator, and the path's `{ws}`: a workspace that exists.
#[derive(Debug)]
pub(super) struct OperatorIn {
    /// The operator.
    pub operator: Operator,
    /// The workspace.
    pub workspace: WorkspaceName,
}

impl FromRequestParts<Arc<App>> for OperatorIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        #[derive(Deserialize)]
        struct Raw {
            ws: String,
        }
        let operator = Operator::from_request_parts(parts, app).await?;
        let Path(Raw { ws }) = Path::from_request_parts(parts, app).await?;
        let workspace = WorkspaceName::parse("workspace", &ws)?;
        known(app, &workspace)?;
        Ok(Self { operator, workspace })
    }
}

/// Refuses a workspace that does not exist.
pub(super) fn known(app: &App, workspace: &WorkspaceName) -> Result<(), ApiError> {
    match app.store.workspace(workspace)? {
        Some(_) => Ok(()),
        None => Err(ApiError::not_found(format!("workspace \"{workspace}\" not found"))),
    }
}

/// What the log shall say of what the holder of the key `who` does, written with it. `before` and `after` hold no secret;
/// null is nothing.
pub(super) fn audit(who: &str, what: String, before: Value, after: Value) -> AuditEntry {
    AuditEntry { who: who.to_owned(), what, before, after, at: edge::now() }
}

/// `POST /workspaces`
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "CreateWorkspaceRequest")]
struct Body {
    #[schemars(with = "WorkspaceName")]
    name: Option<String>,
}

/// A workspace in a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Workspace")]
struct Shown {
    name: WorkspaceName,
    created_at: Time,
}

impl From<Workspace> for Shown {
    fn from(workspace: Workspace) -> Self {
        Self { name: workspace.name, created_at: Time(workspace.created_at) }
    }
}

/// A new workspace with its first key, which is shown this once: `key` and `token` are the same.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CreateWorkspaceResponse")]
struct Created {
    #[serde(flatten)]
    workspace: Shown,
    key: String,
    token: String,
    header: &'static str,
}

async fn list(State(app): State<Arc<App>>, _: Operator) -> Result<Json<Vec<Shown>>, ApiError> {
    Ok(Json(app.store.workspaces()?.into_iter().map(Shown::from).collect()))
}

async fn create(
    State(app): State<Arc<App>>,
    operator: Operator,
    JsonBody(body): JsonBody<Body>,
) -> Result<Made<Created>, ApiError> {
    let name = parse_name(body.name.as_deref())?;
    let created = to_the_end(async move { make(&app, &operator, &name).await }).await?;
    Ok(Made(created))
}

async fn make(app: &App, operator: &Operator, name: &WorkspaceName) -> Result<Created, ApiError> {
    let made = audit(&operator.key_id, format!("create workspace {name}"), Value::Null, json!({"name": name}));
    let (token, key, key_made) = keys::fresh(&operator.key_id, name, "first".to_owned(), None)?;
    let workspace = app.store.create_workspace_with_key(name, key, token.hash(), vec![made, key_made]).await?;
    let token = token.expose().to_owned();
    Ok(Created { workspace: workspace.into(), key: token.clone(), token, header: keys::HEADER })
}

fn parse_name(name: Option<&str>) -> Result<WorkspaceName, Invalid> {
    let name = super::resources::required("name", name.filter(|name| !name.is_empty()))?;
    WorkspaceName::parse("name", name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_needs_a_name_that_is_a_dns_label() {
        assert_eq!(parse_name(Some("acme")).expect("a label").as_str(), "acme");
        assert_eq!(parse_name(None).expect_err("none").code, "missing_field");
        assert_eq!(parse_name(Some("")).expect_err("none").code, "missing_field");
        assert_eq!(parse_name(Some("Acme Inc")).expect_err("a space").code, "invalid_name");
        assert_eq!(parse_name(Some("*")).expect_err("the store's word for the host").code, "invalid_name");
    }
}
