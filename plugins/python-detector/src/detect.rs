//! The whole detection, read top to bottom: scan, imports, entry point, requirements, frameworks, literals.

use crate::entry_point::{self, Project};
use crate::graph::{Graph, reachable};
use crate::local_modules::LocalModules;
use crate::modules::{Module, has_ending, parts};
use crate::{evidence, frameworks, requirements};
use windlass_outline::python::distributions::project_name;
use windlass_plugin_sdk::{Claims, Files, PluginError, Request, kind};

/// Claims what a Python project shows; not applicable where there is no Python.
pub fn detect(request: &Request, files: &dyn Files, claims: &mut Claims) -> Result<(), PluginError> {
    let paths = files.paths();
    let texts: Vec<(&str, String)> = paths
        .iter()
        .filter(|path| has_ending(path, "py") && !is_installed(path))
        .filter_map(|path| files.read(path).ok().map(|text| (path.as_str(), text)))
        .collect();
    if texts.is_empty() {
        return Err(PluginError::NotApplicable);
    }
    let modules: Vec<_> = texts.iter().map(|(path, text)| Module::read(path, text)).collect();
    let mut local = LocalModules::new(&modules, None);
    let graph = Graph::new(&modules, &local);
    let parts = parts(&paths);
    let project = Project { paths: &paths, modules: &modules, parts: &parts, local: &local, graph: &graph };
    let start = entry_point::claim(request, files, project, claims).map(|index| modules[index].path);
    if let Some(start) = start {
        local.started_from(start);
    }
    let reached = reachable(&modules, &graph, start);
    requirements::claim(request, (files, &paths), (&modules, &local, &reached), start, claims);
    let at = frameworks::Started { path: start, reached: &reached, parts: &parts };
    frameworks::claim(request, &modules, &local, at, &declared(claims), claims);
    evidence::claim((files, &paths), &modules, &reached, claims);
    // As sure as the file that starts, so that beside another language's detector the winner names its own.
    let sure = claims.of_kind(kind::ENTRY_POINT).map(|claim| claim.score).fold(0.0, f32::max);
    claims.add(kind::LANGUAGE, "python", sure).rule("files");
    Ok(())
}

/// True for packages that were installed and sent along: they are no part of the project.
fn is_installed(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "site-packages" | "__pycache__" | ".venv" | "venv" | "node_modules"))
}

/// The names of what the project declares.
fn declared(claims: &Claims) -> frameworks::Declared {
    let declared = claims.of_kind(kind::REQUIREMENT).filter(|claim| claim.attribute("origin") == Some("declared"));
    declared.filter_map(|claim| project_name(&claim.value)).collect()
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
