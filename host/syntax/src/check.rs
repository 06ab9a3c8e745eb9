//! The check of a plugin's patterns at install: they are compiled once in a child process that may use one second of the
//! processor and 256 MiB, since a compilation cannot be interrupted from within.
//!
//! The child is this very program under [`SUBCOMMAND`]; it limits itself before it reads anything, and says after each
//! pattern how it went. Invariant: a child that ends early is a refusal of the pattern that it was at, never a success.

use crate::child::{self, Ended};
use crate::pattern::{DeclaredPattern, Pattern, Refused, keep_rules};
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

/// The hidden sub-command of the program that checks patterns.
pub const SUBCOMMAND: &str = "check-patterns";
/// The processor time of the child, for all patterns together, in seconds.
const SECONDS: u64 = 1;
/// The address space of the child, in bytes.
const MEMORY: u64 = 256 * 1024 * 1024;
/// How long the child may take by the clock: it never waits for anything, but the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why patterns were not found good.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// One of them is refused.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The child could not be started or talked to.
    #[error("cannot check the patterns in a child process")]
    Child(#[source] io::Error),
}

/// What the child says after each pattern.
#[derive(Debug, Serialize, Deserialize)]
struct Verdict {
    /// Why the pattern is no good; none when it compiles.
    refused: Option<String>,
}

/// Checks patterns in a child process. `program` is this program, e.g. `/proc/self/exe`.
pub fn in_child(program: &Path, declared: &[DeclaredPattern]) -> Result<(), CheckError> {
    // What the rules refuse is no compiler's business.
    keep_rules(declared)?;
    if declared.is_empty() {
        return Ok(());
    }
    let input = serde_json::to_vec(declared).map_err(|error| CheckError::Child(error.into()))?;
    let Ended { said, status } = child::run(program, SUBCOMMAND, &input, PATIENCE).map_err(CheckError::Child)?;
    judge(declared, &verdicts(&String::from_utf8_lossy(&said)), status)
}

fn judge(declared: &[DeclaredPattern], verdicts: &[Verdict], status: ExitStatus) -> Result<(), CheckError> {
    for (index, verdict) in verdicts.iter().enumerate() {
        if let Some(reason) = &verdict.refused {
            return Err(Refused::new(declared, index, reason.as_str()).into());
        }
    }
    if verdicts.len() >= declared.len() {
        return Ok(());
    }
    if status.signal().is_none() {
        return Err(CheckError::Child(io::Error::other(format!("it ended with {status}"))));
    }
    let reason = format!("it does not compile within {SECONDS} s and {} MiB", MEMORY / 1024 / 1024);
    Err(Refused::new(declared, verdicts.len(), reason).into())
}

fn verdicts(said: &str) -> Vec<Verdict> {
    said.lines().map_while(|line| serde_json::from_str(line).ok()).collect()
}

/// The child's part: limits this process, reads the patterns from `input`, and writes a verdict after each to `output`.
/// Ends at the first that is refused.
pub fn as_child(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    child::limit_this_process(SECONDS, MEMORY)?;
    let mut text = Vec::new();
    input.read_to_end(&mut text)?;
    let declared: Vec<DeclaredPattern> = serde_json::from_slice(&text)?;
    for pattern in &declared {
        let verdict = Verdict { refused: Pattern::compile(pattern).err() };
        writeln!(output, "{}", serde_json::to_string(&verdict)?)?;
        output.flush()?;
        if verdict.refused.is_some() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Grammar;

    fn declared(queries: &[&str]) -> Vec<DeclaredPattern> {
        let python = |query: &&str| DeclaredPattern { language: Grammar::Python, query: (*query).to_owned() };
        queries.iter().map(python).collect()
    }

    /// How a child ended, in the words of `wait`.
    fn ended(raw: i32) -> ExitStatus {
        ExitStatus::from_raw(raw)
    }

    #[test]
    fn what_breaks_a_rule_needs_no_child() {
        let nobody = Path::new("/nonexistent");
        assert!(in_child(nobody, &[]).is_ok());
        let long = " ".repeat(600);
        assert!(
            matches!(in_child(nobody, &declared(&[&long])), Err(CheckError::Refused(refused)) if refused.index == 0)
        );
        assert!(matches!(in_child(nobody, &declared(&["(call) @a"])), Err(CheckError::Child(_))));
    }

    #[test]
    fn a_child_that_is_killed_refuses_the_pattern_that_it_was_at() {
        let both = declared(&["(call) @a", "(call) @b"]);
        let good = r#"{"refused":null}"#;
        let twice = format!("{good}\n{good}\n");
        assert!(judge(&both, &verdicts(&twice), ended(0)).is_ok());
        let killed = judge(&both, &verdicts(good), ended(24)).expect_err("one verdict is missing");
        assert!(matches!(&killed, CheckError::Refused(refused) if refused.index == 1), "{killed}");
        let bad = judge(&both, &verdicts(r#"{"refused":"it is no query"}"#), ended(0)).expect_err("refused");
        assert_eq!(bad.to_string(), "pattern 0 is refused: it is no query");
    }

    #[test]
    fn another_program_is_no_judge() {
        let result = in_child(Path::new("/bin/false"), &declared(&["(call) @a"]));
        assert!(matches!(result, Err(CheckError::Child(_))), "{result:?}");
    }
}
