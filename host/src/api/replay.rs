//! What another plugin would say: of each deploy from now on (a shadow), and of the last ones (a replay).

use super::bindings::{by, holding, place, shown, told};
use super::deploy::to_the_end;
use super::resources::required;
use super::routes::Routes;
use super::slots::{OF_HOST, OF_WORKSPACE, OperatorAt, Slot, at_slots};
use super::wire::Time;
use super::wire::binding::BindingShown;
use super::workspaces::{OperatorIn, audit};
use super::{ApiError, JsonBody, Query};
use crate::app::App;
use crate::edge;
use crate::plugins::Wanted;
use crate::shadow::{self, Asked};
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use windlass_domain::binding::{BindingLimits, BindingTerms, Grants, Role};
use windlass_domain::decision::{Agreement, Difference, Outcome};
use windlass_domain::{Invalid, WorkspaceName};
use windlass_store::{Binding, Disagreement, Seat, ShadowRef};

/// The most deploys that one replay asks about.
pub const MAX_REPLAYED: u32 = 1_000;
/// The most bytes of differences that one answer holds; of the rest only the fields are told.
pub const MAX_DIFFERENCES_BYTES: usize = 8 * 1024 * 1024;
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

/// How far a candidate agrees.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PluginAgreement")]
struct Counts {
    /// Deploys that it was asked about.
    asked: u64,
    /// Of these: it said the same.
    agreed: u64,
    /// Of these: it said something else.
    differed: u64,
    /// Of these: it gave no answer.
    failed: u64,
    /// Deploys that it was not asked about, since too much was waiting or what they were made of has gone.
    missed: u64,
    /// Deploys about which it answered differently when it was asked twice.
    unsteady: u64,
    /// `agreed` of `asked`, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    agreement: Option<f64>,
    /// In how many deploys each field differed.
    fields: BTreeMap<String, u64>,
    /// How often each failure was met.
    failures: BTreeMap<String, u64>,
    /// How long its answers took.
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<Times>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_at: Option<Time>,
}

/// Times in microseconds, to the next power of two.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PluginTimes")]
struct Times {
    #[serde(rename = "p50_micros")]
    p50: u64,
    #[serde(rename = "p99_micros")]
    p99: u64,
    #[serde(rename = "max_micros")]
    max: u64,
}

impl From<Agreement> for Counts {
    fn from(counts: Agreement) -> Self {
        let at = |percent| counts.percentile(percent);
        let time = at(50).zip(at(99)).zip(counts.longest());
        Self {
            asked: counts.asked(),
            agreement: counts.share(),
            time: time.map(|((p50, p99), max)| Times { p50, p99, max }),
            agreed: counts.agreed,
            differed: counts.differed,
            failed: counts.failed,
            missed: counts.missed,
            unsteady: counts.unsteady,
            fields: counts.fields,
            failures: counts.failures,
            first_at: counts.first_at.map(Time),
            last_at: counts.last_at.map(Time),
        }
    }
}

/// A candidate, and how far it agrees.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PluginShadow")]
struct Shadow {
    slot: String,
    candidate: BindingShown,
    counts: Counts,
    /// The last deploys about which it said something else or nothing, newest first.
    disagreements: Vec<Disagreed>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PluginDisagreement")]
struct Disagreed {
    decision_id: String,
    agent_name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<Difference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    at: Time,
}

impl From<Disagreement> for Disagreed {
    fn from(disagreement: Disagreement) -> Self {
        let Disagreement { decision, agent, differences, failure, at } = disagreement;
        Self { decision_id: decision, agent_name: agent, differences, failure, at: Time(at) }
    }
}

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

/// `POST …/replay`
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ReplayPluginRequest")]
struct ReplayBody {
    /// `name`, or `name@version`.
    #[schemars(with = "String")]
    plugin: Option<String>,
    /// The version, where `plugin` is the name alone; without any, the one that was installed last.
    version: Option<String>,
    /// As they would be bound.
    settings: Option<Map<String, Value>>,
    /// As they would be bound. HTTP requests are answered as they were at the deploy, and never sent.
    grants: Option<Grants>,
    /// As they would be bound.
    limits: Option<BindingLimits>,
    /// How many of the last deploys; 100 where it is left out.
    #[schemars(range(min = 1, max = MAX_REPLAYED))]
    last: Option<u32>,
}

/// What a plugin would have said about the last deploys.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PluginReplay")]
struct Replayed {
    slot: String,
    /// `name@version`
    plugin: String,
    digest: String,
    counts: Counts,
    /// Each deploy, newest first.
    deploys: Vec<Deploy>,
}

/// What a plugin would have said about one deploy.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReplayedDeploy")]
struct Deploy {
    decision_id: String,
    agent_name: String,
    /// `same`, `differs`, `failed`, or `missed` where what it was made of has gone meanwhile.
    #[schemars(extend("enum" = ["same", "differs", "failed", "missed"]))]
    outcome: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<Difference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// Whether it answered differently when it was asked twice.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unsteady: bool,
    /// Whether a strategy would choose from another menu now than it did then: not every difference is the plugin's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    catalogue_changed: bool,
}

impl Deploy {
    fn new(decision_id: String, asked: Asked) -> Self {
        let Asked { agent: agent_name, is_catalogue_changed: catalogue_changed, outcome } = asked;
        let mut deploy = Self {
            decision_id,
            agent_name,
            outcome: "missed",
            differences: Vec::new(),
            failure: None,
            unsteady: false,
            catalogue_changed,
        };
        match outcome {
            Outcome::Compared { differences, is_steady, .. } => {
                deploy.outcome = if differences.is_empty() { "same" } else { "differs" };
                (deploy.differences, deploy.unsteady) = (differences, !is_steady);
            }
            Outcome::Failed(why) => (deploy.outcome, deploy.failure) = ("failed", Some(why)),
            Outcome::Missed(_) => {}
        }
        deploy
    }

    /// Leaves of the differences only the fields once `left` bytes are told.
    fn within(&mut self, left: &mut usize) {
        for difference in &mut self.differences {
            let bytes = difference.live.to_string().len() + difference.candidate.to_string().len();
            let rest = left.checked_sub(bytes);
            *left = rest.unwrap_or(*left);
            if rest.is_none() {
                (difference.live, difference.candidate) = Default::default();
            }
        }
    }
}

async fn replay(
    State(app): State<Arc<App>>,
    OperatorIn { workspace, .. }: OperatorIn,
    Slot(slot): Slot,
    JsonBody(body): JsonBody<ReplayBody>,
) -> Result<Json<Replayed>, ApiError> {
    let last = last_of(body.last)?;
    let ReplayBody { plugin, version, settings, grants, limits, .. } = body;
    let plugin = required("plugin", plugin)?;
    let plugin = version.map_or_else(|| plugin.clone(), |version| format!("{plugin}@{version}"));
    let terms = BindingTerms {
        settings: settings.unwrap_or_default(),
        grants: grants.unwrap_or_default(),
        limits: limits.unwrap_or_default(),
        ..BindingTerms::default()
    };
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

fn last_of(last: Option<u32>) -> Result<u32, Invalid> {
    const DEFAULT: u32 = 100;
    match last.unwrap_or(DEFAULT) {
        last @ 1..=MAX_REPLAYED => Ok(last),
        last => {
            let message = format!("{last} is not between 1 and {MAX_REPLAYED}");
            Err(Invalid::new("invalid_value", "last", message, "say how many of the last deploys shall be replayed"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_takes_one_to_a_thousand_deploys() {
        assert_eq!(last_of(None).expect("the default"), 100);
        assert_eq!((last_of(Some(1)).expect("one"), last_of(Some(MAX_REPLAYED)).expect("all")), (1, MAX_REPLAYED));
        for wrong in [0, MAX_REPLAYED + 1] {
            assert_eq!(last_of(Some(wrong)).expect_err("not in range").field, "last");
        }
    }

    #[test]
    fn past_the_bytes_of_an_answer_only_fields_are_told() {
        let difference = || Difference { field: "plan.port".into(), live: json!(1), candidate: json!(22) };
        let outcome = Outcome::Compared { differences: vec![difference(), difference()], micros: 1, is_steady: true };
        let asked = Asked { agent: "bot".into(), is_catalogue_changed: false, outcome };
        let mut deploy = Deploy::new("dec-1".into(), asked);
        deploy.within(&mut 5);
        assert_eq!((&deploy.differences[0], deploy.outcome), (&difference(), "differs"));
        let bare = Difference { live: Value::Null, candidate: Value::Null, ..difference() };
        assert_eq!(deploy.differences[1], bare);
    }
}
