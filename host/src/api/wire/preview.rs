//! `POST /deploy/preview`: the answer.

use serde::Serialize;
use windlass_domain::decision::Decision;

/// The answer to a preview.
#[derive(Debug, Serialize)]
pub struct Preview {
    user_state: &'static str,
    state_label: &'static str,
    eta_range: &'static str,
    confidence: &'static str,
    short_reason: String,
    advanced_details: AdvancedDetails,
    #[serde(skip_serializing_if = "Option::is_none")]
    framework: Option<String>,
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct AdvancedDetails {
    execution_mode: String,
    build_required: bool,
    build_profile: String,
    decision_reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_kind: Option<String>,
    support_level: &'static str,
}

impl Preview {
    /// Shows a decision in the contract's words. What a mode means for the user follows from whether it builds and
    /// whether its runtime holds everything: names of modes are the strategies' own.
    #[must_use]
    pub fn new(decision: Decision, warnings: Vec<String>) -> Self {
        let plan = decision.plan;
        let (user_state, state_label, eta_range) = if !plan.build_required() {
            ("instant", "Ready at once", "0-5 seconds")
        } else if plan.missing.is_empty() {
            ("preparing_runtime", "Preparing the runtime", "1-30 seconds")
        } else {
            ("compatibility_setup", "Installing what the runtime lacks", "1-5 minutes")
        };
        let build_required = plan.build_required();
        Self {
            user_state,
            state_label,
            eta_range,
            confidence: if plan.missing.is_empty() { "high" } else { "medium" },
            short_reason: plan.decision_reason.clone(),
            advanced_details: AdvancedDetails {
                execution_mode: plan.execution_mode,
                build_required,
                build_profile: plan.build_profile,
                decision_reason: plan.decision_reason,
                execution_kind: plan.run_kind,
                support_level: "supported",
            },
            framework: plan.framework,
            warnings,
        }
    }
}
