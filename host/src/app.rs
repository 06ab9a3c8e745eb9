//! Everything that a request needs, made once: every dependency is a documented field.

use crate::builtin::BUILTINS;
use crate::catalog::Catalog;
use crate::config::Config;
use crate::deploy::{self, Bases};
use crate::edge;
use crate::egress::Egress;
use crate::gateway::{Gateway, pass};
use crate::identity::Identity;
use crate::metrics::Metrics;
use crate::pace::Pace;
use crate::plugins::Plugins;
use crate::plugins::jobs::{Finished, Installs};
use crate::plugins::logs::GuestLogs;
use crate::plugins::observe;
use crate::probe::Probes;
use crate::shadow::Shadows;
use crate::sweep::Sweeper;
use anyhow::Context as _;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use windlass_domain::agent::{RevisionSpec, RunRequest, UnixMillis};
use windlass_domain::catalogue::Catalogue;
use windlass_domain::{AgentRef, WorkspaceName};
use windlass_image::{Blobs, Digest, Platform};
use windlass_runtime::{GatewaySource, Runtime, RuntimeConfig};
use windlass_store::{Signer, Store};

/// The running program.
pub struct App {
    /// What was recorded.
    pub store: Store,
    /// The bytes of images.
    pub blobs: Blobs,
    /// The plugins, and which of them decides for whom.
    pub plugins: Plugins,
    /// The plugins that are being installed.
    pub installs: Installs<Finished>,
    /// Loads the plugins that have to be compiled again.
    pub loading: Mutex<JoinSet<()>>,
    /// The agents that run here.
    pub runtime: Arc<Runtime>,
    /// What strategies may choose from.
    pub catalogue: Arc<Catalogue>,
    /// Its digest, `sha256:` + hex.
    pub catalogue_digest: Arc<str>,
    /// What detectors and strategies have said before.
    pub memo: Arc<deploy::Memo>,
    /// The decisions of previews, for an hour.
    pub previews: deploy::Kept,
    /// The analyses, for an hour.
    pub analyses: deploy::Kept,
    /// The base images of the catalogue's runtimes.
    pub bases: Bases,
    /// The platform that images are built for.
    pub platform: Platform,
    /// Where clients find this server.
    pub public: PublicAddress,
    /// Serialises the deploys of one agent.
    pub locks: deploy::Locks,
    /// Serialises the action plans of one workspace.
    pub plans: deploy::Locks<WorkspaceName>,
    /// The agents that can be deployed as they are.
    pub catalog: Catalog,
    /// When all this was made.
    pub started_at: UnixMillis,
    /// Removes what nothing needs any more.
    pub sweeper: Sweeper,
    /// Puts deploys to the candidates beside the plugins that decide.
    pub shadows: Shadows,
    /// The way of agents to models and tools.
    pub gateway: Gateway,
    /// Asks tools whether they answer.
    pub probes: Probes,
    /// The requests of each key in the last minute, by its id.
    pub pace: Pace<String>,
    /// The most requests a minute with one key of a workspace; `None`: any number.
    pub requests_per_minute: Option<NonZeroU32>,
    /// Checks the tokens of agents' end users.
    pub identity: Identity,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Whether that is shown without a key.
    pub open_metrics: bool,
    /// The last lines of guests.
    pub guest_logs: Arc<GuestLogs>,
}

/// Where clients find this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicAddress {
    /// The base URL without a slash at its end, e.g. `http://127.0.0.1:8092`.
    pub url: String,
    /// Host and port, the first part of every `image_uri`.
    pub registry: String,
}

/// The folder of the image store in a data directory.
pub const IMAGES: &str = "images";
/// The builder of this host: one source layer over a runtime image.
pub const OVERLAY_BUILDER: &str = "overlay";

impl App {
    /// Opens the data directory, loads the plugins, starts the runtime, and asks it for every recorded agent.
    pub async fn start(config: &Config) -> anyhow::Result<Arc<Self>> {
        let catalog = Catalog::load(config.catalog_dir.as_deref())?;
        let store = Store::open(&config.data_dir)?.with_limits(config.workspace_limits);
        crate::bootstrap::run(&store, config).await?;
        let public = config.public_address();
        let (metrics, guest_logs) = (Arc::new(Metrics::new()), Arc::new(GuestLogs::new(edge::now())));
        let observer = observe::observer(metrics.clone(), guest_logs.clone());
        let plugins = Plugins::start(&store, &config.data_dir, config.plugin_stops, BUILTINS, observer).await?;
        let blobs = Blobs::open(&config.data_dir.join(IMAGES)).context("open the image store")?;
        let platform = Platform::local();
        let catalogue = Arc::new(catalogue(config, &platform));
        let bases = Bases::start(&blobs, &catalogue, &platform, &config.insecure_registries);
        let local = address_for_agents(config, &public);
        let identity = Identity::start(Egress::new(&config.gateway.granted))?;
        let gateway = Gateway::start(config.gateway.clone(), &public, local.clone())?;
        let runtime = Runtime::start(runtime_config(config, store.signer(), local)).await?;
        let app = Arc::new(Self {
            store,
            blobs,
            plugins,
            installs: Installs::default(),
            loading: Mutex::default(),
            runtime,
            catalogue_digest: catalogue.digest().into(),
            catalogue,
            memo: Arc::new(deploy::Memo::new(config.memo_bytes)),
            previews: deploy::Kept::default(),
            analyses: deploy::Kept::default(),
            bases,
            platform,
            public,
            locks: deploy::Locks::default(),
            plans: deploy::Locks::default(),
            catalog,
            started_at: edge::now(),
            sweeper: Sweeper::default(),
            shadows: Shadows::default(),
            gateway,
            probes: Probes::start()?,
            pace: Pace::new(Instant::now()),
            requests_per_minute: config.requests_per_minute,
            identity,
            metrics,
            open_metrics: config.open_metrics,
            guest_logs,
        });
        deploy::roll_out_all(&app)?;
        if let Err(error) = app.store.reserve_space() {
            tracing::warn!(%error, "no space is kept for the next start");
        }
        app.sweeper.start(&app);
        app.shadows.start(&app);
        app.clone().load_plugins();
        Ok(app)
    }

    fn load_plugins(self: Arc<Self>) {
        let app = self.clone();
        self.loading.lock().unwrap_or_else(PoisonError::into_inner).spawn(async move {
            if let Err(error) = app.plugins.load_the_rest(&app.store).await {
                tracing::error!(%error, "not every installed plugin could be loaded");
            }
        });
    }

    /// Stops the agents within `deadline` and closes the store.
    pub async fn stop(&self, deadline: Duration) {
        self.sweeper.stop().await;
        self.shadows.stop().await;
        self.installs.stop().await;
        let mut loading = std::mem::take(&mut *self.loading.lock().unwrap_or_else(PoisonError::into_inner));
        loading.shutdown().await;
        self.bases.stop().await;
        self.runtime.shutdown(deadline).await;
        self.store.close();
    }

    /// The image of a revision: the one that was given, or the one that this host built and serves.
    #[must_use]
    pub fn image_of(&self, agent: &AgentRef, spec: &RevisionSpec) -> Option<String> {
        let built = spec.image_digest.as_deref().and_then(|digest| Digest::parse(digest).ok());
        match built {
            Some(digest) => Some(self.image_uri(agent, &digest)),
            None => spec.image.clone(),
        }
    }

    /// `host:port/workspace/agent:tag`; the tag is the start of the manifest's digest.
    #[must_use]
    pub fn image_uri(&self, agent: &AgentRef, manifest: &Digest) -> String {
        format!("{}/{}/{}:{}", self.public.registry, agent.workspace, agent.name, manifest.short())
    }
}

fn catalogue(config: &Config, platform: &Platform) -> Catalogue {
    let mut runtimes = windlass_runtime::catalogue();
    for runtime in &mut runtimes {
        runtime.base = config.runtime_bases.get(&runtime.name).cloned();
    }
    Catalogue {
        builders: vec![OVERLAY_BUILDER.to_owned()],
        runtimes,
        architectures: vec![platform.architecture.clone()],
    }
}

/// Each agent gets a pass of its own to the gateway, in the address of it.
fn runtime_config(config: &Config, signer: Signer, local: String) -> RuntimeConfig {
    let gateway = move |request: &RunRequest| {
        let pass = pass::issue(&signer, request);
        let tools = request.tools.iter().map(|tool| &tool.name);
        let tool_urls = tools.map(|tool| (tool.to_string(), Gateway::tool_url(&local, &pass, tool))).collect();
        windlass_runtime::Gateway { tool_urls, ..windlass_runtime::Gateway::at(Gateway::llm_base_url(&local, &pass)) }
    };
    RuntimeConfig {
        uv: config.uv.clone(),
        python: config.python.clone(),
        unsafe_agents: config.unsafe_agents,
        agents_enabled: config.agents_enabled,
        gateway: GatewaySource::new(gateway),
        ..RuntimeConfig::new(&config.data_dir, "")
    }
}

/// Agents run on this machine, so they come over loopback, past any proxy. With TLS only the public name has a
/// certificate that they can check.
fn address_for_agents(config: &Config, public: &PublicAddress) -> String {
    let ip = config.listen.ip();
    let port = config.listen.port();
    match (&config.tls, ip.is_unspecified()) {
        (Some(_), _) => public.url.clone(),
        (None, true) => format!("http://127.0.0.1:{port}"),
        (None, false) => format!("http://{}", config.listen),
    }
}
