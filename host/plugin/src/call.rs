//! One store, one call: arm the limits, call, and tell apart an answer, a guest's error, and a guest that broke.

use crate::engine::ticks;
use crate::error::{CallError, Undecided};
use crate::gate::Plugin;
use crate::imports::claims::{ClaimList, ClaimSet};
use crate::imports::plan::{CatalogueView, PlanDraft};
use crate::imports::request::RequestView;
use crate::imports::source::SourceView;
use crate::imports::syntax::{OutOfTime, Reading};
use crate::imports::tools::{RegistryView, ToolSet};
use crate::limits::Limits;
use crate::link::Linked;
use crate::state::CallState;
use crate::terms::Terms;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::component::Resource;
use wasmtime::{Engine, Store, Trap};
use windlass_domain::catalogue::Catalogue;
use windlass_domain::claim::Claim;
use windlass_domain::exchange::Exchange;
use windlass_domain::plan::Plan;
use windlass_domain::request::DeployRequest;
use windlass_domain::source::SourceTree;
use windlass_domain::tool::{Tool, ToolPlan};
use windlass_syntax::Trees;

/// An answer, and how long the guest took for it.
#[derive(Debug)]
pub struct Answer<T> {
    /// The answer.
    pub value: T,
    /// From the instantiation to the answer; queueing is not in it.
    pub took: Duration,
}

/// What a tool provider answered.
#[derive(Debug)]
pub struct Provided {
    /// The tools of the deploy.
    pub plan: ToolPlan,
    /// What the author should know.
    pub warnings: Vec<String>,
    /// What it has asked over HTTP, so that the call can be made again from the recording ([`crate::Recorded`]).
    pub exchanges: Vec<Exchange>,
}

/// The most bytes that a guest may hand to the host in one call of an import.
const HOSTCALL_FUEL: usize = 4 * 1024 * 1024;

/// A store for one call, its memory limit armed; the deadline is armed by [`arm`], right before the call.
pub(crate) fn new_store(engine: &Engine, plugin: Arc<str>, terms: &Terms) -> Store<CallState> {
    let limits = terms.limits;
    let mut store = Store::new(engine, CallState::new(plugin, terms));
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(HOSTCALL_FUEL);
    store.set_epoch_deadline(ticks(limits.time));
    store
}

/// Runs `call` in a fresh store of `plugin` and turns what happened into an answer or a named error.
pub(crate) fn in_store<T>(
    engine: &Engine,
    plugin: &Plugin,
    terms: &Terms,
    call: impl FnOnce(&mut Store<CallState>) -> wasmtime::Result<Result<T, CallError>>,
) -> Result<Answer<T>, CallError> {
    let (started, limits) = (Instant::now(), terms.limits);
    let mut store = new_store(engine, plugin.id.clone(), terms);
    let outcome = call(&mut store);
    let took = started.elapsed();
    let state = store.data();
    if state.log_dropped > 0 {
        tracing::warn!(target: "windlass::guest", plugin = plugin.id(), dropped = state.log_dropped, "log lines dropped");
    }
    match outcome {
        Ok(answer) => answer.map(|value| Answer { value, took }),
        Err(error) => Err(broken(&error, state, limits)),
    }
}

/// Why a call broke. A refused memory growth comes first: the panic that follows it is only its echo.
fn broken(error: &wasmtime::Error, state: &CallState, limits: Limits) -> CallError {
    if let Some(what) = state.limiter.refused() {
        return CallError::OverLimit { what };
    }
    if error.downcast_ref::<OutOfTime>().is_some() {
        return CallError::Timeout { limit: limits.time };
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => CallError::Timeout { limit: limits.time },
        Some(trap) => CallError::Trap { reason: trap.to_string() },
        None => CallError::Trap { reason: error.root_cause().to_string() },
    }
}

fn wrong_world(plugin: &Plugin, needed: &str) -> CallError {
    CallError::Host(anyhow::anyhow!("{} is of the world {}, not {needed}", plugin.id(), plugin.metadata.world.as_str()))
}

/// Calls a detector for its claims, in the order made; `trees` holds what other detectors had parsed of the same source.
pub(crate) fn detect(
    engine: &Engine,
    plugin: &Plugin,
    terms: &Terms,
    request: &Arc<DeployRequest>,
    source: &Arc<SourceTree>,
    trees: Arc<Trees>,
) -> Result<Answer<Vec<Claim>>, CallError> {
    let Linked::Detector(pre) = &plugin.linked else { return Err(wrong_world(plugin, "detector")) };
    in_store(engine, plugin, terms, |store| {
        store.data_mut().reading = Reading::new(plugin.patterns.clone(), trees, terms.limits.time);
        let table = &mut store.data_mut().table;
        let request = table.push(RequestView(request.clone()))?;
        let source = table.push(SourceView::new(source.clone()))?;
        let claims = table.push(ClaimList::default())?;
        let guest = pre.instantiate(&mut *store)?;
        let result = guest.call_detect(&mut *store, lend(&request), lend(&source), lend(&claims))?;
        let table = &mut store.data_mut().table;
        let claims = table.delete(claims)?.0;
        Ok(result.map(|()| claims).map_err(CallError::from))
    })
}

/// Calls a strategy.
pub(crate) fn decide(
    engine: &Engine,
    plugin: &Plugin,
    terms: &Terms,
    request: &Arc<DeployRequest>,
    claims: &Arc<[Claim]>,
    catalogue: &Arc<Catalogue>,
) -> Result<Answer<Plan>, Undecided> {
    let undecided = |error, settled| Undecided { error, settled: Box::new(settled) };
    let Linked::Strategy(pre) = &plugin.linked else {
        return Err(undecided(wrong_world(plugin, "strategy"), Plan::default()));
    };
    let answer = in_store(engine, plugin, terms, |store| {
        let table = &mut store.data_mut().table;
        let request = table.push(RequestView(request.clone()))?;
        let claims = table.push(ClaimSet(claims.clone()))?;
        let catalogue = table.push(CatalogueView(catalogue.clone()))?;
        let plan = table.push(PlanDraft::default())?;
        let guest = pre.instantiate(&mut *store)?;
        let result = guest.call_decide(&mut *store, lend(&request), lend(&claims), lend(&catalogue), lend(&plan))?;
        Ok(Ok((result, store.data_mut().table.delete(plan)?.into_parts())))
    });
    let Answer { value: (result, (plan, refusal)), took } =
        answer.map_err(|error| undecided(error, Plan::default()))?;
    // The guest's own word first: what it could not write before it gave up is of no account.
    let error = result.err().map(CallError::from).or(refusal.map(CallError::from)).or(incomplete(&plan));
    match error {
        Some(error) => Err(undecided(error, plan)),
        None => Ok(Answer { value: plan, took }),
    }
}

/// A plan without mode, profile or reason explains nothing to the author.
fn incomplete(plan: &Plan) -> Option<CallError> {
    let required = [
        (&plan.execution_mode, "the execution mode (plan.set-mode)"),
        (&plan.build_profile, "the build profile (plan.set-mode)"),
        (&plan.decision_reason, "the reason (plan.set-reason)"),
    ];
    let missing = required.into_iter().find(|(text, _)| text.trim().is_empty());
    missing.map(|(_, what)| CallError::Incomplete { what })
}

/// Calls a tool provider.
pub(crate) fn provide(
    engine: &Engine,
    plugin: &Plugin,
    terms: &Terms,
    request: &Arc<DeployRequest>,
    claims: &Arc<[Claim]>,
    registered: &Arc<[Tool]>,
) -> Result<Answer<Provided>, CallError> {
    let Linked::ToolProvider(pre) = &plugin.linked else { return Err(wrong_world(plugin, "tool-provider")) };
    in_store(engine, plugin, terms, |store| {
        let table = &mut store.data_mut().table;
        let request = table.push(RequestView(request.clone()))?;
        let claims = table.push(ClaimSet(claims.clone()))?;
        let registry = table.push(RegistryView(registered.clone()))?;
        let tools = table.push(ToolSet::new(registered.clone()))?;
        let guest = pre.instantiate(&mut *store)?;
        let result = guest.call_provide(&mut *store, lend(&request), lend(&claims), lend(&registry), lend(&tools))?;
        let (mut plan, mut warnings) = store.data_mut().table.delete(tools)?.into_parts();
        terms.reach.hide_in_tools(&mut plan, &mut warnings);
        let exchanges = std::mem::take(&mut store.data_mut().exchanges).into_recorded();
        Ok(result.map(|()| Provided { plan, warnings, exchanges }).map_err(|error| {
            let mut error = CallError::from(error);
            error.detail_mut().into_iter().for_each(|detail| terms.reach.hide_in(&mut detail.message));
            error
        }))
    })
}

/// A borrow of a resource for the length of one call.
fn lend<T: 'static>(resource: &Resource<T>) -> Resource<T> {
    Resource::new_borrow(resource.rep())
}
