//! A small disk: a tmpfs in a mount namespace of its own, which goes with the process that holds it.

use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A tmpfs over a folder, seen by who enters its namespace.
#[derive(Debug)]
pub struct Volume {
    keeper: Child,
    own_users: bool,
    seen: PathBuf,
}

impl Volume {
    /// A file system of so many MiB over `folder`: as root, or as root of a user namespace.
    pub fn over(folder: &Path, mib: usize) -> Self {
        [false, true]
            .into_iter()
            .find_map(|own_users| Self::keep(folder, mib, own_users))
            .expect("a mount namespace: root, or unprivileged user namespaces")
    }

    fn keep(folder: &Path, mib: usize, own_users: bool) -> Option<Self> {
        let script =
            format!("mount -t tmpfs -o size={mib}m,mode=700 tmpfs \"$1\" && echo mounted && exec sleep infinity");
        let users: &[&str] = if own_users { &["--user", "--map-root-user"] } else { &[] };
        let inside = folder.strip_prefix("/").expect("an absolute path");
        let keeper = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private"])
            .args(users)
            .args(["sh", "-c", &script, "sh"])
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("setpriv and unshare are there");
        let seen = Path::new("/proc").join(keeper.id().to_string()).join("root").join(inside);
        let mut volume = Self { keeper, own_users, seen };
        let mut line = String::new();
        BufReader::new(volume.keeper.stdout.take().expect("piped")).read_line(&mut line).expect("readable");
        (line.trim() == "mounted").then_some(volume)
    }

    /// The folder, as it is seen from outside.
    pub fn path(&self) -> &Path {
        &self.seen
    }

    /// What runs a command inside.
    pub fn enter(&self) -> Vec<String> {
        let of = |kind: &str| format!("/proc/{}/ns/{kind}", self.keeper.id());
        let mut enter = vec!["nsenter".to_owned(), format!("--mount={}", of("mnt"))];
        if self.own_users {
            enter.extend([format!("--user={}", of("user")), "--preserve-credentials".to_owned()]);
        }
        enter
    }

    /// Fills it to the last byte.
    pub fn fill(&self) {
        let mut filler = OpenOptions::new().append(true).create(true).open(self.filler()).expect("a file");
        for size in [1024 * 1024, 4096, 1] {
            let block = vec![0; size];
            let error = loop {
                if let Err(error) = filler.write_all(&block) {
                    break error;
                }
            };
            assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
        }
    }

    /// Makes room again.
    pub fn free(&self) {
        fs::remove_file(self.filler()).expect("it was filled");
    }

    fn filler(&self) -> PathBuf {
        self.seen.join("filler")
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}
