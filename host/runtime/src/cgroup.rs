//! A control group for each agent, where the server may make one: memory, processes and CPU share of the whole agent.
//!
//! Version 1 (a hierarchy a controller) and version 2 (one for all) both occur, also beside each other; what a machine
//! does not let us write is reported as not in force, and the rlimits stay.

use crate::config::Limits;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const ROOT: &str = "/sys/fs/cgroup";
const PREFIX: &str = "windlass-";
/// An agent's share of a busy CPU in version 1, where everything else, the server among it, has 1,024 by default.
const SHARES_V1: u64 = 256;
/// The same in version 2, where the default is 100.
const WEIGHT_V2: u64 = 25;
/// Of this process: there may be several runtimes in it.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The folders in which groups can be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cgroups {
    /// Version 1: controller and folder. Version 2: controller `unified`.
    parents: Vec<(Controller, PathBuf)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Controller {
    MemoryV1,
    PidsV1,
    CpuV1,
    Unified,
}

/// One agent's groups; removed when dropped, which succeeds once its processes are gone.
#[derive(Debug)]
pub(crate) struct Cgroup {
    folders: Vec<PathBuf>,
}

impl Cgroups {
    /// The groups of this very process, of those controllers that we can use.
    pub(crate) fn find() -> Self {
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let parents: Vec<_> = candidates(&own).into_iter().filter(|(_, folder)| folder.is_dir()).collect();
        for (_, parent) in &parents {
            remove_leftovers(parent);
        }
        Self { parents }
    }

    /// Makes groups that nobody else has; `None` where nothing can be made, with the reasons.
    pub(crate) fn create(&self, limits: &Limits) -> (Option<Cgroup>, Vec<String>) {
        let name = format!("{PREFIX}{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let mut group = Cgroup { folders: Vec::new() };
        let mut refused = Vec::new();
        for (controller, parent) in &self.parents {
            let folder = parent.join(&name);
            match create_one(*controller, &folder, limits) {
                Ok(()) => group.folders.push(folder),
                Err(error) => refused.push(format!("{}: {error}", folder.display())),
            }
        }
        let any = !group.folders.is_empty();
        (any.then_some(group), refused)
    }
}

impl Cgroup {
    /// The files that a process writes its id to, to enter.
    pub(crate) fn procs_files(&self) -> impl Iterator<Item = PathBuf> {
        self.folders.iter().map(|folder| folder.join("cgroup.procs"))
    }

    /// Which limits are in force, e.g. `memory`.
    pub(crate) fn limits_memory(&self) -> bool {
        self.has("memory.limit_in_bytes") || self.has("memory.max")
    }

    /// Whether the number of processes is limited.
    pub(crate) fn limits_processes(&self) -> bool {
        self.has("pids.max")
    }

    /// Whether a busy agent yields to the server and to other agents.
    pub(crate) fn shares_cpu(&self) -> bool {
        self.has("cpu.shares") || self.has("cpu.weight")
    }

    fn has(&self, file: &str) -> bool {
        self.folders.iter().any(|folder| folder.join(file).exists())
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        for folder in &self.folders {
            // Busy while a process of it still ends: the empty folder costs nothing, and the next start makes new names.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Removes the empty groups of servers that were killed; those of a living one may be about to be entered.
fn remove_leftovers(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(is_leftover)) {
        let _ = fs::remove_dir(entry.path());
    }
}

/// `windlass-PID-N` of a process that is gone.
fn is_leftover(name: &str) -> bool {
    let owner = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-'));
    owner.is_some_and(|(id, _)| id.parse::<u32>().is_ok() && !Path::new("/proc").join(id).exists())
}

fn create_one(controller: Controller, folder: &Path, limits: &Limits) -> io::Result<()> {
    if !folder.exists() {
        fs::create_dir(folder)?;
    }
    let set = |file: &str, value: u64| fs::write(folder.join(file), value.to_string());
    let done = match controller {
        Controller::MemoryV1 => set("memory.limit_in_bytes", limits.memory),
        Controller::PidsV1 => set("pids.max", limits.processes),
        Controller::CpuV1 => set("cpu.shares", SHARES_V1),
        Controller::Unified => set("memory.max", limits.memory)
            .and_then(|()| set("pids.max", limits.processes))
            // Often not delegated where memory and processes are; the report says so.
            .and_then(|()| if folder.join("cpu.weight").exists() { set("cpu.weight", WEIGHT_V2) } else { Ok(()) }),
    };
    done.inspect_err(|_| {
        // Made a moment ago and empty.
        let _ = fs::remove_dir(folder);
    })
}

/// Lines of `/proc/self/cgroup` are `ID:CONTROLLERS:PATH`; version 2 is `0::PATH`. In a container the path is often not
/// below the mount, so that the mount itself is the group.
fn candidates(own: &str) -> Vec<(Controller, PathBuf)> {
    let mut found = Vec::new();
    for line in own.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let in_mount = |mount: PathBuf| {
            let whole = mount.join(path.trim_start_matches('/'));
            if whole.is_dir() { whole } else { mount }
        };
        match controllers {
            "" => found.push((Controller::Unified, in_mount(PathBuf::from(ROOT)))),
            _ if controllers.split(',').any(|name| name == "memory") => {
                found.push((Controller::MemoryV1, in_mount(Path::new(ROOT).join("memory"))));
            }
            _ if controllers.split(',').any(|name| name == "cpu") => {
                found.push((Controller::CpuV1, in_mount(Path::new(ROOT).join("cpu"))));
            }
            _ if controllers.split(',').any(|name| name == "pids") => {
                found.push((Controller::PidsV1, in_mount(Path::new(ROOT).join("pids"))));
            }
            _ => {}
        }
    }
    // On a hybrid machine the unified hierarchy is elsewhere and holds none of our controllers.
    if found.iter().any(|(controller, _)| *controller != Controller::Unified) {
        found.retain(|(controller, _)| *controller != Controller::Unified);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_groups_of_servers_that_are_gone_are_left_over() {
        assert!(is_leftover("windlass-4294967295-1"));
        assert!(!is_leftover(&format!("windlass-{}-1", std::process::id())));
        assert!(!is_leftover("windlass-probe-1") && !is_leftover("user.slice"));
    }

    #[test]
    fn both_versions_and_their_mixture_are_understood() {
        let kinds = |own: &str| candidates(own).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
        assert_eq!(kinds("0::/user.slice/x\n"), [Controller::Unified]);
        let hybrid = "12:pids:/\n8:memory:/docker/abc\n3:cpu,cpuacct:/\n1:name=systemd:/\n0::/\n";
        assert_eq!(kinds(hybrid), [Controller::PidsV1, Controller::MemoryV1, Controller::CpuV1]);
        assert!(kinds("").is_empty());
    }
}
