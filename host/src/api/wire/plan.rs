//! What a plan means to its author, in the contract's words of a preview.

use windlass_domain::plan::{Confidence, Plan};

/// The contract's `user_state`, and what it says in words.
#[must_use]
pub fn state(plan: &Plan, is_supported: bool) -> (&'static str, &'static str) {
    // What a mode means follows from whether it builds and whether its runtime holds everything: names of modes are the
    // strategies' own.
    match (plan.build_required(), plan.missing.is_empty() && is_supported) {
        (false, _) => ("instant", "Ready at once"),
        (true, true) => ("preparing_runtime", "Preparing the runtime"),
        (true, false) => ("compatibility_setup", "Installing what the runtime lacks"),
    }
}

/// How long until it serves: the strategy's word, else what its state usually takes.
#[must_use]
pub fn eta_range(plan: &Plan) -> &str {
    if let Some(eta) = &plan.eta {
        return eta;
    }
    match state(plan, true).0 {
        "instant" => "0-5 seconds",
        "preparing_runtime" => "1-30 seconds",
        _ => "1-5 minutes",
    }
}

/// The contract's `high`, `medium` or `low`: the strategy's word, else by whether anything has to be added.
#[must_use]
pub fn confidence(plan: &Plan) -> &str {
    let by_state = if plan.missing.is_empty() { "high" } else { "medium" };
    plan.confidence.map_or(by_state, Confidence::as_str)
}

/// Why, in few words: the strategy's, else the whole reason.
#[must_use]
pub fn short_reason(plan: &Plan) -> &str {
    plan.short_reason.as_deref().unwrap_or(&plan.decision_reason)
}
