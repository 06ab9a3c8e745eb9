//! No child outlives the server, however it ends.

use super::house::{House, plan, processes_that_mention};
use super::{ECHO, Phase};
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Starts a child that leaves the process group and ignores signals.
const STUBBORN: &str = "import signal, subprocess\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n\
    subprocess.Popen(['setsid', 'sleep', '4321'])\ndef handler(message):\n    return 'x'\n";

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_ends_ready_and_starting_agents_within_seconds() {
    let house = House::start().await;
    let ready = house.apply("ready", 1, &[("agent.py", STUBBORN)], &plan("handler"));
    let starting = house.apply("starting", 1, &[("agent.py", "import time\ntime.sleep(3600)\n")], &plan("script"));
    house.until(&ready, |state| state.phase == Phase::Running).await;
    house.until(&starting, |state| state.message == "starting").await;
    assert!(house.processes().len() >= 2);
    let before = Instant::now();
    house.runtime.shutdown(Duration::from_secs(10)).await;
    assert!(before.elapsed() < Duration::from_secs(5), "{:?}", before.elapsed());
    assert_eq!(processes_of(house.config.limits.first_uid), [""; 0]);
    assert!(!house.data.path().join("agents/acme/ready/1-1").exists(), "its source is removed");
    // Nothing starts afterwards.
    house.apply("late", 1, &[("agent.py", ECHO)], &plan("handler"));
    assert_eq!(house.runtime.state(&super::house::agent("late")), None);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_agent_is_stopped() {
    let house = House::start().await;
    let agent = house.apply("echo", 1, &[("agent.py", ECHO)], &plan("handler"));
    house.until(&agent, |state| state.phase == Phase::Running).await;
    house.runtime.remove(&agent);
    let before = Instant::now();
    while !house.processes().is_empty() {
        assert!(before.elapsed() < Duration::from_secs(10), "still there: {:?}", house.processes());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    house.end().await;
}

#[test]
fn agents_die_with_a_server_that_is_killed() {
    let own = std::env::current_exe().expect("a path");
    let mut server = Command::new(own)
        .args(["--exact", "runtime::tests::stopped::a_server_that_waits_to_be_killed", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("a server");
    let lines = BufReader::new(server.stdout.take().expect("piped")).lines();
    let ready = lines.map_while(Result::ok).find_map(|line| Some(line.split_once("ready in ")?.1.to_owned()));
    let data = PathBuf::from(ready.expect("the server's data directory"));
    assert!(!processes_that_mention(&data).is_empty());
    server.kill().expect("killed");
    server.wait().expect("waited");
    let before = Instant::now();
    while !processes_that_mention(&data).is_empty() || !processes_named("4322").is_empty() {
        assert!(before.elapsed() < Duration::from_secs(5), "still there: {:?}", processes_that_mention(&data));
        std::thread::sleep(Duration::from_millis(20));
    }
    std::fs::remove_dir_all(data).expect("removed");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the server of the test above, in a process of its own"]
async fn a_server_that_waits_to_be_killed() {
    let house = House::start().await;
    let code = STUBBORN.replace("4321", "4322");
    let agent = house.apply("orphan", 1, &[("agent.py", &code)], &plan("handler"));
    house.until(&agent, |state| state.phase == Phase::Running).await;
    println!("ready in {}", house.data.path().display());
    std::future::pending::<()>().await;
}

/// The command lines of processes of the users from `first` on.
fn processes_of(first: u32) -> Vec<String> {
    let users = first..first + 100;
    let of = |entry: &std::fs::DirEntry| {
        let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
        let uid = status.lines().find_map(|line| line.strip_prefix("Uid:"))?.split_whitespace().next()?.parse().ok()?;
        users.contains(&uid).then(|| std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default())
    };
    std::fs::read_dir("/proc").expect("/proc").flatten().filter_map(|entry| of(&entry)).collect()
}

fn processes_named(argument: &str) -> Vec<String> {
    processes_that_mention(std::path::Path::new(argument)).into_iter().filter(|line| line.contains("sleep")).collect()
}
