//! The base images of the catalogue's runtimes: imported at the start, in the background, so that no deploy pulls.

use super::error::DeployError;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinSet;
use windlass_domain::catalogue::Catalogue;
use windlass_image::{BaseImage, Blobs, Digest, Platform, RegistryAccess};

/// Where a runtime's base image is.
#[derive(Clone)]
enum State {
    /// On its way.
    Importing,
    /// In the store.
    Here(Arc<BaseImage>),
    /// It cannot be had.
    Failed(String),
}

type States = Arc<Mutex<HashMap<String, State>>>;

/// The base images, by the runtime that names them.
pub struct Bases {
    states: States,
    imports: Mutex<JoinSet<()>>,
}

impl Bases {
    /// Starts the import of every base image that the catalogue names and the store may not have.
    #[must_use]
    pub fn start(blobs: &Blobs, catalogue: &Catalogue, platform: &Platform, insecure_registries: &[String]) -> Self {
        let access = RegistryAccess { basic: None, plain_http: insecure_registries.to_vec() };
        let states = States::default();
        let mut imports = JoinSet::new();
        for runtime in &catalogue.runtimes {
            let Some(source) = runtime.base.clone() else { continue };
            set(&states, &runtime.name, State::Importing);
            let (states, name) = (states.clone(), runtime.name.clone());
            let (blobs, platform, access) = (blobs.clone(), platform.clone(), access.clone());
            imports.spawn(async move {
                let state = match windlass_image::ensure_base(&blobs, &source, &platform, &access).await {
                    Ok(base) => State::Here(Arc::new(base)),
                    Err(error) => {
                        tracing::error!(runtime = name, source, %error, "cannot import a base image");
                        State::Failed(format!("cannot import {source}: {error}"))
                    }
                };
                set(&states, &name, state);
            });
        }
        Self { states, imports: Mutex::new(imports) }
    }

    /// The base image of `runtime`; `None` where the catalogue names none.
    pub fn of(&self, runtime: &str) -> Result<Option<Arc<BaseImage>>, DeployError> {
        let state = self.states.lock().unwrap_or_else(PoisonError::into_inner).get(runtime).cloned();
        let missing = |reason: String| DeployError::BaseUnavailable { runtime: runtime.to_owned(), reason };
        match state {
            None => Ok(None),
            Some(State::Here(base)) => Ok(Some(base)),
            Some(State::Importing) => Err(missing("it is being imported".to_owned())),
            Some(State::Failed(reason)) => Err(missing(reason)),
        }
    }

    /// The blobs of all of them; `None` while one is imported, and its blobs have no name yet.
    #[must_use]
    pub fn blobs(&self) -> Option<HashSet<Digest>> {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let mut blobs = HashSet::new();
        for state in states.values() {
            match state {
                State::Importing => return None,
                State::Failed(_) => {}
                State::Here(base) => {
                    blobs.extend([base.manifest_digest, base.config.digest]);
                    blobs.extend(base.layers.iter().map(|layer| layer.digest));
                }
            }
        }
        Some(blobs)
    }

    /// Stops the imports that are under way and waits for their end; the next start takes them up again.
    pub async fn stop(&self) {
        let mut imports = std::mem::take(&mut *self.imports.lock().unwrap_or_else(PoisonError::into_inner));
        imports.shutdown().await;
    }
}

fn set(states: &States, runtime: &str, state: State) {
    states.lock().unwrap_or_else(PoisonError::into_inner).insert(runtime.to_owned(), state);
}
