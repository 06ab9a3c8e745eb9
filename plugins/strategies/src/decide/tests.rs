//! Each mode and each way to start, under each policy.

use super::*;
use windlass_plugin_sdk::{Claims, Menu, Package, Runtime, kind};

fn runtime(name: &str, run_kinds: &[&str], packages: &[(&str, &str)]) -> Runtime {
    let package = |(name, version): &(&str, &str)| Package { name: (*name).into(), version: (*version).into() };
    Runtime {
        name: name.into(),
        language: "python".into(),
        language_version: "3.11".into(),
        packages: packages.iter().map(package).collect(),
        run_kinds: run_kinds.iter().map(|run_kind| (*run_kind).to_owned()).collect(),
        ..Runtime::default()
    }
}

fn menu() -> Menu {
    let langchain = [("runagents", "1.4.2"), ("langgraph", "1.0.2"), ("openai", "2.1.0"), ("uvicorn", "0.38.0")];
    Menu {
        builders: vec!["overlay".into()],
        architectures: vec!["amd64".into()],
        runtimes: vec![
            runtime("python", &["handler", "script", "module_dir"], &[("runagents", "1.4.2")]),
            runtime("python-langchain", &["handler", "script", "module_dir", "asgi"], &langchain),
        ],
    }
}

fn claims(entry: &str, framework: &str, run_kind: &str, required: &[&str]) -> Claims {
    let mut claims = Claims::default();
    claims.framework(framework, 0.9);
    claims.entry_point(entry, 0.9);
    claims.run_kind(run_kind, 0.9).file(entry).attribute("object", "graph");
    for text in required {
        claims.requirement(*text, "declared", 1.0);
    }
    claims
}

fn under(policy: Policy, claims: &Claims) -> Plan {
    let mut plan = Plan::default();
    decide(&Request::default(), claims.as_slice(), &menu(), policy, &mut plan).expect("a plan");
    plan
}

fn decided(claims: &Claims) -> Plan {
    under(Policy::Standard, claims)
}

fn refused(claims: &Claims, menu: &Menu) -> (String, Plan) {
    let mut plan = Plan::default();
    let error = decide(&Request::default(), claims.as_slice(), menu, Policy::Standard, &mut plan).expect_err("refused");
    (error.detail().expect("detail").code.clone(), plan)
}

fn warned(plan: &Plan, what: &str) -> bool {
    plan.warnings.iter().any(|warning| warning.contains(what))
}

fn mode(plan: &Plan) -> (&str, Option<&str>, Option<&str>) {
    (&plan.execution_mode, plan.builder.as_deref(), plan.runtime.as_deref())
}

#[test]
fn an_image_is_deployed_as_it_is() {
    let request = Request { image: Some("ghcr.io/acme/a:1".into()), ..Request::default() };
    for policy in [Policy::Standard, Policy::AlwaysFullBuild, Policy::Fastest] {
        let mut plan = Plan::default();
        decide(&request, &[], &Menu::default(), policy, &mut plan).expect("a plan");
        assert_eq!(mode(&plan), ("PREBUILT_IMAGE", None, None));
        assert_eq!(plan.build_profile, "prebuilt_image");
    }
}

#[test]
fn the_first_example_of_the_brief_is_one_layer_on_python() {
    let plan = decided(&claims("agent.py", "none", "script", &["runagents>=0.2.0"]));
    assert_eq!(mode(&plan), ("FAST_OVERLAY", Some("overlay"), Some("python")));
    let reason = "Every requirement (runagents>=0.2.0) is in the runtime image `python`, so the source of this plain agent is one layer on top of it";
    assert_eq!(plan.reason, reason);
    assert_eq!(plan.requirements, [("runagents>=0.2.0".to_owned(), true)]);
    assert_eq!((plan.confidence, plan.warnings.len()), (Some("high"), 0));
}

#[test]
fn source_without_requirements_runs_at_once() {
    let plan = decided(&claims("agent.py", "none", "handler", &[]));
    assert_eq!(mode(&plan), ("INSTANT_RUNTIME", None, Some("python")));
    assert_eq!(plan.run_kind, Some(("handler".to_owned(), Some("graph".to_owned()))));
    assert_eq!((plan.confidence, plan.eta.as_deref()), (Some("high"), Some("0-5 seconds")));
}

#[test]
fn requirements_that_do_not_apply_here_are_none() {
    let plan = decided(&claims("agent.py", "none", "handler", &["pywin32==1; sys_platform=='win32'"]));
    assert_eq!(plan.execution_mode, "INSTANT_RUNTIME");
}

#[test]
fn a_graph_goes_on_the_smallest_image_that_holds_it() {
    let plan = decided(&claims("agent.py", "langgraph", "handler", &["langgraph", "openai>=1.0"]));
    assert_eq!(mode(&plan), ("FAST_OVERLAY", Some("overlay"), Some("python-langchain")));
    assert!(plan.reason.contains("this langgraph agent"), "{}", plan.reason);
    let lacks = "`python` lacks langgraph and openai>=1.0";
    assert!(plan.alternatives.iter().any(|(_, why)| why.contains(lacks)), "{plan:?}");
    assert!(warned(&plan, "any version satisfies langgraph: pin"), "{plan:?}");
}

fn lacking(menu: &mut Menu, runtime: usize, module: &str, package: &str, version: &str) {
    let package = Package { name: package.into(), version: version.into() };
    menu.runtimes[runtime].missing_modules.push((module.into(), package));
}

fn on(menu: &Menu, policy: Policy, claims: &Claims) -> Plan {
    let mut plan = Plan::default();
    decide(&Request::default(), claims.as_slice(), menu, policy, &mut plan).expect("a plan");
    plan
}

#[test]
fn modules_that_the_held_version_has_not_are_told_once_and_the_agent_is_deployed() {
    let mut menu = menu();
    lacking(&mut menu, 1, "openai.error", "openai", "2.1.0");
    lacking(&mut menu, 1, "langgraph.prebuilt.x", "langgraph", "1.0.2");
    let mut claims = claims("agent.py", "langgraph", "handler", &["langgraph>=1,<2", "openai>=2,<3"]);
    claims.add(kind::IMPORT, "langgraph.graph", 0.8).at("agent.py", 1);
    assert_eq!(on(&menu, Policy::Standard, &claims).warnings, Vec::<String>::new());
    claims.add(kind::IMPORT, "openai.error", 0.8).at("agent.py", 2);
    claims.add(kind::IMPORT, "langgraph.prebuilt.x", 0.6).at("agent.py", 9);
    let told = "the agent fails where it imports what the runtime image `python-langchain` does not have: \
                openai.error (agent.py:2; not in openai 2.1.0) and langgraph.prebuilt.x (agent.py:9; not in langgraph 1.0.2); \
                change the imports, or declare the versions that have these modules";
    for (policy, decided) in [(Policy::Standard, "FAST_OVERLAY"), (Policy::Fastest, "INSTANT_RUNTIME")] {
        let plan = on(&menu, policy, &claims);
        assert_eq!((plan.execution_mode.as_str(), plan.confidence), (decided, Some("low")));
        assert_eq!(plan.warnings, [told]);
    }
    assert!(!warned(&on(&menu, Policy::AlwaysFullBuild, &claims), "does not have"));
    claims.requirement("pandas>2", "declared", 1.0);
    let with_a_layer = on(&menu, Policy::Standard, &claims);
    assert_eq!(with_a_layer.execution_mode, "OVERLAY_DEPS");
    assert!(!warned(&with_a_layer, "does not have"), "what the layer brings nobody knows yet");
}

#[test]
fn an_image_that_has_the_modules_too_comes_before_a_smaller_one() {
    let mut menu = menu();
    lacking(&mut menu, 0, "runagents.new", "runagents", "1.4.2");
    let mut claims = claims("agent.py", "none", "handler", &["runagents>=1,<2"]);
    assert_eq!(mode(&on(&menu, Policy::Standard, &claims)).2, Some("python"));
    claims.add(kind::IMPORT, "runagents.new", 0.8).at("agent.py", 1);
    let plan = on(&menu, Policy::Standard, &claims);
    assert_eq!((mode(&plan).2, plan.warnings.len()), (Some("python-langchain"), 0));
    let why = "the smaller runtime image `python` lacks runagents.new of runagents";
    assert!(plan.alternatives.iter().any(|(_, reason)| reason == why), "{:?}", plan.alternatives);
}

#[test]
fn missing_packages_need_a_dependency_layer_on_the_nearest_image() {
    let plan = decided(&claims("agent.py", "langgraph", "handler", &["langgraph>=1", "pandas==2.*"]));
    assert_eq!(mode(&plan), ("OVERLAY_DEPS", Some("dependencies"), Some("python-langchain")));
    assert_eq!(plan.requirements, [("langgraph>=1".to_owned(), true), ("pandas==2.*".to_owned(), false)]);
}

#[test]
fn what_no_index_has_needs_a_full_build() {
    for text in ["x @ git+https://h/x.git", "-e ./x", "./wheels/x.whl"] {
        let plan = decided(&claims("agent.py", "none", "script", &["pandas>2", text]));
        assert_eq!(mode(&plan), ("FULL_BUILD", Some("full"), Some("python")));
        assert!(plan.reason.contains(text) && !plan.reason.contains("pandas"), "{}", plan.reason);
    }
    let mut claims = claims("agent.py", "none", "script", &[]);
    claims.requirement("ffmpeg", "declared", 1.0).attribute("ecosystem", "apt");
    assert!(decided(&claims).reason.contains("`ffmpeg` is a package of the operating system"));
}

#[test]
fn unsure_inferred_requirements_are_left_out_and_sure_ones_are_not() {
    let mut claims = claims("agent.py", "none", "handler", &[]);
    claims.requirement("uvloop", "inferred", 0.4);
    assert_eq!(decided(&claims).execution_mode, "INSTANT_RUNTIME");
    claims.requirement("uvloop", "inferred", 0.6);
    let plan = decided(&claims);
    assert_eq!((plan.execution_mode.as_str(), plan.confidence), ("OVERLAY_DEPS", Some("low")));
    assert!(warned(&plan, "inferred from imports and declared nowhere: uvloop"));
}

#[test]
fn another_language_is_a_full_build_that_says_what_is_missing() {
    let mut claims = claims("src/index.ts", "mastra", "node", &[]);
    claims.requirement("hono@^4", "declared", 1.0).attribute("ecosystem", "npm");
    claims.requirement("requests", "declared", 1.0);
    let plan = decided(&claims);
    assert_eq!(mode(&plan), ("FULL_BUILD", Some("full"), None));
    assert!(plan.reason.contains("`src/index.ts` is JavaScript or TypeScript and this host has runtime images for python 3.11 (python) and python 3.11 (python-langchain) only"), "{}", plan.reason);
    assert_eq!(plan.run_kind, Some(("node".to_owned(), Some("graph".to_owned()))));
    assert_eq!(plan.requirements, [("hono@^4".to_owned(), false)]);
}

#[test]
fn a_refusal_tells_how_far_it_came() {
    let (code, plan) = refused(&claims("agent.py", "google-adk", "framework_cli", &[]), &menu());
    assert_eq!(code, "unsupported_run_kind");
    assert_eq!((plan.framework.as_deref(), plan.entry_point.as_deref()), (Some("google-adk"), Some("agent.py")));
    assert_eq!(plan.run_kind, Some(("framework_cli".to_owned(), Some("graph".to_owned()))));
    assert_eq!(plan.execution_mode, "");
    assert_eq!(refused(&claims("run.sh", "none", "script", &[]), &menu()).0, "unsupported_entry_point");
    assert_eq!(refused(&Claims::default(), &menu()).0, "no_entry_point");
}

#[test]
fn the_strongest_way_that_a_runtime_starts_is_taken_and_a_weaker_one_is_told() {
    let mut claims = claims("agent.py", "langgraph", "handler", &["langgraph>=1"]);
    claims.run_kind("framework_cli", 0.95).file("agent.py").attribute("arg", "langgraph").attribute("arg", "dev");
    let plan = decided(&claims);
    assert_eq!(plan.run_kind, Some(("handler".to_owned(), Some("graph".to_owned()))));
    assert!(
        warned(&plan, "first of all made for `langgraph dev` (run kind framework_cli), which no runtime image"),
        "{:?}",
        plan.warnings
    );
    assert!(warned(&plan, "started as the object `graph` (run kind handler) instead"), "{:?}", plan.warnings);
    assert_eq!(plan.confidence, Some("medium"));
}

#[test]
fn an_asgi_app_goes_where_uvicorn_is() {
    let plan = decided(&claims("web/app.py", "none", "asgi", &[]));
    assert_eq!(mode(&plan), ("INSTANT_RUNTIME", None, Some("python-langchain")));
    assert_eq!(plan.command.join(" "), "python -m uvicorn web.app:graph --host {host} --port {port}");
    assert_eq!((plan.health_path.as_deref(), plan.env.len()), (Some("/"), 1));
}

#[test]
fn a_package_that_starts_the_agent_is_added_where_nobody_names_it() {
    let named = decided(&claims("ui.py", "none", "streamlit", &["streamlit==1.40"]));
    assert_eq!(mode(&named), ("OVERLAY_DEPS", Some("dependencies"), Some("python")));
    assert!(named.command.join(" ").starts_with("python -m streamlit run ui.py"));
    let unnamed = decided(&claims("ui.py", "none", "gradio", &[]));
    assert_eq!(unnamed.requirements, [("gradio".to_owned(), false)]);
    assert!(warned(&unnamed, "`gradio` starts it: it is added"));
}

#[test]
fn a_dockerfile_is_a_full_build_unless_something_else_starts_the_agent() {
    let mut claims = claims("Dockerfile", "none", "dockerfile", &[]);
    let alone = decided(&claims);
    assert_eq!((alone.execution_mode.as_str(), alone.runtime.as_deref()), ("FULL_BUILD", None));
    claims.entry_point("agent.py", 0.95);
    claims.run_kind("dockerfile", 0.9).file("agent.py");
    claims.run_kind("script", 0.8).file("agent.py");
    let plan = decided(&claims);
    assert_eq!(plan.execution_mode, "INSTANT_RUNTIME");
    assert!(warned(&plan, "first of all a Dockerfile"), "{:?}", plan.warnings);
}

#[test]
fn what_is_close_or_in_conflict_is_shown() {
    let mut close = claims("agent.py", "none", "handler", &[]);
    close.entry_point("main.py", 0.85);
    let plan = decided(&close);
    assert!(warned(&plan, "`agent.py` (0.90) and `main.py` (0.85); `agent.py` is taken"), "{:?}", plan.warnings);
    assert_eq!(plan.confidence, Some("low"));

    let mut two: Vec<Claim> = claims("agent.py", "crewai", "handler", &[]).into_iter().collect();
    two[0].ext.push(("plugin".into(), "a@1".into()));
    let mut other = Claims::default();
    other.framework("acme", 0.85).at("agent.py", 3);
    let mut other = other.into_iter().next().expect("one");
    let mut decide_with = |plugin: &str| {
        other.ext = vec![("plugin".into(), plugin.into())];
        let claims: Vec<Claim> = two.iter().cloned().chain([other.clone()]).collect();
        let mut plan = Plan::default();
        decide(&Request::default(), &claims, &menu(), Policy::Standard, &mut plan).expect("a plan");
        plan
    };
    assert!(warned(&decide_with("b@1"), "two detectors see different frameworks: crewai (0.90"));
    assert!(!warned(&decide_with("a@1"), "two detectors"));
}

#[test]
fn secrets_and_notes_are_told() {
    let mut claims = claims("agent.py", "none", "handler", &[]);
    claims.add("secret", "api_key", 0.9).at("agent.py", 4).attribute("severity", "high");
    claims.add("secret", "api_key", 0.9).at("agent.py", 4).attribute("severity", "high");
    claims.add("note", "README names run.py, which is not there", 0.5);
    let plan = decided(&claims);
    assert!(plan.warnings[0].starts_with("agent.py:4 holds what looks like a secret, api key (severity high)"));
    assert_eq!(plan.warnings[1], "README names run.py, which is not there");
    claims.add("requirement_option", "--index-url https://h/simple", 1.0);
    assert!(warned(&decided(&claims), "not taken into account, since it is no requirement of a package: --index-url"));
}

#[test]
fn a_hint_that_nobody_sees_is_questioned_and_one_that_is_seen_is_not() {
    let of_hint = |hint: &str| {
        let request = Request { framework: Some(hint.into()), ..Request::default() };
        let claims = claims("agent.py", "crewai", "handler", &[]);
        let mut plan = Plan::default();
        decide(&request, claims.as_slice(), &menu(), Policy::Standard, &mut plan).expect("a plan");
        (plan.framework.clone(), plan.warnings.len())
    };
    assert_eq!(of_hint("agno"), (Some("agno".to_owned()), 1));
    assert_eq!(of_hint("crewai"), (Some("crewai".to_owned()), 0));
}

#[test]
fn always_a_full_build_reuses_nothing() {
    for required in [&[][..], &["langgraph>=1"]] {
        let plan = under(Policy::AlwaysFullBuild, &claims("agent.py", "none", "handler", required));
        assert_eq!(mode(&plan), ("FULL_BUILD", Some("full"), None));
        assert!(plan.alternatives.iter().any(|(mode, _)| mode == "FAST_OVERLAY"));
    }
}

#[test]
fn the_fastest_way_mounts_what_is_declared_and_tolerates_what_is_inferred() {
    let mut claims = claims("agent.py", "langgraph", "handler", &["langgraph>=1"]);
    assert_eq!(mode(&under(Policy::Fastest, &claims)), ("INSTANT_RUNTIME", None, Some("python-langchain")));
    claims.requirement("pandas", "inferred", 0.9);
    let plan = under(Policy::Fastest, &claims);
    assert_eq!(mode(&plan), ("INSTANT_RUNTIME", None, Some("python-langchain")));
    assert!(warned(&plan, "seems to need pandas"), "{:?}", plan.warnings);
    claims.requirement("torch>2", "declared", 0.9);
    assert_eq!(mode(&under(Policy::Fastest, &claims)).0, "OVERLAY_DEPS");
}
