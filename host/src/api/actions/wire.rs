//! Plans and their answers, as the contract writes them.

use super::prepare::{Head, MAX_ACTIONS, MAX_KEY, Plan, Prepared, TYPES};
use crate::actions::{Done, Outcome};
use crate::api::error::Body as Error;
use crate::api::resources::Object;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use windlass_domain::WorkspaceName;

/// The contract's `ActionPlanRequest`, which takes no other field.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ActionPlanRequest")]
#[serde(deny_unknown_fields)]
pub(super) struct PlanBody {
    pub(super) plan_id: Option<String>,
    pub(super) continue_on_error: Option<bool>,
    #[schemars(with = "Vec<ActionBody>", length(min = 1, max = MAX_ACTIONS))]
    pub(super) actions: Option<Vec<Object<ActionBody>>>,
}

/// The contract's `ActionPlanAction`, which takes no other field.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "ActionPlanAction")]
#[serde(deny_unknown_fields)]
pub(super) struct ActionBody {
    pub(super) id: Option<String>,
    #[serde(rename = "type")]
    #[schemars(with = "String", extend("enum" = TYPES))]
    pub(super) kind: Option<String>,
    #[schemars(with = "String", length(min = 1, max = MAX_KEY))]
    pub(super) idempotency_key: Option<String>,
    pub(super) params: Option<Map<String, Value>>,
}

/// The contract's `ActionPlanValidationResponse`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ActionPlanValidationResponse")]
pub(super) struct Validated {
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_id: Option<String>,
    namespace: WorkspaceName,
    valid: bool,
    results: Vec<ValidatedAction>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ActionPlanValidationResult")]
struct ValidatedAction {
    #[serde(flatten)]
    head: Head,
    valid: bool,
    errors: Vec<String>,
    warnings: Vec<String>,
}

impl Validated {
    pub(super) fn new(namespace: WorkspaceName, plan: &Plan) -> Self {
        let result = |action: &Prepared| ValidatedAction {
            head: action.head.clone(),
            valid: action.is_valid(),
            errors: action.errors().to_vec(),
            warnings: action.warnings.clone(),
        };
        Self {
            plan_id: plan.id.clone(),
            namespace,
            valid: plan.is_valid(),
            results: plan.actions.iter().map(result).collect(),
        }
    }
}

/// The contract's `ActionPlanApplyResponse`; where the plan is refused, what every refusal has stands beside it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ActionPlanApplyResponse")]
pub(super) struct ApplyAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_id: Option<String>,
    namespace: WorkspaceName,
    applied: bool,
    applied_count: usize,
    failed_count: usize,
    results: Vec<AppliedAction>,
    #[serde(flatten)]
    refusal: Option<Refusal>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ActionPlanApplyResult")]
struct AppliedAction {
    #[serde(flatten)]
    head: Head,
    #[schemars(extend("enum" = ["applied", "failed", "skipped", "invalid"]))]
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Map<String, Value>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ActionPlanRefusal")]
struct Refusal {
    error: &'static str,
    code: &'static str,
    field: &'static str,
    hint: &'static str,
}

const REFUSAL: Refusal = Refusal {
    error: "the plan is not valid, and nothing of it was done",
    code: "invalid_plan",
    field: "actions",
    hint: "each result with the status `invalid` says why; POST /api/actions/validate judges a plan without doing it",
};

/// A 400 of an apply: of a plan that is none, or of one that is not valid.
#[derive(JsonSchema)]
#[schemars(inline, untagged)]
#[expect(dead_code, reason = "the shape alone is read")]
pub(super) enum Refused<'a> {
    Plan(ApplyAnswer),
    Body(Error<'a>),
}

impl ApplyAnswer {
    /// Nothing was done, since some action is not valid.
    pub(super) fn refused(namespace: WorkspaceName, plan: &Plan) -> Self {
        let result = |action: &Prepared| {
            let status = if action.is_valid() { "skipped" } else { "invalid" };
            let error = Some(action.errors().join("; ")).filter(|error| !error.is_empty());
            AppliedAction { head: action.head.clone(), status, error, output: None }
        };
        Self {
            plan_id: plan.id.clone(),
            namespace,
            applied: false,
            applied_count: 0,
            failed_count: plan.actions.iter().filter(|action| !action.is_valid()).count(),
            results: plan.actions.iter().map(result).collect(),
            refusal: Some(REFUSAL),
        }
    }

    /// What became of each action.
    pub(super) fn new(
        plan_id: Option<String>,
        namespace: WorkspaceName,
        heads: Vec<Head>,
        outcomes: Vec<Outcome>,
    ) -> Self {
        let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| wanted(outcome)).count();
        let applied_count = count(|outcome| matches!(outcome, Outcome::Applied(_)));
        let failed_count = count(|outcome| matches!(outcome, Outcome::Failed(_)));
        Self {
            plan_id,
            namespace,
            applied: applied_count == outcomes.len(),
            applied_count,
            failed_count,
            results: heads.into_iter().zip(outcomes).map(|(head, outcome)| AppliedAction::new(head, outcome)).collect(),
            refusal: None,
        }
    }
}

impl AppliedAction {
    fn new(mut head: Head, outcome: Outcome) -> Self {
        match outcome {
            Outcome::Applied(Done { resource_ref, output }) => {
                head.resource_ref = Some(resource_ref);
                Self { head, status: "applied", error: None, output: Some(output) }
            }
            Outcome::Failed(error) => Self { head, status: "failed", error: Some(error), output: None },
            Outcome::Skipped => Self { head, status: "skipped", error: None, output: None },
        }
    }
}
