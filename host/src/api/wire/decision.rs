//! `GET /decisions/{id}`: everything that was claimed and decided, so that a deploy can be explained.

use serde::Serialize;
use windlass_domain::claim::Claim;
use windlass_domain::decision::{self, PluginUse};
use windlass_domain::plan::{Alternative, Plan};
use windlass_domain::tool::ToolPlan;

/// A decision.
#[derive(Debug, Serialize)]
pub struct Decision {
    id: String,
    request_digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_digest: Option<String>,
    plugins: Vec<PluginUse>,
    claims: Vec<Claim>,
    plan: PlanShown,
    tools: ToolPlan,
    warnings: Vec<String>,
}

/// A plan without `null`. The environment is shown by name: a plan may pass a value on that is nobody else's business.
#[derive(Debug, Serialize)]
struct PlanShown {
    execution_mode: String,
    build_required: bool,
    build_profile: String,
    decision_reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    builder: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    runtime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    framework: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry_point: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_object: Option<String>,
    command: Vec<String>,
    env_names: Vec<String>,
    port: u16,
    health_path: String,
    requirements: Vec<String>,
    missing: Vec<String>,
    alternatives: Vec<Alternative>,
}

impl From<decision::Decision> for Decision {
    fn from(decision: decision::Decision) -> Self {
        let decision::Decision { id, request_digest, source_digest, plugins, claims, plan, tools, warnings } = decision;
        Self { id, request_digest, source_digest, plugins, claims, plan: plan.into(), tools, warnings }
    }
}

impl From<Plan> for PlanShown {
    fn from(plan: Plan) -> Self {
        Self {
            build_required: plan.build_required(),
            execution_mode: plan.execution_mode,
            build_profile: plan.build_profile,
            decision_reason: plan.decision_reason,
            builder: plan.builder,
            runtime: plan.runtime,
            framework: plan.framework,
            entry_point: plan.entry_point,
            run_kind: plan.run_kind,
            run_object: plan.run_object,
            command: plan.command,
            env_names: plan.env.into_keys().collect(),
            port: plan.port,
            health_path: plan.health_path,
            requirements: plan.requirements,
            missing: plan.missing,
            alternatives: plan.alternatives,
        }
    }
}
