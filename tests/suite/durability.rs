//! What the server promises about its data directory: kills, stops, strangers and newer programs.

mod backup;
mod data_dir;
mod full_disk;
mod kills;
mod stop;

use crate::harness::{Server, release};
use std::process::{Command, Output};

/// Runs `windlass serve` over the data directory of `server` and waits for it to give up.
pub fn serve_beside(server: &Server) -> Output {
    Command::new(release().join("windlass"))
        .args(["serve", "--no-agents", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(server.data_dir())
        .output()
        .expect("the program runs")
}
