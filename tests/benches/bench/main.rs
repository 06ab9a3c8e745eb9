//! The numbers behind README's claims, printed as ratios of one run: `make bench`.
//!
//! Invariant: what is compared runs back to back on the same machine and disk, in turns, so that its mood is in both.
//! Absolute numbers are printed for the reader and never judged. Arguments name the parts to run; without one, all run.

#[path = "../../suite/harness/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the harness is the test suite's, and the benchmarks need part of it")]
mod harness;

mod analysis;
mod calls;
mod connection;
mod decision;
mod deploys;
mod hostile;
mod overlay;
mod project;
mod restart;
mod timings;

#[tokio::main]
async fn main() {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{cores} cores, load before {}", load.trim());
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted = |part: &str| wanted.is_empty() || wanted.iter().any(|word| word == part);
    if is_wanted("analysis") {
        analysis::run().await;
    }
    if is_wanted("calls") {
        calls::run().await;
    }
    if is_wanted("hostile") {
        hostile::run().await;
    }
    if is_wanted("restart") {
        restart::run().await;
    }
    if is_wanted("decision") {
        decision::run().await;
    }
    if is_wanted("deploys") {
        deploys::run().await;
    }
    if is_wanted("overlay") {
        overlay::run().await;
    }
}
