//! `GET /context/export`: all that a workspace has, in one answer, for assistants.
//!
//! Invariant: a part that cannot be read costs that part alone: it is named in `errors`, and left out of `resources`.

use super::identity_providers::IdentityProvider;
use super::model_providers::ModelProvider;
use super::openapi::op;
use super::policies::Policy;
use super::routes::Routes;
use super::tools::Tool;
use super::wire::Time;
use super::{ApiError, Caller, agents, drafts, resources};
use crate::app::App;
use crate::edge;
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use windlass_domain::WorkspaceName;

/// The route of `/context/export`.
pub fn routes() -> Routes {
    Routes::new("Context").get("/context/export", export, op("exportContext", "Show all that the workspace has"))
}

/// The contract's `ContextExportResponse`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ContextExportResponse")]
struct Context {
    generated_at: Time,
    namespace: WorkspaceName,
    user_id: String,
    resources: Map<String, Value>,
    errors: BTreeMap<&'static str, String>,
    /// How many there are of each, as `{key}_count`.
    meta: Map<String, Value>,
}

/// The drafts are the caller's own open ones, as a list of them is.
async fn export(State(app): State<Arc<App>>, caller: Caller) -> Json<Context> {
    let here = &caller.workspace;
    let parts = [
        ("agents", agents::all(&app, here).map(|agents| agents.iter().map(|agent| json!(agent)).collect())),
        ("tools", resources::all::<Tool>(&app, here)),
        ("model_providers", resources::all::<ModelProvider>(&app, here)),
        ("policies", resources::all::<Policy>(&app, here)),
        ("identity_providers", resources::all::<IdentityProvider>(&app, here)),
        ("approval_connectors", Ok(Vec::new())),
        ("approvals", Ok(Vec::new())),
        ("deploy_drafts", drafts::own_open(&app, &caller)),
    ];
    Json(Context::new(caller, parts))
}

impl Context {
    fn new(caller: Caller, parts: [(&'static str, Result<Vec<Value>, ApiError>); 8]) -> Self {
        let mut context = Self {
            generated_at: Time(edge::now()),
            namespace: caller.workspace,
            user_id: caller.key_id,
            resources: Map::new(),
            errors: BTreeMap::new(),
            meta: Map::new(),
        };
        for (key, part) in parts {
            match part {
                Ok(list) => {
                    context.meta.insert(format!("{key}_count"), list.len().into());
                    context.resources.insert(key.to_owned(), list.into());
                }
                Err(error) => drop(context.errors.insert(key, error.message)),
            }
        }
        context
    }
}
