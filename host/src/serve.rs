//! `windlass serve`: listen, start the application, answer, and stop within ten seconds.
//!
//! Invariant: the address is taken before anything else is opened, and no request is answered before the application is
//! whole; so a second server fails before it touches data, and `/readyz` never speaks too early.

mod banner;

use crate::app::App;
use crate::bootstrap;
use crate::config::{Config, LogFormat, TlsFiles};
use anyhow::{Context as _, anyhow};
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

/// How long requests may take to finish once the server stops.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);
/// How long agents may take after that.
const AGENTS_WITHIN: Duration = Duration::from_secs(3);
/// When what is left is given up: the promise is ten seconds, and the process has to end too.
const STOP_WITHIN: Duration = Duration::from_millis(9_500);
/// How long a connection may be silent, or take to send a request's head: nginx's default for both is of that order.
const SILENT_AT_MOST: Duration = Duration::from_secs(75);

/// A server that answers.
pub struct Server {
    /// What it serves.
    pub app: Arc<App>,
    /// The address it listens on, its port settled.
    pub address: SocketAddr,
    handle: Handle<SocketAddr>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Takes the address, starts the application and answers. `config.listen` is settled on the way: port 0 becomes a real one.
    pub async fn start(config: &mut Config) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|error| anyhow!("cannot listen on {}: {error} (hint: choose another --listen)", config.listen))?;
        config.listen = listener.local_addr()?;
        let tls = match &config.tls {
            Some(files) => Some(load_tls(files).await?),
            None => None,
        };
        let app = App::start(config).await?;
        let handle = Handle::new();
        let task = tokio::spawn(answer(listener, tls, app.clone(), handle.clone()));
        Ok(Self { app, address: config.listen, handle, task })
    }

    /// Accepts nothing new, lets requests finish, then stops the agents and closes the store.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.handle.graceful_shutdown(Some(DRAIN_WITHIN));
        let answered = self.task.await;
        self.app.stop(AGENTS_WITHIN).await;
        answered.context("the listener panicked")?.context("the listener failed")
    }
}

/// Serves until a signal, then stops: 0 once all is closed, requests that outlast [`DRAIN_WITHIN`] cut off; 1 where that
/// took too long, or a second signal came.
pub async fn run(mut config: Config) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::listen()?;
    let shows_key = config.bootstrap_key.is_none() && !bootstrap::bootstrap_file(&config.data_dir).exists();
    let mut server = tokio::select! {
        server = Server::start(&mut config) => server?,
        name = signals.next() => {
            tracing::info!(signal = name, "stopped before the start was through");
            return Ok(ExitCode::SUCCESS);
        }
    };
    match config.log_format {
        LogFormat::Text => print!("{}", banner::text(&config, &server.app, shows_key)),
        LogFormat::Json => banner::log(&config, &server.app),
    }
    tokio::select! {
        name = signals.next() => tracing::info!(signal = name, "stopping: finishing requests, then agents"),
        ended = &mut server.task => {
            server.app.stop(AGENTS_WITHIN).await;
            ended??;
            anyhow::bail!("the listener ended by itself");
        }
    }
    tokio::select! {
        stopped = tokio::time::timeout(STOP_WITHIN, server.stop()) => {
            if let Ok(stopped) = stopped {
                stopped?;
                tracing::info!("stopped");
                return Ok(ExitCode::SUCCESS);
            }
            tracing::error!("not stopped in time; what was acknowledged is on the disk");
        }
        name = signals.next() => tracing::warn!(signal = name, "stopped at once; what was acknowledged is on the disk"),
    }
    Ok(ExitCode::FAILURE)
}

async fn answer(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    app: Arc<App>,
    handle: Handle<SocketAddr>,
) -> io::Result<()> {
    let service = crate::api::router(app).into_make_service();
    let mut server = axum_server::Server::<SocketAddr>::from_listener(listener).handle(handle);
    server.http_builder().http1().header_read_timeout(SILENT_AT_MOST);
    match tls {
        Some(tls) => server.acceptor(RustlsAcceptor::new(tls).acceptor(NoDelayAcceptor)).serve(service).await,
        None => server.acceptor(NoDelayAcceptor).serve(service).await,
    }
}

async fn load_tls(files: &TlsFiles) -> anyhow::Result<RustlsConfig> {
    let (certificate, key) = (files.certificate.display(), files.key.display());
    RustlsConfig::from_pem_file(&files.certificate, &files.key).await.map_err(|error| {
        anyhow!("cannot use --tls-cert {certificate} with --tls-key {key}: {error} (hint: both are PEM files)")
    })
}

/// The signals that ask for a stop.
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next one and names it.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
