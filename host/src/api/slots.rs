//! The slots of plugins in paths: `…/{slot}` where there is one of its kind, `…/detectors/{name}` for detectors. Whatever
//! is served at or below a slot is served at both, by the same handlers.

use super::openapi::{Operation, op};
use super::routes::Routes;
use super::workspaces::known;
use super::{ApiError, Operator, Path};
use crate::app::App;
use crate::plugins::{DETECTORS, PluginsError, world_of};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;
use windlass_domain::WorkspaceName;

/// Where the slots of a workspace are.
pub const OF_WORKSPACE: &str = "/workspaces/{ws}/plugins";
/// Where the host's own are, which workspaces inherit.
pub const OF_HOST: &str = "/plugins/defaults";

/// The path's slot: `strategy`, `tool-provider` or `detectors/NAME`.
#[derive(Debug)]
pub struct Slot(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Slot {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        #[derive(Deserialize)]
        struct Raw {
            slot: Option<String>,
            name: Option<String>,
        }
        let Path(Raw { slot, name }) = Path::from_request_parts(parts, state).await?;
        let slot = slot.unwrap_or_else(|| format!("{DETECTORS}{}", name.unwrap_or_default()));
        match world_of(&slot) {
            Some(_) => Ok(Self(slot)),
            None => Err(PluginsError::UnknownSlot { slot }.into()),
        }
    }
}

/// An operator at a slot: of the path's `{ws}`, a workspace that exists, or of the host where the path has none.
#[derive(Debug)]
pub struct OperatorAt {
    /// The operator.
    pub operator: Operator,
    /// The workspace; `None`: the host.
    pub workspace: Option<WorkspaceName>,
    /// The slot.
    pub slot: String,
}

impl FromRequestParts<Arc<App>> for OperatorAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        #[derive(Deserialize)]
        struct Raw {
            ws: Option<String>,
        }
        let operator = Operator::from_request_parts(parts, app).await?;
        let Path(Raw { ws }) = Path::from_request_parts(parts, app).await?;
        let workspace = ws.map(|ws| WorkspaceName::parse("workspace", &ws)).transpose()?;
        if let Some(workspace) = &workspace {
            known(app, workspace)?;
        }
        let Slot(slot) = Slot::from_request_parts(parts, app).await?;
        Ok(Self { operator, workspace, slot })
    }
}

/// What [`Slot`] takes as `{slot}`, as a schema.
#[derive(JsonSchema)]
#[schemars(inline, rename_all = "kebab-case")]
#[expect(dead_code, reason = "the shape alone is read")]
pub(super) enum SlotText {
    Strategy,
    ToolProvider,
}

/// One of the two places of slots.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    prefix: &'a str,
    is_of_detectors: bool,
}

impl Place<'_> {
    /// The path of a slot, and what is `below` it: `""`, `"/history"`.
    pub fn path(self, below: &str) -> String {
        let slot = if self.is_of_detectors { "detectors/{name}" } else { "{slot}" };
        format!("{}/{slot}{below}", self.prefix)
    }

    /// The operation there: its id is another at either place.
    pub fn op(self, id: &str, summary: &str) -> Operation {
        let suffix = if self.is_of_detectors { "OfDetector" } else { "" };
        op(format!("{id}{suffix}"), summary)
    }
}

/// `routes`, and what `add` adds at both places of slots below `prefix`.
pub fn at_slots(routes: Routes, prefix: &str, add: impl Fn(Routes, Place) -> Routes) -> Routes {
    [false, true].into_iter().fold(routes, |routes, is_of_detectors| add(routes, Place { prefix, is_of_detectors }))
}
