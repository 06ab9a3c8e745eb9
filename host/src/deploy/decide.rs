//! Detect, decide, provide tools: the three questions to the workspace's plugins, put together as one [`Decision`].

use super::error::{DeployError, Step};
use crate::app::App;
use crate::edge;
use crate::plugins::{Bound, Missing, PluginSet, STRATEGY, TOOL_PROVIDER};
use std::sync::Arc;
use windlass_domain::catalogue::Catalogue;
use windlass_domain::claim::Claim;
use windlass_domain::decision::{Decision, PluginUse};
use windlass_domain::plan::Plan;
use windlass_domain::request::DeployRequest;
use windlass_domain::tool::Tool;
use windlass_plugin::{Answer, CallError, Calls, Provided};

/// What the plugins are asked about.
struct Question {
    request: Arc<DeployRequest>,
    catalogue: Arc<Catalogue>,
    registered: Arc<[Tool]>,
}

/// Asks the plugins that are bound to the request's workspace now; one set decides the whole request.
pub async fn decide(app: &App, request: &Arc<DeployRequest>) -> Result<Decision, DeployError> {
    let set = app.plugins.set_of(&app.store, &request.workspace)?;
    if let Some(Missing { slot, plugin }) = &set.missing {
        return Err(DeployError::NotLoaded { slot: slot.clone(), plugin: plugin.clone() });
    }
    let registered = app.store.tools(&request.workspace)?.into();
    let question = Question { request: request.clone(), catalogue: app.catalogue.clone(), registered };
    let asked = app.plugins.host().run(&request.workspace, move |calls| ask(calls, &set, &question)).await;
    asked.map_err(DeployError::Decision)?
}

/// On one blocking thread, one guest after the other: on few cores two guests at once are no faster than one, since
/// fresh memory mappings contend within a process (docs/architecture.md has the numbers).
fn ask(calls: &Calls, set: &PluginSet, question: &Question) -> Result<Decision, DeployError> {
    let mut plugins = Vec::new();
    let claims = detect(calls, set, question, &mut plugins)?;
    let plan = plan(calls, set, question, &claims, &mut plugins)?;
    let provided = provide(calls, set, question, &claims, &mut plugins)?;
    let warnings = plan.warnings.iter().cloned().chain(provided.warnings).collect();
    Ok(Decision {
        id: edge::new_id("dec"),
        request_digest: question.request.digest(),
        source_digest: question.request.files().map(|tree| tree.digest()),
        plugins,
        claims: claims.to_vec(),
        plan,
        tools: provided.plan,
        warnings,
    })
}

/// Every bound detector looks at the source; one that has nothing to say is no failure. An image has no source.
fn detect(
    calls: &Calls,
    set: &PluginSet,
    question: &Question,
    plugins: &mut Vec<PluginUse>,
) -> Result<Arc<[Claim]>, DeployError> {
    let Some(source) = question.request.files() else { return Ok(Arc::new([])) };
    let mut claims = Vec::new();
    for bound in &set.detectors {
        match calls.detect(&bound.plugin, &question.request, source) {
            Ok(answer) => claims.extend(used(bound, answer, plugins).claims),
            Err(CallError::NotApplicable) => {}
            Err(error) => return Err(failed(bound, Step::Detect, error)),
        }
    }
    Ok(claims.into())
}

fn plan(
    calls: &Calls,
    set: &PluginSet,
    question: &Question,
    claims: &Arc<[Claim]>,
    plugins: &mut Vec<PluginUse>,
) -> Result<Plan, DeployError> {
    let nobody = DeployError::NothingBound { slot: STRATEGY, step: Step::Decide };
    let bound = set.strategy.as_ref().ok_or(nobody)?;
    let answer = calls.decide(&bound.plugin, &question.request, claims, &question.catalogue);
    let answer = answer.map_err(|undecided| failed(bound, Step::Decide, undecided.error))?;
    Ok(used(bound, answer, plugins))
}

fn provide(
    calls: &Calls,
    set: &PluginSet,
    question: &Question,
    claims: &Arc<[Claim]>,
    plugins: &mut Vec<PluginUse>,
) -> Result<Provided, DeployError> {
    let nobody = DeployError::NothingBound { slot: TOOL_PROVIDER, step: Step::ProvideTools };
    let bound = set.tool_provider.as_ref().ok_or(nobody)?;
    let answer = calls.provide(&bound.plugin, &question.request, claims, &question.registered);
    answer.map(|answer| used(bound, answer, plugins)).map_err(|error| failed(bound, Step::ProvideTools, error))
}

/// Notes the plugin's part and unwraps its answer.
fn used<T>(bound: &Bound, answer: Answer<T>, plugins: &mut Vec<PluginUse>) -> T {
    plugins.push(PluginUse {
        slot: bound.slot.clone(),
        plugin: bound.plugin.id().to_owned(),
        digest: bound.plugin.digest.clone(),
        micros: u64::try_from(answer.took.as_micros()).unwrap_or(u64::MAX),
    });
    answer.value
}

fn failed(bound: &Bound, step: Step, error: CallError) -> DeployError {
    DeployError::Plugin { slot: bound.slot.clone(), plugin: bound.plugin.id().to_owned(), step, error }
}
