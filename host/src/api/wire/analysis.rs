//! `POST /analyze`, `GET /analysis/{id}` and `POST /requirements`: the contract's fields, from claims and plan.

use super::decision::Timings;
use super::plan::{confidence, eta_range, short_reason};
use super::{Files, map_of};
use crate::deploy::{Analysis, AnalysisAsk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_domain::Invalid;
use windlass_domain::claim::{self, Claim, kind};
use windlass_domain::decision::{Grounds, Question};
use windlass_domain::plan::{Confidence, Plan};

/// What is looked at.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "AnalysisRequest")]
pub struct AnalysisBody {
    #[schemars(with = "Files", extend("minProperties" = 1))]
    files: Option<Files>,
    entry_point: Option<String>,
    requirements: Option<String>,
    framework: Option<String>,
}

impl AnalysisBody {
    /// What is asked for.
    pub fn into_ask(self) -> Result<AnalysisAsk, Invalid> {
        let Self { files, entry_point, requirements, framework } = self;
        Ok(AnalysisAsk { files: map_of(files, "files")?, entry_point, requirements, framework })
    }
}

/// What was found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AnalysisResult {
    id: String,
    tools: Vec<ToolFound>,
    model_providers: Vec<Model>,
    model_usages: Vec<ModelUsage>,
    secrets: Vec<Secret>,
    outbound_destinations: Vec<String>,
    detected_requirements: Vec<String>,
    entry_point: String,
    system_prompt_suggestion: String,
    framework: String,
    also: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    runtime_family: Option<String>,
    adapter: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_object: Option<String>,
    run_args: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<PlanFound>,
    evidence: Grounds,
    timings: Timings,
    source_digest: String,
    warnings: Vec<String>,
}

/// A tool that the code calls.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DetectedTool")]
struct ToolFound {
    name: String,
    base_url: String,
    file: String,
    line: u32,
}

/// A model, or a provider whose model the code does not name.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "DetectedModel")]
struct Model {
    provider: String,
    model: String,
}

/// Where a model is named.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "DetectedModelUsage")]
struct ModelUsage {
    role: String,
    variable_name: String,
    provider: String,
    model: String,
    file: String,
    line: u32,
}

/// A secret that stands in the source, without its value.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "DetectedSecret")]
struct Secret {
    #[serde(rename = "type")]
    kind: String,
    file: String,
    line: u32,
    severity: String,
    description: String,
}

/// What the strategy would do with it. How it would be started may be a weaker way than the one that it is made for.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AnalysisPlan")]
struct PlanFound {
    #[serde(skip_serializing_if = "Option::is_none")]
    run_kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_object: Option<String>,
    execution_mode: String,
    build_required: bool,
    build_profile: String,
    decision_reason: String,
    #[schemars(with = "Confidence")]
    confidence: String,
    eta_range: String,
    short_reason: String,
}

impl From<&Plan> for PlanFound {
    fn from(plan: &Plan) -> Self {
        Self {
            run_kind: plan.run_kind.clone(),
            run_object: plan.run_object.clone(),
            execution_mode: plan.execution_mode.clone(),
            build_required: plan.build_required(),
            build_profile: plan.build_profile.clone(),
            decision_reason: plan.decision_reason.clone(),
            confidence: confidence(plan).to_owned(),
            eta_range: eta_range(plan).to_owned(),
            short_reason: short_reason(plan).to_owned(),
        }
    }
}

/// Plain code has no framework.
const NO_FRAMEWORK: &str = "none";

impl From<Analysis> for AnalysisResult {
    fn from(found: Analysis) -> Self {
        let answer = |question| found.answer(question).map(str::to_owned);
        let framework = answer(Question::Framework).unwrap_or_else(|| NO_FRAMEWORK.to_owned());
        let (run_object, run_args) = how_it_runs(&found);
        let prompt = claim::best(&found.claims, kind::PROMPT).map(|claim| claim.value.clone());
        Self {
            tools: tools(&found),
            model_providers: each_once(found.of_kind(kind::MODEL).map(model)),
            model_usages: each_once(found.of_kind(kind::MODEL).map(model_usage)),
            secrets: each_once(found.of_kind(kind::SECRET).map(secret)),
            outbound_destinations: values(&found, kind::DESTINATION),
            detected_requirements: requirements(&found),
            entry_point: answer(Question::EntryPoint).unwrap_or_default(),
            system_prompt_suggestion: prompt.unwrap_or_default(),
            adapter: framework.clone(),
            framework,
            also: values(&found, kind::ALSO),
            run_kind: answer(Question::RunKind),
            run_object,
            run_args,
            plan: (!found.refused).then(|| PlanFound::from(&found.plan)),
            timings: Timings::new(found.micros, &found.plugins),
            id: found.id,
            runtime_family: found.language,
            evidence: found.evidence,
            source_digest: found.source_digest,
            warnings: found.warnings,
        }
    }
}

/// What has to be installed, and which file starts.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RequirementsResult")]
pub struct RequirementsFound {
    requirements: Vec<String>,
    entry_point: String,
    warnings: Vec<String>,
}

impl From<Analysis> for RequirementsFound {
    fn from(found: Analysis) -> Self {
        Self {
            requirements: requirements(&found),
            entry_point: found.answer(Question::EntryPoint).unwrap_or_default().to_owned(),
            warnings: found.warnings,
        }
    }
}

/// The object and the arguments of the claim that says how the entry point runs; the plan's where nobody claims it.
fn how_it_runs(found: &Analysis) -> (Option<String>, Vec<String>) {
    let Some(claim) = found.run_claim() else { return (found.plan.run_object.clone(), found.plan.run_args.clone()) };
    (claim.attribute("object").map(str::to_owned), claim.attributes.all("arg").map(str::to_owned).collect())
}

/// Those of the plan, since the strategy says which of the inferred ones count; without a plan everything that is claimed.
fn requirements(found: &Analysis) -> Vec<String> {
    if found.refused && found.plan.requirements.is_empty() {
        return values(found, kind::REQUIREMENT);
    }
    found.plan.requirements.clone()
}

/// The values of a kind, each once, in order.
fn values(found: &Analysis, kind: &str) -> Vec<String> {
    each_once(found.of_kind(kind).map(|claim| claim.value.clone()))
}

/// One of each name: the best claim; of equals the first.
fn tools(found: &Analysis) -> Vec<ToolFound> {
    let tool = |name: String| {
        let of_name = found.of_kind(kind::TOOL).filter(|claim| claim.value == name);
        let claim = claim::best_of(of_name)?;
        let (file, line) = place(claim);
        let base_url = claim.attribute("base_url").unwrap_or_default().to_owned();
        Some(ToolFound { name, base_url, file, line })
    };
    values(found, kind::TOOL).into_iter().filter_map(tool).collect()
}

/// Two detectors that read the same settings say the same of them; where they differ, both are shown.
fn each_once<T: PartialEq>(found: impl Iterator<Item = T>) -> Vec<T> {
    let mut once = Vec::new();
    for one in found {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}

/// A claim whose value is its own provider names no model.
fn model(claim: &Claim) -> Model {
    let provider = claim.attribute("provider").unwrap_or_default().to_owned();
    let model = if claim.value == provider { String::new() } else { claim.value.clone() };
    Model { provider, model }
}

fn model_usage(claim: &Claim) -> ModelUsage {
    let Model { provider, model } = model(claim);
    let (file, line) = place(claim);
    ModelUsage {
        role: claim.attribute("role").unwrap_or("default").to_owned(),
        variable_name: claim.attribute("variable").unwrap_or_default().to_owned(),
        provider,
        model,
        file,
        line,
    }
}

fn secret(claim: &Claim) -> Secret {
    let (file, line) = place(claim);
    Secret {
        kind: claim.value.clone(),
        file,
        line,
        severity: claim.attribute("severity").unwrap_or("medium").to_owned(),
        description: claim.attribute("description").unwrap_or_default().to_owned(),
    }
}

/// File and line; empty and 0 where the claim names none.
fn place(claim: &Claim) -> (String, u32) {
    let evidence = &claim.evidence;
    (evidence.file.clone().unwrap_or_default(), evidence.line.unwrap_or_default())
}
