//! Prebuilt images, run by podman where podman works.
//!
//! A container is the child of podman's own monitor, not ours: it would outlive the server. So a small shell stands
//! between, which removes the container as soon as its standard input ends: when it is told to, and when the server dies.
//! The network is the host's, as for sandboxed agents (the gateway listens on loopback); the image must listen on `PORT`.

use crate::config::Limits;
use crate::isolation::find_program;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::sync::{OnceCell, Semaphore};

/// Pulls at once.
const PULLS: usize = 2;
const PULL_WITHIN: Duration = Duration::from_mins(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// `PODMAN NAME ARGUMENTS…`: runs the container, and removes it when standard input ends.
const WITH_WATCH: &str = r#"podman=$1 name=$2; shift 2; exec 3<&0
{ cat <&3 >/dev/null; "$podman" rm --force --ignore --time 0 "$name"; } >/dev/null 2>&1 &
watch=$!
"$podman" "$@" </dev/null 3<&-; status=$?
kill "$watch" 2>/dev/null; exit "$status""#;
/// Variables that podman itself would take for its own: never passed through its environment.
const PODMANS_OWN: [&str; 8] = ["LD_", "XDG_", "CONTAINER", "STORAGE_", "REGISTRY_", "GO", "PATH", "HOME"];

/// Podman on this machine, looked at when the first image is deployed.
#[derive(Debug)]
pub(crate) struct Podman {
    usable: OnceCell<Result<PathBuf, String>>,
    pulls: Semaphore,
}

/// One container to start.
pub(crate) struct Container<'a> {
    pub(crate) name: &'a str,
    pub(crate) image: &'a str,
    pub(crate) env: &'a BTreeMap<String, String>,
    /// Where the variables are: written by [`env_file`].
    pub(crate) env_file: &'a Path,
    pub(crate) command: &'a [String],
}

impl Podman {
    pub(crate) fn new() -> Self {
        Self { usable: OnceCell::new(), pulls: Semaphore::new(PULLS) }
    }

    /// The program; the error says why images cannot run here.
    pub(crate) async fn usable(&self) -> Result<&Path, String> {
        let found = self.usable.get_or_init(|| async {
            let program = find_program("podman").ok_or("it is not installed")?;
            run(&program, &["info", "--format", "{{.Version.Version}}"], ANSWER_WITHIN).await?;
            Ok(program)
        });
        found.await.as_deref().map_err(|reason| {
            format!("podman is not usable here: {reason}; the image is recorded and will start where it can run")
        })
    }

    /// Pulls `image` unless it is here, in turn with others.
    pub(crate) async fn pull(&self, program: &Path, image: &str) -> Result<(), String> {
        if run(program, &["image", "exists", image], ANSWER_WITHIN).await.is_ok() {
            return Ok(());
        }
        let _turn = self.pulls.acquire().await.map_err(|error| error.to_string())?;
        run(program, &["pull", "--quiet", image], PULL_WITHIN).await.map(|_| ())
    }
}

impl Container<'_> {
    /// The command that runs the container; its standard input must be a pipe.
    pub(crate) fn command(&self, program: &Path, limits: &Limits) -> Command {
        let Limits { memory, processes, open_files, tmp_size, .. } = limits;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", WITH_WATCH, "sh"]).arg(program).arg(self.name);
        command.args(["run", "--rm", "--name", self.name, "--network", "host", "--pull", "never"]);
        command.args(["--cap-drop", "all", "--security-opt", "no-new-privileges", "--read-only"]);
        command.args(["--memory", &format!("{memory}b"), "--pids-limit", &processes.to_string()]);
        // Named, since podman's defaults may lie above the hard limits of this process.
        command.args(["--ulimit", &format!("nofile={open_files}:{open_files}")]);
        command.args(["--ulimit", &format!("nproc={processes}:{processes}"), "--ulimit", "core=0:0"]);
        command.args(["--tmpfs", &format!("/tmp:rw,size={tmp_size}")]);
        command.arg("--env-file").arg(self.env_file);
        command.env_clear().process_group(0);
        for name in ["PATH", "HOME", "XDG_RUNTIME_DIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        for (name, value) in self.env.iter().filter(|(name, value)| value.contains('\n') && !is_podmans_own(name)) {
            command.args(["--env", name]).env(name, value);
        }
        command.arg(self.image).args(self.command).stdin(Stdio::piped());
        command
    }
}

/// The variables as podman's env file, which holds no value of several lines: those go through podman's environment.
pub(crate) fn env_file(env: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    for (name, value) in env.iter().filter(|(_, value)| !value.contains('\n')) {
        let _ = writeln!(text, "{name}={value}");
    }
    text
}

fn is_podmans_own(name: &str) -> bool {
    PODMANS_OWN.iter().any(|own| name.starts_with(own))
}

async fn run(program: &Path, arguments: &[&str], within: Duration) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(within, command.output()).await;
    let output = output.map_err(|_| "it does not answer".to_owned())?.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let error = String::from_utf8_lossy(&output.stderr);
    Err(error.trim().lines().last().unwrap_or("it failed without a word").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_several_lines_goes_by_name_unless_podman_would_take_it_for_its_own() {
        let env = [("SYSTEM_PROMPT", "a\nb"), ("LD_PRELOAD", "a\nb"), ("PORT", "1")];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(env_file(&env), "PORT=1\n");
        let file = Path::new("/x/env");
        let container = Container { name: "n", image: "i", env: &env, env_file: file, command: &[] };
        let command = container.command(Path::new("podman"), &Limits::default());
        let line = format!("{:?}", command.as_std().get_args().collect::<Vec<_>>());
        assert!(line.contains("SYSTEM_PROMPT") && !line.contains("LD_PRELOAD"), "{line}");
        assert!(!line.contains("a\\nb"), "no value on the command line");
    }
}
