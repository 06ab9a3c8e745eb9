//! The one decision object, as a preview, a deploy, a revision and `GET /decisions/{id}` show it: everything that was
//! claimed and decided, so that a deploy can be explained.

use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use windlass_domain::claim::Claim;
use windlass_domain::decision::{self, Grounds, PluginUse};
use windlass_domain::plan::{Alternative, Confidence, Plan};
use windlass_domain::tool::ToolPlan;

/// A decision.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Decision {
    id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    plan_digest: String,
    execution_mode: String,
    build_required: bool,
    build_profile: String,
    #[serde(rename = "decision_reason")]
    reason: String,
    #[schemars(with = "Confidence")]
    confidence: String,
    alternatives: Vec<Alternative>,
    evidence: Grounds,
    /// By the detector that made them, `name@version`; one that made none is there with an empty list.
    claims: BTreeMap<String, Vec<Claim>>,
    timings: Timings,
    warnings: Vec<String>,
    request_digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_digest: Option<String>,
    plugins: Vec<TookPart>,
    plan: PlanShown,
    tools: ToolPlan,
}

/// A plugin that took part.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DecisionPlugin")]
struct TookPart {
    slot: String,
    plugin: String,
    digest: String,
    /// The digest of the settings, grants and limits that it is bound with, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<String>,
    /// Why it gave no answer. Who answered in its place follows with the same slot; where nobody does, it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
}

/// How long it took, in microseconds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Timings {
    total_micros: u64,
    /// Whether no detector had to be asked.
    remembered: bool,
    plugins: Vec<Timing>,
}

/// How long one plugin took; where its answer was remembered, when it was asked.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PluginTiming")]
struct Timing {
    slot: String,
    micros: u64,
    remembered: bool,
}

impl Timings {
    /// Shows who took how long.
    #[must_use]
    pub fn new(total_micros: u64, plugins: &[PluginUse]) -> Self {
        let mut detectors = plugins.iter().filter(|used| used.is_detector()).peekable();
        let remembered = detectors.peek().is_some() && detectors.all(|used| used.remembered);
        let timing =
            |used: &PluginUse| Timing { slot: used.slot.clone(), micros: used.micros, remembered: used.remembered };
        Self { total_micros, remembered, plugins: plugins.iter().map(timing).collect() }
    }
}

/// A plan without `null`. The environment is shown by name: a plan may pass a value on that is nobody else's business.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Plan")]
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
    run_args: Vec<String>,
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
        let detectors = decision.plugins.iter().filter(|used| used.is_detector());
        let mut claims: BTreeMap<String, Vec<Claim>> =
            detectors.map(|used| (used.plugin.clone(), Vec::new())).collect();
        for claim in decision.claims {
            claims.entry(claim.evidence.plugin.clone()).or_default().push(claim);
        }
        let plan = decision.plan;
        Self {
            id: decision.id,
            plan_digest: decision.plan_digest,
            execution_mode: plan.execution_mode.clone(),
            build_required: plan.build_required(),
            build_profile: plan.build_profile.clone(),
            reason: plan.decision_reason.clone(),
            confidence: super::plan::confidence(&plan).to_owned(),
            alternatives: plan.alternatives.clone(),
            evidence: decision.evidence,
            claims,
            timings: Timings::new(decision.micros, &decision.plugins),
            warnings: decision.warnings,
            request_digest: decision.request_digest,
            source_digest: decision.source_digest,
            plugins: decision.plugins.into_iter().map(TookPart::from).collect(),
            plan: plan.into(),
            tools: decision.tools,
        }
    }
}

impl From<PluginUse> for TookPart {
    fn from(used: PluginUse) -> Self {
        let PluginUse { slot, plugin, digest, terms, failed, micros: _, remembered: _ } = used;
        Self { slot, plugin, digest, terms, failed }
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
            run_args: plan.run_args,
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
