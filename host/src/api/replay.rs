//! What another plugin would say: of each deploy from now on (a shadow), and of the last ones (a replay).

use super::bindings::{by, holding, place, shown, told};
use super::deploy::to_the_end;
use super::routes::Routes;
use super::slots::{OF_HOST, OF_WORKSPACE, OperatorAt, Slot, at_slots};
use super::wire::binding::BindingShown;
use super::wire::replay::{Counts, Deploy, Disagreed, MAX_DIFFERENCES_BYTES, ReplayBody, Replayed, Shadow};
use super::workspaces::{OperatorIn, audit};
use super::{ApiError, JsonBody, Query};
use crate::app::App;
use crate::edge;
use crate::plugins::Wanted;
use crate::shadow;
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use windlass_domain::WorkspaceName;
use windlass_domain::binding::Role;
use windlass_domain::decision::Agreement;
use windlass_store::{Binding, Seat, ShadowRef};

/// How many disagreements a shadow shows where nothing else is asked for.
const SHOWN: u32 = 20;

/// The routes below a slot.
pub fn routes() -> Routes {
    let of_workspace = at_slots(Routes::new("Operators"), OF_WORKSPACE, |routes, at| {
        let replay_op = at
            .op("replayPlugin", "Put the last deploys to another plugin")
            .about("Nothing is changed. Sources, claims and tools are those of the deploys; the answers of each are compared.")
            .refuses(&[409, 422]);
        routes
            .get(&at.path("/shadow"), show, at.op("getShadow", SHOW))
            .post(&at.path("/promote"), promote, at.op("promotePlugin", PROMOTE).refuses(&[409]))
            .post(&at.path("/replay"), replay, replay_op)
    });
    at_slots(of_workspace, OF_HOST, |routes, at| {
        routes.get(&at.path("/shadow"), show, at.op("getDefaultShadow", SHOW)).post(
            &at.path("/promote"),
            promote,
            at.op("promoteDefaultPlugin", PROMOTE).refuses(&[409]),
        )
    })
}

const SHOW: &str = "Show how far the candidate of a slot agrees";
const PROMOTE: &str = "Let the candidate of a slot decide, from the next deploy on";

/// How much is shown.
#[derive(Deserialize, JsonSchema)]
struct Shown {
    /// The most disagreements; 20 where it is left out.
    limit: Option<u32>,
}

async fn show(
    State(app): State<Arc<App>>,
    at: OperatorAt,
    Query(Shown { limit }): Query<Shown>,
) -> Result<Json<Shadow>, ApiError> {
    let candidate = candidate_at(&app, at.workspace.as_ref(), &at.slot)?;
    let shadow = reference(&candidate);
    let disagreements = app.store.disagreements(&shadow, limit.unwrap_or(SHOWN))?;
    Ok(Json(Shadow {
        slot: at.slot,
        counts: app.store.agreement(&shadow)?.into(),
        candidate: shown(&app, at.workspace.as_ref(), candidate),
        disagreements: disagreements.into_iter().map(Disagreed::from).collect(),
    }))
}

/// The candidate that is tried there, the workspace's own or inherited.
fn candidate_at(app: &App, workspace: Option<&WorkspaceName>, slot: &str) -> Result<Binding, ApiError> {
    let seat = Seat { workspace: workspace.cloned(), slot: slot.to_owned(), role: Role::Shadow };
    holding(app, &seat)?.ok_or_else(|| no_candidate(slot))
}

fn reference(candidate: &Binding) -> ShadowRef {
    let Seat { workspace, slot, .. } = candidate.seat.clone();
    ShadowRef { workspace, slot, revision: candidate.revision }
}

/// The counts of the candidate go into the history of the slot.
async fn promote(State(app): State<Arc<App>>, at: OperatorAt) -> Result<Json<BindingShown>, ApiError> {
    let OperatorAt { operator, workspace, slot } = at;
    let candidate = candidate_at(&app, workspace.as_ref(), &slot)?;
    if candidate.seat.workspace != workspace {
        let hint = "promote it there, or bind the plugin to this workspace";
        return Err(ApiError::conflict("inherited", "the candidate is the host's, and tried for all").hint(hint));
    }
    let seat = Seat::live(workspace, slot);
    let promoted = to_the_end(async move {
        let before = told(holding(&app, &seat)?.as_ref());
        let counts = Counts::from(app.store.agreement(&reference(&candidate))?);
        let note = json!({"shadow_revision": candidate.revision, "counts": counts});
        let (what, by) = (format!("promote {}", place(&seat)), by(&operator));
        let entry = move |after: &Binding| audit(&operator.key_id, what, before, told(Some(after)));
        let binding = app.plugins.promote(&app.store, &seat, note, by, entry).await?;
        Ok::<_, ApiError>(shown(&app, seat.workspace.as_ref(), binding))
    });
    promoted.await.map(Json)
}

fn no_candidate(slot: &str) -> ApiError {
    ApiError::not_found(format!("no candidate is bound beside `{slot}`"))
        .hint("bind one: PUT the slot with `\"shadow\": true`")
}

async fn replay(
    State(app): State<Arc<App>>,
    OperatorIn { workspace, .. }: OperatorIn,
    Slot(slot): Slot,
    JsonBody(body): JsonBody<ReplayBody>,
) -> Result<Json<Replayed>, ApiError> {
    let (plugin, terms, last) = body.parse()?;
    let seat = Seat { workspace: Some(workspace.clone()), slot: slot.clone(), role: Role::Shadow };
    let candidate = app.plugins.candidate(&app.store, &workspace, Wanted { seat, plugin, terms }).await?;
    let (mut counts, mut left, mut deploys) = (Agreement::default(), MAX_DIFFERENCES_BYTES, Vec::new());
    for decision in app.store.recordings(&workspace, last)? {
        let asked = shadow::ask(&app, &workspace, &decision, &candidate).await?;
        counts.add(&asked.outcome, edge::now());
        let mut deploy = Deploy::new(decision, asked);
        deploy.within(&mut left);
        deploys.push(deploy);
    }
    let (plugin, digest) = (candidate.plugin.id().to_owned(), candidate.plugin.digest.clone());
    Ok(Json(Replayed { slot, plugin, digest, counts: counts.into(), deploys }))
}
