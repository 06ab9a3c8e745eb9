//! What the project needs: declared by the request and by files, else inferred from imports.
//!
//! Invariants: no declared line is lost; of one project declared in two places the first place stands; a module of the
//! tree or of the standard library is never a requirement; what is declared is not inferred again.

use crate::local_modules::LocalModules;
use crate::modules::{Module, folder};
use crate::pyproject;
use std::collections::{BTreeSet, HashSet};
use windlass_outline::python::distributions::{candidates, needed_by_name, project_name};
use windlass_outline::python::imports::Scope;
use windlass_outline::python::standard_library;
use windlass_outline::urls;
use windlass_plugin_sdk::{Claims, Files, Request};

/// Claims of this kind carry the options of a requirements file, e.g. `--index-url …`.
pub const OPTION: &str = "requirement_option";
/// The most files that `-r` may lead through.
const MOST_FILES: usize = 32;

/// One declared line.
#[derive(Debug, Clone, PartialEq)]
struct Declared {
    text: String,
    file: Option<String>,
    line: Option<u32>,
    rule: &'static str,
}

/// Claims every requirement; `start` is the file that starts, `reached` the files that it loads.
pub fn claim<'a>(
    request: &Request,
    files: &dyn Files,
    (modules, local, reached): (&[Module<'a>], &LocalModules<'a>, &HashSet<&'a str>),
    start: Option<&str>,
    claims: &mut Claims,
) {
    let mut known = BTreeSet::new();
    for place in declared(request, files, start) {
        let mut here = BTreeSet::new();
        for declared in place {
            let name = project_name(&declared.text);
            if name.as_ref().is_some_and(|name| known.contains(name)) {
                continue;
            }
            here.extend(name);
            let text = urls::without_passwords(&declared.text);
            let draft = if text.starts_with('-') && !text.starts_with("-e") {
                claims.add(OPTION, text, 1.0)
            } else {
                claims.requirement(text, "declared", 1.0)
            };
            match (declared.file, declared.line) {
                (Some(file), Some(line)) => draft.at(file, line),
                (Some(file), None) => draft.file(file),
                (None, _) => draft,
            }
            .rule(declared.rule);
        }
        known.append(&mut here);
    }
    for module in modules.iter().filter(|module| reached.contains(module.path)) {
        infer(module, local, &mut known, claims);
    }
}

/// The declared lines, place by place, the strongest first.
fn declared(request: &Request, files: &dyn Files, start: Option<&str>) -> Vec<Vec<Declared>> {
    let mut places = Vec::new();
    if let Some(text) = &request.requirements {
        let mut found = Vec::new();
        read_lines(text, None, files, &mut HashSet::new(), &mut found);
        places.push(found);
    }
    if let Some((path, text)) = nearest("requirements.txt", files, start) {
        let mut found = Vec::new();
        read_lines(&text, Some(&path), files, &mut HashSet::from([path.clone()]), &mut found);
        places.push(found);
    }
    if let Some((path, text)) = nearest("pyproject.toml", files, start) {
        let declare = |text| Declared { text, file: Some(path.clone()), line: None, rule: "pyproject" };
        places.push(pyproject::dependencies(&text).into_iter().map(declare).collect());
    }
    places
}

/// The file of that name beside the entry point, or in a folder above it.
fn nearest(name: &str, files: &dyn Files, start: Option<&str>) -> Option<(String, String)> {
    let mut place = start.map_or("", folder);
    loop {
        let path = if place.is_empty() { name.to_owned() } else { format!("{place}/{name}") };
        if let Ok(text) = files.read(&path) {
            return Some((path, text));
        }
        if place.is_empty() {
            return None;
        }
        place = folder(place);
    }
}

/// The lines of a requirements text in pip's form; `-r` is followed inside the tree, each file once.
fn read_lines(
    text: &str,
    file: Option<&str>,
    files: &dyn Files,
    seen: &mut HashSet<String>,
    found: &mut Vec<Declared>,
) {
    let rule = if file.is_some() { "requirements-file" } else { "request" };
    for (number, text) in joined_lines(text) {
        let words = || text.splitn(2, |c: char| c.is_whitespace() || c == '=').map(str::trim);
        let option = words().next().unwrap_or_default();
        if matches!(option, "-r" | "--requirement") {
            let path = normal_path(file.map_or("", folder), words().nth(1).unwrap_or_default());
            if seen.len() < MOST_FILES && seen.insert(path.clone()) {
                if let Ok(included) = files.read(&path) {
                    read_lines(&included, Some(&path), files, seen, found);
                    continue;
                }
            } else {
                continue;
            }
        }
        // The project itself, installed from its own tree: its dependencies are read where it declares them.
        if matches!(text.trim_start_matches("-e").trim(), "." | "./") {
            continue;
        }
        // Hashes and other options of one line pin the same project further; they are no part of PEP 508.
        let end = text.find(" --").filter(|_| !text.starts_with('-')).unwrap_or(text.len());
        let text = text[..end].trim_end().to_owned();
        found.push(Declared { text, file: file.map(str::to_owned), line: file.map(|_| number), rule });
    }
}

/// The logical lines that are not blank, with the number of each, comments off.
fn joined_lines(text: &str) -> Vec<(u32, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(u32, String)> = None;
    for (number, line) in (1_u32..).zip(text.lines()) {
        let (start, mut joined) = open.take().unwrap_or((number, String::new()));
        if let Some(part) = line.strip_suffix('\\') {
            joined.push_str(part);
            open = Some((start, joined));
        } else {
            joined.push_str(line);
            lines.push((start, joined));
        }
    }
    lines.extend(open);
    lines
        .into_iter()
        .map(|(number, line)| (number, without_comment(&line).trim().to_owned()))
        .filter(|(_, line)| !line.is_empty())
        .collect()
}

/// A `#` starts a comment at the line's start and behind white space; elsewhere it is part of a URL.
fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    let end = line.match_indices('#').find(|(at, _)| line[..*at].ends_with(char::is_whitespace));
    end.map_or(line, |(at, _)| &line[..at])
}

/// `folder/path` without `.` and `..`.
fn normal_path(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Claims what a file's imports need and nothing declares.
fn infer(module: &Module<'_>, local: &LocalModules<'_>, known: &mut BTreeSet<String>, claims: &mut Claims) {
    for import in module.imports.iter().filter(|import| import.level == 0 && import.scope != Scope::Typing) {
        if local.is_local(module, import) || standard_library::is_standard(import.module) {
            continue;
        }
        let score = match import.scope {
            Scope::Module => 0.8,
            Scope::Nested => 0.6,
            Scope::Optional | Scope::Typing => 0.4,
        };
        let whole = candidates(import.module);
        // `from google import genai` names its module behind `import`.
        let whole = if whole.is_empty() {
            import.names.iter().flat_map(|name| candidates(&format!("{}.{name}", import.module))).collect()
        } else {
            whole
        };
        let besides = import.names.iter().filter_map(|name| needed_by_name(name)).map(|text| vec![text.to_owned()]);
        for candidates in std::iter::once(whole).chain(besides) {
            let names: Vec<_> = candidates.iter().filter_map(|text| project_name(text)).collect();
            let Some(first) = candidates.first().filter(|_| !names.iter().any(|name| known.contains(name))) else {
                continue;
            };
            claims.requirement(first, "inferred", score).at(module.path, import.line).rule("import");
            // What can be missing may still be needed by a later import.
            if import.scope != Scope::Optional {
                known.extend(names);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_plugin_sdk::files::tree;
    use windlass_plugin_sdk::kind;

    fn claimed(request: &Request, files: &[(&str, &str)]) -> Claims {
        let python = tree(files).with_ending("py");
        let modules: Vec<_> = files
            .iter()
            .filter(|(path, _)| python.iter().any(|known| known == path))
            .map(|(path, text)| Module::read(path, text))
            .collect();
        let start = modules.first().map(|module| module.path);
        let local = LocalModules::new(&modules, start);
        let graph = crate::local_modules::Graph::new(&modules, &local);
        let reached = crate::local_modules::reachable(&modules, &graph, start);
        let mut claims = Claims::default();
        claim(request, &tree(files), (&modules, &local, &reached), start, &mut claims);
        claims
    }

    fn values(claims: &Claims) -> Vec<String> {
        claims.of_kind(kind::REQUIREMENT).map(|claim| claim.value.clone()).collect()
    }

    #[test]
    fn declared_lines_are_read_as_pip_reads_them() {
        let text = "# all\nopenai==1.2 \\\n  --hash=sha256:aa\nrequests[socks] >=2 ; python_version<'4'  # net\n\
                    -r more/base.txt\n--index-url https://p/simple\n-e .\npkg @ git+https://h/p@v#egg=pkg\n";
        let files = [("a.py", ""), ("requirements.txt", text), ("more/base.txt", "-r ../requirements.txt\nflask\n")];
        let claims = claimed(&Request::default(), &files);
        let expected =
            ["openai==1.2", "requests[socks] >=2 ; python_version<'4'", "flask", "pkg @ git+https://h/p@v#egg=pkg"];
        assert_eq!(values(&claims), expected);
        assert_eq!(claims.of_kind(OPTION).next().expect("one").value, "--index-url https://p/simple");
        assert_eq!(claims.as_slice()[0].place(), "requirements.txt:2");
    }

    #[test]
    fn an_include_that_is_not_there_is_kept_for_the_author_to_see() {
        let claims = claimed(&Request::default(), &[("a.py", ""), ("requirements.txt", "-r gone.txt\n")]);
        assert_eq!(claims.of_kind(OPTION).next().expect("one").value, "-r gone.txt");
    }

    #[test]
    fn the_request_wins_over_files_and_files_over_imports() {
        let request = Request { requirements: Some("OpenAI==1.50\n".into()), ..Request::default() };
        let files = [
            ("a.py", "import openai, yaml\n"),
            ("requirements.txt", "openai==1.0\nrequests\n"),
            ("pyproject.toml", "[project]\ndependencies=['requests>2','rich']\n"),
        ];
        assert_eq!(values(&claimed(&request, &files)), ["OpenAI==1.50", "requests", "rich", "PyYAML"]);
    }

    #[test]
    fn lines_of_one_project_in_one_place_all_stay() {
        let text = "a==1; python_version<'3.12'\na==2; python_version>='3.12'\n";
        assert_eq!(values(&claimed(&Request::default(), &[("a.py", ""), ("requirements.txt", text)])).len(), 2);
    }

    #[test]
    fn local_and_standard_modules_are_never_requirements() {
        let files =
            [("agent.py", "import os, json, openai, pkg.x\nfrom . import y\n"), ("openai.py", ""), ("pkg/x.py", "")];
        assert!(values(&claimed(&Request::default(), &files)).is_empty());
    }

    #[test]
    fn a_declared_alternative_answers_an_import() {
        let files = [("a.py", "import cv2\nimport bs4\n"), ("requirements.txt", "opencv_python_headless\n")];
        assert_eq!(values(&claimed(&Request::default(), &files)), ["opencv_python_headless", "beautifulsoup4"]);
    }

    #[test]
    fn optional_imports_weigh_little_and_typing_ones_nothing() {
        let text = "try:\n    import uvloop\nexcept ImportError:\n    pass\nif TYPE_CHECKING:\n    import pandas\nfrom langchain_openai import ChatOpenAI\n";
        let claims = claimed(&Request::default(), &[("a.py", text)]);
        let found: Vec<_> = claims.of_kind(kind::REQUIREMENT).map(|c| (c.value.as_str(), c.score)).collect();
        assert_eq!(found, [("uvloop", 0.4), ("langchain-openai", 0.8), ("openai>=1.0", 0.8)]);
    }

    #[test]
    fn files_that_the_entry_point_never_loads_need_nothing() {
        let files = [("agent.py", "import lib\n"), ("demo.py", "import crewai\n"), ("lib.py", "import requests\n")];
        assert_eq!(values(&claimed(&Request::default(), &files)), ["requests"]);
    }
}
