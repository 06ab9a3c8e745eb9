//! Why a draft was not read or changed.

use super::super::ApiError;
use crate::deploy::drafts::DraftError;

impl From<DraftError> for ApiError {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::NotFound => Self::not_found(error.to_string()),
            DraftError::NotOwner => Self::forbidden("not_owner", error.to_string())
                .hint("use the key that made it; a list shows every draft"),
            DraftError::Closed(_) => Self::conflict("draft_closed", error.to_string())
                .field("status")
                .hint("send `\"status\": \"IN_PROGRESS\"` with the change to open it again"),
            DraftError::Store(error) => error.into(),
        }
    }
}
