//! Previews that are kept, and deploys that apply one: exactly its plan, as long as what it was made of is still so.

use super::decide::{Decided, set_of};
use super::error::{DeployError, Missing};
use super::kept::Found;
use crate::app::App;
use crate::edge;
use crate::plugins::PluginSet;
use serde::{Deserialize, Serialize};
use windlass_domain::decision::{Decision, Inputs};
use windlass_domain::request::DeployRequest;
use windlass_domain::tool::{Tool, ToolSpec};
use windlass_domain::{ResourceName, WorkspaceName};
use windlass_store::StoreError;

/// A preview's decision as it is kept.
#[derive(Serialize, Deserialize)]
struct Previewed {
    decision: Decision,
    /// What it was made of. A change meanwhile of the tools that its plan changes would be lost.
    inputs: Inputs,
}

/// A decision to be applied as it is.
pub struct Applied {
    /// The decision.
    pub decision: Decision,
    /// What it was made of, where that is not recorded yet.
    pub inputs: Option<Inputs>,
}

/// Keeps a preview's decision for an hour.
pub fn keep(app: &App, request: &DeployRequest, decided: &Decided) {
    let Decided { decision, inputs } = decided;
    let previewed = Previewed { decision: decision.clone(), inputs: inputs.clone() };
    // A struct of strings, numbers, lists and string-keyed maps always serialises.
    let document = serde_json::to_vec(&previewed).unwrap_or_default();
    app.previews.keep(&request.workspace, &decision.id, document, edge::now());
}

/// A decision of the workspace by its id: a recorded one, or a preview's that is still kept.
pub fn decision(app: &App, workspace: &WorkspaceName, id: &str) -> Result<Option<Decision>, StoreError> {
    match previewed(app, workspace, id)? {
        Ok(previewed) => Ok(Some(previewed.decision)),
        Err(_) => app.store.decision(workspace, id),
    }
}

/// The decision that a deploy names, after checking that it would still be made of the same.
pub fn find(app: &App, request: &DeployRequest, id: &str) -> Result<Applied, DeployError> {
    let (decision, inputs) = match previewed(app, &request.workspace, id)? {
        Ok(Previewed { decision, inputs }) => (decision, Some(inputs)),
        Err(missing) => {
            // One that was recorded never expires, and whoever repeats its deploy has its id.
            let recorded = app.store.decision(&request.workspace, id)?;
            let decision = recorded.ok_or(DeployError::DecisionNotFound { id: id.to_owned(), missing })?;
            (decision, None)
        }
    };
    let tools_then = inputs.as_ref().map_or(&[][..], |inputs| &inputs.registered);
    let stale = match differing_request(request, &decision) {
        Some(what) => Some(what.to_owned()),
        None => match differing_plugin(&*set_of(app, &request.workspace)?, request, &decision) {
            Some(what) => Some(what),
            None => differing_tool(&app.store.tools(&request.workspace)?, tools_then, &decision),
        },
    };
    match stale {
        Some(what) => Err(DeployError::DecisionStale { id: id.to_owned(), what }),
        None => Ok(Applied { decision, inputs }),
    }
}

fn previewed(app: &App, workspace: &WorkspaceName, id: &str) -> Result<Result<Previewed, Missing>, StoreError> {
    match app.previews.find(workspace, id, edge::now()) {
        Found::Here(document) => {
            let read = serde_json::from_slice(&document);
            read.map(Ok)
                .map_err(|error| StoreError::Corrupt { what: format!("decision {id}"), detail: error.to_string() })
        }
        Found::Gone => Ok(Err(Missing::Expired)),
        Found::Unknown => Ok(Err(Missing::Unknown)),
    }
}

fn differing_request(request: &DeployRequest, decision: &Decision) -> Option<&'static str> {
    if request.files().map(|tree| tree.digest()) != decision.source_digest {
        return Some("the source is another");
    }
    (request.digest() != decision.request_digest).then_some("the request has other fields")
}

fn differing_plugin(set: &PluginSet, request: &DeployRequest, decision: &Decision) -> Option<String> {
    let detectors = set.detectors.iter().filter(|_| request.files().is_some());
    let mut now: Vec<(&str, String)> = detectors
        .chain(&set.strategy)
        .chain(&set.tool_provider)
        .map(|bound| (&*bound.slot, bound.fingerprint()))
        .collect();
    let mut then: Vec<(&str, String)> =
        decision.plugins.iter().map(|used| (used.slot.as_str(), used.fingerprint())).collect();
    // Who was bound comes first; who answered in its place was not.
    then.dedup_by(|next, bound| next.0 == bound.0);
    if now == then {
        return None;
    }
    now.retain(|bound| !then.contains(bound));
    then.retain(|bound| !now.contains(bound));
    let (slot, _) = now.first().or(then.first())?;
    Some(format!("another plugin answers in the slot `{slot}`"))
}

/// A tool that the plan counts on, and that is no longer what it was. What the plan itself has made of it is no change:
/// so the same deploy again is answered as the first.
fn differing_tool(now: &[Tool], then: &[Tool], decision: &Decision) -> Option<String> {
    fn find<'a>(tools: &'a [Tool], name: &ResourceName) -> Option<&'a ToolSpec> {
        tools.iter().find(|tool| tool.name == *name).map(|tool| &tool.spec)
    }
    let tools = &decision.tools;
    let changed = tools.create.iter().find(|tool| {
        let spec = find(now, &tool.name);
        spec != find(then, &tool.name) && spec != Some(&tool.spec)
    });
    if let Some(tool) = changed {
        return Some(format!("the tool `{}` was changed", tool.name));
    }
    let created = |name: &ResourceName| tools.create.iter().any(|tool| tool.name == *name);
    let mut counted_on = tools.required.iter().chain(tools.rewrites.values());
    let gone = counted_on.find(|name| find(now, name).is_none() && !created(name));
    gone.map(|name| format!("the tool `{name}` is gone"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use windlass_domain::plan::Plan;
    use windlass_domain::tool::ToolPlan;

    fn tool(name: &str, description: &str) -> Tool {
        let spec = ToolSpec { description: description.into(), ..ToolSpec::default() };
        Tool { name: ResourceName::parse("name", name).expect("a name"), spec }
    }

    fn decision(create: Vec<Tool>, required: &[&str]) -> Decision {
        let required = required.iter().map(|name| tool(name, "").name).collect();
        Decision {
            id: "dec-1".into(),
            plan_digest: String::new(),
            request_digest: String::new(),
            source_digest: None,
            plugins: Vec::new(),
            claims: Vec::new(),
            plan: Plan::default(),
            tools: ToolPlan { create, required, rewrites: BTreeMap::new() },
            evidence: BTreeMap::new(),
            warnings: Vec::new(),
            micros: 0,
        }
    }

    #[test]
    fn a_tool_that_was_changed_or_deleted_meanwhile_makes_a_decision_stale() {
        let made = decision(vec![tool("t", "new")], &["t", "other"]);
        let other = || tool("other", "");
        assert_eq!(differing_tool(&[other()], &[], &made), None);
        assert_eq!(differing_tool(&[other(), tool("t", "new")], &[], &made), None, "it is applied already");
        let by_hand = differing_tool(&[other(), tool("t", "by hand")], &[], &made);
        assert_eq!(by_hand.as_deref(), Some("the tool `t` was changed"));
        assert_eq!(differing_tool(&[], &[], &made).as_deref(), Some("the tool `other` is gone"));

        let old = tool("t", "old");
        let then = [old.clone()];
        assert_eq!(differing_tool(&[other(), old], &then, &made), None);
        assert_eq!(differing_tool(&[other()], &then, &made).as_deref(), Some("the tool `t` was changed"));
    }
}
