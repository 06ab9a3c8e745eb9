//! One start of an image: podman, pull, container.

use super::start::{StartError, free_port};
use super::{Actor, Wanted};
use crate::env::{environment, left_out, take_oversized};
use crate::health::Expected;
use crate::instance::{Instance, Start};
use crate::logs::Stream;
use crate::podman::{Container, env_file};
use crate::process::Process;
use std::process::Stdio;

impl Actor {
    /// Pulls the image if need be and starts it; the process is in `self.starting` from its first moment.
    pub(super) async fn start_image(&mut self, wanted: &Wanted) -> Result<(), StartError> {
        let shared = self.shared.clone();
        let request = &wanted.request;
        let Some(image) = &request.spec.image else {
            return Err(StartError::CannotRun("the plan names neither a runtime nor an image".to_owned()));
        };
        let program = shared.podman.usable().await.map_err(StartError::CannotRun)?;
        self.board.progress(&format!("pulling {image}"));
        shared.podman.pull(program, image).await.map_err(StartError::Pull)?;
        self.board.progress("waiting for its turn to start");
        let _turn = shared.starting.acquire().await.map_err(|_| StartError::Stopping)?;
        self.board.progress("starting");
        let listener = free_port()?;
        let addr = listener.1;
        let mut env = environment(request, &shared.config.gateway.of(request), addr.port());
        for (name, value) in take_oversized(&mut env) {
            self.board.log.add(Stream::Runtime, request.revision, left_out(&name, &value));
        }
        let folder = self.next_folder(request);
        let name = format!("windlass-{}-{}-{}", std::process::id(), request.agent, self.starts).replace('/', "-");
        let start = Start { env: env.clone(), ..Start::default() };
        let io = |what| move |source| StartError::Io { what, source };
        let instance = Instance::write(folder, &windlass_domain::source::SourceTree::default(), &start, None)
            .and_then(|instance| instance.write_env_file(&env_file(&env)).map(|()| instance))
            .map_err(io("cannot write the agent's folder"))?;
        let path = instance.env_file();
        let command = request.spec.plan.command_at(&addr.ip().to_string(), addr.port());
        let container = Container { name: &name, image, env: &env, env_file: &path, command: &command };
        let mut command = container.command(program, &shared.config.limits);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // Let go of at the last moment: the container binds it itself.
        drop(listener);
        let child = shared.spawner.spawn(command).await.map_err(io("cannot start podman"))?;
        self.board.log.add(Stream::Runtime, request.revision, format!("started on {addr}"));
        let process = Process::watch(child, addr, request.revision, &self.board.log, (Some(instance), None));
        self.board.started(&process);
        self.starting = Some(process);
        let has_command = !request.spec.plan.command.is_empty();
        self.ready(&request.spec.plan, if has_command { Expected::Answer } else { Expected::Ok }).await
    }
}
