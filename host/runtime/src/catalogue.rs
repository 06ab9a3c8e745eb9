//! The local runtimes, read from their locks: what a strategy may choose, and what uv installs, are the same text.

use windlass_domain::catalogue::{Modules, Package, RuntimeImage};

/// The Python that the locks were resolved for, and the lowest that they hold for (`uv pip compile --universal --python-version`).
pub const PYTHON_VERSION: (u32, u32) = (3, 11);

/// What every runtime starts without a command of the plan's; the order is that of the launcher's search.
///
/// - `handler`: a module with whatever the plan's `run_object` names, else with a function `handler`, or with `agent`,
///   `chain`, `executor`, `graph` or `crew`;
/// - `script`: any other module: it is imported, a function `main` answers if there is one, else the built-in loop;
/// - `module_dir`: the `__main__` module of a package, treated as a script.
pub const RUN_KINDS: [&str; 3] = ["handler", "script", "module_dir"];

/// What a runtime starts by a command of the plan's, when this package is inside.
const STARTED_BY: [(&str, &str); 4] =
    [("asgi", "uvicorn"), ("streamlit", "streamlit"), ("gradio", "gradio"), ("chainlit", "chainlit")];

/// Markers of what a lock holds for other platforms than ours.
const ELSEWHERE: [&str; 3] = ["sys_platform == 'emscripten'", "sys_platform == 'win32'", "sys_platform == 'darwin'"];

/// How the public runtime is started in an image. Here on this host the launcher does it instead, on loopback.
const COMMAND: [&str; 3] = ["python", "-m", "runagents.runtime"];

/// A runtime by name, its lock, and the extras and modules of what the lock holds; `locks/make` makes all three.
pub(crate) struct Locked {
    pub(crate) name: &'static str,
    pub(crate) lock: &'static str,
    extras: &'static str,
    modules: &'static str,
}

/// Small ones first: the order of preference.
pub(crate) const LOCKED: [Locked; 3] = [
    Locked {
        name: "python",
        lock: include_str!("../locks/python.lock"),
        extras: include_str!("../locks/python.extras"),
        modules: include_str!("../locks/python.modules"),
    },
    Locked {
        name: "python-langchain",
        lock: include_str!("../locks/python-langchain.lock"),
        extras: include_str!("../locks/python-langchain.extras"),
        modules: include_str!("../locks/python-langchain.modules"),
    },
    Locked {
        name: "python-crewai",
        lock: include_str!("../locks/python-crewai.lock"),
        extras: include_str!("../locks/python-crewai.extras"),
        modules: include_str!("../locks/python-crewai.modules"),
    },
];

/// The runtime of that name.
pub(crate) fn locked(name: &str) -> Option<&'static Locked> {
    LOCKED.iter().find(|runtime| runtime.name == name)
}

/// The built-in runtimes, small ones first, each without a base image: the caller sets those of its settings.
#[must_use]
pub fn catalogue() -> Vec<RuntimeImage> {
    let (major, minor) = PYTHON_VERSION;
    LOCKED
        .iter()
        .map(|runtime| {
            let packages = parse_lock(runtime.lock);
            RuntimeImage {
                name: runtime.name.to_owned(),
                language: "python".to_owned(),
                language_version: format!("{major}.{minor}"),
                run_kinds: run_kinds(&packages),
                packages,
                extras: parse_extras(runtime.extras),
                modules: Modules::parse(runtime.modules),
                base: None,
                command: COMMAND.map(str::to_owned).to_vec(),
                env: [("RUNAGENTS_USER_CODE_DIR".to_owned(), crate::env::APP.to_owned())].into(),
            }
        })
        .collect()
}

/// What a runtime with these packages starts.
fn run_kinds(packages: &[Package]) -> Vec<String> {
    let is_inside = |name: &str| packages.iter().any(|package| package.name == name);
    let by_command = STARTED_BY.into_iter().filter(|(_, package)| is_inside(package)).map(|(run_kind, _)| run_kind);
    RUN_KINDS.into_iter().chain(by_command).map(str::to_owned).collect()
}

/// The packages that a lock (requirements.txt with `==` and hashes) installs on Linux.
pub(crate) fn parse_lock(lock: &str) -> Vec<Package> {
    lock.lines().filter_map(parse_pin).collect()
}

/// A line `package extra` for each.
fn parse_extras(text: &str) -> Vec<(String, String)> {
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    pairs.map(|(package, extra)| (package.to_owned(), extra.to_owned())).collect()
}

/// `name==version [; marker] \`; everything else (hashes, comments) is no pin.
fn parse_pin(line: &str) -> Option<Package> {
    let line = line.trim_end_matches(['\\', ' ']);
    let (pin, marker) = line.split_once(';').unwrap_or((line, ""));
    let (name, version) = pin.trim().split_once("==")?;
    if name.starts_with(['-', '#', ' ']) || ELSEWHERE.iter().any(|platform| marker.contains(platform)) {
        return None;
    }
    Some(Package { name: name.to_owned(), version: version.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_locks_hold_what_the_runtimes_promise() {
        let runtimes = catalogue();
        let names = |n: usize| runtimes[n].packages.iter().map(|package| package.name.as_str()).collect::<Vec<_>>();
        let all: Vec<&str> = runtimes.iter().map(|runtime| runtime.name.as_str()).collect();
        assert_eq!(all, ["python", "python-langchain", "python-crewai"]);
        assert_eq!(names(0), ["runagents"]);
        for name in ["runagents", "langchain", "langgraph", "langchain-openai", "openai", "requests", "fastapi"] {
            assert!(names(1).contains(&name), "{name}");
        }
        assert!(["runagents", "crewai", "openai"].iter().all(|name| names(2).contains(name)), "{:?}", names(2));
        assert!(
            runtimes[1].run_kinds.contains(&"asgi".to_owned()) && !runtimes[0].run_kinds.contains(&"asgi".to_owned())
        );
        for (package, extra) in [("langchain", "openai"), ("uvicorn", "standard")] {
            assert!(runtimes[1].extras.contains(&(package.to_owned(), extra.to_owned())), "{package}[{extra}]");
        }
        for (at, runtime) in runtimes.iter().enumerate() {
            let (names, mut extras) = (names(at), runtime.extras.iter());
            assert!(extras.all(|(package, _)| names.contains(&package.as_str())), "{}", runtime.name);
        }
    }

    #[test]
    fn a_runtime_starts_what_its_packages_can_start() {
        let package = |name: &str| Package { name: name.to_owned(), version: "1".to_owned() };
        assert_eq!(run_kinds(&[package("requests")]), RUN_KINDS);
        let kinds = run_kinds(&[package("uvicorn"), package("streamlit")]);
        assert_eq!(kinds[RUN_KINDS.len()..], ["asgi", "streamlit"]);
    }

    #[test]
    fn every_pin_carries_a_hash_and_no_package_is_lost() {
        for runtime in LOCKED {
            let pins = runtime.lock.lines().filter(|line| line.contains("==") && !line.starts_with(' ')).count();
            let is_elsewhere = |line: &&str| ELSEWHERE.iter().any(|platform| line.contains(platform));
            let elsewhere = runtime.lock.lines().filter(is_elsewhere).count();
            let packages = parse_lock(runtime.lock);
            assert_eq!(packages.len(), pins - elsewhere, "{}", runtime.name);
            let names: HashSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
            assert_eq!(names.len(), packages.len(), "{} has one version of each, whatever the Python", runtime.name);
            assert!(runtime.lock.matches("--hash=sha256:").count() >= pins, "{}", runtime.name);
        }
    }

    #[test]
    fn the_modules_are_those_of_the_locks_own_packages() {
        for runtime in LOCKED {
            let pins = |text| parse_lock(text).into_iter().map(|package| (package.name, package.version));
            assert!(
                pins(runtime.modules).eq(pins(runtime.lock)),
                "make the lists of {} anew: locks/make",
                runtime.name
            );
        }
        let modules = &catalogue()[1].modules;
        let lacking = |module| modules.lacking(module).map(|package| package.name.as_str());
        for inside in ["langchain.agents", "langgraph.graph", "langchain_core.messages", "openai.types.chat"] {
            assert_eq!(lacking(inside), None, "{inside}");
        }
        for (gone, package) in [("langchain.chains", "langchain"), ("openai.error", "openai")] {
            assert_eq!(lacking(gone), Some(package), "{gone}");
        }
    }

    #[test]
    fn a_pin_for_another_platform_is_no_package_here() {
        let text = "a==1 \\\n    --hash=sha256:00\nb==2 ; sys_platform == 'win32' \\\nc==3 ; sys_platform != 'win32' \\\n# d==4";
        let found: Vec<_> = parse_lock(text).into_iter().map(|package| (package.name, package.version)).collect();
        assert_eq!(found, [("a".to_owned(), "1".to_owned()), ("c".to_owned(), "3".to_owned())]);
    }
}
