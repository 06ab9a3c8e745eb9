//! Killed at any moment: what was acknowledged is there, whole, and nothing else is half there.

use super::{agent, deploy, tool, workspace};
use crate::Store;
use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Names the data directory of the child that is to be killed.
const CHILD: &str = "WINDLASS_STORE_TEST_CHILD";

/// Not a test of its own: what the child process runs. Prints each agent once its deploy is acknowledged.
#[test]
fn child_deploys_until_it_is_killed() {
    let Some(dir) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = Arc::new(Store::open(&dir).expect("it opens"));
        let run = store.workspaces().expect("read").len();
        store.create_workspace(&workspace(&format!("run-{run}")), 1).await.expect("a workspace");
        if run == 0 {
            store.create_workspace(&workspace("default"), 1).await.expect("a workspace");
        }
        let mut callers = tokio::task::JoinSet::new();
        for caller in 0..8 {
            let store = Arc::clone(&store);
            callers.spawn(async move {
                for n in 0.. {
                    let name = format!("a-{run}-{caller}-{n}");
                    let record = deploy(&agent(&name), &name, vec![tool(&name, "made with it")]);
                    store.record_deploy(record).await.expect("recorded");
                    // In one write, so that a kill cannot leave half a line.
                    std::io::stderr().write_all(format!("acknowledged {name}\n").as_bytes()).expect("printed");
                }
            });
        }
        callers.join_all().await;
    });
}

#[test]
fn a_killed_store_has_what_it_acknowledged_and_no_halves() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut acknowledged = HashSet::new();
    for round in 1..=3 {
        acknowledged.extend(deploy_and_kill(dir.path(), 40 * round));
        let store = Store::open(dir.path()).expect("it opens after the kill");
        let agents = store.all_agents().expect("read");
        let stored: HashSet<String> = agents.iter().map(|agent| agent.id.name.to_string()).collect();
        assert!(acknowledged.is_subset(&stored), "lost: {:?}", acknowledged.difference(&stored));
        let tools = store.tools(&workspace("default")).expect("read");
        let tools: HashSet<String> = tools.iter().map(|tool| tool.name.to_string()).collect();
        assert_eq!(tools, stored, "each tool came with its agent");
        for agent in agents {
            let revision = agent.current;
            assert_eq!(revision.number, 1);
            assert!(store.decision(&workspace("default"), &revision.decision_id).expect("read").is_some());
            assert!(store.build(&workspace("default"), &revision.build_id.expect("a build")).expect("read").is_some());
            assert!(store.source(&revision.spec.source_digest.expect("a source")).expect("read").is_some());
        }
    }
}

/// Runs the child on `dir` until it has acknowledged `count` deploys, kills it (SIGKILL), and returns all that it
/// acknowledged.
fn deploy_and_kill(dir: &std::path::Path, count: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "tests::killed::child_deploys_until_it_is_killed", "--nocapture"])
        .env(CHILD, dir)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the child starts");
    let mut lines = BufReader::new(child.stderr.take().expect("its output")).lines();
    let mut names = Vec::new();
    while names.len() < count {
        let line = lines.next().expect("the child goes on").expect("a line");
        names.extend(line.strip_prefix("acknowledged ").map(str::to_owned));
    }
    child.kill().expect("killed");
    child.wait().expect("reaped");
    names.extend(lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("acknowledged ").map(str::to_owned)));
    names
}
