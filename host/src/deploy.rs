//! The use case, read top to bottom: hydrate, validate, decide (or apply a decision), check, build, record, roll out.
//!
//! Invariants: until `record` nothing has changed but unreferenced blobs; what `record` has committed survives the
//! process; the host chooses nothing here that a plugin could choose.

pub mod analysis;
mod answer;
mod apply;
pub mod ask;
mod bases;
mod build;
mod check;
mod decide;
pub mod drafts;
mod entry_point;
pub mod error;
mod hydrate;
pub mod kept;
mod life;
mod locks;
pub mod memo;
pub mod replay;
mod rollout;
pub mod validate;

pub use analysis::{Analysis, AnalysisAsk};
pub use apply::decision;
pub use ask::{Caller, DeployAsk, EnvAsk, SettingsAsk, ToolAsk};
pub use bases::Bases;
pub use build::{BuildAsk, build_only};
pub use decide::micros;
pub use entry_point::PossibleStart;
pub use error::{DeployError, Missing, Step};
pub use kept::Kept;
pub use life::{amend, remove, roll_back};
pub use locks::Locks;
pub use memo::{BodyDigest, Memo};
pub use rollout::{roll_out, roll_out_all};

use crate::app::App;
use crate::edge;
use apply::Applied;
use std::sync::Arc;
use windlass_domain::agent::{Phase, Revision, RevisionSpec};
use windlass_domain::decision::{Decision, Inputs};
use windlass_domain::request::DeployRequest;
use windlass_domain::{AgentRef, ResourceName};
use windlass_store::{DeployRecord, DraftSeen, Recorded};

/// An acknowledged deploy.
#[derive(Debug)]
pub struct Deployment {
    /// The agent.
    pub agent: AgentRef,
    /// Its current revision: the new one, or the one that this request had made before.
    pub revision: Revision,
    /// What was decided, and why.
    pub decision: Decision,
    /// Tools that did not exist before.
    pub tools_created: Vec<ResourceName>,
    /// What the author should know.
    pub warnings: Vec<String>,
    /// Where the agent is in its life.
    pub phase: Phase,
    /// The image, on a build path.
    pub image_uri: Option<String>,
}

/// What a deploy would do now.
#[derive(Debug)]
pub struct Previewed {
    /// The decision.
    pub decision: Decision,
    /// Whether this host has what the plan needs.
    pub is_supported: bool,
    /// What the author should know.
    pub warnings: Vec<String>,
}

/// Deploys: everything is recorded when this returns, and the revision is on its way.
/// With a `decision_id`, that decision is applied and no plugin is asked.
pub async fn deploy(app: &App, caller: &Caller, ask: DeployAsk) -> Result<Deployment, DeployError> {
    let done = Box::pin(carry_through(app, caller, ask)).await;
    app.metrics.deployed(done.is_ok());
    done
}

async fn carry_through(app: &App, caller: &Caller, mut ask: DeployAsk) -> Result<Deployment, DeployError> {
    let decision_id = ask.decision_id.take();
    let Admitted { request, draft, mut warnings } = admit(app, caller, ask).await?;
    let agent = AgentRef { workspace: request.workspace.clone(), name: request.agent.clone() };
    let _turn = app.locks.turn_of(&agent).await;

    let Applied { mut decision, inputs } = if let Some(id) = hydrate::given(decision_id.as_deref()) {
        apply::find(app, &request, id)?
    } else {
        let decide::Decided { decision, inputs } = decide::decide(app, &request).await?;
        Applied { decision, inputs: Some(inputs) }
    };
    check::check(&app.catalogue, &request, &decision)?;
    let _pin = app.blobs.pin().await;
    let image = build::carry_out(app, &request, &decision.plan).await?;
    let spec = RevisionSpec {
        image: request.image().map(ToString::to_string),
        image_digest: image.as_ref().map(|image| image.manifest_digest.to_string()),
        source_digest: decision.source_digest.clone(),
        plan: decision.plan.clone(),
        settings: request.settings.clone(),
        tools: decision.tools.required.clone(),
        rewrites: decision.tools.rewrites.clone(),
    };
    let recorded = record(app, &agent, &request, Made { spec, decision: &decision, inputs, image, draft }).await?;
    rollout::roll_out(app, &agent, &recorded.revision, request.files().cloned())?;
    app.shadows.offer(app, &agent.workspace, &recorded.revision.decision_id);

    warnings.extend(decision.warnings.iter().cloned());
    let phase = app.runtime.state(&agent).map_or(Phase::Pending, |state| state.phase);
    let built = recorded.revision.build_id.is_some();
    let image_uri = app.image_of(&agent, &recorded.revision.spec).filter(|_| built);
    let Recorded { revision, revision_created, tools_created, .. } = recorded;
    if !revision_created && revision.decision_id != decision.id {
        // The same request again is answered with what it had made the first time.
        let first = app.store.decision(&agent.workspace, &revision.decision_id)?;
        decision = first.unwrap_or(Decision { id: revision.decision_id.clone(), ..decision });
    }
    Ok(Deployment { agent, revision, decision, tools_created, warnings, phase, image_uri })
}

/// Decides without changing anything: the decision that [`deploy`] would record now. It is kept for an hour, so that a
/// deploy can apply it by its id. That its builder is not here is told, and no error yet.
pub async fn preview(app: &App, caller: &Caller, ask: DeployAsk) -> Result<Previewed, DeployError> {
    let Admitted { request, mut warnings, .. } = admit(app, caller, ask).await?;
    let decided = decide::decide(app, &request).await?;
    let lacking_builder = check::lacking_builder(&app.catalogue, &decided.decision.plan);
    if lacking_builder.is_none() {
        check::check(&app.catalogue, &request, &decided.decision)?;
    }
    apply::keep(app, &request, &decided);
    let decision = decided.decision;
    warnings.extend(decision.warnings.iter().cloned());
    let is_supported = lacking_builder.is_none();
    warnings.extend(lacking_builder);
    Ok(Previewed { decision, is_supported, warnings })
}

/// A request that is sound.
struct Admitted {
    request: Arc<DeployRequest>,
    /// The draft that it came of.
    draft: Option<DraftSeen>,
    /// What its author should know about it.
    warnings: Vec<String>,
}

async fn admit(app: &App, caller: &Caller, mut ask: DeployAsk) -> Result<Admitted, DeployError> {
    let draft = hydrate::hydrate(&app.store, caller, &mut ask)?;
    let (request, warnings) = validate::request(&app.store, caller, ask)?;
    let request = Arc::new(request);
    entry_point::must_be_there(app, &request).await?;
    Ok(Admitted { request, draft, warnings })
}

/// What a deploy has made, to be recorded.
struct Made<'a> {
    spec: RevisionSpec,
    decision: &'a Decision,
    inputs: Option<Inputs>,
    image: Option<build::Built>,
    draft: Option<DraftSeen>,
}

async fn record(app: &App, agent: &AgentRef, request: &DeployRequest, made: Made<'_>) -> Result<Recorded, DeployError> {
    let Made { spec, decision, inputs, image, draft } = made;
    let now = edge::now();
    let record = DeployRecord {
        agent: agent.clone(),
        spec,
        decision: decision.clone(),
        inputs,
        tools: decision.tools.create.clone(),
        build: image.as_ref().map(|image| image.build_record(app, agent, now)),
        source: request.files().cloned(),
        image: image.map(|image| image.image_record(agent)),
        draft,
        now,
    };
    Ok(app.store.record_deploy(record).await?)
}
