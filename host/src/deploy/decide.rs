//! Detect, decide, provide tools: the three questions to the workspace's plugins, put together as one [`Decision`].

use super::answer::{self, Answered, answered, used};
use super::error::{DeployError, Step};
use super::memo::{Answer, Key, Memo};
use crate::app::App;
use crate::edge;
use crate::plugins::{Bound, Missing, PluginSet, STRATEGY, TOOL_PROVIDER};
use std::cmp::Reverse;
use std::sync::Arc;
use std::time::{Duration, Instant};
use windlass_domain::WorkspaceName;
use windlass_domain::catalogue::Catalogue;
use windlass_domain::claim::{Claim, kind};
use windlass_domain::decision::{Decision, Inputs, PluginUse, Subject, grounds, plan_digest};
use windlass_domain::plan::Plan;
use windlass_domain::request::DeployRequest;
use windlass_domain::tool::Tool;
use windlass_plugin::{CallError, Calls, Provided, Undecided, Weight};

/// A decision, and what it was made of.
pub struct Decided {
    /// The decision.
    pub decision: Decision,
    /// What it was made of, the tools of the workspace among it.
    pub inputs: Inputs,
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
    on_a_place(app, request, asking.set.heaviest(), move |calls| asking.decide(calls)).await
}

/// Asks the detectors and the strategy alone.
pub async fn find(app: &App, request: &Arc<DeployRequest>) -> Result<Findings, DeployError> {
    let asking = Asking::new(app, request, Arc::new([]))?;
    if let Some(findings) = asking.recall() {
        return Ok(findings);
    }
    on_a_place(app, request, asking.set.heaviest(), move |calls| asking.find(calls)).await
}

/// Asks the detectors alone.
pub async fn claims(app: &App, request: &Arc<DeployRequest>) -> Result<Arc<[Claim]>, DeployError> {
    let asking = Asking::new(app, request, Arc::new([]))?;
    let detected = on_a_place(app, request, asking.set.heaviest(), move |calls| asking.detect(calls, &mut Vec::new()));
    Ok(detected.await?.claims)
}

/// Runs `work` on a place among the guests.
async fn on_a_place<T: Send + 'static>(
    app: &App,
    request: &DeployRequest,
    heaviest: Weight,
    work: impl FnOnce(&Calls) -> Result<T, DeployError> + Send + 'static,
) -> Result<T, DeployError> {
    let done = app.plugins.host().run(&request.workspace, heaviest, work).await;
    if matches!(done, Err(CallError::Busy)) {
        app.metrics.queue_was_full();
    }
    done.map_err(DeployError::Decision)?
}

/// The plugins that decide for a workspace now.
pub fn set_of(app: &App, workspace: &WorkspaceName) -> Result<Arc<PluginSet>, DeployError> {
    let set = app.plugins.set_of(&app.store, workspace)?;
    match &set.missing {
        Some(Missing { slot, plugin, reason }) => {
            let (slot, plugin, is_scheduled) = (slot.clone(), plugin.clone(), reason.is_none());
            Err(DeployError::NotLoaded { slot, plugin, is_scheduled })
        }
        None => Ok(set),
    }
}

/// What the plugins are asked about, and who they are.
struct Asking {
    set: Arc<PluginSet>,
    request: Arc<DeployRequest>,
    catalogue: Arc<Catalogue>,
    catalogue_digest: Arc<str>,
    registered: Arc<[Tool]>,
    memo: Arc<Memo>,
    /// The digest of what guests can see of the request.
    visible: String,
}

/// What the detectors said.
struct Claimed {
    /// All of it, in their order.
    claims: Arc<[Claim]>,
    /// How many claims each of them made.
    heard: Vec<usize>,
}

/// The claims of a detector's slot, and who took part in them.
type Heard = (Arc<[Claim]>, Vec<PluginUse>);

/// On one blocking thread, one guest after the other; detectors go two at once where nobody else is being decided about.
/// Whatever is remembered is answered without a guest.
impl Asking {
    fn new(app: &App, request: &Arc<DeployRequest>, registered: Arc<[Tool]>) -> Result<Self, DeployError> {
        let (catalogue, catalogue_digest) = (app.catalogue.clone(), app.catalogue_digest.clone());
        let memo = app.memo.clone();
        let (set, visible) = (set_of(app, &request.workspace)?, request.digest_for_guests());
        Ok(Self { set, request: request.clone(), catalogue, catalogue_digest, registered, memo, visible })
    }

    fn decide(self, calls: &Calls) -> Result<Decided, DeployError> {
        let started = Instant::now();
        let mut plugins = Vec::new();
        let Claimed { claims, heard } = self.detect(calls, &mut plugins)?;
        let plan = self.plan(calls, &claims, &mut plugins).map_err(|unplanned| unplanned.error)?;
        let plan = Arc::unwrap_or_clone(plan);
        let Provided { plan: tools, warnings, exchanges } = self.provide(calls, &claims, &mut plugins)?;
        let warnings = plan.warnings.iter().cloned().chain(warnings).chain(answer::warnings(&plugins));
        let decision = Decision {
            id: edge::new_id("dec"),
            plan_digest: plan_digest(&plan, &tools),
            request_digest: self.request.digest(),
            source_digest: self.request.files().map(|tree| tree.digest()),
            evidence: grounds(&self.request, &claims, &plan, Subject::Plan),
            warnings: told(&claims, warnings),
            claims: claims.to_vec(),
            plugins,
            plan,
            tools,
            micros: micros(started.elapsed()),
        };
        let slots = self.detectors().iter().map(|bound| bound.slot.clone());
        let heard = slots.zip(heard).collect();
        let inputs = Inputs::of(&self.request, &self.registered, heard, &self.catalogue_digest, exchanges);
        Ok(Decided { decision, inputs })
    }

    fn find(&self, calls: &Calls) -> Result<Findings, DeployError> {
        let started = Instant::now();
        let mut plugins = Vec::new();
        let Claimed { claims, .. } = self.detect(calls, &mut plugins)?;
        let plan = self.plan(calls, &claims, &mut plugins).map(Arc::unwrap_or_clone);
        Ok(Findings { claims, plan, plugins, micros: micros(started.elapsed()) })
    }

    /// The whole answer, where every part of it is remembered: no place among the guests is waited for.
    fn recall(&self) -> Option<Findings> {
        let started = Instant::now();
        let heard = self.detectors().iter().map(|bound| Some(alone(self.recall_claims(bound)?)));
        let heard: Option<Vec<Heard>> = heard.collect();
        let (Claimed { claims, .. }, mut plugins) = united(heard?);
        let bound = self.set.strategy.as_ref()?;
        let Answer { value: plan, took } = self.memo.plans.recall(&self.key_of_plan(bound, &plugins))?;
        plugins.push(PluginUse { remembered: true, ..used(bound, took) });
        Some(Findings { claims, plan: Ok(Arc::unwrap_or_clone(plan)), plugins, micros: micros(started.elapsed()) })
    }

    /// Those that look at the source; an image has none.
    fn detectors(&self) -> &[Bound] {
        if self.request.files().is_some() { &self.set.detectors } else { &[] }
    }

    /// Every bound detector looks at the source, and all claims stand in the order of the detectors.
    fn detect(&self, calls: &Calls, plugins: &mut Vec<PluginUse>) -> Result<Claimed, DeployError> {
        let detectors = self.detectors();
        let mut heard: Vec<_> = detectors.iter().map(|bound| self.recall_claims(bound).map(alone).map(Ok)).collect();
        let mut unheard: Vec<_> = (0..heard.len()).filter(|index| heard[*index].is_none()).collect();
        // Who took longest the last time begins, so that it does not end alone.
        unheard.sort_by_key(|index| Reverse(detectors[*index].plugin.last_took()));
        for (index, answer) in calls.each(&unheard, |index| (*index, self.hear(calls, &detectors[*index]))) {
            heard[index] = Some(answer);
        }
        let (claimed, took_part) = united(heard.into_iter().flatten().collect::<Result<_, _>>()?);
        plugins.extend(took_part);
        Ok(claimed)
    }

    /// Asks one detector for its claims. One that has nothing to say is no failure.
    fn hear(&self, calls: &Calls, bound: &Bound) -> Result<Heard, DeployError> {
        let Some(source) = self.request.files() else { return Ok((Arc::new([]), vec![used(bound, Duration::ZERO)])) };
        let Answered { value, parts } = answered(bound, Step::Detect, &mut |bound| {
            if let Some(heard) = self.recall_claims(bound) {
                return Ok(heard);
            }
            let started = Instant::now();
            let (value, took): (Arc<[Claim]>, Duration) =
                match calls.detect(&bound.plugin, &bound.terms, &self.request, source) {
                    Ok(answer) => (Arc::from(answer.value), answer.took),
                    Err(CallError::NotApplicable) => (Arc::from([]), started.elapsed()),
                    Err(error) => return Err(error),
                };
            self.memo.claims.remember(self.key(bound, Vec::new()), Answer { value: value.clone(), took });
            Ok((value, used(bound, took)))
        })?;
        Ok((value.unwrap_or_default(), parts))
    }

    /// One detector's claims from memory, where the same question was answered before.
    fn recall_claims(&self, bound: &Bound) -> Option<(Arc<[Claim]>, PluginUse)> {
        let Answer { value, took } = self.memo.claims.recall(&self.key(bound, Vec::new()))?;
        Some((value, PluginUse { remembered: true, ..used(bound, took) }))
    }

    fn key(&self, bound: &Bound, heard: Vec<String>) -> Key {
        Key {
            plugin: bound.fingerprint(),
            source: self.request.files().map(|tree| tree.digest()).unwrap_or_default(),
            request: self.visible.clone(),
            heard,
        }
    }

    /// Who was heard says what was claimed: the source and the request are in the key already.
    fn key_of_plan(&self, strategy: &Bound, heard: &[PluginUse]) -> Key {
        let heard = heard.iter().filter(|used| used.failed.is_none());
        self.key(strategy, heard.map(PluginUse::fingerprint).collect())
    }

    /// The strategy's plan: from memory, where it was asked the same about the claims of the same detectors.
    fn plan(&self, calls: &Calls, claims: &Arc<[Claim]>, plugins: &mut Vec<PluginUse>) -> Result<Arc<Plan>, Unplanned> {
        let nobody = || DeployError::NothingBound { slot: STRATEGY, step: Step::Decide };
        let Some(bound) = &self.set.strategy else {
            return Err(Unplanned { error: nobody(), settled: Box::default() });
        };
        let heard = plugins.clone();
        let mut settled = Box::default();
        let answer = answered(bound, Step::Decide, &mut |bound| {
            let key = self.key_of_plan(bound, &heard);
            if let Some(Answer { value: plan, took }) = self.memo.plans.recall(&key) {
                return Ok((plan, PluginUse { remembered: true, ..used(bound, took) }));
            }
            let answer = calls.decide(&bound.plugin, &bound.terms, &self.request, claims, &self.catalogue);
            let answer = answer.map_err(|undecided: Undecided| {
                settled = undecided.settled;
                undecided.error
            })?;
            let plan = Arc::new(answer.value);
            self.memo.plans.remember(key, Answer { value: plan.clone(), took: answer.took });
            Ok((plan, used(bound, answer.took)))
        });
        match answer {
            Ok(Answered { value, parts }) => {
                plugins.extend(parts);
                value.ok_or_else(|| Unplanned { error: nobody(), settled })
            }
            Err(error) => Err(Unplanned { error, settled }),
        }
    }

    fn provide(
        &self,
        calls: &Calls,
        claims: &Arc<[Claim]>,
        plugins: &mut Vec<PluginUse>,
    ) -> Result<Provided, DeployError> {
        let nobody = DeployError::NothingBound { slot: TOOL_PROVIDER, step: Step::ProvideTools };
        let bound = self.set.tool_provider.as_ref().ok_or(nobody)?;
        let Answered { value, parts } = answered(bound, Step::ProvideTools, &mut |bound| {
            let answer = calls.provide(&bound.plugin, &bound.terms, &self.request, claims, &self.registered)?;
            Ok((answer.value, used(bound, answer.took)))
        })?;
        plugins.extend(parts);
        Ok(value.unwrap_or_default())
    }
}

/// The claims of all, in one list, and who made them.
fn united(heard: Vec<Heard>) -> (Claimed, Vec<PluginUse>) {
    let (mut claims, plugins): (Vec<_>, Vec<_>) = heard.into_iter().unzip();
    let heard = claims.iter().map(|claims: &Arc<[Claim]>| claims.len()).collect();
    let plugins = plugins.concat();
    claims.retain(|claims| !claims.is_empty());
    let claims = match claims.as_slice() {
        [one] => one.clone(),
        several => several.iter().flat_map(|claims| claims.iter().cloned()).collect(),
    };
    (Claimed { claims, heard }, plugins)
}

/// A detector that answered by itself.
fn alone((claims, used): (Arc<[Claim]>, PluginUse)) -> Heard {
    (claims, vec![used])
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

/// In microseconds.
#[must_use]
pub fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
