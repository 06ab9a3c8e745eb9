//! Why an address was not asked.

use super::super::ApiError;
use crate::probe::ProbeError;
use axum::http::StatusCode;
use std::time::Duration;

impl From<ProbeError> for ApiError {
    fn from(error: ProbeError) -> Self {
        match error {
            ProbeError::Refused(_) => Self::bad_request("address_refused", error.to_string())
                .hint("give the address of a service; the host's own infrastructure is not asked"),
            ProbeError::Busy => Self::new(StatusCode::TOO_MANY_REQUESTS, "busy", error.to_string())
                .hint("try again shortly")
                .retry_after(Duration::from_secs(1)),
        }
    }
}
