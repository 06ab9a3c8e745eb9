//! One started process of an agent: its address, its end, its output on the way to the log.

use crate::cgroup::Cgroup;
use crate::instance::Instance;
use crate::logs::{AgentLog, Stream, copy_lines};
use crate::state::InFlight;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::process::Child;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long the output of an ended process is still read: a grandchild may hold the pipe for ever.
const OUTPUT_WITHIN: Duration = Duration::from_secs(1);

/// What a process holds until it is gone: each is removed when it is dropped.
pub(crate) type Holds = (Option<Instance>, Option<Cgroup>);

/// How long podman may take to remove a container.
const REMOVED_WITHIN: Duration = Duration::from_secs(5);

/// A running process. Dropped, it is killed.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) addr: SocketAddr,
    pub(crate) revision: u32,
    pub(crate) in_flight: InFlight,
    exited: watch::Receiver<Option<String>>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Process {
    /// Takes over a child that was started with piped output.
    pub(crate) fn watch(mut child: Child, addr: SocketAddr, revision: u32, log: &Arc<AgentLog>, holds: Holds) -> Self {
        let mut output = JoinSet::new();
        if let Some(stdout) = child.stdout.take() {
            let log = log.clone();
            output.spawn(async move { copy_lines(stdout, &log, Stream::Stdout, revision).await });
        }
        if let Some(stderr) = child.stderr.take() {
            let log = log.clone();
            output.spawn(async move { copy_lines(stderr, &log, Stream::Stderr, revision).await });
        }
        let (exit, exited) = watch::channel(None);
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let how = end_of(&mut child, &stopped).await;
            let read = async { while output.join_next().await.is_some() {} };
            // Late output is lost, not waited for.
            let _ = tokio::time::timeout(OUTPUT_WITHIN, read).await;
            drop(holds);
            exit.send_replace(Some(how));
        });
        Self { addr, revision, in_flight: InFlight::new(), exited, stop, tasks }
    }

    /// Waits for its end and says how it was, e.g. `exit status: 1`.
    pub(crate) async fn ended(&self) -> String {
        let mut exited = self.exited.clone();
        let how = exited.wait_for(Option::is_some).await.map(|how| how.clone());
        how.ok().flatten().unwrap_or_else(|| "it was stopped".to_owned())
    }

    /// A view of its end for whoever hands out its address.
    pub(crate) fn exited(&self) -> watch::Receiver<Option<String>> {
        self.exited.clone()
    }

    /// Kills it and waits until it and its folder are gone.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }

    /// Waits until no request is in flight, for at most `within` and until told to hurry, then stops it.
    pub(crate) async fn drain(self, within: Duration, hurry: CancellationToken) {
        tokio::select! {
            () = hurry.cancelled() => {}
            () = self.in_flight.idle() => {}
            _ = self.ended() => {}
            () = tokio::time::sleep(within) => tracing::warn!(revision = self.revision, "requests in flight are cut off"),
        }
        self.stop().await;
    }
}

/// Waits for the end of `child`, or kills it when told to. Killing bubblewrap ends everything in its process namespace;
/// without a sandbox the process group, which is the child's own, takes its children along.
async fn end_of(child: &mut Child, stop: &CancellationToken) -> String {
    // Waiting closes a piped input: it is held here.
    let input = child.stdin.take();
    let status = tokio::select! {
        status = child.wait() => status,
        () = stop.cancelled() => {
            if let Some(input) = input {
                // A container's watch removes it when its input ends.
                drop(input);
                let _ = tokio::time::timeout(REMOVED_WITHIN, child.wait()).await;
            }
            kill_group(child);
            // An end of its own in the same moment is as good.
            let _ = child.kill().await;
            return "it was stopped".to_owned();
        }
    };
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}

fn kill_group(child: &Child) {
    // No id: it was waited for already, and the number may be another's by now.
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}
