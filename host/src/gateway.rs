//! The gateway: how agents reach models and tools, without ever seeing a key.
//!
//! Invariants: an agent shows a pass that only a process of its own revision has; a key goes to the endpoint that it is
//! registered with and nowhere else: into no log or error, and a provider's into no answer; a tool is called when the policies
//! of the agent's revision let it; what a provider answers is passed on as it comes, and what it says
//! of usage is recorded before the agent has read the answer to its end. Nothing here knows HTTP's server side: that is `api`.

mod budget;
mod error;
mod forward;
pub mod llm;
mod meter;
pub mod pass;
mod prices;
mod provider;
mod redact;
mod route;
mod stored;
mod tally;
pub mod tools;

pub use error::GatewayError;
pub use meter::Tokens;
pub use route::warning;

use crate::app::PublicAddress;
use crate::egress::{self, Egress, Refused};
use crate::pace::Pace;
use anyhow::Context as _;
use prices::Prices;
use std::net::IpAddr;
use std::time::{Duration, Instant};
use url::Url;
use windlass_domain::{ResourceName, WorkspaceName};

/// Where agents reach models, below the server's own address.
pub const LLM_PATH: &str = "/llm";
/// Where agents reach tools, below the server's own address.
pub const TOOL_PATH: &str = "/tool";
/// The model provider that the starter kit registers: it answers agents that were given no model.
pub const PLAYGROUND_PROVIDER: &str = "playground-llm";
/// How long a connection to a provider may take.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// What is settled for the gateway when the server starts.
#[derive(Debug, Clone)]
pub struct GatewaySettings {
    /// How long a provider may send nothing: before its first byte, and between two of them.
    pub silent_at_most: Duration,
    /// Addresses that may be called though they are link-local, or a metadata service.
    pub granted: Vec<IpAddr>,
}

/// What calls to providers and tools share.
pub struct Gateway {
    client: reqwest::Client,
    egress: Egress,
    oauth: tools::OAuthTokens,
    pace: Pace<(WorkspaceName, ResourceName)>,
    prices: Prices,
    settings: GatewaySettings,
    public: String,
    local: String,
}

/// Why a call got no answer.
enum Failure {
    /// The address is not called.
    Refused(Refused),
    /// Nothing came for so long.
    Silent(Duration),
    /// No connection, or one that broke; why, without URL and key.
    Unreachable(String),
}

impl Gateway {
    /// A gateway whose agents, and whose calls to this server itself, use the address `local`.
    pub fn start(settings: GatewaySettings, public: &PublicAddress, local: String) -> anyhow::Result<Self> {
        let egress = Egress::new(&settings.granted);
        let client = egress
            .client()
            .connect_timeout(CONNECT_WITHIN)
            .read_timeout(settings.silent_at_most)
            .build()
            .context("make the client of the gateway")?;
        let prices = Prices::load().context("read the table of prices")?;
        let (oauth, pace, public) = (tools::OAuthTokens::default(), Pace::new(Instant::now()), public.url.clone());
        Ok(Self { client, egress, oauth, pace, prices, settings, public, local })
    }

    /// The OpenAI-shaped base URL for the holder of a pass.
    #[must_use]
    pub fn llm_base_url(local: &str, pass: &str) -> String {
        format!("{local}{LLM_PATH}/{pass}/v1")
    }

    /// The address that stands for a tool's base URL for the holder of a pass.
    #[must_use]
    pub fn tool_url(local: &str, pass: &str, tool: &ResourceName) -> String {
        format!("{local}{TOOL_PATH}/{pass}/{tool}")
    }

    /// What this server serves itself is reached directly, past the proxy that its public name may stand for.
    fn reachable(&self, url: &str) -> Option<Url> {
        let own = url.strip_prefix(&self.public).filter(|rest| rest.starts_with('/'));
        Url::parse(&own.map_or_else(|| url.to_owned(), |rest| format!("{}{rest}", self.local))).ok()
    }

    fn failure(&self, error: &reqwest::Error) -> Failure {
        match egress::refusal(error) {
            Some(refused) => Failure::Refused(refused),
            None if error.is_timeout() && !error.is_connect() => Failure::Silent(self.settings.silent_at_most),
            None => Failure::Unreachable(egress::reason(error)),
        }
    }
}
