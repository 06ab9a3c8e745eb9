//! `POST /deploy/preview`: the answer.

use super::Decision;
use super::plan::{confidence, eta_range, short_reason, state};
use crate::deploy::Previewed;
use schemars::JsonSchema;
use serde::Serialize;
use windlass_domain::plan::Confidence;

/// The answer to a preview.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DeployPreviewResponse")]
pub struct Preview {
    #[schemars(extend("enum" = ["instant", "preparing_runtime", "compatibility_setup"]))]
    user_state: &'static str,
    state_label: &'static str,
    eta_range: String,
    #[schemars(with = "Confidence")]
    confidence: String,
    short_reason: String,
    advanced_details: AdvancedDetails,
    #[serde(skip_serializing_if = "Option::is_none")]
    framework: Option<String>,
    warnings: Vec<String>,
    decision_id: String,
    decision: Decision,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DeployPreviewAdvancedDetails")]
struct AdvancedDetails {
    execution_mode: String,
    build_required: bool,
    build_profile: String,
    decision_reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_kind: Option<String>,
    #[schemars(extend("enum" = ["supported", "unsupported"]))]
    support_level: &'static str,
}

impl Preview {
    /// Shows what a deploy would do; `warnings` are those of the request's own form.
    #[must_use]
    pub fn new(previewed: Previewed, mut warnings: Vec<String>) -> Self {
        let Previewed { decision, is_supported, warnings: found } = previewed;
        warnings.extend(found);
        let plan = &decision.plan;
        let (user_state, state_label) = state(plan, is_supported);
        Self {
            user_state,
            state_label,
            eta_range: eta_range(plan).to_owned(),
            confidence: confidence(plan).to_owned(),
            short_reason: short_reason(plan).to_owned(),
            advanced_details: AdvancedDetails {
                execution_mode: plan.execution_mode.clone(),
                build_required: plan.build_required(),
                build_profile: plan.build_profile.clone(),
                decision_reason: plan.decision_reason.clone(),
                execution_kind: plan.run_kind.clone(),
                support_level: if is_supported { "supported" } else { "unsupported" },
            },
            framework: plan.framework.clone(),
            warnings,
            decision_id: decision.id.clone(),
            decision: decision.into(),
        }
    }
}
