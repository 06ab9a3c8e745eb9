//! The command line: `serve` runs the server; `backup` and `restore` work on its data directory; the others are its clients.

mod backup;
mod client;
mod compare;
mod keys;
mod plugin;
mod table;
mod workspace;

use crate::config::{Config, ConfigError, GivenKeys, Settings};
use crate::{api, logging, serve};
use clap::{Parser, Subcommand};
use std::fmt;
use std::process::ExitCode;

/// A self-hosted control plane for AI agents
///
/// Windlass takes an agent (an image or source files), lets WebAssembly plugins decide how it is built and run, builds it,
/// registers its tools and rolls it out.
#[derive(Debug, Parser)]
#[command(name = "windlass", version, arg_required_else_help = true, after_help = EXAMPLE)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLE: &str = "\
Example:
  windlass serve                  serve on 127.0.0.1:8092; prints the key and a first deploy
  windlass keys list              in another terminal, on the same machine

`windlass COMMAND --help` explains each command, with an example. `keys`, `plugin` and `workspace` talk to the server at
WINDLASS_URL with the operator key in WINDLASS_KEY; on the server's machine neither needs to be set.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    #[command(after_help = SERVE_EXAMPLE)]
    Serve(Box<Settings>),
    /// Create, list and revoke the keys of a workspace
    #[command(subcommand, after_help = CLIENT)]
    Keys(keys::Command),
    /// Install, bind and list the plugins that decide
    #[command(subcommand, after_help = CLIENT)]
    Plugin(plugin::Command),
    /// Create and list workspaces
    #[command(subcommand, after_help = CLIENT)]
    Workspace(workspace::Command),
    /// Copy everything that a server keeps into a folder, while it runs or not
    #[command(after_help = backup::BACKUP_HELP)]
    Backup(backup::Backup),
    /// Make a data directory of a backup
    #[command(after_help = backup::RESTORE_HELP)]
    Restore(backup::Restore),
    /// Print the OpenAPI document of the HTTP API, which a running server has at /openapi.json and /docs
    #[command(name = "openapi", after_help = "Example:\n  windlass openapi > openapi.json")]
    OpenApi,
    /// Compile the patterns of a plugin, from standard input, within narrow limits; the server's own child
    #[command(hide = true, name = windlass_syntax::check::SUBCOMMAND)]
    CheckPatterns,
    /// Compile a component, from standard input, within limits; the server's own child
    #[command(hide = true, name = windlass_plugin::compile::SUBCOMMAND)]
    CompileComponent,
}

const SERVE_EXAMPLE: &str = "\
Keys come by the environment only, since a command line can be read by others:
  WINDLASS_BOOTSTRAP_KEY   a key of the workspace `default`: `ra_ws_` and at least 32 of A-Z, a-z, 0-9, `_` and `-`
  WINDLASS_OPERATOR_KEY    an operator key: `wl_op_` and the same
Unset, both are made at the first start, and kept as bootstrap-key and operator-key in the data directory. Set to
another value later, that key is added beside the old ones.

Example:
  windlass serve --listen 0.0.0.0:8443 --tls-cert cert.pem --tls-key key.pem --public-url https://agents.example.com:8443

SIGTERM or Ctrl-C finishes what is under way and stops within ten seconds; a second one stops at once.";

const CLIENT: &str = "\
The key comes by the environment only, since a command line can be read by others:
  WINDLASS_KEY   an operator key; unset, that of a server on this machine is read from its data directory
A server with a certificate of its own authority is trusted by SSL_CERT_FILE.";

/// Why a command did not do its work.
#[derive(Debug)]
pub enum Failure {
    /// The command was used wrongly.
    Usage(anyhow::Error),
    /// It was used well and failed.
    Failed(anyhow::Error),
}

impl Failure {
    /// 2 for a wrong use, as for flags that do not parse; 1 for the rest.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Failed(_) => ExitCode::FAILURE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Usage(error) | Self::Failed(error)) = self;
        write!(f, "{error:#}")
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.into())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl Cli {
    /// The part of a child of the server, where that is what this process is: before there are threads, since it limits
    /// itself.
    #[must_use]
    pub fn as_child(&self) -> Option<ExitCode> {
        let (input, output) = (std::io::stdin(), std::io::stdout());
        let done = match self.command {
            Command::CheckPatterns => windlass_syntax::check::as_child(input, output).is_ok(),
            Command::CompileComponent => windlass_plugin::compile::as_child(input, output).is_ok(),
            _ => return None,
        };
        Some(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Does what was asked for.
    pub async fn run(self) -> Result<ExitCode, Failure> {
        // Fails where one is installed already, and then there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        match self.command {
            Command::Serve(settings) => {
                let config = Config::new(*settings, GivenKeys::from_environment())?;
                let collector = config.otlp_endpoint.as_ref();
                let traces =
                    logging::start(config.log_format, &config.log_filter, collector).map_err(Failure::Usage)?;
                let served = serve::run(config).await;
                if let Some(traces) = traces {
                    // What was served is over: nobody waits any more but the delivery.
                    let _ = tokio::task::spawn_blocking(move || traces.stop()).await;
                }
                return Ok(served?);
            }
            Command::Keys(command) => command.run().await?,
            Command::Plugin(command) => command.run().await?,
            Command::Workspace(command) => command.run().await?,
            Command::Backup(command) => command.run().await?,
            Command::Restore(command) => command.run().await?,
            Command::OpenApi => println!("{:#}", api::openapi::document()),
            Command::CheckPatterns | Command::CompileComponent => {}
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests;
