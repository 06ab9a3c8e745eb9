//! Why a deploy was not done, in the brief's words: 400 for what the author can mend, 500 with the step that failed.

use super::super::{ApiError, Candidate, Facts};
use crate::deploy::{DeployError, PossibleStart, Step};
use axum::http::StatusCode;
use std::time::Duration;
use windlass_image::ImageError;
use windlass_plugin::{CallError, Detail};

const BUILD_FAILED: &str = "build_creation_failed";
const AGENT_FAILED: &str = "agent_creation_failed";
const PREVIEW_AGAIN: &str = "preview it again and deploy with the new `decision_id`, or leave it out";
const TOOL_FAILED: &str = "tool_creation_failed";

impl From<DeployError> for ApiError {
    fn from(error: DeployError) -> Self {
        match error {
            DeployError::Invalid(invalid) => invalid.into(),
            DeployError::NotFound { what, field } => Self::bad_request("unknown_source", format!("{what} not found"))
                .field(field)
                .hint("check the id, and that it is of this workspace"),
            DeployError::UnknownEntryPoint { path, nearest, starts } => {
                unknown_entry_point(&path, nearest.as_deref(), starts)
            }
            DeployError::DecisionNotFound { .. } => {
                Self::new(StatusCode::NOT_FOUND, "decision_not_found", error.to_string())
                    .field("decision_id")
                    .hint(PREVIEW_AGAIN)
            }
            DeployError::DecisionStale { .. } => {
                Self::conflict("decision_stale", error.to_string()).field("decision_id").hint(PREVIEW_AGAIN)
            }
            DeployError::NotOwner => {
                Self::forbidden("not_owner", error.to_string()).field("draft_id").hint("use the key that made it")
            }
            DeployError::BuilderUnavailable { builder, available, missing, reason } => {
                builder_unavailable(&builder, &available, &missing, &reason)
            }
            DeployError::BaseUnavailable { runtime, reason } => {
                let message = format!("the base image of the runtime `{runtime}` is not here: {reason}");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "base_unavailable", message)
                    .hint("try again shortly; if it stays so, the operator checks the runtime's base image")
                    .retry_after(Duration::from_secs(10))
            }
            DeployError::Plugin { slot, plugin, step, error } => {
                call_failed(&error, code_of(step), &format!("{plugin} in the slot `{slot}`"))
            }
            DeployError::Stopped { wait, .. } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "plugin_stopped",
                error.to_string(),
            )
            .hint(
                "the plugin is at fault; the operator binds another version, or gives the binding another `on_failure`",
            )
            .retry_after(wait),
            error @ DeployError::NotLoaded { is_scheduled: true, .. } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "plugin_loading", error.to_string())
                    .hint("its component is compiled again after the start; try again shortly")
                    .retry_after(Duration::from_secs(1))
            }
            error @ DeployError::NotLoaded { is_scheduled: false, .. } => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, AGENT_FAILED, error.to_string()).hint(
                    "the operator installs it again, or binds another; the server's log of its start has the cause",
                )
            }
            DeployError::NothingBound { slot, step } => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                code_of(step),
                format!("no plugin answers in the slot `{slot}`"),
            )
            .hint("the operator binds one with PUT /api/workspaces/{ws}/plugins/{slot}"),
            DeployError::PlanRefused { plugin, reason } => {
                let message = format!("the plan of {plugin} cannot be carried out: {reason}");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, BUILD_FAILED, message)
                    .hint("the strategy is at fault; the operator binds another or an earlier one")
            }
            DeployError::Decision(error) => call_failed(&error, AGENT_FAILED, "the decision"),
            DeployError::Build(error) => build_failed(&error),
            DeployError::Store(error) => {
                let error = Self::from(error);
                let is_internal = error.status == StatusCode::INTERNAL_SERVER_ERROR;
                if is_internal { Self { code: AGENT_FAILED.into(), ..error } } else { error }
            }
        }
    }
}

fn code_of(step: Step) -> &'static str {
    match step {
        Step::Detect | Step::Decide => AGENT_FAILED,
        Step::ProvideTools => TOOL_FAILED,
    }
}

fn unknown_entry_point(path: &str, nearest: Option<&str>, starts: Vec<PossibleStart>) -> ApiError {
    let shown = |start: &PossibleStart| match &start.run_kind {
        Some(run_kind) => format!("`{}` ({run_kind}, {:.2})", start.claimed.value, start.claimed.score),
        None => format!("`{}` ({:.2})", start.claimed.value, start.claimed.score),
    };
    let shown: Vec<String> = starts.iter().map(shown).collect();
    let near = nearest.map(|near| format!("did you mean `{near}`?"));
    let likely = (!shown.is_empty()).then(|| format!("the likeliest starts are {}", shown.join(", ")));
    let hint = [near, likely].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let hint =
        if hint.is_empty() { "no file of the source looks like a start: send the file".to_owned() } else { hint };
    let candidate = |PossibleStart { claimed, run_kind }| {
        let windlass_domain::decision::Candidate { value, score, plugin, rule, .. } = claimed;
        Candidate { entry_point: value, run_kind, score, plugin, rule }
    };
    let message = format!("entry_point: `{path}` is not among the files");
    let refused = ApiError::bad_request("unknown_entry_point", message).field("entry_point").hint(hint);
    let facts = Facts { candidates: starts.into_iter().map(candidate).collect(), ..Facts::default() };
    ApiError { facts: Some(facts.into()), ..refused }
}

fn builder_unavailable(builder: &str, available: &[String], missing: &[String], reason: &str) -> ApiError {
    let available = if available.is_empty() { "none".to_owned() } else { available.join(", ") };
    let message = format!("this deploy needs the builder `{builder}`, which this server does not have ({reason})");
    let hint = if missing.is_empty() {
        format!("this server has: {available}; build an image elsewhere and deploy it with `image`")
    } else {
        format!(
            "no runtime image holds {}: leave it out, or build an image elsewhere and deploy it with `image` \
             (builders here: {available})",
            missing.join(", ")
        )
    };
    ApiError::bad_request("builder_unavailable", message).hint(hint)
}

/// What a plugin says to the author is passed on; what broke is named, and blamed on no author.
fn call_failed(error: &CallError, code: &'static str, who: &str) -> ApiError {
    let broken = |message: String| {
        tracing::warn!(code, "{message}");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, code, message)
            .hint("the plugin is at fault; the operator binds another version, or raises its limits")
    };
    match error {
        CallError::NotApplicable => {
            ApiError::bad_request("not_applicable", format!("{who} has nothing to say about this request"))
                .hint("deploy an image, or bind a plugin that knows this kind of source")
        }
        CallError::InvalidInput(detail) => said(StatusCode::BAD_REQUEST, detail, who),
        CallError::Denied(detail) => said(StatusCode::FORBIDDEN, detail, who),
        CallError::Unavailable(detail) => {
            said(StatusCode::SERVICE_UNAVAILABLE, detail, who).retry_after(Duration::from_secs(5))
        }
        CallError::Failed(detail) => broken(format!("{who} failed: {}", detail.message)),
        CallError::Timeout { .. }
        | CallError::OverLimit { .. }
        | CallError::Trap { .. }
        | CallError::Incomplete { .. } => broken(format!("{who}: {error}")),
        CallError::PlanLimit { .. } => {
            ApiError { code: "plan_limit_exceeded".into(), ..broken(format!("{who}: {error}")) }
        }
        CallError::PlanValue { .. } => {
            ApiError { code: "plan_value_refused".into(), ..broken(format!("{who}: {error}")) }
        }
        CallError::Busy => ApiError::new(StatusCode::TOO_MANY_REQUESTS, "busy", "too many decisions are waiting")
            .hint("try again shortly")
            .retry_after(Duration::from_secs(1)),
        CallError::Host(_) => ApiError::internal(code, "the plugin host failed", error),
    }
}

fn said(status: StatusCode, detail: &Detail, who: &str) -> ApiError {
    ApiError::new(status, detail.code.clone(), detail.message.clone()).hint(format!("said by {who}"))
}

fn build_failed(error: &ImageError) -> ApiError {
    match error {
        ImageError::Full { .. } => ApiError::from(windlass_store::StoreError::Full),
        ImageError::ReservedName { .. } => {
            ApiError::bad_request("invalid_path", error.to_string()).field("source_files").hint("rename the file")
        }
        ImageError::TooLarge { .. } => {
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "image_too_large", error.to_string()).hint("leave files out")
        }
        ImageError::Io { .. }
        | ImageError::Missing { .. }
        | ImageError::Corrupt { .. }
        | ImageError::Mismatch { .. }
        | ImageError::WrongSize { .. }
        | ImageError::InvalidDigest { .. }
        | ImageError::InvalidName { .. }
        | ImageError::InvalidDocument { .. }
        | ImageError::Unsupported { .. }
        | ImageError::NoPlatform { .. }
        | ImageError::NotFound { .. }
        | ImageError::Unauthorized { .. }
        | ImageError::Registry { .. } => ApiError::internal(BUILD_FAILED, "the image could not be built", error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_store::StoreError;

    fn plugin(step: Step, error: CallError) -> ApiError {
        DeployError::Plugin { slot: "strategy".into(), plugin: "s@1.0.0".into(), step, error }.into()
    }

    #[test]
    fn a_broken_plugin_is_a_500_with_the_code_of_its_step() {
        let trap = || CallError::Trap { reason: "unreachable".into() };
        for (step, code) in
            [(Step::Detect, AGENT_FAILED), (Step::Decide, AGENT_FAILED), (Step::ProvideTools, TOOL_FAILED)]
        {
            let error = plugin(step, trap());
            assert_eq!((error.status.as_u16(), error.code.as_ref()), (500, code));
        }
        assert_eq!(plugin(Step::Decide, CallError::Timeout { limit: Duration::from_secs(1) }).status, 500);
    }

    #[test]
    fn what_a_plugin_says_to_the_author_is_no_500() {
        let detail = || Detail { code: "no_thanks".into(), message: "not here".into() };
        for (error, status) in [(CallError::InvalidInput(detail()), 400), (CallError::Denied(detail()), 403)] {
            let error = plugin(Step::Decide, error);
            assert_eq!(
                (error.status.as_u16(), error.code.as_ref(), error.message.as_str()),
                (status, "no_thanks", "not here")
            );
        }
        assert_eq!(plugin(Step::Decide, CallError::Busy).retry_after, Some(Duration::from_secs(1)));
    }

    #[test]
    fn a_failed_store_is_a_500_of_the_agent_and_a_full_one_a_507() {
        let error = ApiError::from(DeployError::Store(StoreError::Panicked));
        assert_eq!((error.status.as_u16(), error.code.as_ref()), (500, AGENT_FAILED));
        assert_eq!(ApiError::from(DeployError::Store(StoreError::Full)).status, 507);
        let full = ImageError::Full { path: "x".into() };
        assert_eq!(ApiError::from(DeployError::Build(full)).status, 507);
    }

    #[test]
    fn an_absent_builder_is_named_with_the_way_out() {
        let error = ApiError::from(DeployError::BuilderUnavailable {
            builder: "full".into(),
            available: vec!["overlay".into()],
            missing: vec!["torch".into()],
            reason: "torch is in no runtime".into(),
        });
        assert_eq!((error.status.as_u16(), error.code.as_ref()), (400, "builder_unavailable"));
        assert!(error.message.contains("`full`"), "{}", error.message);
        assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("torch") && hint.contains("overlay")));
    }
}
