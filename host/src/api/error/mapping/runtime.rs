//! Why an agent cannot be reached.

use super::super::ApiError;
use axum::http::StatusCode;
use std::time::Duration;
use windlass_runtime::NotReady;

/// When to ask again for an agent that nothing here can run: an operator has to act first.
const UNTIL_MENDED: Duration = Duration::from_mins(1);

impl From<NotReady> for ApiError {
    fn from(error: NotReady) -> Self {
        match error {
            NotReady::Starting { message, retry_after } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "agent_starting",
                format!("the agent is starting: {message}"),
            )
            .hint("ask again after the time in Retry-After")
            .retry_after(retry_after),
            NotReady::Failed { message, log_tail } => {
                let mut lines = vec![format!("failed to reach agent: {message}")];
                lines.extend(log_tail);
                let message = lines.join("\n");
                Self::new(StatusCode::BAD_GATEWAY, "agent_failed", message)
                    .hint("mend the agent and deploy it again; GET …/logs has more of its log")
            }
            NotReady::Unknown => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "agent_not_running", "the agent does not run here yet")
                    .retry_after(Duration::from_secs(1))
            }
            NotReady::CannotRun { reason } => {
                let message = format!("the agent cannot run here: {reason}");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "agent_cannot_run", message).retry_after(UNTIL_MENDED)
            }
        }
    }
}
