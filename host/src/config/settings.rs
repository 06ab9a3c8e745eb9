//! The settings as an operator gives them: flags of `windlass serve`, each with its environment variable.

use crate::plugins::breaker;
use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use std::env;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// The flags of `windlass serve`.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Settings {
    /// Address and port to listen on
    ///
    /// An address that is not loopback needs --tls-cert and --tls-key, or --behind-proxy.
    #[arg(long, env = "WINDLASS_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8092")]
    pub listen: SocketAddr,

    /// Where everything is kept.
    #[command(flatten)]
    pub data_dir: DataDir,

    /// What clients call this server, if not by the address it listens on; names the host of each `image_uri`
    #[arg(long, env = "WINDLASS_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// Certificate chain for TLS, a PEM file
    #[arg(long, env = "WINDLASS_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// Private key of the certificate, a PEM file
    #[arg(long, env = "WINDLASS_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// A proxy in front of this server ends TLS, and nobody else can reach it
    #[arg(long, env = "WINDLASS_BEHIND_PROXY", value_parser = BoolishValueParser::new())]
    pub behind_proxy: bool,

    /// Record agents, but start none
    #[arg(long, env = "WINDLASS_NO_AGENTS", value_parser = BoolishValueParser::new(), conflicts_with = "unsafe_agents")]
    pub no_agents: bool,

    /// Start agents even where they cannot be isolated: they can then read the keys of this server
    #[arg(long, env = "WINDLASS_UNSAFE_AGENTS", value_parser = BoolishValueParser::new())]
    pub unsafe_agents: bool,

    /// The uv program, which installs agents' packages [default: beside this program, then in PATH]
    #[arg(long, env = "WINDLASS_UV", value_name = "FILE")]
    pub uv: Option<PathBuf>,

    /// The Python interpreter of agents [default: the best in /usr/bin and PATH]
    #[arg(long, env = "WINDLASS_PYTHON", value_name = "FILE")]
    pub python: Option<PathBuf>,

    /// Base image of a runtime image: an image reference, or the path of an OCI layout; repeatable
    ///
    /// For example python=docker.io/library/python:3.11-slim. Without one, images are built on an empty base.
    #[arg(
        long = "runtime-base",
        env = "WINDLASS_RUNTIME_BASES",
        value_name = "NAME=BASE",
        value_parser = parse_runtime_base,
        value_delimiter = ','
    )]
    pub runtime_bases: Vec<(String, String)>,

    /// A registry that is spoken to without TLS, as host or host:port; repeatable
    #[arg(
        long = "insecure-registry",
        env = "WINDLASS_INSECURE_REGISTRIES",
        value_name = "HOST",
        value_delimiter = ','
    )]
    pub insecure_registries: Vec<String>,

    /// Folder of agents that can be deployed as they are, one folder each [default: those inside this program]
    ///
    /// In each: manifest.json, the source in src/, and earlier versions in versions/VERSION/. Read once, at the start.
    #[arg(long, env = "WINDLASS_CATALOG_DIR", value_name = "FOLDER")]
    pub catalog_dir: Option<PathBuf>,

    /// How many MiB of plugins' answers are remembered, so that a tree that was seen before is not read again; 0: none
    #[arg(long, env = "WINDLASS_MEMO_MIB", value_name = "MIB", default_value_t = 64)]
    pub memo_mib: usize,

    /// How often a plugin may break in one workspace within --plugin-strike-seconds before it is not called; 0: as often as it likes
    ///
    /// A trap, a limit and a failure in its own words count. What happens then is said by its binding (`on_failure`).
    #[arg(long, env = "WINDLASS_PLUGIN_STRIKES", value_name = "TIMES", default_value_t = breaker::STRIKES)]
    pub plugin_strikes: u32,

    /// For how many seconds it counts that a plugin broke
    #[arg(
        long,
        env = "WINDLASS_PLUGIN_STRIKE_SECONDS",
        value_name = "SECONDS",
        default_value_t = breaker::WINDOW.as_secs(),
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    pub plugin_strike_seconds: u64,

    /// For how many seconds a plugin is not called that keeps breaking; then it is tried once
    #[arg(
        long,
        env = "WINDLASS_PLUGIN_PAUSE_SECONDS",
        value_name = "SECONDS",
        default_value_t = breaker::PAUSE.as_secs(),
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    pub plugin_pause_seconds: u64,

    /// How many requests a minute each key of a workspace may send, over all routes that take a key; 0: any number
    ///
    /// One more is a 429 with `Retry-After`. Operator keys are not limited.
    #[arg(long, env = "WINDLASS_REQUESTS_PER_MINUTE", value_name = "REQUESTS", default_value_t = 0)]
    pub requests_per_minute: u32,

    /// How many agents a workspace may have; 0: any number
    ///
    /// An operator sets another number for one workspace with PUT /api/workspaces/{ws}/limits; so for the next three.
    #[arg(long, env = "WINDLASS_WORKSPACE_AGENTS", value_name = "AGENTS", default_value_t = 0)]
    pub workspace_agents: u64,

    /// How many MiB of sources, images, artifacts and drafts a workspace may have; 0: any number
    #[arg(long, env = "WINDLASS_WORKSPACE_MIB", value_name = "MIB", default_value_t = 0)]
    pub workspace_mib: u64,

    /// How many revisions of an agent are kept, the current one among them; 0: all
    #[arg(long, env = "WINDLASS_KEEP_REVISIONS", value_name = "REVISIONS", default_value_t = 100)]
    pub keep_revisions: u32,

    /// How many days is kept what no kept revision needs; 0: for ever
    ///
    /// That is: other decisions and builds, closed drafts and those of ended keys, workflow artifacts, idempotency keys.
    #[arg(long, env = "WINDLASS_KEEP_DAYS", value_name = "DAYS", default_value_t = 90)]
    pub keep_days: u32,

    /// How many of a workspace's last deploys can be replayed through another plugin: their inputs and sources are kept; 0: all
    #[arg(long, env = "WINDLASS_KEEP_INPUTS", value_name = "DEPLOYS", default_value_t = 1_000)]
    pub keep_inputs: u32,

    /// For how many days a deploy can be replayed; 0: for ever
    #[arg(long, env = "WINDLASS_KEEP_INPUTS_DAYS", value_name = "DAYS", default_value_t = 30)]
    pub keep_inputs_days: u32,

    /// How many seconds a model provider or a tool may send nothing, before the first byte of an answer and between two of them
    #[arg(
        long,
        env = "WINDLASS_SILENT_SECONDS",
        value_name = "SECONDS",
        default_value_t = 300,
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    pub silent_seconds: u64,

    /// An address that agents' calls may go to though it is link-local or a metadata service; repeatable
    #[arg(long = "egress-grant", env = "WINDLASS_EGRESS_GRANTS", value_name = "ADDRESS", value_delimiter = ',')]
    pub egress_grants: Vec<IpAddr>,

    /// Serve /metrics without a key: whoever reaches this server can then read it
    #[arg(long, env = "WINDLASS_OPEN_METRICS", value_parser = BoolishValueParser::new())]
    pub open_metrics: bool,

    /// The collector that traces are sent to, by OTLP over HTTP, at /v1/traces below this address [default: none]
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    pub otlp_endpoint: Option<String>,

    /// How logs are written, always on stderr
    #[arg(long, env = "WINDLASS_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// Which logs are written: a level, or levels by module such as warn,windlass=debug
    #[arg(long, env = "RUST_LOG", value_name = "FILTER", default_value = "info")]
    pub log: String,
}

/// The data directory, of the server and of the commands beside it.
#[derive(Debug, Clone, Default, Args)]
pub struct DataDir {
    /// Where everything is kept [default: `$XDG_DATA_HOME/windlass`, else ~/.local/share/windlass]
    #[arg(id = "data_dir", long = "data-dir", env = "WINDLASS_DATA_DIR", value_name = "FOLDER")]
    pub path: Option<PathBuf>,
}

impl DataDir {
    /// The folder that was given, else the default.
    #[must_use]
    pub fn resolve(&self) -> PathBuf {
        self.path.clone().unwrap_or_else(|| default_data_dir(env::var_os("XDG_DATA_HOME"), env::home_dir()))
    }
}

/// The XDG base directory for data; relative values count as unset (XDG Base Directory Specification 0.8).
/// Without a home it is the system's folder for the state of services.
fn default_data_dir(xdg: Option<std::ffi::OsString>, home: Option<PathBuf>) -> PathBuf {
    let absolute = |path: &PathBuf| path.is_absolute();
    let xdg = xdg.map(PathBuf::from).filter(absolute);
    let data = xdg.or_else(|| home.filter(absolute).map(|home| home.join(".local/share")));
    data.unwrap_or_else(|| PathBuf::from("/var/lib")).join("windlass")
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

fn parse_runtime_base(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, base)) if !name.is_empty() && !base.is_empty() => Ok((name.to_owned(), base.to_owned())),
        _ => Err("it is not NAME=BASE, such as python=docker.io/library/python:3.11-slim".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_data_directory_is_that_of_the_desktop_standard() {
        let home = || Some(PathBuf::from("/home/ada"));
        assert_eq!(default_data_dir(Some("/data".into()), home()), PathBuf::from("/data/windlass"));
        assert_eq!(default_data_dir(Some("data".into()), home()), PathBuf::from("/home/ada/.local/share/windlass"));
        assert_eq!(default_data_dir(None, home()), PathBuf::from("/home/ada/.local/share/windlass"));
        assert_eq!(default_data_dir(None, None), PathBuf::from("/var/lib/windlass"));
    }

    #[test]
    fn a_runtime_base_is_a_name_and_a_base_and_nothing_less() {
        let parsed = parse_runtime_base("python=localhost:5000/python:3.11").expect("a pair");
        assert_eq!(parsed, ("python".to_owned(), "localhost:5000/python:3.11".to_owned()));
        for bad in ["", "python", "python=", "=debian:12"] {
            assert!(parse_runtime_base(bad).is_err(), "{bad}");
        }
    }
}
