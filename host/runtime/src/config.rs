//! Every setting of the runtime, given by the caller once.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use windlass_domain::agent::RunRequest;

/// The settings of [`crate::Runtime::start`].
#[derive(Clone)]
pub struct RuntimeConfig {
    /// The server's data directory: environments, agents' sources and logs live in folders of it.
    pub data_dir: PathBuf,
    /// The uv binary; `None`: looked up in `PATH`.
    pub uv: Option<PathBuf>,
    /// The Python interpreter; `None`: the best of `/usr/bin` and `PATH`.
    pub python: Option<PathBuf>,
    /// Start agents though they cannot be isolated, as the server's own user.
    pub unsafe_agents: bool,
    /// Start agents at all. When off, every agent is recorded as Pending with that reason.
    pub agents_enabled: bool,
    /// What an agent is told about the gateway, asked at each start.
    pub gateway: GatewaySource,
    /// What one agent may use.
    pub limits: Limits,
    /// How processes are started, watched and replaced.
    pub timing: Timing,
}

impl RuntimeConfig {
    /// The defaults for `data_dir`, with a gateway at `gateway_base_url` that asks for no key of its own.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>, gateway_base_url: impl Into<String>) -> Self {
        Self {
            data_dir: data_dir.into(),
            uv: None,
            python: None,
            unsafe_agents: false,
            agents_enabled: true,
            gateway: GatewaySource::fixed(Gateway::at(gateway_base_url)),
            limits: Limits::default(),
            timing: Timing::default(),
        }
    }
}

/// Where an agent finds models and tools, and what it shows there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// The OpenAI-shaped base URL, without `/chat/completions`, e.g. `http://127.0.0.1:8092/llm/v1`.
    pub llm_base_url: String,
    /// The default of `OPENAI_API_KEY` and `ANTHROPIC_API_KEY`.
    pub api_key: String,
    /// Where the runtime posts checkpoints and tool traces (`GOVERNANCE_URL`), when the server takes them.
    pub governance_url: Option<String>,
    /// The URLs of tools that the agent shall use in place of their own base URL, by the tool's name.
    pub tool_urls: BTreeMap<String, String>,
}

impl Gateway {
    /// The value that the contract names for an agent without a key of its own.
    pub const PLATFORM_MANAGED: &'static str = "platform-managed";

    /// A gateway at `llm_base_url` with [`Self::PLATFORM_MANAGED`] as key and the tools' own URLs.
    #[must_use]
    pub fn at(llm_base_url: impl Into<String>) -> Self {
        Self {
            llm_base_url: llm_base_url.into(),
            api_key: Self::PLATFORM_MANAGED.to_owned(),
            governance_url: None,
            tool_urls: BTreeMap::new(),
        }
    }
}

/// Asked at each start of an agent, so that its key can be its own.
#[derive(Clone)]
pub struct GatewaySource(Arc<dyn Fn(&RunRequest) -> Gateway + Send + Sync>);

impl GatewaySource {
    /// A source that computes the answer; it must not block.
    pub fn new(source: impl Fn(&RunRequest) -> Gateway + Send + Sync + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// The same answer for every agent.
    #[must_use]
    pub fn fixed(gateway: Gateway) -> Self {
        Self::new(move |_| gateway.clone())
    }

    pub(crate) fn of(&self, request: &RunRequest) -> Gateway {
        (self.0)(request)
    }
}

impl fmt::Debug for GatewaySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GatewaySource")
    }
}

/// What one agent process, with its children, may use. Lowered to the server's own hard limits where those are lower.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Address space of each process, in bytes (`RLIMIT_AS`). Far above what is resident: each thread reserves 8 MiB and up to 64 MiB of arena.
    pub address_space: u64,
    /// Resident memory of the whole agent, in bytes, where a memory cgroup is writable.
    pub memory: u64,
    /// Processes and threads (`RLIMIT_NPROC` of the agent's own user, and the pids cgroup where writable).
    pub processes: u64,
    /// Open files of each process (`RLIMIT_NOFILE`).
    pub open_files: u64,
    /// Size of each file written, in bytes (`RLIMIT_FSIZE`).
    pub file_size: u64,
    /// Size of the private `/tmp`, in bytes; it is memory.
    pub tmp_size: u64,
    /// The first user id given to agents, when the server is root; one id for each agent from here on.
    pub first_uid: u32,
    /// How many user ids there are from `first_uid` on, and so how many agents run at once.
    pub uids: u32,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            address_space: 8192 * MIB,
            memory: 1024 * MIB,
            processes: 256,
            open_files: 1024,
            file_size: 256 * MIB,
            tmp_size: 256 * MIB,
            first_uid: 2_000_000,
            uids: 10_000,
        }
    }
}

/// How long things may take. Defaults are chosen for a small machine under load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// How many processes may be between start and ready at once.
    pub starting_at_once: usize,
    /// From the start of a process to ready, at most.
    pub ready_within: Duration,
    /// How long a replaced process may finish its requests.
    pub drain_within: Duration,
    /// The first pause before a restart; doubled each time.
    pub backoff_first: Duration,
    /// The longest pause before a restart.
    pub backoff_most: Duration,
    /// A process that served this long starts the pauses over.
    pub stable_after: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            starting_at_once: 4,
            ready_within: Duration::from_mins(2),
            drain_within: Duration::from_secs(30),
            backoff_first: Duration::from_secs(1),
            backoff_most: Duration::from_mins(5),
            stable_after: Duration::from_mins(1),
        }
    }
}
