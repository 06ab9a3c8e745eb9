//! What is bound to the slots of a workspace, and to those of the host, which workspaces inherit: shown, changed, and taken
//! back. A workspace's own key reads; changes are the operator's.

use super::deploy::to_the_end;
use super::openapi::op;
use super::routes::Routes;
use super::slots::{OF_HOST, OF_WORKSPACE, OperatorAt, Slot, at_slots};
use super::wire::Deleted;
use super::wire::binding::{BindBody, BindingShown, RevisionShown, named, role};
use super::workspaces::audit;
use super::{ApiError, Caller, JsonBody, Operator, OptionalJsonBody, Query};
use crate::app::App;
use crate::edge;
use crate::plugins::Wanted;
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use windlass_domain::WorkspaceName;
use windlass_domain::binding::Role;
use windlass_store::{Binding, By, Seat, StoreError};

/// The routes of bindings.
pub fn routes() -> Routes {
    let routes = Routes::new("Operators")
        .get(OF_WORKSPACE, list, op("listBindings", "List which plugin sits in which slot"))
        .get(OF_HOST, list_defaults, op("listDefaultBindings", "List which plugin sits in which slot by default"));
    let routes = at_slots(routes, OF_WORKSPACE, |routes, at| {
        routes
            .get(&at.path(""), show, at.op("getBinding", "Show what sits in a slot, and what sat there"))
            .get(
                &at.path("/history"),
                history,
                at.op("getBindingHistory", "List the revisions of a slot, the latest first"),
            )
            .put(
                &at.path(""),
                bind,
                at.op("bindPlugin", "Put a plugin into a slot of a workspace").refuses(&[409, 422]),
            )
            .delete(&at.path(""), unbind, at.op("unbindPlugin", "Empty a slot, so that the host's default holds again"))
            .post(&at.path("/rollback"), roll_back, at.op("rollBackBinding", ROLL_BACK).refuses(&[409]))
    });
    at_slots(routes, OF_HOST, |routes, at| {
        routes
            .get(&at.path(""), show_default, at.op("getDefaultBinding", "Show what sits in a slot by default"))
            .get(&at.path("/history"), history_of_default, at.op("getDefaultBindingHistory", "List its revisions"))
            .put(
                &at.path(""),
                bind,
                at.op(
                    "bindDefaultPlugin",
                    "Put a plugin into a slot of every workspace that has none of its own there",
                )
                .refuses(&[409, 422]),
            )
            .delete(&at.path(""), unbind, at.op("unbindDefaultPlugin", "Give a slot back to the built-in plugin"))
            .post(&at.path("/rollback"), roll_back, at.op("rollBackDefaultBinding", ROLL_BACK).refuses(&[409]))
    })
}

const ROLL_BACK: &str = "Make a new revision that is equal to an earlier one";

/// Which of the two places of a slot.
#[derive(Deserialize, JsonSchema)]
struct Which {
    /// Whether the candidate's place is meant, beside the plugin that decides.
    shadow: Option<bool>,
}

/// A slot: what holds, who is tried beside it, and what was there.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PluginSlot")]
struct SlotShown {
    slot: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    binding: Option<BindingShown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shadow: Option<BindingShown>,
    /// The slot's own revisions, the latest first; none where it has only ever inherited.
    history: Vec<RevisionShown>,
}

/// `POST …/rollback`
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "RollBackBindingRequest")]
struct RollBackBody {
    /// Which revision; absent: the one before the latest.
    revision: Option<u32>,
    /// Whether the candidate's place is meant.
    shadow: Option<bool>,
}

async fn list(State(app): State<Arc<App>>, at: Caller) -> Result<Json<Vec<BindingShown>>, ApiError> {
    list_of(&app, Some(&at.workspace))
}

async fn list_defaults(State(app): State<Arc<App>>, _: Operator) -> Result<Json<Vec<BindingShown>>, ApiError> {
    list_of(&app, None)
}

async fn show(State(app): State<Arc<App>>, at: Caller, Slot(slot): Slot) -> Result<Json<SlotShown>, ApiError> {
    slot_of(&app, Some(at.workspace), slot)
}

async fn show_default(State(app): State<Arc<App>>, _: Operator, Slot(slot): Slot) -> Result<Json<SlotShown>, ApiError> {
    slot_of(&app, None, slot)
}

async fn history(
    State(app): State<Arc<App>>,
    at: Caller,
    Slot(slot): Slot,
    Query(Which { shadow }): Query<Which>,
) -> Result<Json<Vec<RevisionShown>>, ApiError> {
    Ok(Json(history_of(&app, &Seat { workspace: Some(at.workspace), slot, role: role(shadow) })?))
}

async fn history_of_default(
    State(app): State<Arc<App>>,
    _: Operator,
    Slot(slot): Slot,
    Query(Which { shadow }): Query<Which>,
) -> Result<Json<Vec<RevisionShown>>, ApiError> {
    Ok(Json(history_of(&app, &Seat { workspace: None, slot, role: role(shadow) })?))
}

async fn bind(
    State(app): State<Arc<App>>,
    at: OperatorAt,
    JsonBody(mut body): JsonBody<BindBody>,
) -> Result<Json<BindingShown>, ApiError> {
    let (role, terms) = body.terms();
    let plugin = named(body.plugin, body.version)?;
    let OperatorAt { operator, workspace, slot } = at;
    let seat = Seat { workspace, slot, role };
    to_the_end(async move {
        let before = told(holding(&app, &seat)?.as_ref());
        let (what, by) = (format!("bind {}", place(&seat)), by(&operator));
        let entry = move |after: &Binding| audit(&operator.key_id, what, before, told(Some(after)));
        let workspace = seat.workspace.clone();
        let binding = app.plugins.bind(&app.store, Wanted { seat, plugin, terms }, by, entry).await?;
        Ok::<_, ApiError>(shown(&app, workspace.as_ref(), binding))
    })
    .await
    .map(Json)
}

/// Empties the slot, so that the host's default holds there again; in the host's own, the built-in plugin.
async fn unbind(
    State(app): State<Arc<App>>,
    at: OperatorAt,
    Query(Which { shadow }): Query<Which>,
) -> Result<Json<Deleted>, ApiError> {
    let OperatorAt { operator, workspace, slot } = at;
    let seat = Seat { workspace, slot, role: role(shadow) };
    to_the_end(async move {
        let before = told(holding(&app, &seat)?.as_ref());
        let inherited = told(holding(&app, &Seat { workspace: None, ..seat.clone() })?.as_ref());
        let after = if seat.workspace.is_some() { inherited } else { Value::Null };
        let entry = audit(&operator.key_id, format!("unbind {}", place(&seat)), before, after);
        if app.plugins.unbind(&app.store, &seat, by(&operator), entry).await? {
            return Ok(());
        }
        let (message, hint) = match &seat.workspace {
            Some(workspace) => (
                format!("the workspace \"{workspace}\" has bound no plugin to `{}`", seat.slot),
                "the host's default holds there already",
            ),
            None => (
                format!("nothing is bound to `{}` by default", seat.slot),
                "the built-in plugin holds there already, if there is one",
            ),
        };
        Err(ApiError::not_found(message).hint(hint))
    })
    .await?;
    Ok(Json(Deleted::YES))
}

async fn roll_back(
    State(app): State<Arc<App>>,
    at: OperatorAt,
    OptionalJsonBody(body): OptionalJsonBody<RollBackBody>,
) -> Result<Json<SlotShown>, ApiError> {
    let OperatorAt { operator, workspace, slot } = at;
    let (revision, shadow) = body.map_or((None, None), |body| (body.revision, body.shadow));
    let seat = Seat { workspace, slot, role: role(shadow) };
    to_the_end(async move {
        let before = told(holding(&app, &seat)?.as_ref());
        let (what, by) = (format!("roll back {}", place(&seat)), by(&operator));
        let entry = move |after: Option<&Binding>| audit(&operator.key_id, what, before, told(after));
        app.plugins.roll_back(&app.store, &seat, revision, by, entry).await?;
        slot_of(&app, seat.workspace, seat.slot)
    })
    .await
}

fn list_of(app: &App, workspace: Option<&WorkspaceName>) -> Result<Json<Vec<BindingShown>>, ApiError> {
    let bindings = app.store.bindings(workspace)?;
    let all = bindings.slots.into_iter().chain(bindings.shadows);
    Ok(Json(all.map(|binding| shown(app, workspace, binding)).collect()))
}

fn slot_of(app: &App, workspace: Option<WorkspaceName>, slot: String) -> Result<Json<SlotShown>, ApiError> {
    let live = Seat { workspace, slot, role: Role::Live };
    let find = |role| {
        let found = holding(app, &Seat { role, ..live.clone() })?;
        Ok::<_, StoreError>(found.map(|binding| shown(app, live.workspace.as_ref(), binding)))
    };
    let (binding, shadow) = (find(Role::Live)?, find(Role::Shadow)?);
    let history = history_of(app, &live)?;
    Ok(Json(SlotShown { binding, shadow, history, slot: live.slot }))
}

fn history_of(app: &App, seat: &Seat) -> Result<Vec<RevisionShown>, StoreError> {
    let holds = app.store.binding(seat)?.map(|binding| binding.revision);
    Ok(RevisionShown::all(app.store.binding_history(seat)?, holds))
}

/// What holds in a place, the workspace's own or inherited.
pub(super) fn holding(app: &App, seat: &Seat) -> Result<Option<Binding>, StoreError> {
    let bindings = app.store.bindings(seat.workspace.as_ref())?;
    let all = match seat.role {
        Role::Live => bindings.slots,
        Role::Shadow => bindings.shadows,
    };
    Ok(all.into_iter().find(|binding| binding.seat.slot == seat.slot))
}

pub(super) fn shown(app: &App, workspace: Option<&WorkspaceName>, binding: Binding) -> BindingShown {
    let state = app.plugins.state_of(workspace, &binding);
    BindingShown::new(binding, state)
}

/// A binding in the audit log.
pub(super) fn told(binding: Option<&Binding>) -> Value {
    let told = |binding: &Binding| {
        let Binding { seat, revision, plugin, version, digest, terms, .. } = binding;
        json!({
            "slot": seat.slot, "origin": if seat.workspace.is_some() { "workspace" } else { "host" },
            "revision": revision, "plugin": plugin, "version": version, "digest": digest, "terms": terms,
        })
    };
    binding.map_or(Value::Null, told)
}

/// A place in the audit log: `strategy of team-a`.
pub(super) fn place(seat: &Seat) -> String {
    let whose = seat.workspace.as_ref().map_or("the host", WorkspaceName::as_str);
    let shadow = if seat.role == Role::Shadow { "the shadow of " } else { "" };
    format!("{shadow}{} of {whose}", seat.slot)
}

pub(super) fn by(operator: &Operator) -> By {
    By { who: Some(operator.key_id.clone()), at: edge::now() }
}
