//! The command lines that put a process into its sandbox: bubblewrap for mounts and namespaces, setpriv for the user,
//! prlimit for the limits. All three are small, old and in every distribution; nothing here needs unsafe code.
//!
//! Invariants: what is not bound here does not exist for the agent; the data directory is covered even where it lies
//! below a folder that is bound; no value that an agent chooses reaches a program outside the sandbox.

use crate::cgroup::Cgroup;
use crate::config::Limits;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// Where the runtime's environment is, inside.
pub(crate) const ENVIRONMENT: &str = "/environment";
/// Where the launcher is, inside.
pub(crate) const LAUNCHER: &str = "/windlass/launcher.py";
/// Where the start file is, inside.
pub(crate) const START: &str = "/windlass/start.json";
/// The user id that an agent sees where the server is not root: its own, by another number.
pub(crate) const OWN_UID: u32 = 1000;

/// What of `/etc` programs need to resolve names, trust certificates and find libraries.
const ETC: [&str; 10] = [
    "ssl",
    "ca-certificates",
    "pki",
    "resolv.conf",
    "hosts",
    "nsswitch.conf",
    "ld.so.cache",
    "localtime",
    "alternatives",
    "mime.types",
];

/// Opens the filter for bubblewrap and enters the cgroups before anything else runs: `FILTER FILE… -- COMMAND…`.
const ENTER: &str = r#"exec 9<"$1" || exit 125; shift; while [ "$1" != -- ]; do echo $$ > "$1" || exit 125; shift; done; shift; exec "$@""#;

/// The programs, found once.
#[derive(Debug, Clone)]
pub(crate) struct Tools {
    pub(crate) bwrap: PathBuf,
    pub(crate) setpriv: PathBuf,
    pub(crate) prlimit: PathBuf,
    /// The system call filter, as bubblewrap reads it.
    pub(crate) filter: PathBuf,
}

/// How a process becomes another user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum User {
    /// The server is root: a real other user of this id.
    Other(u32),
    /// The server is not: a user namespace in which the agent is [`OWN_UID`] and holds nothing.
    Namespace,
}

/// A read-only bind mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bind {
    pub(crate) from: PathBuf,
    pub(crate) to: PathBuf,
}

impl Bind {
    pub(crate) fn new(from: impl Into<PathBuf>, to: impl Into<PathBuf>) -> Self {
        Self { from: from.into(), to: to.into() }
    }
}

/// Everything about one sandbox.
pub(crate) struct Sandbox<'a> {
    pub(crate) tools: &'a Tools,
    pub(crate) user: User,
    pub(crate) limits: &'a Limits,
    pub(crate) binds: Vec<Bind>,
    /// Never visible, even below a bind.
    pub(crate) hidden: &'a Path,
    pub(crate) cgroup: Option<&'a Cgroup>,
    pub(crate) workdir: &'a str,
}

impl Sandbox<'_> {
    /// The command that runs `program` in the sandbox; standard streams and the rest are the caller's.
    pub(crate) fn command(&self, program: &[OsString]) -> Command {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(ENTER).arg("sh").arg(&self.tools.filter);
        if let Some(cgroup) = self.cgroup {
            command.args(cgroup.procs_files());
        }
        command.arg("--").arg(&self.tools.bwrap).args(self.bwrap_arguments()).arg("--");
        if let User::Other(uid) = self.user {
            command.arg(&self.tools.setpriv).args(setpriv_arguments(uid)).arg("--");
        }
        command.arg(&self.tools.prlimit).args(limit_arguments(self.limits)).arg("--").args(program);
        // Not the server's environment, and not its process group: a Ctrl-C is the server's to handle.
        command.env_clear().process_group(0).stdin(Stdio::null());
        command
    }

    fn bwrap_arguments(&self) -> Vec<OsString> {
        let mut arguments = Arguments::default();
        arguments.add(["--die-with-parent", "--new-session", "--hostname", "agent", "--seccomp", "9"]);
        arguments.add(["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]);
        match self.user {
            // Just what setpriv needs to become the other user; it drops these, and empties the bounding set.
            User::Other(_) => {
                arguments.add(["--cap-drop", "ALL", "--cap-add", "CAP_SETUID"]);
                arguments.add(["--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]);
            }
            User::Namespace => {
                let id = OWN_UID.to_string();
                arguments.add(["--unshare-user", "--disable-userns", "--cap-drop", "ALL"]);
                arguments.add(["--uid", &id, "--gid", &id]);
            }
        }
        arguments.bind(Path::new("/usr"), Path::new("/usr"));
        for folder in ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"] {
            arguments.link_or_bind(Path::new(folder));
        }
        arguments.add(["--perms", "0755", "--dir", "/etc"]);
        for name in ETC {
            let path = format!("/etc/{name}");
            arguments.add(["--ro-bind-try", &path, &path]);
        }
        arguments.add(["--proc", "/proc", "--dev", "/dev"]);
        let size = self.limits.tmp_size.to_string();
        arguments.add(["--perms", "1777", "--size", &size, "--tmpfs", "/tmp"]);
        arguments.add(["--perms", "1777", "--size", &size, "--tmpfs", "/dev/shm"]);
        for bind in &self.binds {
            arguments.make_parents(&bind.to);
            arguments.bind(&bind.from, &bind.to);
        }
        if self.exposes(self.hidden) {
            arguments.add(["--perms", "0000", "--tmpfs"]);
            arguments.0.push(self.hidden.into());
        }
        arguments.add(["--chdir", self.workdir, "--remount-ro", "/"]);
        arguments.0
    }

    fn exposes(&self, path: &Path) -> bool {
        path.starts_with("/usr") || self.binds.iter().any(|bind| path.starts_with(&bind.to) && bind.from == bind.to)
    }
}

#[derive(Default)]
struct Arguments(Vec<OsString>);

impl Arguments {
    fn add<const N: usize>(&mut self, arguments: [&str; N]) {
        self.0.extend(arguments.map(OsString::from));
    }

    fn bind(&mut self, from: &Path, to: &Path) {
        self.0.extend(["--ro-bind".into(), from.into(), to.into()]);
    }

    /// Makes the folders above `path`, since bubblewrap would make them private to the user that it runs as.
    fn make_parents(&mut self, path: &Path) {
        let parents: Vec<&Path> = path.ancestors().skip(1).filter(|parent| parent.parent().is_some()).collect();
        for parent in parents.into_iter().rev() {
            self.add(["--perms", "0755", "--dir"]);
            self.0.push(parent.into());
        }
    }

    /// `/lib` and its like: a link into `/usr` on a merged system, a folder on an older one, or nothing.
    fn link_or_bind(&mut self, path: &Path) {
        let Ok(kind) = fs::symlink_metadata(path) else { return };
        match fs::read_link(path) {
            Ok(target) if kind.is_symlink() => self.0.extend(["--symlink".into(), target.into(), path.into()]),
            _ => self.bind(path, path),
        }
    }
}

fn setpriv_arguments(uid: u32) -> Vec<String> {
    vec![
        format!("--reuid={uid}"),
        format!("--regid={uid}"),
        "--clear-groups".to_owned(),
        "--inh-caps=-all".to_owned(),
        "--bounding-set=-all".to_owned(),
        "--no-new-privs".to_owned(),
    ]
}

/// prlimit's arguments; a limit above the server's own hard limit is lowered to it, since only root may raise one.
pub(crate) fn limit_arguments(limits: &Limits) -> Vec<String> {
    let own = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let lowered = |row: &str, wanted: u64| hard_limit(&own, row).map_or(wanted, |hard| hard.min(wanted));
    vec![
        format!("--as={}", lowered("Max address space", limits.address_space)),
        format!("--nproc={}", lowered("Max processes", limits.processes)),
        format!("--nofile={}", lowered("Max open files", limits.open_files)),
        format!("--fsize={}", lowered("Max file size", limits.file_size)),
        "--core=0".to_owned(),
    ]
}

/// The hard limit of a row of `/proc/PID/limits`; `None` where it is unlimited.
fn hard_limit(table: &str, row: &str) -> Option<u64> {
    let line = table.lines().find_map(|line| line.strip_prefix(row))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hard_limits_are_read_from_the_kernels_table() {
        let table = "Limit                     Soft Limit           Hard Limit           Units     \n\
                     Max file size             unlimited            unlimited            bytes     \n\
                     Max open files            1024                 4096                 files     \n";
        assert_eq!(hard_limit(table, "Max open files"), Some(4096));
        assert_eq!(hard_limit(table, "Max file size"), None);
        assert_eq!(hard_limit(table, "Max processes"), None);
    }

    #[test]
    fn the_folders_above_a_bind_are_made_readable_from_the_outermost_in() {
        let mut arguments = Arguments::default();
        arguments.make_parents(Path::new("/root/python/3.12"));
        assert_eq!(arguments.0, ["--perms", "0755", "--dir", "/root", "--perms", "0755", "--dir", "/root/python"]);
    }

    #[test]
    fn a_data_directory_below_a_bound_folder_is_covered() {
        let tools =
            Tools { bwrap: "bwrap".into(), setpriv: "setpriv".into(), prlimit: "prlimit".into(), filter: "f".into() };
        let limits = Limits::default();
        let sandbox = |hidden: &'static str| Sandbox {
            tools: &tools,
            user: User::Other(5),
            limits: &limits,
            binds: vec![Bind::new("/opt/python", "/opt/python"), Bind::new("/data/x/app", "/app")],
            hidden: Path::new(hidden),
            cgroup: None,
            workdir: "/app",
        };
        let covers = |hidden: &'static str| sandbox(hidden).bwrap_arguments().iter().any(|one| one == hidden);
        assert!(covers("/usr/local/windlass"));
        assert!(covers("/opt/python/data"));
        assert!(!covers("/data"));
    }
}
