//! Compiling a component in a child process, which may use two minutes of the processor and 4 GiB: the compiler cannot be
//! interrupted from within, and what it is given comes from anybody.
//!
//! The child is this very program under [`SUBCOMMAND`], of lower priority than the requests that are served meanwhile.

use crate::engine;
use crate::error::InstallError;
use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;
use windlass_syntax::child::{self, Ended};

/// The hidden sub-command of the program that compiles a component.
pub const SUBCOMMAND: &str = "compile-component";
/// The processor time of one compilation, of all its threads together, in seconds: a Python plugin takes some twenty.
pub const MAX_COMPILE_SECONDS: u64 = 120;
/// The address space of one compilation, in bytes.
pub const MAX_COMPILE_MEMORY: u64 = 4 * 1024 * 1024 * 1024;
/// How long it may take by the clock, on a machine that is busy.
const PATIENCE: Duration = Duration::from_mins(10);

/// What the child says first: whether code follows, or why there is none.
const CODE: u8 = 0;
const REASON: u8 = 1;

/// Compiles in a child process. `program` is this program, e.g. `/proc/self/exe`. The answer is native code for an engine of
/// our settings.
pub fn in_child(program: &Path, component: &[u8]) -> Result<Vec<u8>, InstallError> {
    let ended = child::run(program, SUBCOMMAND, component, PATIENCE);
    let Ended { said, status } = ended.map_err(|error| InstallError::Host(error.into()))?;
    judge(said, status)
}

fn judge(mut said: Vec<u8>, status: ExitStatus) -> Result<Vec<u8>, InstallError> {
    match said.first() {
        Some(&CODE) if status.success() => {
            said.remove(0);
            Ok(said)
        }
        Some(&REASON) if status.success() => {
            Err(InstallError::Compile { reason: String::from_utf8_lossy(&said[1..]).into_owned() })
        }
        _ if status.signal().is_some() => Err(InstallError::TooCostly),
        _ => Err(InstallError::Host(anyhow::anyhow!("the child that compiles ended with {status}"))),
    }
}

/// The child's part: limits this process, reads a component from `input`, and writes what became of it to `output`.
pub fn as_child(mut input: impl Read, mut output: impl Write) -> anyhow::Result<()> {
    child::limit_this_process(MAX_COMPILE_SECONDS, MAX_COMPILE_MEMORY)?;
    step_back()?;
    let engine = engine::heavy()?;
    let mut component = Vec::new();
    input.read_to_end(&mut component)?;
    match engine.precompile_component(&component) {
        Ok(code) => say(&mut output, CODE, &code)?,
        Err(error) => say(&mut output, REASON, format!("{error:#}").as_bytes())?,
    }
    Ok(())
}

/// Whatever else the machine has to do comes first.
fn step_back() -> io::Result<()> {
    rustix::process::nice(10)?;
    Ok(())
}

fn say(output: &mut impl Write, what: u8, bytes: &[u8]) -> io::Result<()> {
    output.write_all(&[what])?;
    output.write_all(bytes)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_child_that_ended_well_has_compiled_and_one_past_its_limits_is_told_apart() {
        let ended = ExitStatus::from_raw;
        assert_eq!(judge(vec![CODE, 7, 8], ended(0)).expect("code"), [7, 8]);
        let refused = judge([&[REASON], &b"no"[..]].concat(), ended(0));
        assert!(matches!(refused, Err(InstallError::Compile { reason }) if reason == "no"));
        for said in [vec![], vec![CODE, 7]] {
            // SIGXCPU, SIGABRT: out of time, out of memory.
            for signal in [24, 6] {
                assert!(matches!(judge(said.clone(), ended(signal)), Err(InstallError::TooCostly)));
            }
            assert!(matches!(judge(said, ended(1 << 8)), Err(InstallError::Host(_))));
        }
    }
}
