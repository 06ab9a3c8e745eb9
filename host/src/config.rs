//! Every setting of the server, once: as it is given ([`Settings`]), and checked ([`Config`]).
//!
//! Invariant: a [`Config`] can be served; what cannot is refused here, by the name of the setting, before anything is opened.

mod settings;
#[cfg(test)]
mod tests;

pub use settings::{DataDir, LogFormat, Settings};

use crate::app::PublicAddress;
use crate::gateway::GatewaySettings;
use crate::token::{BadToken, OPERATOR_PREFIX, Token, WORKSPACE_PREFIX};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

/// The environment variable with the key of the workspace `default`.
pub const BOOTSTRAP_KEY: &str = "WINDLASS_BOOTSTRAP_KEY";
/// The environment variable with an operator key.
pub const OPERATOR_KEY: &str = "WINDLASS_OPERATOR_KEY";

/// The checked settings.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Config {
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where everything is kept; absolute.
    pub data_dir: PathBuf,
    /// What clients call this server, an origin; `None`: the address it listens on.
    pub public_url: Option<Url>,
    /// Certificate chain and key for TLS; `None`: plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Whether a proxy in front of this server ends TLS.
    pub behind_proxy: bool,
    /// Start agents at all.
    pub agents_enabled: bool,
    /// Start agents even where they cannot be isolated.
    pub unsafe_agents: bool,
    /// The uv program; `None`: looked up in `PATH`.
    pub uv: Option<PathBuf>,
    /// The Python interpreter of agents; `None`: the best that is found.
    pub python: Option<PathBuf>,
    /// The base image of a runtime image, by its name: an image reference or the path of an OCI layout.
    pub runtime_bases: BTreeMap<String, String>,
    /// The registries, as `host` or `host:port`, that are spoken to without TLS.
    pub insecure_registries: Vec<String>,
    /// The folder of the catalog; `None`: the one inside the program.
    pub catalog_dir: Option<PathBuf>,
    /// When a plugin is stopped that keeps breaking.
    pub plugin_stops: crate::plugins::breaker::Rules,
    /// The most bytes of answers of detectors and strategies that are remembered.
    pub memo_bytes: usize,
    /// The most requests a minute with one key of a workspace; `None`: any number.
    pub requests_per_minute: Option<NonZeroU32>,
    /// What each workspace may have, and what of it is kept, where an operator has set nothing else.
    pub workspace_limits: windlass_store::Limits,
    /// How agents' calls go out.
    pub gateway: GatewaySettings,
    /// Whether /metrics needs no key.
    pub open_metrics: bool,
    /// The collector that traces are sent to; `None`: none are made.
    pub otlp_endpoint: Option<Url>,
    /// How logs are written.
    pub log_format: LogFormat,
    /// Which logs are written, as in `RUST_LOG`.
    pub log_filter: String,
    /// A key for the workspace `default`, chosen by the operator.
    pub bootstrap_key: Option<Token>,
    /// An operator key, chosen by the operator.
    pub operator_key: Option<Token>,
}

/// The files of TLS, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain, the server's own first.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// A setting that cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Keys would cross a network in the clear.
    #[error(
        "--listen {0} is reachable from other machines, and keys would cross the network unprotected \
         (hint: give --tls-cert and --tls-key; or --behind-proxy, if a proxy in front ends TLS; or listen on 127.0.0.1)"
    )]
    Exposed(SocketAddr),
    /// Half a TLS pair.
    #[error("{given} is given without {missing} (hint: TLS needs both, as PEM files)")]
    HalfTls {
        /// The flag that was given.
        given: &'static str,
        /// The flag that was not.
        missing: &'static str,
    },
    /// Not something that a client could call.
    #[error(
        "--public-url `{0}` is not an http or https address without a path (hint: for example https://windlass.example.com)"
    )]
    PublicUrl(String),
    /// Not the address of a collector.
    #[error("--otlp-endpoint `{0}` is not an http or https address (hint: for example http://127.0.0.1:4318)")]
    OtlpEndpoint(String),
    /// A runtime that the catalogue does not have.
    #[error("--runtime-base names the runtime `{name}`, which does not exist (hint: the runtimes are {known})")]
    UnknownRuntime {
        /// What was named.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Two bases for one runtime.
    #[error("--runtime-base names the runtime `{0}` twice (hint: a runtime has one base)")]
    RuntimeTwice(String),
    /// A program that is not there.
    #[error("{setting} `{}` is not a file", path.display())]
    NoProgram {
        /// The setting.
        setting: &'static str,
        /// What it names.
        path: PathBuf,
    },
    /// A folder that is not there.
    #[error("{setting} `{}` is not a folder", path.display())]
    NoFolder {
        /// The setting.
        setting: &'static str,
        /// What it names.
        path: PathBuf,
    },
    /// A chosen key that breaks the rule.
    #[error("{variable} is refused: {rule} (hint: unset it, and a key is made at the first start)")]
    Key {
        /// The environment variable.
        variable: &'static str,
        /// The rule that it breaks.
        rule: BadToken,
    },
    /// The working directory is gone.
    #[error("--data-dir `{}` cannot be made absolute: {source}", path.display())]
    DataDir {
        /// What was given.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// The keys that come by the environment only, since a command line is visible to every user of the machine.
#[derive(Debug, Clone, Default)]
pub struct GivenKeys {
    /// The value of [`BOOTSTRAP_KEY`].
    pub bootstrap: Option<String>,
    /// The value of [`OPERATOR_KEY`].
    pub operator: Option<String>,
}

impl GivenKeys {
    /// Reads the environment; an empty value counts as none.
    #[must_use]
    pub fn from_environment() -> Self {
        let read = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self { bootstrap: read(BOOTSTRAP_KEY), operator: read(OPERATOR_KEY) }
    }
}

impl Config {
    /// Checks the settings.
    pub fn new(settings: Settings, keys: GivenKeys) -> Result<Self, ConfigError> {
        let tls = tls_pair(settings.tls_cert, settings.tls_key)?;
        if !is_loopback(settings.listen.ip()) && tls.is_none() && !settings.behind_proxy {
            return Err(ConfigError::Exposed(settings.listen));
        }
        let data_dir = settings.data_dir.resolve();
        let data_dir =
            std::path::absolute(&data_dir).map_err(|source| ConfigError::DataDir { path: data_dir, source })?;
        Ok(Self {
            listen: settings.listen,
            data_dir,
            public_url: settings.public_url.as_deref().map(public_url).transpose()?,
            tls,
            behind_proxy: settings.behind_proxy,
            agents_enabled: !settings.no_agents,
            unsafe_agents: settings.unsafe_agents,
            uv: program("--uv", settings.uv)?.or_else(uv_beside_this_program),
            python: program("--python", settings.python)?,
            runtime_bases: runtime_bases(settings.runtime_bases)?,
            insecure_registries: settings.insecure_registries,
            catalog_dir: folder("--catalog-dir", settings.catalog_dir)?,
            plugin_stops: crate::plugins::breaker::Rules {
                strikes: settings.plugin_strikes,
                window: Duration::from_secs(settings.plugin_strike_seconds),
                pause: Duration::from_secs(settings.plugin_pause_seconds),
            },
            memo_bytes: settings.memo_mib.saturating_mul(1024 * 1024),
            requests_per_minute: NonZeroU32::new(settings.requests_per_minute),
            workspace_limits: windlass_store::Limits {
                agents: settings.workspace_agents,
                bytes: settings.workspace_mib.saturating_mul(1024 * 1024),
                keep_revisions: settings.keep_revisions,
                keep_days: settings.keep_days,
                keep_inputs: settings.keep_inputs,
                keep_inputs_days: settings.keep_inputs_days,
            },
            gateway: GatewaySettings {
                silent_at_most: Duration::from_secs(settings.silent_seconds),
                granted: settings.egress_grants,
            },
            open_metrics: settings.open_metrics,
            otlp_endpoint: settings
                .otlp_endpoint
                .as_deref()
                .filter(|url| !url.is_empty())
                .map(otlp_endpoint)
                .transpose()?,
            log_format: settings.log_format,
            log_filter: settings.log,
            bootstrap_key: given_key(BOOTSTRAP_KEY, WORKSPACE_PREFIX, keys.bootstrap)?,
            operator_key: given_key(OPERATOR_KEY, OPERATOR_PREFIX, keys.operator)?,
        })
    }

    /// Where clients find this server: `--public-url`, else the address it listens on.
    #[must_use]
    pub fn public_address(&self) -> PublicAddress {
        if let Some(url) = &self.public_url {
            return PublicAddress { url: url.as_str().trim_end_matches('/').to_owned(), registry: registry_host(url) };
        }
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let registry = reachable(self.listen).to_string();
        PublicAddress { url: format!("{scheme}://{registry}"), registry }
    }
}

fn otlp_endpoint(text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| ConfigError::OtlpEndpoint(text.to_owned()))
}

/// The address by which this machine reaches a server that listens on `listen`.
fn reachable(mut listen: SocketAddr) -> SocketAddr {
    if listen.ip().is_unspecified() {
        listen.set_ip(match listen.ip() {
            IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
            IpAddr::V6(_) => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        });
    }
    listen
}

/// The host part of image references: with a port where clients would not guess it, or would take the host for a path.
fn registry_host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match (url.scheme(), url.port()) {
        ("https", None) if host.contains('.') => host.to_owned(),
        (_, port) => format!("{host}:{}", port.or_else(|| url.port_or_known_default()).unwrap_or(443)),
    }
}

/// Whether only this machine can connect.
fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

fn tls_pair(certificate: Option<PathBuf>, key: Option<PathBuf>) -> Result<Option<TlsFiles>, ConfigError> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(ConfigError::HalfTls { given: "--tls-cert", missing: "--tls-key" }),
        (None, Some(_)) => Err(ConfigError::HalfTls { given: "--tls-key", missing: "--tls-cert" }),
    }
}

/// An origin: image references have no room for a path before the repository, and `/v2/` is at the root by its standard.
fn public_url(text: &str) -> Result<Url, ConfigError> {
    let refused = || ConfigError::PublicUrl(text.to_owned());
    let url = Url::parse(text).map_err(|_| refused())?;
    let plain = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if matches!(url.scheme(), "http" | "https") && url.host().is_some() && plain { Ok(url) } else { Err(refused()) }
}

fn runtime_bases(given: Vec<(String, String)>) -> Result<BTreeMap<String, String>, ConfigError> {
    let known: Vec<String> = windlass_runtime::catalogue().into_iter().map(|runtime| runtime.name).collect();
    let mut bases = BTreeMap::new();
    for (name, base) in given {
        if !known.contains(&name) {
            return Err(ConfigError::UnknownRuntime { name, known: known.join(", ") });
        }
        if bases.insert(name.clone(), base).is_some() {
            return Err(ConfigError::RuntimeTwice(name));
        }
    }
    Ok(bases)
}

fn program(setting: &'static str, path: Option<PathBuf>) -> Result<Option<PathBuf>, ConfigError> {
    match path {
        Some(path) if !path.is_file() => Err(ConfigError::NoProgram { setting, path }),
        path => Ok(path),
    }
}

fn folder(setting: &'static str, path: Option<PathBuf>) -> Result<Option<PathBuf>, ConfigError> {
    match path {
        Some(path) if !path.is_dir() => Err(ConfigError::NoFolder { setting, path }),
        path => Ok(path),
    }
}

fn uv_beside_this_program() -> Option<PathBuf> {
    let uv = std::env::current_exe().ok()?.parent().map(|folder: &Path| folder.join("uv"))?;
    uv.is_file().then_some(uv)
}

fn given_key(variable: &'static str, prefix: &'static str, text: Option<String>) -> Result<Option<Token>, ConfigError> {
    let parse = |text: String| Token::parse(prefix, &text).map_err(|rule| ConfigError::Key { variable, rule });
    text.map(parse).transpose()
}
