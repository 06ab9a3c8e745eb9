//! One store, one call: arm the limits, call, and tell apart an answer, a guest's error, and a guest that broke.

use crate::engine::ticks;
use crate::error::{CallError, Undecided};
use crate::gate::Plugin;
use crate::imports::claims::{ClaimList, ClaimSet};
use crate::imports::plan::{CatalogueView, PlanDraft};
use crate::imports::request::RequestView;
use crate::imports::source::SourceView;
use crate::imports::syntax::Reading;
use crate::imports::tools::{RegistryView, ToolSet};
use crate::link::Linked;
use crate::report::{CALL_SPANS, CallReport, Observer, Outcome};
use crate::state::CallState;
use crate::terms::Terms;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::Span;
use tracing::field::Empty;
use wasmtime::component::Resource;
use wasmtime::{Engine, Store, UpdateDeadline};
use windlass_domain::WorkspaceName;
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
#[derive(Debug, Default)]
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

/// A store for one call, its limits armed and its time begun.
pub(crate) fn new_store(engine: &Engine, plugin: Arc<str>, terms: &Terms, time: Duration) -> Store<CallState> {
    let mut store = Store::new(engine, CallState::new(plugin, terms, time));
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(HOSTCALL_FUEL.min(terms.limits.host_call_bytes));
    store.set_epoch_deadline(ticks(time));
    // By the clock the time is over; the guest has what it has not worked of it.
    store.epoch_deadline_callback(|store| {
        let left = store.data().meter.left();
        Ok(if left.is_zero() { UpdateDeadline::Interrupt } else { UpdateDeadline::Continue(ticks(left)) })
    });
    store
}

/// A call of a plugin: of which, on which terms, for whom, and who is told of it.
pub(crate) struct Call<'a> {
    pub(crate) plugin: &'a Plugin,
    pub(crate) terms: &'a Terms,
    pub(crate) workspace: &'a WorkspaceName,
    pub(crate) queued: Duration,
    pub(crate) observer: Option<&'a Observer>,
}

/// Runs `call` in a fresh store: an answer or a named error, how long that took, and what the call leaves.
pub(crate) fn in_store<T, E: From<CallError>>(
    plugin: &Plugin,
    terms: &Terms,
    time: Duration,
    call: impl FnOnce(&mut Store<CallState>) -> wasmtime::Result<Result<T, E>>,
) -> (Result<T, E>, Duration, CallState) {
    let started = Instant::now();
    let mut store = new_store(plugin.linked.engine(), plugin.id.clone(), terms, time);
    let outcome = call(&mut store);
    let took = started.elapsed();
    let outcome = outcome.unwrap_or_else(|error| Err(store.data().explain(&error).into()));
    (outcome, took, store.into_data())
}

impl Call<'_> {
    /// The same, and a report.
    fn reported<T, E: From<CallError> + AsRef<CallError>>(
        &self,
        time: Duration,
        call: impl FnOnce(&mut Store<CallState>) -> wasmtime::Result<Result<T, E>>,
    ) -> Result<Answer<T>, E> {
        let span = self.span().entered();
        let (outcome, took, state) = in_store(self.plugin, self.terms, time, call);
        let error = outcome.as_ref().err().map(AsRef::as_ref);
        span.record("outcome", error.map_or(Outcome::Answered, Outcome::from).as_str());
        span.record("memory", state.limiter.held());
        self.report(state, took, error);
        outcome.map(|value| Answer { value, took })
    }

    /// For whoever traces calls; free where nobody does.
    fn span(&self) -> Span {
        let (workspace, world) = (self.workspace.as_str(), self.plugin.metadata.world.as_str());
        tracing::debug_span!(
            target: CALL_SPANS,
            "plugin call",
            plugin = self.plugin.id(),
            slot = &*self.terms.slot,
            workspace,
            world,
            queued_micros = self.queued.as_micros(),
            outcome = Empty,
            memory = Empty,
        )
    }

    fn report(&self, state: CallState, took: Duration, error: Option<&CallError>) {
        if state.log_dropped > 0 {
            let dropped = state.log_dropped;
            tracing::warn!(target: "windlass::guest", plugin = self.plugin.id(), dropped, "log lines dropped");
        }
        let Some(observer) = self.observer else { return };
        observer(CallReport {
            plugin: self.plugin.id.clone(),
            world: self.plugin.metadata.world,
            workspace: self.workspace.clone(),
            slot: self.terms.slot.clone(),
            outcome: error.map_or(Outcome::Answered, Outcome::from),
            took,
            queued: self.queued,
            memory: state.limiter.held(),
            host_call_bytes: state.handed,
            lines: state.log,
            lines_dropped: state.log_dropped,
        });
    }

    fn wrong_world(&self, needed: &str) -> CallError {
        let (id, world) = (self.plugin.id(), self.plugin.metadata.world.as_str());
        CallError::Host(anyhow::anyhow!("{id} is of the world {world}, not {needed}"))
    }

    /// Calls a detector for its claims, in the order made; `trees` holds what other detectors had parsed of the same source.
    pub(crate) fn detect(
        &self,
        request: &Arc<DeployRequest>,
        source: &Arc<SourceTree>,
        trees: Arc<Trees>,
    ) -> Result<Answer<Vec<Claim>>, CallError> {
        let Linked::Detector(pre) = &self.plugin.linked else { return Err(self.wrong_world("detector")) };
        let bytes = source.iter().map(|(_, text)| text.len()).sum();
        self.reported(self.terms.limits.time_for(bytes), |store| {
            store.data_mut().reading = Reading::new(self.plugin.patterns.clone(), trees);
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
        &self,
        request: &Arc<DeployRequest>,
        claims: &Arc<[Claim]>,
        catalogue: &Arc<Catalogue>,
    ) -> Result<Answer<Plan>, Undecided> {
        let Linked::Strategy(pre) = &self.plugin.linked else { return Err(self.wrong_world("strategy").into()) };
        self.reported(self.terms.limits.time, |store| {
            let table = &mut store.data_mut().table;
            let request = table.push(RequestView(request.clone()))?;
            let claims = table.push(ClaimSet(claims.clone()))?;
            let catalogue = table.push(CatalogueView(catalogue.clone()))?;
            let plan = table.push(PlanDraft::default())?;
            let guest = pre.instantiate(&mut *store)?;
            let result =
                guest.call_decide(&mut *store, lend(&request), lend(&claims), lend(&catalogue), lend(&plan))?;
            let (plan, refusal) = store.data_mut().table.delete(plan)?.into_parts();
            // The guest's own word first: what it could not write before it gave up is of no account.
            let error = result.err().map(CallError::from).or(refusal.map(CallError::from)).or(incomplete(&plan));
            Ok(match error {
                Some(error) => Err(Undecided { error, settled: Box::new(plan) }),
                None => Ok(plan),
            })
        })
    }

    /// Calls a tool provider.
    pub(crate) fn provide(
        &self,
        request: &Arc<DeployRequest>,
        claims: &Arc<[Claim]>,
        registered: &Arc<[Tool]>,
    ) -> Result<Answer<Provided>, CallError> {
        let Linked::ToolProvider(pre) = &self.plugin.linked else { return Err(self.wrong_world("tool-provider")) };
        self.reported(self.terms.limits.time, |store| {
            let table = &mut store.data_mut().table;
            let request = table.push(RequestView(request.clone()))?;
            let claims = table.push(ClaimSet(claims.clone()))?;
            let registry = table.push(RegistryView(registered.clone()))?;
            let tools = table.push(ToolSet::new(registered.clone()))?;
            let guest = pre.instantiate(&mut *store)?;
            let result =
                guest.call_provide(&mut *store, lend(&request), lend(&claims), lend(&registry), lend(&tools))?;
            let (mut plan, mut warnings) = store.data_mut().table.delete(tools)?.into_parts();
            let reach = &self.terms.reach;
            reach.hide_in_tools(&mut plan, &mut warnings);
            let exchanges = std::mem::take(&mut store.data_mut().exchanges).into_recorded();
            Ok(result.map(|()| Provided { plan, warnings, exchanges }).map_err(|error| {
                let mut error = CallError::from(error);
                error.detail_mut().into_iter().for_each(|detail| reach.hide_in(&mut detail.message));
                error
            }))
        })
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

/// A borrow of a resource for the length of one call.
fn lend<T: 'static>(resource: &Resource<T>) -> Resource<T> {
    Resource::new_borrow(resource.rep())
}
