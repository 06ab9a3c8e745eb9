//! One start: environment, folder, sandbox, process, ready.

use super::{Actor, Wanted};
use crate::catalogue::RUN_KINDS;
use crate::cgroup::Cgroup;
use crate::env::{APP, environment, left_out, take_oversized};
use crate::environments::{Environment, Preparation};
use crate::health::{Expected, Health, ask};
use crate::instance::{Instance, Start};
use crate::isolation::Mode;
use crate::logs::Stream;
use crate::process::Process;
use crate::sandbox::{self, Bind, Sandbox, Tools, User};
use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::process::Command;
use windlass_domain::agent::RunRequest;
use windlass_domain::plan::Plan;

/// The pause between two questions to a process that is not ready yet.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// Why a start did not lead to a ready process.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// Nothing here can run it; waiting does not help.
    #[error("{0}")]
    CannotRun(String),
    /// The operating system refused something.
    #[error("{what}: {source}")]
    Io { what: &'static str, source: io::Error },
    /// More agents than user ids.
    #[error("all user ids for agents are taken")]
    NoUid,
    /// The process ended first.
    #[error("the process ended before it was ready ({how}){}", last(.line.as_deref()))]
    Ended { how: String, line: Option<String> },
    /// It serves, but not the code that was claimed.
    #[error("the agent's code does not answer{}", last(.line.as_deref()))]
    NoUserCode { line: Option<String> },
    /// It did not become ready in time.
    #[error("it was not ready within {within:?}{}", last(.line.as_deref()))]
    Late { within: Duration, line: Option<String> },
    /// The image cannot be had.
    #[error("the image cannot be pulled: {0}")]
    Pull(String),
    /// The server is stopping.
    #[error("the server is stopping")]
    Stopping,
}

fn last(line: Option<&str>) -> String {
    line.map(|line| format!("; its last line: {line}")).unwrap_or_default()
}

impl Actor {
    /// Starts `wanted` and waits until it is ready; the process is in `self.starting` from its first moment.
    pub(super) async fn start(&mut self, wanted: &Arc<Wanted>) -> Result<(), StartError> {
        let shared = self.shared.clone();
        if let Some(reason) = &shared.isolation.report().refusal {
            return Err(StartError::CannotRun(format!("agents are not started here: {reason}")));
        }
        let plan = &wanted.request.spec.plan;
        let Some(runtime) = &plan.runtime else { return self.start_image(wanted).await };
        check_run_kind(plan)?;
        let environment = self.environment(runtime).await?;
        self.board.progress("waiting for its turn to start");
        let _turn = shared.starting.acquire().await.map_err(|_| StartError::Stopping)?;
        self.board.progress("starting");
        self.spawn(wanted, &environment).await?;
        self.ready(plan, expected(plan)).await
    }

    /// The environment of `runtime`, made if need be.
    async fn environment(&self, runtime: &str) -> Result<Environment, StartError> {
        let preparing = self.shared.environments.prepare(runtime);
        let mut preparing = preparing.map_err(|error| StartError::CannotRun(error.to_string()))?;
        loop {
            match preparing.borrow_and_update().clone() {
                Preparation::Ready(environment) => return Ok(environment),
                Preparation::Preparing(message) => self.board.progress(&message),
            }
            preparing.changed().await.map_err(|_| StartError::Stopping)?;
        }
    }

    async fn spawn(&mut self, wanted: &Wanted, environment: &Environment) -> Result<(), StartError> {
        let shared = self.shared.clone();
        if self.uid.is_none() && shared.isolation.needs_uid() {
            self.uid = Some(shared.uids.take().ok_or(StartError::NoUid)?);
        }
        let uid = self.uid.as_ref().map(crate::uids::Uid::id);
        let request = &wanted.request;
        let io = |what| move |source| StartError::Io { what, source };
        let (listener, addr) = free_port()?;
        let folder = self.next_folder(request);
        let start = self.start_file(wanted, environment, addr, &folder);
        let source = wanted.source.clone().unwrap_or_default();
        // Up to 16 MiB in 2,000 files: not on a thread that serves requests.
        let written = tokio::task::spawn_blocking(move || Instance::write(folder, &source, &start, uid)).await;
        let instance = written.map_err(|_| StartError::Stopping)?.map_err(io("cannot write the agent's folder"))?;
        let (cgroup, _) = shared.isolation.cgroups.create(&shared.config.limits);
        let mut command = match &shared.isolation.mode {
            Mode::Sandboxed(tools) => self.sandboxed(tools, environment, &instance, cgroup.as_ref()),
            _ => self.bare(environment, &instance)?,
        };
        let own_port = !request.spec.plan.command.is_empty();
        // The agent's own command binds PORT itself; the launcher takes over the bound socket, so that no other process can
        // take the port in between.
        command.stdin(if own_port { Stdio::null() } else { Stdio::from(OwnedFd::from(listener)) });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = shared.spawner.spawn(command).await.map_err(io("cannot start the process"))?;
        self.board.log.add(Stream::Runtime, request.revision, format!("started on {addr}"));
        let process = Process::watch(child, addr, request.revision, &self.board.log, (Some(instance), cgroup));
        self.board.started(&process);
        self.starting = Some(process);
        Ok(())
    }

    /// A folder that no process had before, in this run of the server.
    pub(super) fn next_folder(&mut self, request: &RunRequest) -> PathBuf {
        self.starts += 1;
        let agent = self.shared.agents_dir().join(request.agent.workspace.as_str()).join(request.agent.name.as_str());
        agent.join(format!("{}-{}", request.revision, self.starts))
    }

    fn start_file(&self, wanted: &Wanted, environment: &Environment, addr: SocketAddr, folder: &Path) -> Start {
        let plan = &wanted.request.spec.plan;
        let mut env = environment_of(self, wanted, addr);
        let sandboxed = matches!(self.shared.isolation.mode, Mode::Sandboxed(_));
        let bin = if sandboxed { Path::new(sandbox::ENVIRONMENT) } else { &environment.folder }.join("bin");
        if !sandboxed && env.contains_key("RUNAGENTS_USER_CODE_DIR") {
            let app = folder.join(APP.trim_start_matches('/'));
            env.insert("RUNAGENTS_USER_CODE_DIR".to_owned(), app.display().to_string());
        }
        env.insert("PATH".to_owned(), format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display()));
        for (name, value) in [("HOME", "/tmp"), ("LANG", "C.UTF-8"), ("PYTHONUNBUFFERED", "1"), ("USER", "agent")] {
            env.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
        let mut oversized = take_oversized(&mut env);
        if !plan.command.is_empty() {
            for (name, value) in std::mem::take(&mut oversized) {
                self.board.log.add(Stream::Runtime, wanted.request.revision, left_out(&name, &value));
            }
        }
        let command = plan.command_at(&addr.ip().to_string(), addr.port());
        let object_first = plan.run_kind.as_deref() == Some("handler");
        Start { env, oversized, command, object: plan.run_object.clone(), object_first }
    }

    fn sandboxed(
        &self,
        tools: &Tools,
        environment: &Environment,
        instance: &Instance,
        cgroup: Option<&Cgroup>,
    ) -> Command {
        let mut binds = vec![
            Bind::new(instance.app(), APP),
            Bind::new(&environment.folder, sandbox::ENVIRONMENT),
            Bind::new(&self.shared.launcher, sandbox::LAUNCHER),
            Bind::new(instance.start(), sandbox::START),
            Bind::new(instance.passwd(), "/etc/passwd"),
        ];
        let prefix = &environment.interpreter.prefix;
        if !prefix.starts_with("/usr") {
            binds.insert(0, Bind::new(prefix, prefix));
        }
        let sandbox = Sandbox {
            tools,
            user: self.uid.as_ref().map_or(User::Namespace, |uid| User::Other(uid.id())),
            limits: &self.shared.config.limits,
            binds,
            hidden: &self.shared.config.data_dir,
            cgroup,
            workdir: APP,
        };
        sandbox.command(&launch(
            Path::new(sandbox::ENVIRONMENT),
            Path::new(sandbox::LAUNCHER),
            Path::new(sandbox::START),
        ))
    }

    /// Without a sandbox, by the operator's choice: limits, and death with the server.
    fn bare(&self, environment: &Environment, instance: &Instance) -> Result<Command, StartError> {
        let find = |name: &str| {
            crate::isolation::find_program(name)
                .ok_or_else(|| StartError::CannotRun(format!("`{name}` is missing: install the package util-linux")))
        };
        let mut command = Command::new(find("setpriv")?);
        command.args(["--pdeathsig", "KILL", "--no-new-privs", "--"]).arg(find("prlimit")?);
        command.args(sandbox::limit_arguments(&self.shared.config.limits)).arg("--");
        command.args(launch(&environment.folder, &self.shared.launcher, &instance.start()));
        command.env_clear().process_group(0).current_dir(instance.app());
        Ok(command)
    }

    /// Waits until the process in `self.starting` is ready by design: its health path answers as `expected`.
    pub(super) async fn ready(&self, plan: &Plan, expected: Expected) -> Result<(), StartError> {
        let Some(process) = &self.starting else { return Err(StartError::Stopping) };
        let within = self.shared.config.timing.ready_within;
        let line = || self.board.log.tail_of(process.revision, 1).pop();
        let asking = async {
            loop {
                match ask(process.addr, &plan.health_path, expected).await {
                    Health::Ready => return Ok(()),
                    Health::NoUserCode => {
                        return Err(StartError::NoUserCode { line: self.import_error(process.revision) });
                    }
                    Health::NotYet => tokio::time::sleep(ASK_EVERY).await,
                }
            }
        };
        tokio::select! {
            outcome = asking => outcome,
            how = process.ended() => Err(StartError::Ended { how, line: line() }),
            () = tokio::time::sleep(within) => Err(StartError::Late { within, line: line() }),
        }
    }

    /// The runtime's own line about code that it could not use; its last lines are about the server that started anyway.
    fn import_error(&self, revision: u32) -> Option<String> {
        let lines = self.board.log.tail_of(revision, usize::MAX);
        let telling = |line: &&String| line.contains(r#""level": "warn""#) || line.contains(r#""level": "error""#);
        lines.iter().rev().find(telling).or(lines.last()).cloned()
    }
}

/// A bound port on loopback.
pub(super) fn free_port() -> Result<(TcpListener, SocketAddr), StartError> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let bound = bound.and_then(|listener| listener.local_addr().map(|addr| (listener, addr)));
    bound.map_err(|source| StartError::Io { what: "no free port", source })
}

fn environment_of(actor: &Actor, wanted: &Wanted, addr: SocketAddr) -> std::collections::BTreeMap<String, String> {
    let gateway = actor.shared.config.gateway.of(&wanted.request);
    environment(&wanted.request, &gateway, addr.port())
}

/// The launcher in an environment, with its start file.
fn launch(environment: &Path, launcher: &Path, start: &Path) -> [OsString; 5] {
    let python = environment.join("bin").join("python");
    [python.into(), "-I".into(), launcher.into(), "start".into(), start.into()]
}

/// A run kind that the runtimes start, or a command of the plan's own.
fn check_run_kind(plan: &Plan) -> Result<(), StartError> {
    match plan.run_kind.as_deref() {
        Some(kind) if plan.command.is_empty() && !RUN_KINDS.contains(&kind) => Err(StartError::CannotRun(format!(
            "the run kind `{kind}` needs a command of its own; without one the runtimes start {}",
            RUN_KINDS.join(", ")
        ))),
        _ => Ok(()),
    }
}

/// What a ready process of the plan answers. A script may be answered for by the runtime's built-in loop; a command of the
/// plan's own starts a server that knows nothing of ours.
fn expected(plan: &Plan) -> Expected {
    let kind = plan.run_kind.as_deref();
    match kind {
        _ if !plan.command.is_empty() => Expected::Answer,
        Some("script" | "module_dir") => Expected::Ok,
        None if plan.run_object.is_none() => Expected::Ok,
        _ => Expected::UserCode,
    }
}
