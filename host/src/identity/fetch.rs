//! Asking a provider for its keys: one `GET`, bounded in time and size, without a redirect.

use super::key_set::{KeySet, NotKeys};
use crate::egress::{self, Egress, Refused};
use anyhow::Context as _;
use reqwest::StatusCode;
use std::time::Duration;
use url::Url;

/// How long a provider may take, from the name to the last byte.
const WITHIN: Duration = Duration::from_secs(5);
/// The most bytes of a set of keys.
const MAX_BYTES: usize = 256 * 1024;

/// Why there are no keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum FetchError {
    /// The address is not called.
    #[error("its address is not called: {0}")]
    Refused(#[from] Refused),
    /// It took too long.
    #[error("it gave no whole answer within {} s", WITHIN.as_secs())]
    Slow,
    /// No connection, or one that broke.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// It answered something else than 200.
    #[error("it answered {0}")]
    Status(StatusCode),
    /// Its answer is too long.
    #[error("its answer has more than {MAX_BYTES} bytes")]
    TooLong,
    /// Its answer holds no keys.
    #[error("{0}")]
    NotKeys(#[from] NotKeys),
}

/// Asks for keys.
pub(super) struct Fetcher {
    client: reqwest::Client,
    egress: Egress,
}

impl Fetcher {
    /// Calls what `egress` lets pass.
    pub(super) fn start(egress: Egress) -> anyhow::Result<Self> {
        let client = egress.client().timeout(WITHIN).build().context("make the client of identity providers")?;
        Ok(Self { client, egress })
    }

    /// The keys that are published there now.
    pub(super) async fn fetch(&self, uri: &Url) -> Result<KeySet, FetchError> {
        self.egress.check(uri)?;
        let request = self.client.get(uri.clone()).header("accept", "application/json");
        let mut answer = request.send().await.map_err(|error| failed(&error))?;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Status(answer.status()));
        }
        let document = egress::read(&mut answer, MAX_BYTES).await.map_err(|error| failed(&error))?;
        Ok(KeySet::parse(&document.ok_or(FetchError::TooLong)?)?)
    }
}

fn failed(error: &reqwest::Error) -> FetchError {
    match egress::refusal(error) {
        Some(refused) => FetchError::Refused(refused),
        None if error.is_timeout() => FetchError::Slow,
        None => FetchError::Unreachable(egress::reason(error)),
    }
}
