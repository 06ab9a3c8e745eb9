//! What separates agents from the server and from each other on this machine: found out by starting a real child.

mod report;

pub use report::{IsolationReport, Measure};

use crate::cgroup::{Cgroup, Cgroups};
use crate::config::RuntimeConfig;
use crate::sandbox::{Sandbox, Tools, User};
use crate::seccomp;
use crate::spawner::Spawner;
use report::Seen;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// The longest that the probe's child may take.
const PROBE_WITHIN: Duration = Duration::from_secs(20);

/// How agents are started here.
#[derive(Debug, Clone)]
pub(crate) enum Mode {
    /// In a sandbox, as the user of [`Isolation::user`].
    Sandboxed(Tools),
    /// As the server's own user, by the operator's choice.
    Unsafe,
    /// Not at all.
    Refused,
}

/// The isolation of this machine.
#[derive(Debug, Clone)]
pub(crate) struct Isolation {
    pub(crate) mode: Mode,
    pub(crate) cgroups: Cgroups,
    root: bool,
    report: IsolationReport,
}

impl Isolation {
    /// Starts a child in the sandbox of an agent and lets it tell what it sees.
    pub(crate) async fn probe(config: &RuntimeConfig, spawner: &Spawner) -> Self {
        let root = rustix::process::geteuid().is_root();
        let cgroups = Cgroups::find();
        let probed = if config.agents_enabled {
            probe(config, spawner, &cgroups, root).await
        } else {
            Err("agents are turned off".to_owned())
        };
        let (mode, report) = match probed {
            Ok((tools, report)) => (Mode::Sandboxed(tools), report),
            Err(reason) if config.unsafe_agents && config.agents_enabled => {
                (Mode::Unsafe, IsolationReport::unsafe_agents(reason))
            }
            Err(reason) => (Mode::Refused, IsolationReport::refused(reason)),
        };
        Self { mode, cgroups, root, report }
    }

    pub(crate) fn report(&self) -> &IsolationReport {
        &self.report
    }

    /// Whether each agent needs a user id of its own.
    pub(crate) fn needs_uid(&self) -> bool {
        self.root && matches!(self.mode, Mode::Sandboxed(_))
    }
}

async fn probe(
    config: &RuntimeConfig,
    spawner: &Spawner,
    cgroups: &Cgroups,
    root: bool,
) -> Result<(Tools, IsolationReport), String> {
    let tools = find_tools(&config.data_dir)?;
    let user = if root { User::Other(config.limits.first_uid) } else { User::Namespace };
    let (cgroup, refused) = cgroups.create(&config.limits);
    let sandbox = Sandbox {
        tools: &tools,
        user,
        limits: &config.limits,
        binds: Vec::new(),
        hidden: &config.data_dir,
        cgroup: cgroup.as_ref(),
        workdir: "/",
    };
    let output = run(spawner, sandbox.command(&probe_program(&config.data_dir))).await?;
    let seen = Seen::parse(&output);
    let limits = [Cgroup::limits_memory, Cgroup::limits_processes, Cgroup::shares_cpu]
        .map(|limits| cgroup.as_ref().is_some_and(limits));
    let report = IsolationReport::sandboxed(&seen, root, limits, &refused);
    match &report.refusal {
        Some(reason) => Err(reason.clone()),
        None => Ok((tools, report)),
    }
}

/// Says what the child sees: whether the data directory is there, its own status, the processes, its limits.
fn probe_program(data_dir: &Path) -> Vec<OsString> {
    let script = r#"if ls "$1" >/dev/null 2>&1; then echo data-dir; fi
cat /proc/self/status
for process in /proc/[0-9]*; do echo "process ${process#/proc/}"; done
cat /proc/self/limits"#;
    ["/bin/sh".into(), "-c".into(), script.into(), "probe".into(), data_dir.into()].to_vec()
}

async fn run(spawner: &Spawner, mut command: Command) -> Result<String, String> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = spawner.spawn(command).await.map_err(|error| format!("/bin/sh: {error}"))?;
    let output = tokio::time::timeout(PROBE_WITHIN, child.wait_with_output())
        .await
        .map_err(|_| "the probe did not end in time".to_owned())?
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let error = String::from_utf8_lossy(&output.stderr);
    Err(format!("the sandbox does not start ({}): {}", output.status, error.trim()))
}

fn find_tools(data_dir: &Path) -> Result<Tools, String> {
    let find = |name: &str, package: &str| {
        find_program(name).ok_or_else(|| format!("`{name}` is missing: install the package {package}"))
    };
    let filter = data_dir.join("agents.seccomp");
    seccomp::write_filter(&filter).map_err(|error| format!("{}: {error}", filter.display()))?;
    Ok(Tools {
        bwrap: find("bwrap", "bubblewrap")?,
        setpriv: find("setpriv", "util-linux")?,
        prlimit: find("prlimit", "util-linux")?,
        filter,
    })
}

/// A program of the system's own folders: what an agent's sandbox is built by must not come from a writable place.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"]
        .iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.is_file())
}
