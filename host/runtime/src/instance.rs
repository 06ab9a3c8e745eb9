//! The folder of one started process: `agents/WORKSPACE/NAME/REVISION-N/{app/, start.json, passwd}`.
//!
//! Invariant: it exists only while its process may run, and holds nothing that is not the agent's own.

use crate::env::APP;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use windlass_domain::source::SourceTree;

/// What the launcher reads. The environment is in here and on no command line.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Start {
    pub(crate) env: BTreeMap<String, String>,
    /// Variables that are too long for the kernel: the launcher shows them to the runtime by itself.
    pub(crate) oversized: BTreeMap<String, String>,
    pub(crate) command: Vec<String>,
    /// What answers in the entry point.
    pub(crate) object: Option<String>,
    /// Whether the object stands above what the public runtime finds by itself.
    pub(crate) object_first: bool,
}

/// The folder; removed when dropped.
#[derive(Debug)]
pub(crate) struct Instance {
    folder: PathBuf,
}

impl Instance {
    /// Writes the folder. `uid` is the user that the process will be; only it may read the environment.
    pub(crate) fn write(folder: PathBuf, source: &SourceTree, start: &Start, uid: Option<u32>) -> io::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let instance = Self { folder };
        create_dirs(&instance.app())?;
        for (path, content) in source.iter() {
            let path = instance.app().join(path);
            if let Some(parent) = path.parent() {
                create_dirs(parent)?;
            }
            write(&path, content.as_bytes(), 0o644)?;
        }
        write(&instance.start(), &serde_json::to_vec(start)?, 0o400)?;
        let id = uid.unwrap_or(crate::sandbox::OWN_UID);
        let passwd = format!("root:x:0:0:root:/:/bin/false\nagent:x:{id}:{id}:agent:/tmp:/bin/sh\n");
        write(&instance.passwd(), passwd.as_bytes(), 0o644)?;
        if let Some(uid) = uid {
            chown(instance.start(), Some(uid), Some(uid))?;
        }
        Ok(instance)
    }

    /// Writes what podman reads the variables from.
    pub(crate) fn write_env_file(&self, text: &str) -> io::Result<()> {
        write(&self.env_file(), text.as_bytes(), 0o400)
    }

    pub(crate) fn env_file(&self) -> PathBuf {
        self.folder.join("env")
    }

    pub(crate) fn app(&self) -> PathBuf {
        self.folder.join(APP.trim_start_matches('/'))
    }

    pub(crate) fn start(&self) -> PathBuf {
        self.folder.join("start.json")
    }

    pub(crate) fn passwd(&self) -> PathBuf {
        self.folder.join("passwd")
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(folder = %self.folder.display(), %error, "an agent's folder stays until the next start");
        }
    }
}

/// Removes the folders of processes that died with a killed server.
pub(crate) fn remove_leftovers(agents: &Path) -> io::Result<()> {
    match fs::remove_dir_all(agents) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes the launcher, the same for all agents, and returns its path.
pub(crate) fn write_launcher(data_dir: &Path) -> io::Result<PathBuf> {
    let folder = data_dir.join("launcher");
    create_dirs(&folder)?;
    let path = folder.join("launcher.py");
    write(&path, include_bytes!("launcher.py"), 0o644)?;
    Ok(path)
}

fn create_dirs(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o755).create(path)
}

/// Writes a file with exactly that mode, whatever the umask.
fn write(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_holds_the_source_readable_and_the_environment_private_and_goes_with_its_owner() {
        let root = tempfile::tempdir().expect("a folder");
        let files = BTreeMap::from([("pkg/agent.py".to_owned(), "x = 1".to_owned())]);
        let source = SourceTree::parse("source_files", files).expect("a tree");
        let env = BTreeMap::from([("KEY".to_owned(), "secret".to_owned())]);
        let start = Start { env, ..Start::default() };
        let folder = root.path().join("agents/acme/echo/1-1");
        let instance = Instance::write(folder.clone(), &source, &start, None).expect("written");
        let mode = |path: PathBuf| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
        assert_eq!(mode(instance.app().join("pkg")), 0o755);
        assert_eq!(mode(instance.app().join("pkg/agent.py")), 0o644);
        assert_eq!(mode(instance.start()), 0o400);
        drop(instance);
        assert!(!folder.exists());
    }
}
