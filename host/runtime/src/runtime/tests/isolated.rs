//! What an agent can reach, and what it cannot.

use super::house::{House, agent, files, plan, request};
use super::{ECHO, Phase};
use crate::NotReady;
use serde_json::Value;

/// Tries to reach what is not its own, by the paths that it is told and by a walk over everything.
const SPY: &str = r#"
import ctypes, json, os

def call_of_the_kernel(name, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    return "allowed" if getattr(libc, name)(*arguments) == 0 else "refused: " + os.strerror(ctypes.get_errno())

def attempt(action):
    try:
        return action()
    except BaseException as error:
        return "refused: " + type(error).__name__

def names():
    return [os.path.join(folder, name) for folder, _, files in os.walk("/") if not folder.startswith(("/proc", "/usr"))
            for name in files]

def handler(message):
    paths = json.loads(message)
    other = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines())
    return {"response": json.dumps({
        "read": {path: attempt(lambda: open(path).read()) for path in paths},
        "found": [name for name in names() if name.endswith((".key", ".db", ".jsonl", "neighbour.py"))],
        "own": attempt(lambda: open("/app/agent.py").read()[:20]),
        "write_app": attempt(lambda: open("/app/x", "w")),
        "write_environment": attempt(lambda: open("/environment/x", "w")),
        "write_root": attempt(lambda: open("/x", "w")),
        "write_tmp": attempt(lambda: open("/tmp/x", "w").write("x")),
        "fill_tmp": attempt(lambda: [open("/tmp/%d" % n, "wb").write(b"x" * 4194304) for n in range(9)]),
        "commands": [open("/proc/%d/cmdline" % id).read() for id in other],
        "processes": len(other),
        "uid": os.getuid(),
        "groups": os.getgroups(),
        "become_root": attempt(lambda: os.setuid(0)),
        "signal_init": attempt(lambda: os.kill(1, 9)),
        "mount": attempt(lambda: os.chroot("/tmp")),
        "own_user_namespace": call_of_the_kernel("unshare", 0x10000000),
        "trace": call_of_the_kernel("ptrace", 0, 0, 0, 0),
        "status": {name: status[name] for name in ("NoNewPrivs", "CapEff", "CapBnd")},
        "memory": attempt(lambda: len(bytearray(1 << 40))),
        "forks": attempt(fork_many),
        "environment": sorted(os.environ),
    })}

def fork_many():
    children = []
    try:
        for _ in range(400):
            child = os.fork()
            if child == 0:
                import time
                time.sleep(20)
                os._exit(0)
            children.append(child)
    finally:
        for child in children:
            os.kill(child, 9)
            os.waitpid(child, 0)
    return "forked"
"#;

async fn spy(house: &House) -> Value {
    let data = house.data.path();
    let secret = |name: &str| {
        std::fs::write(data.join(name), "secret").expect("written");
        data.join(name).display().to_string()
    };
    let mut paths = vec![secret("secret.key"), secret("windlass.db")];
    let neighbour = house.apply("neighbour", 1, &[("agent.py", ECHO), ("neighbour.py", "x = 1")], &plan("handler"));
    let spy = house.apply("spy", 1, &[("agent.py", SPY)], &plan("handler"));
    house.until(&neighbour, |state| state.phase == Phase::Running).await;
    house.until(&spy, |state| state.phase == Phase::Running).await;
    let source = data.join("agents/acme/neighbour/1-1/app/neighbour.py");
    assert!(source.is_file(), "the server itself can read it");
    paths.push(source.display().to_string());
    paths.push(data.join("agents/acme/neighbour/1-1/start.json").display().to_string());
    paths.push(format!("/proc/{}/environ", std::process::id()));
    let answer = house.invoke(&spy, &serde_json::to_string(&paths).expect("JSON")).await;
    serde_json::from_str(&answer).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_reaches_its_own_things_and_nothing_else() {
    let house = House::start_with(|config| config.limits.tmp_size = 32 * 1024 * 1024).await;
    assert_eq!(house.runtime.isolation().refusal, None);
    let seen = spy(&house).await;
    for (path, what) in seen["read"].as_object().expect("an object") {
        assert_eq!(what, "refused: FileNotFoundError", "{path}");
    }
    assert_eq!(seen["found"], serde_json::json!([]));
    assert_eq!(seen["own"], "\nimport ctypes, json", "its own source is readable");
    assert_eq!(seen["write_tmp"], 1, "its own /tmp is writable");
    for name in ["fill_tmp", "write_app", "write_environment", "write_root"] {
        assert_eq!(seen[name], "refused: OSError", "{name}");
    }
    for name in ["own_user_namespace", "trace"] {
        assert_eq!(seen[name], "refused: Function not implemented", "{name}");
    }
    for name in ["become_root", "mount"] {
        assert!(seen[name].as_str().is_some_and(|what| what.starts_with("refused")), "{name}: {}", seen[name]);
    }
    assert_eq!(seen["memory"], "refused: MemoryError");
    assert_eq!(seen["forks"], "refused: BlockingIOError");
    let status = serde_json::json!({"NoNewPrivs": "1", "CapEff": "0000000000000000", "CapBnd": "0000000000000000"});
    assert_eq!(seen["status"], status);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_sees_its_own_processes_and_environment_only() {
    let house = House::start().await;
    let seen = spy(&house).await;
    assert!(seen["processes"].as_u64().expect("a number") <= 3, "{}", seen["commands"]);
    assert!(!seen["environment"].to_string().contains("CARGO"), "{}", seen["environment"]);
    assert!(std::env::vars().any(|(name, _)| name.starts_with("CARGO")), "while the server's own has these");
    for name in ["AGENT_NAME", "PORT", "PATH", "LLM_GATEWAY_URL"] {
        assert!(seen["environment"].to_string().contains(name), "{name}");
    }
    let first = u64::from(house.config.limits.first_uid);
    let uid = seen["uid"].as_u64().expect("a number");
    let own = u64::from(crate::sandbox::OWN_UID);
    let root = rustix::process::geteuid().is_root();
    assert!(
        if root { (first..first + 2).contains(&uid) } else { uid == own },
        "one of the two ids that the two agents have: {uid}"
    );
    assert_eq!(seen["groups"], serde_json::json!([]));
    for secret in ["LLM_GATEWAY_URL", "OPENAI_API_KEY"] {
        assert!(!house.processes().iter().any(|line| line.contains(secret)), "no environment on a command line");
    }
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_isolation_agents_are_refused_with_the_reason() {
    // No limit of address space: the probe sees it.
    let house = House::start_with(|config| config.limits.address_space = u64::MAX).await;
    let reason = house.runtime.isolation().refusal.clone().expect("refused");
    assert!(reason.contains("limits of processes"), "{reason}");
    let echo = house.apply("echo", 1, &[("agent.py", ECHO)], &plan("handler"));
    let state = house.until(&echo, |state| state.message.contains(&reason)).await;
    assert_eq!(state.phase, Phase::Pending);
    assert!(matches!(house.runtime.endpoint(&echo), Err(NotReady::CannotRun { .. })));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_isolation_unsafe_agents_run_and_the_report_says_so() {
    let house = House::start_with(|config| {
        config.limits.address_space = u64::MAX;
        config.unsafe_agents = true;
    })
    .await;
    assert!(house.runtime.isolation().to_string().starts_with("AGENTS ARE NOT ISOLATED"));
    let echo = house.apply("echo", 1, &[("agent.py", ECHO)], &plan("handler"));
    house.until(&echo, |state| state.phase == Phase::Running).await;
    assert_eq!(house.invoke(&echo, "hi").await, "echo: hi");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_that_are_turned_off_stay_pending() {
    let house = House::start_with(|config| config.agents_enabled = false).await;
    let echo = agent("echo");
    house.runtime.apply(request(&echo, 1, &plan("handler")), Some(files(&[("agent.py", ECHO)])));
    let state = house.until(&echo, |state| state.message.contains("turned off")).await;
    assert_eq!(state.phase, Phase::Pending);
    house.end().await;
}
