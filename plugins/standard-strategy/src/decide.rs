//! The decision, from the cheapest way to the dearest:
//!
//! | mode | when |
//! |---|---|
//! | `PREBUILT_IMAGE` | an image is given |
//! | `INSTANT_RUNTIME` | nothing is required: the source runs in the smallest runtime image as it is |
//! | `FAST_OVERLAY` | a runtime image holds every requirement: the source is one layer on the smallest such image |
//! | `OVERLAY_DEPS` | packages of an index are missing: a dependency layer and the source on the nearest image |
//! | `FULL_BUILD` | something else is missing (VCS, URL, path): a real build |
//!
//! It chooses a builder by its name also where the host lacks it: the host then says so to the author, and how to get it.

use crate::project::Project;
use crate::requirements::{Installed, Needed, Verdict};
use crate::words;
use windlass_plugin_sdk::{Catalogue, Claim, Plan, PluginError, Request};

/// The builder that lays source over a runtime image.
const OVERLAY: &str = "overlay";
/// The builder that adds packages of an index to a runtime image.
const DEPENDENCIES: &str = "dependencies";
/// The builder that can build anything.
const FULL: &str = "full";

/// A runtime image that can start the agent, and its word on each requirement.
struct Candidate {
    name: String,
    language: String,
    verdicts: Vec<Verdict>,
}

impl Candidate {
    fn missing(&self) -> usize {
        self.verdicts.iter().filter(|verdict| **verdict == Verdict::Missing).count()
    }
}

/// Decides how a request is built and run.
pub fn decide(request: &Request, claims: &[Claim], catalogue: &dyn Catalogue) -> Result<Plan, PluginError> {
    if let Some(image) = &request.image {
        let reason = format!("The image `{image}` is complete, so it is deployed as it is and nothing is built");
        return Ok(Plan { framework: request.framework.clone(), ..Plan::new("PREBUILT_IMAGE", reason) });
    }
    let project = Project::read(request, claims)?;
    let candidates = candidates(&project, catalogue)?;
    // The first of the least: images come small ones first.
    let Some(nearest) = candidates.iter().min_by_key(|candidate| candidate.missing()) else {
        return Err(project.unsupported_language(&[]));
    };
    let mut plan = plan(&project, nearest, &candidates);
    plan.framework = Some(project.framework);
    plan.entry_point = Some(project.entry_point);
    plan.run_kind = project.run_kind.map(|run_kind| (run_kind, project.object));
    let held = nearest.verdicts.iter().map(|verdict| *verdict != Verdict::Missing);
    plan.requirements = project.needed.into_iter().map(|needed| needed.text).zip(held).collect();
    Ok(plan)
}

/// The runtime images of the project's language that can start it, in the catalogue's order.
fn candidates(project: &Project, catalogue: &dyn Catalogue) -> Result<Vec<Candidate>, PluginError> {
    let mut known: Vec<String> = Vec::new();
    let mut startable: Vec<String> = Vec::new();
    let mut found = Vec::new();
    let architecture = catalogue.architectures().into_iter().next().unwrap_or_default();
    for name in catalogue.runtimes() {
        let Some((language, version)) = catalogue.language(&name) else { continue };
        if language != project.language {
            known.push(format!("{language} {version} ({name})"));
            continue;
        }
        let run_kinds = catalogue.run_kinds(&name);
        if project.run_kind.as_ref().is_some_and(|run_kind| !run_kinds.contains(run_kind)) {
            startable.extend(run_kinds.into_iter().map(|run_kind| format!("{run_kind} ({name})")));
            continue;
        }
        // A package list is long: it is read only where something is required.
        let packages = if project.needed.is_empty() { Vec::new() } else { catalogue.packages(&name) };
        let installed = Installed::new(packages, &version, &architecture);
        let verdicts = project.needed.iter().map(|needed| installed.verdict(needed)).collect();
        found.push(Candidate { name, language: format!("{language} {version}"), verdicts });
    }
    match (found.is_empty(), startable.is_empty()) {
        (false, _) => Ok(found),
        (true, true) => Err(project.unsupported_language(&known)),
        (true, false) => Err(PluginError::invalid(
            "unsupported_run_kind",
            format!(
                "`{}` runs as a {}, and the runtime images of this host start: {}. Give it a `handler` function, or deploy an image.",
                project.entry_point,
                project.run_kind.as_deref().unwrap_or_default(),
                startable.join(", ")
            ),
        )),
    }
}

fn plan(project: &Project, nearest: &Candidate, candidates: &[Candidate]) -> Plan {
    let agent = words::agent(&project.framework);
    let runtime = &nearest.name;
    let of_verdict = |wanted| {
        let pairs = project.needed.iter().zip(&nearest.verdicts);
        pairs.filter(move |(_, verdict)| **verdict == wanted).map(|(needed, _)| needed)
    };
    let texts = |wanted| of_verdict(wanted).map(|needed| needed.text.as_str());
    let held = words::list(texts(Verdict::Held));
    let missing = words::list(texts(Verdict::Missing));
    if !missing.is_empty() {
        let lacks = format!("no runtime image holds {missing}");
        return if of_verdict(Verdict::Missing).all(Needed::is_from_index) {
            let reason = format!(
                "The runtime image `{runtime}` comes nearest to what {agent} requires and lacks {missing}, so these are added as a layer"
            );
            Plan::new("OVERLAY_DEPS", reason).build(DEPENDENCIES, runtime).instead_of("FAST_OVERLAY", lacks)
        } else {
            let reason =
                format!("The requirements of {agent} ({missing}) must be built from source, so a full build is needed");
            let index = "not every missing requirement is a package of an index";
            Plan::new("FULL_BUILD", reason)
                .build(FULL, runtime)
                .instead_of("FAST_OVERLAY", lacks)
                .instead_of("OVERLAY_DEPS", index)
        };
    }
    if held.is_empty() {
        let reason = format!(
            "Nothing beyond {} itself is required, so {agent} runs in the runtime image `{runtime}` as it is",
            nearest.language
        );
        return Plan::new("INSTANT_RUNTIME", reason)
            .run_in(runtime)
            .instead_of("FAST_OVERLAY", "there is no requirement that would need an image of its own");
    }
    let reason = format!(
        "Every requirement ({held}) is in the runtime image `{runtime}`, so the source of {agent} is one layer on top of it"
    );
    let plan = Plan::new("FAST_OVERLAY", reason)
        .build(OVERLAY, runtime)
        .instead_of("INSTANT_RUNTIME", format!("the project requires {held}"));
    candidates.iter().take_while(|candidate| candidate.name != *runtime).fold(plan, |plan, smaller| {
        let lacking = project.needed.iter().zip(&smaller.verdicts).filter(|(_, verdict)| **verdict == Verdict::Missing);
        let lacking = words::list(lacking.map(|(needed, _)| needed.text.as_str()));
        plan.instead_of("FAST_OVERLAY", format!("the smaller runtime image `{}` lacks {lacking}", smaller.name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_plugin_sdk::{Claims, Menu, Package, Runtime};

    fn runtime(name: &str, packages: &[(&str, &str)]) -> Runtime {
        let package = |(name, version): &(&str, &str)| Package { name: (*name).into(), version: (*version).into() };
        Runtime {
            name: name.into(),
            language: "python".into(),
            language_version: "3.11".into(),
            packages: packages.iter().map(package).collect(),
            run_kinds: ["handler", "script"].map(str::to_owned).to_vec(),
            base: None,
        }
    }

    fn menu() -> Menu {
        Menu {
            builders: vec![OVERLAY.into()],
            architectures: vec!["amd64".into()],
            runtimes: vec![
                runtime("python", &[("runagents", "1.4.2")]),
                runtime("python-langchain", &[("runagents", "1.4.2"), ("langgraph", "1.0.2"), ("openai", "2.1.0")]),
            ],
        }
    }

    fn claims(entry: &str, framework: &str, run_kind: &str, required: &[&str]) -> Claims {
        let mut claims = Claims::default();
        claims.framework(framework, 0.9);
        claims.entry_point(entry, 0.9);
        claims.run_kind(run_kind, 0.9).attribute("object", "graph");
        for text in required {
            claims.requirement(*text, "declared", 1.0);
        }
        claims
    }

    fn decided(claims: &Claims) -> Plan {
        decide(&Request::default(), claims.as_slice(), &menu()).expect("a plan")
    }

    fn refused(claims: &Claims, menu: &Menu) -> String {
        let error = decide(&Request::default(), claims.as_slice(), menu).expect_err("refused");
        error.detail().expect("detail").code.clone()
    }

    #[test]
    fn an_image_is_deployed_as_it_is() {
        let request = Request { image: Some("ghcr.io/acme/a:1".into()), ..Request::default() };
        let plan = decide(&request, &[], &Menu::default()).expect("a plan");
        assert_eq!((plan.execution_mode.as_str(), plan.build_profile.as_str()), ("PREBUILT_IMAGE", "prebuilt_image"));
        assert_eq!((plan.builder, plan.runtime), (None, None));
    }

    #[test]
    fn the_first_example_of_the_brief_is_one_layer_on_python() {
        let plan = decided(&claims("agent.py", "none", "script", &["runagents>=0.2.0"]));
        assert_eq!((plan.execution_mode.as_str(), plan.build_profile.as_str()), ("FAST_OVERLAY", "fast_overlay"));
        assert_eq!((plan.builder.as_deref(), plan.runtime.as_deref()), (Some("overlay"), Some("python")));
        let reason = "Every requirement (runagents>=0.2.0) is in the runtime image `python`, so the source of this plain agent is one layer on top of it";
        assert_eq!(plan.reason, reason);
        assert_eq!(plan.requirements, [("runagents>=0.2.0".to_owned(), true)]);
    }

    #[test]
    fn source_without_requirements_runs_at_once() {
        let plan = decided(&claims("agent.py", "none", "handler", &[]));
        assert_eq!(
            (plan.execution_mode.as_str(), plan.builder, plan.runtime.as_deref()),
            ("INSTANT_RUNTIME", None, Some("python"))
        );
        assert_eq!(plan.run_kind, Some(("handler".to_owned(), Some("graph".to_owned()))));
    }

    #[test]
    fn requirements_that_do_not_apply_here_are_none() {
        assert_eq!(
            decided(&claims("agent.py", "none", "handler", &["pywin32; sys_platform=='win32'"])).execution_mode,
            "INSTANT_RUNTIME"
        );
    }

    #[test]
    fn a_graph_goes_on_the_smallest_image_that_holds_it() {
        let plan = decided(&claims("agent.py", "langgraph", "handler", &["langgraph", "openai>=1.0"]));
        assert_eq!((plan.execution_mode.as_str(), plan.runtime.as_deref()), ("FAST_OVERLAY", Some("python-langchain")));
        assert!(plan.reason.contains("this langgraph agent"), "{}", plan.reason);
        assert!(
            plan.alternatives.iter().any(|(_, why)| why.contains("`python` lacks langgraph and openai>=1.0")),
            "{plan:?}"
        );
    }

    #[test]
    fn missing_packages_need_a_dependency_layer_on_the_nearest_image() {
        let plan = decided(&claims("agent.py", "langgraph", "handler", &["langgraph", "pandas==2.*"]));
        assert_eq!((plan.execution_mode.as_str(), plan.builder.as_deref()), ("OVERLAY_DEPS", Some("dependencies")));
        assert_eq!(plan.requirements, [("langgraph".to_owned(), true), ("pandas==2.*".to_owned(), false)]);
    }

    #[test]
    fn what_no_index_has_needs_a_full_build() {
        let plan = decided(&claims("agent.py", "none", "script", &["pandas", "x @ git+https://h/x.git"]));
        assert_eq!((plan.execution_mode.as_str(), plan.builder.as_deref()), ("FULL_BUILD", Some("full")));
    }

    #[test]
    fn unsure_inferred_requirements_are_left_out_and_sure_ones_are_not() {
        let mut claims = claims("agent.py", "none", "handler", &[]);
        claims.requirement("uvloop", "inferred", 0.4);
        assert_eq!(decided(&claims).execution_mode, "INSTANT_RUNTIME");
        claims.requirement("uvloop", "inferred", 0.6);
        assert_eq!(decided(&claims).execution_mode, "OVERLAY_DEPS");
    }

    #[test]
    fn what_the_host_cannot_run_is_refused_by_name() {
        assert_eq!(refused(&claims("index.ts", "none", "handler", &[]), &menu()), "unsupported_language");
        assert_eq!(refused(&claims("agent.py", "none", "handler", &[]), &Menu::default()), "unsupported_language");
        assert_eq!(refused(&claims("agent.py", "none", "asgi", &[]), &menu()), "unsupported_run_kind");
        assert_eq!(refused(&claims("run.sh", "none", "script", &[]), &menu()), "unsupported_entry_point");
        assert_eq!(refused(&Claims::default(), &menu()), "no_entry_point");
    }
}
