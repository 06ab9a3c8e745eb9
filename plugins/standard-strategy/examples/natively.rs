//! The built-in plugins' decision as a native program: what the components of the same code are measured against.
//!
//! Reads one line of JSON from standard input, `{files, requirements, catalogue}`. Then each further line is answered
//! with one decision: its time in nanoseconds, a space, and the execution mode.

use python_detector::detect;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _, stdin, stdout};
use std::time::Instant;
use windlass_plugin_sdk::{Claims, Menu, Package, Plan, Request, Runtime};
use windlass_strategies::decide;
use windlass_strategies::policy::Policy;
use windlass_tools::provide;

fn main() -> std::io::Result<()> {
    let mut lines = stdin().lock().lines();
    let Some(project) = lines.next().transpose()? else { return Ok(()) };
    let project: Value = serde_json::from_str(&project)?;
    let files: BTreeMap<String, String> = serde_json::from_value(project["files"].clone())?;
    let request = Request {
        agent_name: "bench".to_owned(),
        workspace: "default".to_owned(),
        requirements: project["requirements"].as_str().map(str::to_owned),
        ..Request::default()
    };
    let menu = menu(&project["catalogue"]);
    for line in lines {
        line?;
        let started = Instant::now();
        let mode = decision(&request, &files, &menu);
        writeln!(stdout(), "{} {mode}", started.elapsed().as_nanos())?;
    }
    Ok(())
}

/// The execution mode; empty when a plugin refuses.
fn decision(request: &Request, files: &BTreeMap<String, String>, menu: &Menu) -> String {
    let mut claims = Claims::default();
    let detected = detect::detect(request, files, &mut claims);
    let mut plan = Plan::default();
    let decided = detected.and_then(|()| decide::decide(request, claims.as_slice(), menu, Policy::Standard, &mut plan));
    std::hint::black_box(provide(request, claims.as_slice(), &Vec::new()));
    decided.map(|()| plan.execution_mode).unwrap_or_default()
}

fn menu(catalogue: &Value) -> Menu {
    let runtimes = catalogue["runtimes"].as_array().into_iter().flatten();
    Menu {
        builders: texts(&catalogue["builders"]),
        architectures: texts(&catalogue["architectures"]),
        runtimes: runtimes.map(runtime).collect(),
    }
}

fn runtime(runtime: &Value) -> Runtime {
    let packages = runtime["packages"].as_array().into_iter().flatten();
    Runtime {
        name: text(&runtime["name"]),
        language: text(&runtime["language"]),
        language_version: text(&runtime["language_version"]),
        packages: packages
            .map(|package| Package { name: text(&package["name"]), version: text(&package["version"]) })
            .collect(),
        extras: serde_json::from_value(runtime["extras"].clone()).unwrap_or_default(),
        missing_modules: Vec::new(),
        run_kinds: texts(&runtime["run_kinds"]),
        base: runtime["base"].as_str().map(str::to_owned),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}
