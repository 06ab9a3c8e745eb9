//! Whole little projects, and the requirements that are read from them.

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
    let graph = crate::graph::Graph::new(&modules, &local);
    let reached = crate::graph::reachable(&modules, &graph, start);
    let mut claims = Claims::default();
    let tree = tree(files);
    claim(request, (&tree, &tree.paths()), (&modules, &local, &reached), start, &mut claims);
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

fn of_kind(claims: &Claims, kind: &str) -> Vec<String> {
    claims.of_kind(kind).map(|claim| claim.value.clone()).collect()
}

fn attribute(claims: &Claims, value: &str, name: &str) -> Option<String> {
    let claim = claims.as_slice().iter().find(|claim| claim.value == value).expect(value);
    claim.attribute(name).map(str::to_owned)
}

#[test]
fn claims_tell_their_name_source_and_ecosystem() {
    let files = [("a.py", "import boto3\n"), ("requirements.txt", "LangChain_OpenAI>=0.3\nopenai=1\n./x.whl\n")];
    let claims = claimed(&Request::default(), &files);
    let shown =
        |value| ["origin", "ecosystem", "name", "source", "unparsed"].map(|name| attribute(&claims, value, name));
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        shown("LangChain_OpenAI>=0.3"),
        [some("declared"), some("pypi"), some("langchain-openai"), some("requirements.txt"), None]
    );
    assert_eq!(attribute(&claims, "openai=1", "unparsed"), some("true"));
    assert_eq!(attribute(&claims, "./x.whl", "unparsed"), some("true"));
    assert_eq!(attribute(&claims, "boto3", "source"), some("import"));
}

#[test]
fn modules_of_packages_are_claimed_once_where_the_code_cannot_do_without_them() {
    let agent = "from langchain.agents import x\nimport langchain, os.path, openai.types\nfrom pkg.part import y\n\
                 def f():\n    import langchain.agents\n    from langchain_core.tools import tool\n\
                 try:\n    import openai.error\nexcept ImportError:\n    from langchain.schema import z\n\
                 if TYPE_CHECKING:\n    import langgraph.types\nfrom .a import b\n";
    let files = [
        ("agent.py", agent),
        ("pkg/__init__.py", ""),
        ("pkg/part.py", "import requests.adapters\ny = 1\n"),
        ("other.py", "import a.b\n"),
        ("lib/langgraph/graph.py", ""),
    ];
    let claims = claimed(&Request::default(), &files);
    let found: Vec<_> =
        claims.of_kind(kind::IMPORT).map(|claim| (claim.value.as_str(), claim.place(), claim.score)).collect();
    let expected = [
        ("langchain.agents", "agent.py:1", 0.8),
        ("openai.types", "agent.py:2", 0.8),
        ("langchain_core.tools", "agent.py:6", 0.6),
        ("requests.adapters", "pkg/part.py:1", 0.8),
    ];
    assert_eq!(found, expected.map(|(module, place, score)| (module, place.to_owned(), score)));
}

#[test]
fn a_module_of_a_name_that_the_tree_has_too_is_not_claimed() {
    let files = [("src/agent.py", "import langchain.chains\nimport openai.error\n"), ("vendor/langchain/x.py", "")];
    let claims = claimed(&Request::default(), &files);
    assert_eq!(of_kind(&claims, kind::IMPORT), ["openai.error"]);
}

#[test]
fn no_more_modules_are_claimed_than_a_sentence_could_ever_need() {
    let names: Vec<String> = (0..300).map(|n| format!("openai.m{n}")).collect();
    let text = format!("import {}\n", names.join(", "));
    let claims = claimed(&Request::default(), &[("agent.py", &text)]);
    assert_eq!((claims.of_kind(kind::IMPORT).count(), values(&claims).len()), (200, 1));
}

#[test]
fn a_lock_pins_what_is_declared_and_claims_nothing_else() {
    let lock =
        "[[package]]\nname = \"openai\"\nversion = \"1.50.0\"\n\n[[package]]\nname = \"httpx\"\nversion = \"0.27\"\n";
    let files = [
        ("a.py", "import openai, httpx\n"),
        ("pyproject.toml", "[project]\ndependencies=['openai>=1']\n"),
        ("uv.lock", lock),
    ];
    let claims = claimed(&Request::default(), &files);
    assert_eq!(values(&claims), ["openai>=1"]);
    assert_eq!(attribute(&claims, "openai>=1", "locked").as_deref(), Some("1.50.0"));
    let alone = claimed(&Request::default(), &[("a.py", "import openai\n"), ("pylock.toml", lock)]);
    assert_eq!(values(&alone), ["httpx==0.27", "openai==1.50.0"]);
}

#[test]
fn groups_are_optional_until_the_code_or_an_extra_asks_for_them() {
    let text = "[project]\ndependencies=['openai']\n[project.optional-dependencies]\nui=['streamlit>=1']\napi=['fastapi']\n[dependency-groups]\ndev=['pytest']\n";
    let files = [("a.py", "import streamlit\n"), ("pyproject.toml", text)];
    let claims = claimed(&Request::default(), &files);
    assert_eq!(values(&claims), ["openai", "streamlit>=1"]);
    assert_eq!(of_kind(&claims, OPTIONAL), ["fastapi", "pytest"]);
    assert_eq!(attribute(&claims, "fastapi", "group").as_deref(), Some("api"));
    let files = [("a.py", ""), ("requirements.txt", "-e .[api]\n"), ("pyproject.toml", text)];
    assert_eq!(values(&claimed(&Request::default(), &files)), ["openai", "fastapi"]);
}

#[test]
fn what_another_place_overrules_is_shown_and_what_it_repeats_is_not() {
    let files = [
        ("a.py", ""),
        ("requirements.txt", "openai==1.0\nrich >= 13\n"),
        ("pyproject.toml", "[project]\ndependencies=['openai>=1', 'rich>=13', 'httpx']\n"),
    ];
    let claims = claimed(&Request::default(), &files);
    assert_eq!(values(&claims), ["openai==1.0", "rich >= 13", "httpx"]);
    assert_eq!(of_kind(&claims, SHADOWED), ["openai>=1"]);
}

#[test]
fn constraints_bound_and_require_nothing() {
    let files = [("a.py", ""), ("requirements.txt", "-c c.txt\nopenai\n"), ("c.txt", "openai<2\nrich<14\n")];
    let claims = claimed(&Request::default(), &files);
    assert_eq!(values(&claims), ["openai"]);
    assert_eq!(attribute(&claims, "openai", "constraint").as_deref(), Some("openai<2"));
    assert_eq!(of_kind(&claims, OPTION), ["-c c.txt"]);
}

#[test]
fn the_nearest_folder_that_declares_stands_and_then_whatever_the_tree_has() {
    let files = [("svc/a.py", ""), ("svc/requirements.txt", "flask\n"), ("requirements.txt", "django\n")];
    assert_eq!(values(&claimed(&Request::default(), &files)), ["flask"]);
    let files = [("svc/a.py", ""), ("svc/pyproject.toml", "[tool.ruff]\n"), ("requirements.txt", "django\n")];
    assert_eq!(values(&claimed(&Request::default(), &files)), ["django"]);
    let files = [("src/a.py", ""), ("deploy/requirements.txt", "django\n"), ("docs/requirements.txt", "sphinx\n")];
    assert_eq!(values(&claimed(&Request::default(), &files)), ["django"]);
}

#[test]
fn of_several_requirements_files_one_stands_and_the_others_are_groups() {
    let files = [
        ("a.py", ""),
        ("requirements.in", "openai\n"),
        ("requirements.txt", "openai==1\nhttpx==2\n"),
        ("requirements-dev.txt", "pytest\n"),
        ("requirements-gpu.txt", "torch\n"),
    ];
    let claims = claimed(&Request::default(), &files);
    assert_eq!(values(&claims), ["openai==1", "httpx==2"]);
    assert_eq!(of_kind(&claims, OPTIONAL), ["pytest", "torch"]);
    let files =
        [("a.py", ""), ("requirements/base.txt", "openai\n"), ("requirements/dev.txt", "-r base.txt\npytest\n")];
    assert_eq!(values(&claimed(&Request::default(), &files)), ["openai"]);
    assert_eq!(values(&claimed(&Request::default(), &[("a.py", ""), ("requirements.in", "openai\n")])), ["openai"]);
}

#[test]
fn what_is_imported_and_not_declared_is_told_and_what_others_bring_is_not() {
    let text = "import pydantic\nimport bs4\nimport acme_internal\nimport lib.x\nimport utils\n";
    let files = [("a.py", text), ("b/lib/x.py", ""), ("requirements.txt", "fastapi\n")];
    let claims = claimed(&Request::default(), &files);
    let inferred: Vec<_> = claims
        .of_kind(kind::REQUIREMENT)
        .filter(|claim| claim.attribute("origin") == Some("inferred"))
        .map(|claim| (claim.value.as_str(), claim.score))
        .collect();
    assert_eq!(inferred, [("beautifulsoup4", 0.8), ("acme-internal", 0.4)]);
    let note = of_kind(&claims, "note");
    assert_eq!(
        note,
        [
            "requirements.txt does not declare what the code imports: beautifulsoup4 (a.py:2), acme-internal (a.py:3)",
            "no file of the source is called so, and the name is too general to tell a package by: `utils` (a.py:5); send the file, or declare the package that holds it"
        ]
    );
    assert!(of_kind(&claimed(&Request::default(), &[("a.py", "import bs4\n")]), "note").is_empty());
}

#[test]
fn a_name_too_general_to_tell_a_package_by_is_told_unless_something_holds_it() {
    let files =
        [("a.py", "import openai\nfrom utils.x import y\nimport helpers\n"), ("requirements.txt", "openai==1.0\n")];
    let claims = claimed(&Request::default(), &files);
    let note = claims.of_kind(kind::NOTE).find(|note| note.rule == "unknown-import").expect("a note");
    assert!(note.value.contains("`helpers` (a.py:3), `utils` (a.py:2); send the file, or declare"), "{}", note.value);
    assert_eq!((note.place(), values(&claims)), ("a.py:3".to_owned(), vec!["openai==1.0".to_owned()]));
    for quiet in [
        [("a.py", "import utils"), ("utils.py", "")],
        [("a.py", "import utils"), ("elsewhere/utils/x.py", "")],
        [("a.py", "import utils"), ("requirements.txt", "utils==1.0")],
        [("a.py", "try:\n  import utils\nexcept ImportError:\n  pass\n"), ("b.py", "import utils")],
        [("a.py", "import workflows"), ("requirements.txt", "llama-index-workflows\n")],
    ] {
        let claims = claimed(&Request::default(), &quiet);
        assert!(!claims.of_kind(kind::NOTE).any(|note| note.rule == "unknown-import"), "{quiet:?}");
    }
}

#[test]
fn the_header_of_the_script_that_starts_declares() {
    let text = "# /// script\n# dependencies = ['rich>=13']\n# ///\nimport rich\n";
    assert_eq!(values(&claimed(&Request::default(), &[("a.py", text)])), ["rich>=13"]);
    assert_eq!(values(&claimed(&Request::default(), &[("a.py", ""), ("b.py", text)])), Vec::<String>::new());
}

#[test]
fn code_of_the_tree_itself_is_kept_and_not_installed() {
    let files = [
        ("a.py", ""),
        ("pyproject.toml", "[project]\ndependencies=['lib','rich']\n[tool.uv.sources]\nlib={workspace=true}\n"),
    ];
    let claims = claimed(&Request::default(), &files);
    assert_eq!((values(&claims), of_kind(&claims, LOCAL)), (vec!["rich".to_owned()], vec!["lib".to_owned()]));
}
