//! What this host can do: the menu that a strategy chooses from.

mod modules;

use crate::source;
pub use modules::Modules;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Builders, runtime images and architectures of this host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Catalogue {
    /// The builders that exist here, by name, e.g. `overlay`.
    pub builders: Vec<String>,
    /// The runtime images, in the order of preference: small ones first.
    pub runtimes: Vec<RuntimeImage>,
    /// The architectures that agents can run on, in OCI's words, e.g. `amd64`.
    pub architectures: Vec<String>,
}

/// A runtime image: what an agent is laid over, or started in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeImage {
    /// Its name in the catalogue, e.g. `python-langchain`.
    pub name: String,
    /// The language it runs, e.g. `python`.
    pub language: String,
    /// The language's version, major and minor, e.g. `3.11`.
    pub language_version: String,
    /// Every package inside, with its exact version, read from the runtime's lock.
    pub packages: Vec<Package>,
    /// The extras of those packages whose requirements are all inside: package and extra, both normalised.
    #[serde(default)]
    pub extras: Vec<(String, String)>,
    /// The modules of those packages.
    #[serde(skip)]
    pub modules: Modules,
    /// The base image of images built on it: an image reference or the path of an OCI layout; `None`: an empty base.
    pub base: Option<String>,
    /// The run kinds that it can start, e.g. `handler`.
    pub run_kinds: Vec<String>,
    /// What an image on it starts, unless the plan says otherwise.
    pub command: Vec<String>,
    /// The environment that its command needs in an image; the plan's wins.
    pub env: BTreeMap<String, String>,
}

/// A package inside a runtime image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// The normalised name (PEP 503).
    pub name: String,
    /// The exact version.
    pub version: String,
}

impl RuntimeImage {
    /// The package of that normalised name.
    #[must_use]
    pub fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }
}

impl Catalogue {
    /// What tells two menus apart: SHA-256 over all but the modules, which follow the packages; `sha256:` + hex.
    #[must_use]
    pub fn digest(&self) -> String {
        // Structs of strings, lists and string-keyed maps always serialise.
        source::sha256(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// The runtime image of that name.
    #[must_use]
    pub fn runtime(&self, name: &str) -> Option<&RuntimeImage> {
        self.runtimes.iter().find(|runtime| runtime.name == name)
    }
}
