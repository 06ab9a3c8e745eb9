//! One request to a provider, and its answer up to the first byte of the body.

use super::provider::Provider;
use super::{Failure, Gateway, GatewayError};
use crate::egress;
use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};
use serde_json::{Map, Value};
use std::time::Duration;

/// How often a call is tried again, while nothing of an answer has come: where no connection was made, or the provider is
/// unavailable and does not say for how long.
const RETRIES: u32 = 2;
/// The pause before the first further attempt; doubled each time.
const PAUSE: Duration = Duration::from_millis(200);

impl Gateway {
    /// Sends `body` to an endpoint of the provider.
    pub(super) async fn send(
        &self,
        provider: &Provider,
        endpoint: &str,
        body: &Map<String, Value>,
    ) -> Result<Response, GatewayError> {
        let url = provider.url(endpoint);
        let refuse = |refused| GatewayError::Egress { provider: provider.name.clone(), refused };
        self.egress.check(&url).map_err(refuse)?;
        let mut attempt = 0;
        loop {
            let mut request = self.client.post(url.clone()).json(body);
            if let Some(key) = &provider.key {
                request = request.bearer_auth(key);
            }
            let answer = request.send().await;
            if attempt == RETRIES || !is_worth_another(&answer) {
                return answer.map_err(|error| self.failed(provider, &error));
            }
            tokio::time::sleep(PAUSE * 2_u32.pow(attempt)).await;
            attempt += 1;
        }
    }

    /// A failed call as the agent may see it; the log sees as much.
    pub(super) fn failed(&self, provider: &Provider, error: &reqwest::Error) -> GatewayError {
        let provider = provider.name.clone();
        match self.failure(error) {
            Failure::Refused(refused) => GatewayError::Egress { provider, refused },
            Failure::Silent(within) => GatewayError::Silent { provider, within },
            Failure::Unreachable(reason) => GatewayError::Unreachable { provider, reason },
        }
    }
}

fn is_worth_another(answer: &reqwest::Result<Response>) -> bool {
    match answer {
        Ok(answer) => answer.status() == StatusCode::SERVICE_UNAVAILABLE && !answer.headers().contains_key(RETRY_AFTER),
        Err(error) => error.is_connect() && egress::refusal(error).is_none(),
    }
}
