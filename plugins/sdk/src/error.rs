//! Short ways to say why there is no answer.

use crate::{Detail, PluginError};

impl PluginError {
    /// The request is wrong: the author gets a 400. `code` is stable, in snake case; `message` says what to do.
    pub fn invalid(code: &str, message: impl Into<String>) -> Self {
        Self::InvalidInput(Detail::new(code, message))
    }

    /// The plugin refuses: the author gets a 403.
    pub fn refused(code: &str, message: impl Into<String>) -> Self {
        Self::Denied(Detail::new(code, message))
    }

    /// Anything else: a 500.
    pub fn failed(code: &str, message: impl Into<String>) -> Self {
        Self::Other(Detail::new(code, message))
    }

    /// Its parts; none for [`PluginError::NotApplicable`].
    #[must_use]
    pub fn detail(&self) -> Option<&Detail> {
        match self {
            Self::NotApplicable => None,
            Self::InvalidInput(detail) | Self::Denied(detail) | Self::Unavailable(detail) | Self::Other(detail) => {
                Some(detail)
            }
        }
    }
}

impl Detail {
    /// An error that the same call would meet again.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), retryable: false, ext: Vec::new() }
    }
}
