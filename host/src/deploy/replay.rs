//! The questions of a deploy once more, to another plugin: what it would have said, and what that would have changed.
//!
//! Everything but the candidate stays as it was: a strategy hears the claims that were made then, a detector's claims take
//! the place of those that its slot had made, and what follows from them is asked of the plugins bound now, with and
//! without the candidate. Nothing is recorded, remembered or built.

use crate::app::App;
use crate::plugins::{Bound, PluginSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use windlass_domain::WorkspaceName;
use windlass_domain::catalogue::Catalogue;
use windlass_domain::claim::Claim;
use windlass_domain::decision::{Decision, Difference, Inputs, difference};
use windlass_domain::exchange::Exchange;
use windlass_domain::plan::Plan;
use windlass_domain::request::DeployRequest;
use windlass_domain::tool::{Tool, ToolPlan};
use windlass_plugin::{CallError, Calls, Recorded, Terms, World};
use windlass_store::{Recording, StoreError};

/// A deploy that can be asked about again.
pub struct Case {
    plan: Plan,
    tools: ToolPlan,
    request: Arc<DeployRequest>,
    claims: Arc<[Claim]>,
    registered: Arc<[Tool]>,
    heard: Vec<(String, usize)>,
    /// The digest of the catalogue that the strategy chose from.
    catalogue: String,
    exchanges: Vec<Exchange>,
}

/// What a candidate said about one deploy.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Where its answer differs; empty: it agrees.
    pub differences: Vec<Difference>,
    /// How long it took.
    pub took: Duration,
    /// Whether it answered the same when it was asked twice.
    pub is_steady: bool,
}

impl Case {
    /// A recorded deploy; `None` where its source has gone.
    pub fn of(app: &App, workspace: &WorkspaceName, recording: Recording) -> Result<Option<Self>, StoreError> {
        let Recording { decision, inputs, .. } = recording;
        let source = match &decision.source_digest {
            Some(digest) => app.store.source(digest)?.map(Arc::new),
            None => None,
        };
        let Some(request) = inputs.request(workspace, source) else { return Ok(None) };
        let (Inputs { registered, heard, catalogue, exchanges, .. }, Decision { claims, plan, tools, .. }) =
            (inputs, decision);
        let (request, claims, registered) = (Arc::new(request), claims.into(), registered.into());
        Ok(Some(Self { plan, tools, request, claims, registered, heard, catalogue, exchanges }))
    }

    /// The agent that was deployed.
    #[must_use]
    pub fn agent(&self) -> &str {
        self.request.agent.as_str()
    }

    /// Whether a strategy would choose from another menu now, as after an update of this program.
    #[must_use]
    pub fn had_another_catalogue(&self, now: &str) -> bool {
        self.catalogue != now
    }

    /// The claims that a slot had made; none where it was not bound then.
    fn claims_of(&self, slot: &str) -> Range<usize> {
        let mut begin = 0;
        for (heard, count) in &self.heard {
            let end = begin + count;
            if heard == slot {
                return begin..end.min(self.claims.len());
            }
            begin = end;
        }
        self.claims.len()..self.claims.len()
    }
}

/// Asks `candidate` about `case`, twice. `set` are the plugins that are bound now.
pub fn compare(
    calls: &Calls,
    candidate: &Bound,
    set: &PluginSet,
    catalogue: &Arc<Catalogue>,
    case: &Case,
) -> Result<Comparison, CallError> {
    let again = Again { calls, set, catalogue, case };
    match candidate.plugin.metadata.world {
        World::Detector => again.detect(candidate),
        World::Strategy => again.decide(candidate),
        World::ToolProvider => again.provide(candidate),
    }
}

struct Again<'a> {
    calls: &'a Calls,
    set: &'a PluginSet,
    catalogue: &'a Arc<Catalogue>,
    case: &'a Case,
}

impl Again<'_> {
    fn detect(&self, candidate: &Bound) -> Result<Comparison, CallError> {
        let case = self.case;
        let Some(source) = case.request.files() else {
            return Ok(Comparison { differences: Vec::new(), took: Duration::ZERO, is_steady: true });
        };
        let ask = || match self.calls.detect(&candidate.plugin, &candidate.terms, &case.request, source) {
            Ok(answer) => Ok((answer.value, answer.took)),
            Err(CallError::NotApplicable) => Ok((Vec::new(), Duration::ZERO)),
            Err(error) => Err(error),
        };
        let (claims, took) = ask()?;
        let is_steady = ask()?.0 == claims;
        let had = case.claims_of(&candidate.slot);
        let mut differences = difference::of_claims(&case.claims[had.clone()], &claims);
        if !differences.is_empty() {
            let (before, after) = (&case.claims[..had.start], &case.claims[had.end..]);
            let claims: Arc<[Claim]> = before.iter().chain(&claims).chain(after).cloned().collect();
            differences.extend(self.follow(&claims));
        }
        Ok(Comparison { differences, took, is_steady })
    }

    /// What other claims change in plan and tools.
    fn follow(&self, claims: &Arc<[Claim]>) -> Vec<Difference> {
        let plan = |claims| self.set.strategy.as_ref().map(|bound| self.plan(bound, claims).map(|(plan, _)| plan));
        let tools =
            |claims| self.set.tool_provider.as_ref().map(|bound| self.tools(bound, claims).map(|(tools, _)| tools));
        let mut found = followed("plan", plan(&self.case.claims), plan(claims), difference::of_plans);
        found.extend(followed("tools", tools(&self.case.claims), tools(claims), difference::of_tools));
        found
    }

    fn decide(&self, candidate: &Bound) -> Result<Comparison, CallError> {
        let (plan, took) = self.plan(candidate, &self.case.claims)?;
        let is_steady = self.plan(candidate, &self.case.claims)?.0 == plan;
        Ok(Comparison { differences: difference::of_plans(&self.case.plan, &plan), took, is_steady })
    }

    fn provide(&self, candidate: &Bound) -> Result<Comparison, CallError> {
        let (tools, took) = self.tools(candidate, &self.case.claims)?;
        let is_steady = self.tools(candidate, &self.case.claims)?.0 == tools;
        Ok(Comparison { differences: difference::of_tools(&self.case.tools, &tools), took, is_steady })
    }

    fn plan(&self, bound: &Bound, claims: &Arc<[Claim]>) -> Result<(Plan, Duration), CallError> {
        let answer = self.calls.decide(&bound.plugin, &bound.terms, &self.case.request, claims, self.catalogue);
        answer.map(|answer| (answer.value, answer.took)).map_err(|undecided| undecided.error)
    }

    fn tools(&self, bound: &Bound, claims: &Arc<[Claim]>) -> Result<(ToolPlan, Duration), CallError> {
        let Case { request, registered, exchanges, .. } = self.case;
        // Never the network: what was answered then is answered now.
        let recording = Arc::new(Recorded::of(exchanges.iter().cloned()));
        let reach = Arc::new(bound.terms.reach.through(recording));
        let terms = Terms { reach, ..Terms::clone(&bound.terms) };
        let answer = self.calls.provide(&bound.plugin, &terms, request, claims, registered)?;
        Ok((answer.value.plan, answer.took))
    }
}

/// The differences of what both made; where only one made something, what the other failed with.
fn followed<T>(
    name: &str,
    live: Option<Result<T, CallError>>,
    candidate: Option<Result<T, CallError>>,
    compare: impl Fn(&T, &T) -> Vec<Difference>,
) -> Vec<Difference> {
    let failed = |error: &CallError| serde_json::json!({"error": error.to_string()});
    let alone = |live, candidate| vec![Difference { field: name.to_owned(), live, candidate }];
    match (live, candidate) {
        (Some(Ok(live)), Some(Ok(candidate))) => compare(&live, &candidate),
        (Some(Ok(_)), Some(Err(error))) => alone(serde_json::Value::Null, failed(&error)),
        (Some(Err(error)), Some(Ok(_))) => alone(failed(&error), serde_json::Value::Null),
        _ => Vec::new(),
    }
}
