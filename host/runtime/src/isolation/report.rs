//! The report of the probe: each measure, in force or not, and why.

use serde::Serialize;
use std::fmt;

/// What isolates agents on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IsolationReport {
    /// Why no agent is started; `None` where they are.
    pub refusal: Option<String>,
    /// True where agents run without isolation, by the operator's choice.
    pub unsafe_agents: bool,
    /// The measures, the most important first.
    pub measures: Vec<Measure>,
}

/// One measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Measure {
    /// What it is, e.g. `own mount namespace`.
    pub name: &'static str,
    /// Whether the probe's child saw it in force.
    pub in_force: bool,
    /// What it does, or why it is not in force.
    pub detail: String,
}

impl Measure {
    fn new(name: &'static str, in_force: bool, detail: impl Into<String>) -> Self {
        Self { name, in_force, detail: detail.into() }
    }
}

impl IsolationReport {
    pub(super) fn refused(reason: String) -> Self {
        Self { refusal: Some(reason), unsafe_agents: false, measures: Vec::new() }
    }

    pub(super) fn unsafe_agents(reason: String) -> Self {
        let measure = Measure::new("sandbox", false, reason);
        Self { refusal: None, unsafe_agents: true, measures: vec![measure] }
    }

    /// Judges what the child saw; `cgroups`: memory, processes and CPU share by a cgroup.
    pub(super) fn sandboxed(seen: &Seen, root: bool, cgroups: [bool; 3], refused: &[String]) -> Self {
        let user = if root {
            "each agent is a user of its own"
        } else {
            "agents are the server's user without any rights, inside a user namespace; run the server as root for a user each"
        };
        let cgroup = |in_force: bool| {
            if in_force || refused.is_empty() { "cgroup".to_owned() } else { format!("cgroup: {}", refused.join("; ")) }
        };
        let measures = vec![
            Measure::new("own mount namespace", !seen.data_dir, "the data directory does not exist for agents"),
            Measure::new("another user", root && seen.uid.is_some_and(|uid| uid != 0), user),
            Measure::new("own process namespace", seen.alone, "no process outside is visible"),
            Measure::new("no new privileges", seen.no_new_privileges, "no_new_privs"),
            Measure::new("no capabilities", seen.no_capabilities, "all dropped, the bounding set empty"),
            Measure::new("limits of each process", seen.limited, "address space, processes, files, file size, no core"),
            Measure::new("memory of the whole agent", cgroups[0], cgroup(cgroups[0])),
            Measure::new("processes of the whole agent", cgroups[1], cgroup(cgroups[1])),
            Measure::new("CPU share of the whole agent", cgroups[2], cgroup(cgroups[2])),
            Measure::new("system call filter", seen.filtered, "mounts, namespaces, tracing, keyrings, bpf, io_uring …"),
            Measure::new("own network", false, "shared: agents call tools and models"),
        ];
        let needed = [
            (!seen.data_dir, "the data directory is visible in the sandbox"),
            (!root || seen.uid.is_some_and(|uid| uid != 0), "the sandbox does not change the user"),
            (seen.alone, "processes outside are visible in the sandbox"),
            (seen.no_new_privileges && seen.no_capabilities, "the sandbox keeps privileges"),
            (seen.filtered, "system calls are not filtered"),
            (seen.limited, "the limits of processes are not in force"),
        ];
        let refusal = needed.iter().find(|(holds, _)| !holds).map(|(_, reason)| (*reason).to_owned());
        Self { refusal, unsafe_agents: false, measures }
    }
}

impl fmt::Display for IsolationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.refusal {
            Some(reason) => write!(f, "agents are not started: {reason}")?,
            None if self.unsafe_agents => f.write_str("AGENTS ARE NOT ISOLATED")?,
            None => f.write_str("agents are isolated")?,
        }
        for measure in &self.measures {
            let word = if measure.in_force { "in force" } else { "not in force" };
            write!(f, "\n  {word}: {} ({})", measure.name, measure.detail)?;
        }
        Ok(())
    }
}

/// What the probe's child printed.
#[derive(Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an observation of its own")]
pub(super) struct Seen {
    data_dir: bool,
    uid: Option<u32>,
    alone: bool,
    no_new_privileges: bool,
    no_capabilities: bool,
    filtered: bool,
    limited: bool,
}

/// More processes than the sandbox itself has: bubblewrap, the shell and what it runs.
const OWN_PROCESSES: usize = 4;

impl Seen {
    pub(super) fn parse(output: &str) -> Self {
        let value = |name: &str| output.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let is_zero = |name: &str| value(name).is_some_and(|text| text.bytes().all(|byte| byte == b'0'));
        let processes: Vec<u32> =
            output.lines().filter_map(|line| line.strip_prefix("process ")?.parse().ok()).collect();
        Self {
            data_dir: output.lines().any(|line| line == "data-dir"),
            uid: value("Uid:").and_then(|text| text.split_whitespace().next()?.parse().ok()),
            alone: processes.contains(&1) && processes.len() <= OWN_PROCESSES,
            no_new_privileges: value("NoNewPrivs:") == Some("1"),
            no_capabilities: is_zero("CapEff:") && is_zero("CapPrm:"),
            // 2 is the mode of a filter (proc(5)).
            filtered: value("Seccomp:") == Some("2"),
            limited: value("Max core file size").is_some_and(|text| text.starts_with('0'))
                && value("Max address space").is_some_and(|text| !text.starts_with("unlimited")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "Uid:\t2000000\t2000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n\
        process 1\nprocess 2\nMax core file size        0                    0                    bytes\n\
        Max address space         8589934592           8589934592           bytes\n";

    fn refusal(output: &str) -> Option<String> {
        IsolationReport::sandboxed(&Seen::parse(output), true, [false; 3], &[]).refusal
    }

    #[test]
    fn a_child_that_sees_nothing_of_ours_is_isolated() {
        assert_eq!(refusal(GOOD), None);
    }

    #[test]
    fn each_hole_refuses_agents() {
        let crowded = "process 2\n".repeat(9);
        for (hole, word) in [
            (format!("data-dir\n{GOOD}"), "data directory"),
            (GOOD.replace("2000000", "0"), "user"),
            (GOOD.replace("process 2\n", &crowded), "processes outside"),
            (GOOD.replace("NoNewPrivs:\t1", "NoNewPrivs:\t0"), "privileges"),
            (GOOD.replace("CapEff:\t0000000000000000", "CapEff:\t00000000000000c0"), "privileges"),
            (GOOD.replace("Seccomp:\t2", "Seccomp:\t0"), "system calls"),
            (GOOD.replace("8589934592", "unlimited"), "limits"),
            (String::new(), ""),
        ] {
            assert!(refusal(&hole).expect("refused").contains(word), "{word}");
        }
    }
}
