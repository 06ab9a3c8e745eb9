//! Which Python interpreter agents run with.

use crate::catalogue::PYTHON_VERSION;
use crate::error::EnvironmentError;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// Asks the interpreter about itself: version, the folder it lives in, its own real path.
const QUESTION: &str = "import os, sys; print(sys.version_info[0], sys.version_info[1], sys.version_info[2]); \
    print(sys.base_prefix); print(os.path.realpath(sys.executable))";
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A usable interpreter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interpreter {
    version: (u32, u32, u32),
    /// The folder with its standard library; bound into the sandbox where it is not below `/usr`.
    pub(crate) prefix: PathBuf,
    pub(crate) executable: PathBuf,
}

impl Interpreter {
    /// What an environment made with it depends on.
    pub(super) fn identity(&self) -> String {
        format!("{:?} {}", self.version, self.executable.display())
    }
}

/// The interpreter that is named, or the first that the locks hold for: those of the system before those of `PATH`,
/// since the latter may be of one user's home.
pub(super) async fn find(named: Option<&Path>) -> Result<Interpreter, EnvironmentError> {
    let mut looked_at = Vec::new();
    for candidate in candidates(named) {
        match ask(&candidate).await {
            Ok(interpreter) => return Ok(interpreter),
            Err(what) => looked_at.push(format!("{}: {what}", candidate.display())),
        }
    }
    let (major, minor) = PYTHON_VERSION;
    Err(EnvironmentError::PythonMissing { minimum: format!("{major}.{minor}"), looked_at })
}

fn candidates(named: Option<&Path>) -> Vec<PathBuf> {
    if let Some(named) = named {
        return vec![named.to_owned()];
    }
    let search = std::env::var_os("PATH").unwrap_or_default();
    let folders = ["/usr/bin".into(), "/usr/local/bin".into()].into_iter().chain(std::env::split_paths(&search));
    let programs = ["python3", "python3.13", "python3.12", "python3.11"];
    let mut found: Vec<PathBuf> = Vec::new();
    for path in folders.flat_map(|folder| programs.map(|name| folder.join(name))) {
        if path.is_file() && !found.contains(&path) {
            found.push(path);
        }
    }
    found
}

async fn ask(candidate: &Path) -> Result<Interpreter, String> {
    let mut command = Command::new(candidate);
    command.args(["-I", "-c", QUESTION]).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(ANSWER_WITHIN, command.output())
        .await
        .map_err(|_| "did not answer".to_owned())?
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(output.status.to_string());
    }
    let interpreter = parse(&String::from_utf8_lossy(&output.stdout)).ok_or_else(|| "gave an odd answer".to_owned())?;
    let (major, minor, patch) = interpreter.version;
    if (major, minor) < PYTHON_VERSION {
        return Err(format!("is {major}.{minor}.{patch}"));
    }
    Ok(interpreter)
}

fn parse(answer: &str) -> Option<Interpreter> {
    let mut lines = answer.lines();
    let mut version = lines.next()?.split(' ').map(|part| part.parse().ok());
    Some(Interpreter {
        version: (version.next()??, version.next()??, version.next()??),
        prefix: lines.next()?.into(),
        executable: lines.next()?.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreters_answer_is_read_and_an_odd_one_is_not() {
        let interpreter = parse("3 11 2\n/usr\n/usr/bin/python3.11\n").expect("an answer");
        assert_eq!(interpreter.version, (3, 11, 2));
        assert_eq!(interpreter.prefix, Path::new("/usr"));
        for odd in ["", "3 11\n/usr\n/usr/bin/python3", "3 11 2\n/usr"] {
            assert_eq!(parse(odd), None, "{odd}");
        }
    }

    #[tokio::test]
    async fn a_named_interpreter_that_does_not_exist_is_an_error_that_names_it() {
        let error = find(Some(Path::new("/no/such/python"))).await.expect_err("missing");
        assert!(error.to_string().contains("/no/such/python"), "{error}");
        assert!(error.to_string().contains("3.11"), "{error}");
    }

    #[tokio::test]
    async fn this_machine_has_a_python_that_the_locks_hold_for() {
        let interpreter = find(None).await.expect("a Python");
        assert!(interpreter.executable.is_file() && interpreter.prefix.is_dir());
    }
}
