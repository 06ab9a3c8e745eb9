//! Calls uv: makes a virtual environment aside, installs the lock with hashes, renames it into place.

use super::Interpreter;
use crate::catalogue::{Locked, parse_lock};
use crate::error::EnvironmentError;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

/// Lines of uv's output that an error carries.
const TAIL: usize = 8;

pub(super) struct Uv {
    program: PathBuf,
    cache: PathBuf,
}

impl Uv {
    /// The named uv, or the one in `PATH`.
    pub(super) fn find(named: Option<&Path>, data_dir: &Path) -> Result<Self, EnvironmentError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = named
            .map(Path::to_owned)
            .or_else(|| std::env::split_paths(&path).map(|folder| folder.join("uv")).find(|path| path.is_file()))
            .filter(|path| path.is_file())
            .ok_or(EnvironmentError::UvMissing)?;
        Ok(Self { program, cache: data_dir.join("cache").join("uv") })
    }

    /// Makes `folder`; `say` hears what is going on. Cancelled or failed, nothing is at `folder`.
    pub(super) async fn make(
        &self,
        folder: &Path,
        interpreter: &Interpreter,
        locked: &Locked,
        say: &(dyn Fn(&str) + Sync),
    ) -> Result<(), EnvironmentError> {
        let aside = folder.with_extension("partial");
        let io = |what: String| move |source| EnvironmentError::Io { what, source };
        if aside.exists() {
            fs::remove_dir_all(&aside).map_err(io(format!("cannot remove {}", aside.display())))?;
        }
        if let Some(parent) = folder.parent() {
            fs::create_dir_all(parent).map_err(io(format!("cannot make {}", parent.display())))?;
        }
        // Relocatable: it is made under one name, used under a second, and seen by agents under a third.
        let python = interpreter.executable.as_os_str();
        let venv = ["venv", "--relocatable", "--no-project", "--python"].map(OsStr::new);
        self.run("uv venv", &[&venv[..], &[python, aside.as_os_str()]].concat(), say).await?;
        let lock = aside.join("runtime.lock");
        fs::write(&lock, locked.lock).map_err(io(format!("cannot write {}", lock.display())))?;
        let packages = parse_lock(locked.lock).len();
        say(&format!("installing {packages} packages"));
        // Compiled now: agents see the environment read-only, and could not keep what they compile.
        let options = ["pip", "sync", "--require-hashes", "--only-binary", ":all:", "--compile-bytecode", "--python"];
        let options = options.map(OsStr::new);
        let inside = aside.join("bin").join("python");
        self.run("uv pip sync", &[&options[..], &[inside.as_os_str(), lock.as_os_str()]].concat(), say).await?;
        fs::rename(&aside, folder).map_err(io(format!("cannot rename {}", aside.display())))
    }

    async fn run(
        &self,
        step: &'static str,
        arguments: &[&OsStr],
        say: &(dyn Fn(&str) + Sync),
    ) -> Result<(), EnvironmentError> {
        let io = |source| EnvironmentError::Io { what: format!("cannot run {}", self.program.display()), source };
        // Through a shell for the umask: another user than ours shall read the environment.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "umask 022; exec \"$@\"", "sh"]).arg(&self.program).args(arguments);
        command.env("UV_CACHE_DIR", &self.cache).env("UV_PYTHON_DOWNLOADS", "never").env("UV_NO_PROGRESS", "1");
        command.env_remove("VIRTUAL_ENV").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().map_err(io)?;
        let mut tail: Vec<String> = Vec::new();
        if let Some(stderr) = child.stderr.take() {
            let mut lines = BufReader::new(stderr).lines();
            while let Some(line) = lines.next_line().await.map_err(io)? {
                // Not the list of what was installed, nor how to activate it.
                if !line.starts_with([' ', 'A']) {
                    say(&line);
                }
                if tail.len() == TAIL {
                    tail.remove(0);
                }
                tail.push(line.trim().to_owned());
            }
        }
        let status = child.wait().await.map_err(io)?;
        if status.success() { Ok(()) } else { Err(EnvironmentError::Uv { step, output: tail.join(" ") }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_uv_that_does_not_exist_is_missing_whatever_path_holds() {
        let found = Uv::find(Some(Path::new("/no/such/uv")), Path::new("/data"));
        assert!(matches!(found.err(), Some(EnvironmentError::UvMissing)));
    }
}
