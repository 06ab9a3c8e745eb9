//! The whole detection, read top to bottom: scan, entry point, frameworks, requirements, literals.

use crate::local_modules::{LocalModules, reachable};
use crate::modules::Module;
use crate::{entry_point, evidence, frameworks, requirements};
use std::collections::HashSet;
use windlass_outline::python::imports::Scope;
use windlass_plugin_sdk::{Claims, Files, PluginError, Request, claim};

/// How much a file counts that the entry point never loads.
const UNREACHED: f32 = 0.5;
/// How sure it is that code without any known framework uses none.
const PLAIN: f32 = 0.3;

/// Claims what a Python project shows; not applicable where there is no Python.
pub fn detect(request: &Request, files: &dyn Files, claims: &mut Claims) -> Result<(), PluginError> {
    let texts: Vec<(String, String)> = files
        .with_ending("py")
        .into_iter()
        .filter(|path| !is_installed(path))
        .filter_map(|path| files.read(&path).ok().map(|text| (path, text)))
        .collect();
    if texts.is_empty() {
        return Err(PluginError::NotApplicable);
    }
    let modules: Vec<_> = texts.iter().map(|(path, text)| Module::read(path, text)).collect();
    let start = entry_point::claim(request, &modules, claims);
    let local = LocalModules::new(&modules, start);
    let reached = reachable(&modules, &local, start);
    claim_frameworks(request, &modules, &local, &reached, claims);
    requirements::claim(request, files, (&modules, &local, &reached), start, claims);
    evidence::claim(files, &modules, &reached, claims);
    Ok(())
}

/// True for packages that were installed and sent along: they are no part of the project.
fn is_installed(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "site-packages" | "__pycache__" | ".venv" | "venv" | "node_modules"))
}

fn weight(module: &Module<'_>, reached: &HashSet<&str>) -> f32 {
    if reached.contains(module.path) { 1.0 } else { UNREACHED }
}

/// What one file's import shows of one framework.
struct Sight<'a> {
    id: &'static str,
    score: f32,
    also: bool,
    file: &'a str,
    line: u32,
}

/// Claims each framework once, at its strongest sight; the author's hint is certain, and `none` is what is left.
fn claim_frameworks(
    request: &Request,
    modules: &[Module<'_>],
    local: &LocalModules<'_>,
    reached: &HashSet<&str>,
    claims: &mut Claims,
) {
    if let Some(hint) = request.framework.as_deref().map(frameworks::normalise).filter(|hint| !hint.is_empty()) {
        claims.framework(hint, 1.0).rule("request");
    }
    let mut sights: Vec<Sight<'_>> = Vec::new();
    for module in modules {
        for sight in module_sights(module, local, weight(module, reached)) {
            match sights.iter_mut().find(|known| known.id == sight.id && known.also == sight.also) {
                Some(known) if known.score >= sight.score => {}
                Some(known) => *known = sight,
                None => sights.push(sight),
            }
        }
    }
    sights.sort_by(|a, b| b.score.total_cmp(&a.score));
    for sight in &sights {
        let draft =
            if sight.also { claims.also(sight.id, sight.score) } else { claims.framework(sight.id, sight.score) };
        draft.at(sight.file, sight.line).rule("import");
    }
    if claim::best(claims.as_slice(), claim::kind::FRAMEWORK).is_none_or(|best| best.score < PLAIN) {
        claims.framework("none", PLAIN).rule("no-framework");
    }
}

fn module_sights<'a>(module: &Module<'a>, local: &LocalModules<'_>, weight: f32) -> Vec<Sight<'a>> {
    let mut sights = Vec::new();
    for import in module.imports.iter().filter(|import| import.level == 0) {
        let strength = match import.scope {
            Scope::Module => 1.0,
            Scope::Nested => 0.9,
            Scope::Optional => 0.7,
            Scope::Typing => continue,
        };
        // `from google import adk` names its module behind `import`.
        let behind = import.names.iter().map(|name| format!("{}.{name}", import.module));
        for name in std::iter::once(import.module.to_owned()).chain(behind) {
            let facts = [(frameworks::framework(&name), false), (frameworks::also(&name), true)];
            for (fact, also) in facts.into_iter().filter_map(|(fact, also)| Some((fact?, also))) {
                if !local.is_local(import.module) {
                    let score = fact.score * strength * weight;
                    sights.push(Sight { id: fact.id, score, also, file: module.path, line: import.line });
                }
            }
        }
    }
    sights
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_plugin_sdk::{claim, files::tree, kind};

    fn detected(request: &Request, files: &[(&str, &str)]) -> Claims {
        let mut claims = Claims::default();
        detect(request, &tree(files), &mut claims).expect("applicable");
        claims
    }

    fn best<'a>(claims: &'a Claims, kind: &str) -> &'a str {
        &claim::best(claims.as_slice(), kind).expect(kind).value
    }

    #[test]
    fn a_tree_without_python_is_not_ours() {
        let mut claims = Claims::default();
        let files = tree(&[("index.js", "import openai"), (".venv/lib/site-packages/x.py", "")]);
        assert_eq!(detect(&Request::default(), &files, &mut claims), Err(PluginError::NotApplicable));
        assert!(claims.as_slice().is_empty());
    }

    #[test]
    fn a_graph_on_langchain_is_langgraph() {
        let text = "from langchain_openai import ChatOpenAI\nfrom langgraph.graph import StateGraph\ngraph = StateGraph(S).compile()\n";
        let claims = detected(&Request::default(), &[("agent.py", text)]);
        assert_eq!(best(&claims, kind::FRAMEWORK), "langgraph");
        assert_eq!(best(&claims, kind::RUN_KIND), "handler");
        let values: Vec<_> = claims.of_kind(kind::FRAMEWORK).map(|claim| claim.value.as_str()).collect();
        assert_eq!(values, ["langgraph", "langchain"]);
    }

    #[test]
    fn a_plain_handler_has_no_framework() {
        let claims = detected(
            &Request::default(),
            &[("agent.py", "import json\n\ndef handler(message):\n    return message\n")],
        );
        assert_eq!((best(&claims, kind::FRAMEWORK), best(&claims, kind::RUN_KIND)), ("none", "handler"));
        assert_eq!(claims.of_kind(kind::REQUIREMENT).count(), 0);
    }

    #[test]
    fn the_first_example_of_the_brief_is_a_script_that_needs_runagents() {
        let request = Request {
            entry_point: Some("agent.py".into()),
            requirements: Some("runagents>=0.2.0\n".into()),
            ..Request::default()
        };
        let claims = detected(&request, &[("agent.py", "print(\"hello\")")]);
        assert_eq!(best(&claims, kind::RUN_KIND), "script");
        assert_eq!(best(&claims, kind::REQUIREMENT), "runagents>=0.2.0");
        assert_eq!(best(&claims, kind::FRAMEWORK), "none");
    }

    #[test]
    fn the_hint_of_the_author_is_certain() {
        let request = Request { framework: Some("LangChain".into()), ..Request::default() };
        let claims = detected(&request, &[("agent.py", "import crewai\n")]);
        assert_eq!(best(&claims, kind::FRAMEWORK), "langchain");
    }

    #[test]
    fn names_in_strings_and_local_modules_show_no_framework() {
        let files = [
            (
                "agent.py",
                "\"\"\"\nimport langgraph\n\"\"\"\nimport openai\nfrom . import crewai\nx = 'import autogen'\n",
            ),
            ("openai.py", "def chat(): ...\n"),
        ];
        assert_eq!(best(&detected(&Request::default(), &files), kind::FRAMEWORK), "none");
    }

    #[test]
    fn a_framework_that_the_entry_point_never_loads_loses() {
        let files = [("agent.py", "import openai\ndef handler(m): ...\n"), ("examples/demo.py", "import crewai\n")];
        assert_eq!(best(&detected(&Request::default(), &files), kind::FRAMEWORK), "openai");
    }

    #[test]
    fn layers_beside_the_framework_are_told_apart() {
        let claims = detected(&Request::default(), &[("app.py", "import fastapi\nfrom google import genai\n")]);
        assert_eq!((best(&claims, kind::ALSO), best(&claims, kind::FRAMEWORK)), ("fastapi", "google-genai"));
    }
}
