//! Detect, decide, provide tools: the three questions to the workspace's plugins, put together as one [`Decision`].

use super::error::{DeployError, Step};
use super::memo::{Answer, Key, Memo};
use crate::app::App;
use crate::edge;
use crate::plugins::{Bound, Missing, PluginSet, STRATEGY, TOOL_PROVIDER};
use std::sync::Arc;
use std::time::{Duration, Instant};
use windlass_domain::catalogue::Catalogue;
use windlass_domain::claim::{Claim, kind};
use windlass_domain::decision::{Decision, PluginUse, Subject, grounds, plan_digest};
use windlass_domain::plan::Plan;
use windlass_domain::request::DeployRequest;
use windlass_domain::source::SourceTree;
use windlass_domain::tool::Tool;
use windlass_plugin::{CallError, Calls, Provided, Undecided};

/// A decision, and the tools that were registered when it was made.
pub struct Decided {
    /// The decision.
    pub decision: Decision,
    /// The tools of the workspace.
    pub registered: Arc<[Tool]>,
}

/// What the detectors say, and what the strategy makes of it: a decision without tools, or a part of one.
pub struct Findings {
    /// Everything that was claimed.
    pub claims: Arc<[Claim]>,
    /// The strategy's plan, or why there is none.
    pub plan: Result<Plan, Unplanned>,
    /// The plugins that took part.
    pub plugins: Vec<PluginUse>,
    /// How long it took, in microseconds.
    pub micros: u64,
}

/// Why there is no plan, and what the strategy had settled before it gave up.
pub struct Unplanned {
    /// Why.
    pub error: DeployError,
    /// The plan as far as it was written.
    pub settled: Box<Plan>,
}

/// Asks the plugins that are bound to the request's workspace now; one set decides the whole request.
pub async fn decide(app: &App, request: &Arc<DeployRequest>) -> Result<Decided, DeployError> {
    let registered = app.store.tools(&request.workspace)?.into();
    let asking = Asking::new(app, request, registered)?;
    let asked = app.plugins.host().run(&request.workspace, move |calls| asking.decide(calls)).await;
    asked.map_err(DeployError::Decision)?
}

/// Asks the detectors and the strategy alone.
pub async fn find(app: &App, request: &Arc<DeployRequest>) -> Result<Findings, DeployError> {
    let asking = Asking::new(app, request, Arc::new([]))?;
    let asked = app.plugins.host().run(&request.workspace, move |calls| asking.find(calls)).await;
    asked.map_err(DeployError::Decision)?
}

/// The plugins that decide for the request's workspace now.
pub fn set_of(app: &App, request: &DeployRequest) -> Result<Arc<PluginSet>, DeployError> {
    let set = app.plugins.set_of(&app.store, &request.workspace)?;
    match &set.missing {
        Some(Missing { slot, plugin }) => Err(DeployError::NotLoaded { slot: slot.clone(), plugin: plugin.clone() }),
        None => Ok(set),
    }
}

/// What the plugins are asked about, and who they are.
struct Asking {
    set: Arc<PluginSet>,
    request: Arc<DeployRequest>,
    catalogue: Arc<Catalogue>,
    registered: Arc<[Tool]>,
    memo: Arc<Memo>,
    /// The digest of what guests can see of the request.
    visible: String,
}

/// On one blocking thread, one guest after the other: on few cores two guests at once are no faster than one, since
/// fresh memory mappings contend within a process (docs/architecture.md has the numbers).
impl Asking {
    fn new(app: &App, request: &Arc<DeployRequest>, registered: Arc<[Tool]>) -> Result<Self, DeployError> {
        let (catalogue, memo) = (app.catalogue.clone(), app.memo.clone());
        let (set, visible) = (set_of(app, request)?, request.digest_for_guests());
        Ok(Self { set, request: request.clone(), catalogue, registered, memo, visible })
    }

    fn decide(self, calls: &Calls) -> Result<Decided, DeployError> {
        let started = Instant::now();
        let mut plugins = Vec::new();
        let claims = self.detect(calls, &mut plugins)?;
        let plan = self.plan(calls, &claims, &mut plugins).map_err(|unplanned| unplanned.error)?;
        let plan = Arc::unwrap_or_clone(plan);
        let Provided { plan: tools, warnings } = self.provide(calls, &claims, &mut plugins)?;
        let decision = Decision {
            id: edge::new_id("dec"),
            plan_digest: plan_digest(&plan, &tools),
            request_digest: self.request.digest(),
            source_digest: self.request.files().map(|tree| tree.digest()),
            evidence: grounds(&self.request, &claims, &plan, Subject::Plan),
            warnings: told(&claims, plan.warnings.iter().cloned().chain(warnings)),
            claims: claims.to_vec(),
            plugins,
            plan,
            tools,
            micros: micros(started.elapsed()),
        };
        Ok(Decided { decision, registered: self.registered })
    }

    fn find(&self, calls: &Calls) -> Result<Findings, DeployError> {
        let started = Instant::now();
        let mut plugins = Vec::new();
        let claims = self.detect(calls, &mut plugins)?;
        let plan = self.plan(calls, &claims, &mut plugins).map(Arc::unwrap_or_clone);
        Ok(Findings { claims, plan, plugins, micros: micros(started.elapsed()) })
    }

    /// Every bound detector looks at the source; one that has nothing to say is no failure. An image has no source.
    fn detect(&self, calls: &Calls, plugins: &mut Vec<PluginUse>) -> Result<Arc<[Claim]>, DeployError> {
        let Some(source) = self.request.files() else { return Ok(Arc::new([])) };
        let mut all = Vec::with_capacity(self.set.detectors.len());
        for bound in &self.set.detectors {
            all.push(self.hear(calls, bound, source, plugins)?);
        }
        match all.as_slice() {
            [one] => Ok(one.clone()),
            all => Ok(all.iter().flat_map(|claims| claims.iter().cloned()).collect()),
        }
    }

    /// One detector's claims: from memory, where the same question was answered before.
    fn hear(
        &self,
        calls: &Calls,
        bound: &Bound,
        source: &Arc<SourceTree>,
        plugins: &mut Vec<PluginUse>,
    ) -> Result<Arc<[Claim]>, DeployError> {
        let key = self.key(bound, Vec::new());
        if let Some(Answer { value: claims, took }) = self.memo.claims.recall(&key) {
            plugins.push(PluginUse { remembered: true, ..used(bound, took) });
            return Ok(claims);
        }
        let started = Instant::now();
        let (value, took): (Arc<[Claim]>, Duration) = match calls.detect(&bound.plugin, &self.request, source) {
            Ok(answer) => (Arc::from(answer.value), answer.took),
            Err(CallError::NotApplicable) => (Arc::from([]), started.elapsed()),
            Err(error) => return Err(failed(bound, Step::Detect, error)),
        };
        plugins.push(used(bound, took));
        self.memo.claims.remember(key, Answer { value: value.clone(), took });
        Ok(value)
    }

    fn key(&self, bound: &Bound, heard: Vec<String>) -> Key {
        Key {
            plugin: bound.plugin.digest.clone(),
            source: self.request.files().map(|tree| tree.digest()).unwrap_or_default(),
            request: self.visible.clone(),
            heard,
        }
    }

    /// The strategy's plan: from memory, where it was asked the same about the claims of the same detectors.
    fn plan(&self, calls: &Calls, claims: &Arc<[Claim]>, plugins: &mut Vec<PluginUse>) -> Result<Arc<Plan>, Unplanned> {
        let nobody = DeployError::NothingBound { slot: STRATEGY, step: Step::Decide };
        let nobody = Unplanned { error: nobody, settled: Box::default() };
        let bound = self.set.strategy.as_ref().ok_or(nobody)?;
        let key = self.key(bound, plugins.iter().map(|used| used.digest.clone()).collect());
        if let Some(Answer { value: plan, took }) = self.memo.plans.recall(&key) {
            plugins.push(PluginUse { remembered: true, ..used(bound, took) });
            return Ok(plan);
        }
        let answer = calls.decide(&bound.plugin, &self.request, claims, &self.catalogue);
        let answer = answer.map_err(|Undecided { error, settled }| {
            let error = failed(bound, Step::Decide, error);
            Unplanned { error, settled }
        })?;
        plugins.push(used(bound, answer.took));
        let plan = Arc::new(answer.value);
        self.memo.plans.remember(key, Answer { value: plan.clone(), took: answer.took });
        Ok(plan)
    }

    fn provide(
        &self,
        calls: &Calls,
        claims: &Arc<[Claim]>,
        plugins: &mut Vec<PluginUse>,
    ) -> Result<Provided, DeployError> {
        let nobody = DeployError::NothingBound { slot: TOOL_PROVIDER, step: Step::ProvideTools };
        let bound = self.set.tool_provider.as_ref().ok_or(nobody)?;
        let answer = calls.provide(&bound.plugin, &self.request, claims, &self.registered);
        let answer = answer.map_err(|error| failed(bound, Step::ProvideTools, error))?;
        plugins.push(used(bound, answer.took));
        Ok(answer.value)
    }
}

/// What plugins have to tell the author, each once: the notes of detectors first.
pub fn told(claims: &[Claim], warnings: impl IntoIterator<Item = String>) -> Vec<String> {
    let notes = claims.iter().filter(|claim| claim.kind == kind::NOTE).map(|claim| claim.value.clone());
    let mut told = Vec::new();
    for warning in notes.chain(warnings) {
        if !told.contains(&warning) {
            told.push(warning);
        }
    }
    told
}

/// The plugin's part.
fn used(bound: &Bound, took: Duration) -> PluginUse {
    PluginUse {
        slot: bound.slot.clone(),
        plugin: bound.plugin.id().to_owned(),
        digest: bound.plugin.digest.clone(),
        micros: micros(took),
        remembered: false,
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn failed(bound: &Bound, step: Step, error: CallError) -> DeployError {
    DeployError::Plugin { slot: bound.slot.clone(), plugin: bound.plugin.id().to_owned(), step, error }
}
