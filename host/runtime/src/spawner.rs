//! The thread that starts processes.
//!
//! A child that shall die with its parent (`PR_SET_PDEATHSIG`) dies with the *thread* that started it. Threads of the
//! async runtime come and go, so that all children are started by one thread that lives as long as the server.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

type Job = (Command, oneshot::Sender<io::Result<Child>>);

/// Hands commands to the thread.
#[derive(Debug, Clone)]
pub(crate) struct Spawner(Arc<Mutex<Option<Thread>>>);

#[derive(Debug)]
struct Thread {
    jobs: mpsc::Sender<Job>,
    handle: JoinHandle<()>,
}

impl Spawner {
    /// Starts the thread; it ends with [`Self::close`], or when the last clone is dropped, and its children with it.
    pub(crate) fn start() -> io::Result<Self> {
        let (sender, jobs) = mpsc::channel::<Job>();
        let runtime = tokio::runtime::Handle::current();
        let handle = std::thread::Builder::new().name("windlass-spawner".to_owned()).spawn(move || {
            let _entered = runtime.enter();
            for (mut command, answer) in jobs {
                // Nobody waits any more: the child is dropped, and killed by `kill_on_drop`.
                let _ = answer.send(command.kill_on_drop(true).spawn());
            }
        })?;
        Ok(Self(Arc::new(Mutex::new(Some(Thread { jobs: sender, handle })))))
    }

    /// Starts `command`; the child is killed when its handle is dropped.
    pub(crate) async fn spawn(&self, command: Command) -> io::Result<Child> {
        let (answer, child) = oneshot::channel();
        let gone = || io::Error::other("the server is stopping");
        {
            let thread = self.thread();
            thread.as_ref().and_then(|thread| thread.jobs.send((command, answer)).ok()).ok_or_else(gone)?;
        }
        child.await.map_err(|_| gone())?
    }

    /// Ends the thread and waits for it; nothing starts afterwards.
    pub(crate) fn close(&self) {
        let Some(Thread { jobs, handle }) = self.thread().take() else { return };
        drop(jobs);
        if handle.join().is_err() {
            tracing::error!("the thread that starts agents panicked");
        }
    }

    fn thread(&self) -> MutexGuard<'_, Option<Thread>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
