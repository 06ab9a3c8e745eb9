//! The `windlass` program: parse, dispatch, exit. 0 is done, 1 is a failure, 2 is a wrong use.

use clap::Parser as _;
use std::process::ExitCode;
use windlass::cli::{Cli, Failure};

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Some(done) = cli.as_child() {
        return done;
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&Failure::Failed(error.into())),
    };
    let result = runtime.block_on(cli.run());
    // What did not stop in time must not hold the process up.
    runtime.shutdown_background();
    result.unwrap_or_else(|failure| fail(&failure))
}

fn fail(failure: &Failure) -> ExitCode {
    eprintln!("error: {failure}");
    failure.exit_code()
}
