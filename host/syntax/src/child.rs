//! A child of this program, for work that cannot be interrupted from within: it limits itself before it reads anything.
//!
//! Invariants: the child gets its input whole and no environment; whatever goes wrong, it is not left running.

use rustix::process::{Resource, Rlimit, setrlimit};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often the child is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// How a child ended.
#[derive(Debug)]
pub struct Ended {
    /// All that it had written by then.
    pub said: Vec<u8>,
    /// Its status; a signal where it went past its limits.
    pub status: ExitStatus,
}

/// Runs `program`, e.g. `/proc/self/exe`, under a hidden sub-command with `input`, and waits for its end. One that is not
/// done after `patience` is killed.
pub fn run(program: &Path, subcommand: &str, input: &[u8], patience: Duration) -> io::Result<Ended> {
    let mut child = Command::new(program)
        .arg(subcommand)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let stdout = child.stdout.take();
    let said = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut said = Vec::new();
            stdout.map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut said)).map(|_| said)
        });
        let fed = feed(&mut child, input).and_then(|()| wait(&mut child, patience));
        // The reader comes to its end with the child.
        let killed = child.kill();
        let said = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        fed.and(killed).and(said)
    });
    let status = child.wait()?;
    Ok(Ended { said: said?, status })
}

fn feed(child: &mut Child, input: &[u8]) -> io::Result<()> {
    let Some(mut stdin) = child.stdin.take() else { return Ok(()) };
    match stdin.write_all(input) {
        // It ended before it had read everything: what it said tells why.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

fn wait(child: &mut Child, patience: Duration) -> io::Result<()> {
    let started = Instant::now();
    while child.try_wait()?.is_none() && started.elapsed() <= patience {
        std::thread::sleep(LOOK);
    }
    Ok(())
}

/// The child's first step: so many seconds of the processor, so many bytes of address space, no core file.
pub fn limit_this_process(seconds: u64, memory: u64) -> io::Result<()> {
    for (resource, limit) in [(Resource::Cpu, seconds), (Resource::As, memory), (Resource::Core, 0)] {
        setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_child_says_comes_whole_and_one_that_reads_nothing_does_no_harm() {
        let patience = Duration::from_mins(1);
        let input = "x".repeat(1024 * 1024);
        let ended = run(Path::new("/bin/cat"), "-", input.as_bytes(), patience).expect("it runs");
        assert!(ended.status.success() && ended.said == input.as_bytes());
        let ended = run(Path::new("/bin/false"), "-", input.as_bytes(), patience).expect("it runs");
        assert_eq!((ended.said.len(), ended.status.code()), (0, Some(1)));
        assert!(run(Path::new("/nonexistent"), "-", b"", patience).is_err());
    }

    #[test]
    fn a_child_that_does_not_end_is_killed() {
        use std::os::unix::process::ExitStatusExt as _;
        let ended = run(Path::new("/bin/sleep"), "600", b"", Duration::from_millis(20)).expect("it runs");
        assert_eq!(ended.status.signal(), Some(9));
    }
}
