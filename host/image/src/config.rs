//! What an image says about how it is run: the description that we build from, and the OCI configuration made of it.

use crate::Digest;
use crate::base::BaseImage;
use crate::layer::APP_DIR;
use oci_spec::image::{Config, History, ImageConfiguration, RootFs};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

/// The label that names the local runtime that the image wants, e.g. `python`.
pub const LABEL_RUNTIME: &str = "dev.windlass.runtime";
/// The label of an image without a base: it only runs where [`LABEL_RUNTIME`]'s runtime is.
pub const LABEL_BASE: &str = "dev.windlass.base";
/// The seam: how many layers, counted from the bottom, are the base's. A rebase replaces exactly those.
pub const LABEL_BASE_LAYERS: &str = "dev.windlass.base.layers";
/// The user that agents run as: no name, since an empty base has no passwd file; not root.
pub const AGENT_USER: &str = "1000:1000";
/// The time that an image says it was made at: the same for every host.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// A platform in OCI's words, e.g. `linux/amd64`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Platform {
    /// The operating system, e.g. `linux`.
    pub os: String,
    /// The architecture, e.g. `amd64`.
    pub architecture: String,
}

impl Platform {
    /// Linux on `architecture`, given in OCI's words or the kernel's (`x86_64`, `aarch64`).
    #[must_use]
    pub fn linux(architecture: &str) -> Self {
        let architecture = match architecture {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        Self { os: "linux".to_owned(), architecture: architecture.to_owned() }
    }

    /// Linux on this machine's architecture.
    #[must_use]
    pub fn local() -> Self {
        Self::linux(std::env::consts::ARCH)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)
    }
}

/// How an image that we build is run. Everything in it goes into the image's bytes: it must come from the plan and the
/// source alone, never from the host, its addresses, or the values that a request gives for `env`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageConfig {
    /// The local runtime that the image is made for, by its name in the catalogue.
    pub runtime: String,
    /// The command; empty: the base image's own entry point.
    pub entrypoint: Vec<String>,
    /// Its arguments. The base image's arguments are kept only where `entrypoint` and this are both empty.
    pub cmd: Vec<String>,
    /// Static environment of the plan; wins over the base image's variables of the same name.
    pub env: BTreeMap<String, String>,
    /// The working directory.
    pub working_dir: String,
    /// The user, `uid:gid`.
    pub user: String,
    /// The TCP port that the agent listens on.
    pub port: Option<u16>,
    /// More labels; win over the base image's.
    pub labels: BTreeMap<String, String>,
}

impl Default for ImageConfig {
    fn default() -> Self {
        Self {
            runtime: String::new(),
            entrypoint: Vec::new(),
            cmd: Vec::new(),
            env: BTreeMap::new(),
            working_dir: format!("/{APP_DIR}"),
            user: AGENT_USER.to_owned(),
            port: None,
            labels: BTreeMap::new(),
        }
    }
}

/// The OCI configuration of `config` laid over `base`, whose source layer has `diff_id`; `platform` counts where there is no base.
pub(crate) fn oci_configuration(
    config: &ImageConfig,
    base: Option<&BaseImage>,
    platform: &Platform,
    diff_id: &Digest,
) -> ImageConfiguration {
    let mut whole = base.map_or_else(ImageConfiguration::default, |base| base.configuration().clone());
    if base.is_none() {
        whole.set_os(platform.os.as_str().into());
        whole.set_architecture(platform.architecture.as_str().into());
    }
    let mut diff_ids = whole.rootfs().diff_ids().clone();
    diff_ids.push(diff_id.to_string());
    let mut rootfs = RootFs::default();
    rootfs.set_typ("layers".to_owned());
    rootfs.set_diff_ids(diff_ids);
    whole.set_rootfs(rootfs);
    whole.set_created(Some(CREATED.to_owned()));
    whole.set_author(None);
    whole.set_history(history(base, whole.history().clone()));
    let inherited = whole.config().clone().unwrap_or_default();
    whole.set_config(Some(run_configuration(config, base, inherited)));
    whole
}

/// The base's history and one entry for the source layer; none where the base's entries do not account for its layers,
/// since a history must account for every layer (OCI image spec, config.md, "history").
fn history(base: Option<&BaseImage>, inherited: Option<Vec<History>>) -> Option<Vec<History>> {
    let mut history = inherited.unwrap_or_default();
    let told = history.iter().filter(|entry| entry.empty_layer() != Some(true)).count();
    if told != base.map_or(0, |base| base.layers.len()) {
        return None;
    }
    let mut entry = History::default();
    entry.set_created(Some(CREATED.to_owned()));
    entry.set_created_by(Some("windlass: source layer".to_owned()));
    history.push(entry);
    Some(history)
}

fn run_configuration(config: &ImageConfig, base: Option<&BaseImage>, mut inherited: Config) -> Config {
    if !config.entrypoint.is_empty() {
        inherited.set_entrypoint(Some(config.entrypoint.clone()));
        inherited.set_cmd(None);
    }
    if !config.cmd.is_empty() {
        inherited.set_cmd(Some(config.cmd.clone()));
    }
    let name = |variable: &String| variable.split('=').next().unwrap_or_default().to_owned();
    let mut env = inherited.env().clone().unwrap_or_default();
    env.retain(|variable| !config.env.contains_key(&name(variable)));
    env.extend(config.env.iter().map(|(name, value)| format!("{name}={value}")));
    inherited.set_env((!env.is_empty()).then_some(env));
    let mut ports: BTreeSet<String> = inherited.exposed_ports().clone().unwrap_or_default().into_iter().collect();
    ports.extend(config.port.map(|port| format!("{port}/tcp")));
    inherited.set_exposed_ports((!ports.is_empty()).then(|| ports.into_iter().collect()));
    inherited.set_working_dir(Some(config.working_dir.clone()));
    inherited.set_user(Some(config.user.clone()));
    let mut labels: HashMap<String, String> = inherited.labels().clone().unwrap_or_default();
    labels.extend(config.labels.iter().map(|(key, value)| (key.clone(), value.clone())));
    labels.insert(LABEL_RUNTIME.to_owned(), config.runtime.clone());
    if let Some(base) = base {
        // What the base says about its own base is not true of this image.
        labels.remove(LABEL_BASE);
        labels.insert(LABEL_BASE_LAYERS.to_owned(), base.layers.len().to_string());
    } else {
        labels.insert(LABEL_BASE.to_owned(), "none".to_owned());
    }
    inherited.set_labels(Some(labels));
    inherited
}
