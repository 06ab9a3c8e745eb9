//! `windlass backup` and `windlass restore`: both work on the data directory itself, with or without a server.

use crate::backup::{self, Made, Progress, Restored};
use crate::config::DataDir;
use anyhow::Context as _;
use clap::Args;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How often a long copy says how far it is.
const SAY_EVERY: Duration = Duration::from_secs(1);

pub(super) const BACKUP_HELP: &str = "\
The server may run, and takes deploys meanwhile. Everything that was acknowledged before is whole in the backup: agents with their
revisions, images and sources, tools, secrets, plugins, keys, the audit log. What can be made again is not in it: the environments
of agents, compiled plugins, base images, agents' logs.

The backup holds secret.key, which opens every stored secret, and the first keys of the server: keep it as safe as the server.
With --without-keys it holds none of them; then keep secret.key elsewhere, since without it the stored secrets are lost.

Example:
  windlass backup --to /var/backups/windlass-$(date +%F)";

pub(super) const RESTORE_HELP: &str = "\
The data directory must be new or empty, and no server may run over it. Every byte is checked against the backup's list. A restore
that is cut off leaves a folder that no server starts from: empty it, and restore again.

Example:
  windlass restore --from /var/backups/windlass-2026-01-31 --data-dir /var/lib/windlass
  windlass serve --data-dir /var/lib/windlass";

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The folder to make, or an empty one
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// Leave out the key of the stored secrets and the first keys of the server
    #[arg(long)]
    without_keys: bool,
    #[command(flatten)]
    data_dir: DataDir,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The folder that `windlass backup` made
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    #[command(flatten)]
    data_dir: DataDir,
}

impl Backup {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let shown = self.to.display().to_string();
        let work = move || backup::make(&self.data_dir.resolve(), &self.to, !self.without_keys, teller("backed up"));
        let Made { progress, has_keys } = tokio::task::spawn_blocking(work).await.context("the backup panicked")??;
        println!("Backed up {} into {shown}.", counted(progress));
        println!("{}", if has_keys { WITH_KEYS } else { WITHOUT_KEYS });
        Ok(())
    }
}

const WITH_KEYS: &str =
    "Warning: it holds the key that opens every stored secret, and the server's first keys. Keep it safe.";
const WITHOUT_KEYS: &str =
    "It holds no keys: keep secret.key of the data directory elsewhere, or the stored secrets are lost.";

impl Restore {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let data_dir = self.data_dir.resolve();
        let shown = data_dir.display().to_string();
        let work = move || backup::restore(&self.from, &data_dir, teller("restored"));
        let restored = tokio::task::spawn_blocking(work).await.context("the restore panicked")??;
        let Restored { progress, begun_at, has_keys } = restored;
        let begun = chrono::DateTime::from_timestamp_millis(begun_at).map(|at| at.format("%F %T UTC").to_string());
        println!("Restored {} into {shown}, as of {}.", counted(progress), begun.unwrap_or_default());
        if !has_keys {
            println!("The backup holds no keys: put secret.key into {shown} before the server starts.");
        }
        Ok(())
    }
}

/// Says on standard error how far it is, at once and then each second.
fn teller(done: &'static str) -> impl FnMut(Progress) {
    let mut last: Option<Instant> = None;
    move |progress| {
        if last.is_none_or(|last| last.elapsed() >= SAY_EVERY) {
            last = Some(Instant::now());
            eprintln!("{done} {}", counted(progress));
        }
    }
}

fn counted(progress: Progress) -> String {
    let Progress { files, of_files, bytes } = progress;
    let tenths = bytes.saturating_mul(10) / (1024 * 1024);
    format!("{files} of {of_files} files, {}.{} MiB", tenths / 10, tenths % 10)
}
