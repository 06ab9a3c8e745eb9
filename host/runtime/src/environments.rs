//! The Python environments of the runtimes: one folder each, made by uv from the lock on first need.
//!
//! Invariants: an environment exists whole or not at all (made aside, then renamed); one task makes each, whoever waits;
//! a failed attempt is repeated with growing pauses for as long as the server runs. Environments are never changed:
//! another lock or interpreter is another folder.

mod python;
mod uv;

pub(crate) use python::Interpreter;

use crate::backoff::Backoff;
use crate::catalogue::{Locked, locked};
use crate::error::EnvironmentError;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use windlass_domain::source;

/// The pauses between attempts: a mirror that is down comes back in minutes.
const PAUSES: (Duration, Duration) = (Duration::from_secs(2), Duration::from_mins(2));

/// How far an environment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preparation {
    /// Being made, or waiting for the next attempt: one sentence.
    Preparing(String),
    /// Ready to start agents in.
    Ready(Environment),
}

/// A made environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its folder.
    pub folder: PathBuf,
    pub(crate) interpreter: Interpreter,
}

/// All environments of a data directory.
#[derive(Debug)]
pub struct Environments {
    maker: Arc<Maker>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_name: HashMap<&'static str, watch::Receiver<Preparation>>,
    tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Maker {
    data_dir: PathBuf,
    uv: Option<PathBuf>,
    python: Option<PathBuf>,
}

impl Environments {
    /// Environments under `data_dir`; `uv` and `python` where the operator names them.
    #[must_use]
    pub fn new(data_dir: &Path, uv: Option<PathBuf>, python: Option<PathBuf>) -> Self {
        let maker = Maker { data_dir: data_dir.to_owned(), uv, python };
        Self { maker: Arc::new(maker), known: Mutex::default() }
    }

    /// Starts to make the environment of `runtime` if nobody has, and shows how far it is.
    pub fn prepare(&self, runtime: &str) -> Result<watch::Receiver<Preparation>, EnvironmentError> {
        let Some(locked) = locked(runtime) else {
            return Err(EnvironmentError::UnknownRuntime(runtime.to_owned()));
        };
        let mut known = self.known();
        if let Some(receiver) = known.by_name.get(locked.name) {
            return Ok(receiver.clone());
        }
        let (progress, receiver) = watch::channel(Preparation::Preparing(format!("preparing runtime {runtime}")));
        let maker = self.maker.clone();
        known.tasks.spawn(async move { maker.make_for_good(locked, &progress).await });
        known.by_name.insert(locked.name, receiver.clone());
        Ok(receiver)
    }

    /// Stops what is being made and waits for it.
    pub(crate) async fn shutdown(&self) {
        let mut tasks = std::mem::take(&mut self.known().tasks);
        tasks.shutdown().await;
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Maker {
    /// Makes the environment, however often it takes.
    async fn make_for_good(&self, locked: &Locked, progress: &watch::Sender<Preparation>) {
        let mut backoff = Backoff::new(PAUSES.0, PAUSES.1);
        let environment = loop {
            match self.make(locked, progress).await {
                Ok(environment) => break environment,
                Err(error) => {
                    let pause = backoff.pause();
                    let message = format!("preparing runtime {}: {error}; next attempt in {pause:?}", locked.name);
                    tracing::warn!("{message}");
                    progress.send_replace(Preparation::Preparing(message));
                    tokio::time::sleep(pause).await;
                }
            }
        };
        tracing::info!(runtime = locked.name, folder = %environment.folder.display(), "environment ready");
        progress.send_replace(Preparation::Ready(environment));
    }

    async fn make(
        &self,
        locked: &Locked,
        progress: &watch::Sender<Preparation>,
    ) -> Result<Environment, EnvironmentError> {
        let interpreter = python::find(self.python.as_deref()).await?;
        let key = source::sha256(format!("{}\n{}", locked.lock, interpreter.identity()).as_bytes());
        let digits: String = key.trim_start_matches("sha256:").chars().take(12).collect();
        let folder = self.data_dir.join("environments").join(format!("{}-{digits}", locked.name));
        if !folder.is_dir() {
            let uv = uv::Uv::find(self.uv.as_deref(), &self.data_dir)?;
            let say = |line: &str| {
                tracing::info!(runtime = locked.name, "{line}");
                let message = format!("preparing runtime {}: {line}", locked.name);
                progress.send_replace(Preparation::Preparing(message));
            };
            uv.make(&folder, &interpreter, locked, &say).await?;
        }
        Ok(Environment { folder, interpreter })
    }
}
