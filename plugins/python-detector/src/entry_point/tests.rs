//! Whole little projects: which file starts, and how.

use crate::detect::detect;
use windlass_plugin_sdk::files::tree;
use windlass_plugin_sdk::{Claims, Request, claim, kind};

const MAIN: &str = "import openai\nif __name__ == '__main__':\n    run()\n";
const GRAPH: &str = "from langgraph.graph import StateGraph\ngraph = StateGraph(S).compile()\n";
const PAGE: &str = "import streamlit as st\nfrom bot import graph\nst.title('x')\n";
const SERVER: &str = "from fastapi import FastAPI\nimport bot\napi = FastAPI()\n";

fn claimed(files: &[(&str, &str)]) -> Claims {
    let mut claims = Claims::default();
    detect(&Request::default(), &tree(files), &mut claims).expect("applicable");
    claims
}

/// The file that starts, how, its object and its arguments.
fn started(files: &[(&str, &str)]) -> String {
    let claims = claimed(files);
    let entry = claim::best(claims.as_slice(), kind::ENTRY_POINT).expect("an entry point");
    let own: Vec<_> =
        claims.as_slice().iter().filter(|claim| claim.file.as_ref() == Some(&entry.value)).cloned().collect();
    let run = claim::best(&own, kind::RUN_KIND).expect("a run kind");
    let args = run.attributes.iter().filter(|(name, _)| name == "arg").map(|(_, value)| value.as_str());
    let args = args.collect::<Vec<_>>().join(" ");
    let text = format!("{} {} {} {args}", entry.value, run.value, run.attribute("object").unwrap_or("-"));
    text.trim_end().to_owned()
}

fn notes(files: &[(&str, &str)]) -> Vec<String> {
    claimed(files).of_kind("note").map(|claim| claim.value.clone()).collect()
}

#[test]
fn content_tells_how_a_file_runs() {
    for (text, expected) in [
        ("def handler(m): ...\n", "a.py handler handler"),
        (MAIN, "a.py script -"),
        (GRAPH, "a.py handler graph"),
        (SERVER, "a.py asgi api"),
        (PAGE, "a.py streamlit -"),
        ("import gradio as gr\nui = gr.Interface(f)\nui.launch()\n", "a.py gradio ui"),
        ("import chainlit as cl\n@cl.on_message\ndef f(m): ...\n", "a.py chainlit -"),
        ("from google.adk.agents import Agent\nroot_agent = Agent()\n", "a.py framework_cli root_agent"),
        ("from livekit.agents import cli\nif __name__ == '__main__':\n    cli.run_app(o)\n", "a.py script - start"),
        ("from crewai import Crew\nteam = Crew()\nteam.kickoff()\n", "a.py script team"),
        ("\u{feff}import openai\r\nif __name__ == '__main__':\r\n    run(\r\n", "a.py script -"),
    ] {
        assert_eq!(started(&[("a.py", text)]), expected, "{text}");
    }
}

#[test]
fn what_people_talk_to_stands_above_the_agent_that_it_imports() {
    assert_eq!(started(&[("agent.py", GRAPH), ("bot.py", GRAPH), ("z.py", PAGE)]), "z.py streamlit -");
    assert_eq!(started(&[("bot.py", GRAPH), ("main.py", MAIN), ("z.py", SERVER)]), "z.py asgi api");
    let config = ("langgraph.json", r#"{"graphs": {"a": "./bot.py:graph"}}"#);
    assert_eq!(started(&[("bot.py", GRAPH), config, ("z.py", PAGE)]), "z.py streamlit -");
}

#[test]
fn the_configuration_of_a_framework_names_the_start() {
    let config = ("langgraph.json", r#"{"graphs": {"z": "./src/z.py:flow", "a": {"path": "./src/a.py:graph"}}}"#);
    let files = [config, ("src/z.py", GRAPH), ("src/a.py", GRAPH), ("main.py", "print(1)\n")];
    assert_eq!(started(&files), "src/z.py framework_cli flow langgraph dev");
    let crew = (
        "pyproject.toml",
        "[project.scripts]\nrun_crew = 'desk.main:run'\ntest = 'desk.main:test'\n[tool.crewai]\ntype = 'crew'\n",
    );
    let files =
        [crew, ("src/desk/main.py", "from desk.crew import Desk\ndef run(): ...\n"), ("src/desk/crew.py", MAIN)];
    assert_eq!(started(&files), "src/desk/main.py framework_cli run crewai run");
    assert_eq!(started(&[("langgraph.json", "{broken"), ("main.py", MAIN)]), "main.py script -");
}

/// The ways to start a file, strongest first: `handler flow`.
fn ways(files: &[(&str, &str)], path: &str) -> Vec<String> {
    let claims = claimed(files);
    let own = claims.of_kind(kind::RUN_KIND).filter(|claim| claim.file.as_deref() == Some(path));
    own.map(|claim| format!("{} {}", claim.value, claim.attribute("object").unwrap_or("-"))).collect()
}

#[test]
fn the_graph_that_langgraph_names_answers_a_handler_too() {
    let config = ("langgraph.json", r#"{"graphs": {"a": "./a.py:flow"}}"#);
    let steps = "from langgraph.graph import StateGraph\nsteps = StateGraph(S)\nflow = steps.compile()\n";
    let spare = "graph = StateGraph(T).compile()\n";
    let runs = "if __name__ == '__main__':\n    flow.invoke({})\n";
    let handler = "def handler(state): ...\n";
    for rest in ["", spare, runs, handler] {
        let files = [config, ("a.py", &*format!("{steps}{rest}"))];
        assert_eq!(ways(&files, "a.py"), ["framework_cli flow", "handler flow"], "{rest}");
    }
    let made = "from langgraph.graph import StateGraph\ndef flow(config):\n    return StateGraph(S).compile()\n";
    assert_eq!(ways(&[config, ("a.py", made)], "a.py"), ["framework_cli flow", "script -"], "a function only makes it");
    let image = ("Dockerfile", "FROM x\nCMD [\"uvicorn\", \"a:app\"]\n");
    let served = format!("import fastapi\n{steps}app = fastapi.FastAPI()\n");
    assert_eq!(ways(&[config, image, ("a.py", &served)], "a.py")[1], "handler flow");
}

#[test]
fn deployment_files_name_the_start_in_each_of_their_forms() {
    for (name, text, expected) in [
        ("Procfile", "worker: python a.py\nweb: uvicorn b:api\n", "b.py asgi api"),
        ("Dockerfile", "FROM x\nCMD [\"python\", \"-u\", \"a.py\", \"--x\"]\n", "a.py script - --x"),
        ("Dockerfile", "FROM x\nENTRYPOINT [\"uv\", \"run\"]\nCMD [\"a.py\"]\n", "a.py script -"),
        ("Dockerfile", "FROM x\nCMD cd /app && \\\n  python a.py\n", "a.py script -"),
        (
            "Dockerfile",
            "FROM x AS one\nCMD python c.py\nFROM y\nCMD [\"sh\", \"-c\", \"uvicorn b:api --port $PORT\"]\n",
            "b.py asgi api",
        ),
        ("render.yaml", "services:\n  - startCommand: python a.py\n", "a.py script -"),
        ("Makefile", "test:\n\tpython c.py\nrun:\n\tpython a.py\n", "a.py script -"),
        ("start.sh", "#!/bin/sh\nexport X=1\nexec python a.py\n", "a.py script -"),
        ("README.md", "# Run\n```sh\npython a.py\n```\n", "a.py script -"),
        ("README.md", "Start it by `python a.py`.\n", "a.py script -"),
    ] {
        assert_eq!(
            started(&[("a.py", MAIN), ("b.py", SERVER), ("bot.py", ""), ("c.py", MAIN), (name, text)][..])
                .split(" --")
                .next(),
            expected.split(" --").next(),
            "{text}"
        );
    }
}

#[test]
fn a_start_script_of_an_image_is_read() {
    let files = [
        ("Dockerfile", "FROM x\nCOPY run.sh /run.sh\nCMD [\"/run.sh\"]\n"),
        ("run.sh", "python z.py serve\n"),
        ("main.py", MAIN),
        ("z.py", MAIN),
    ];
    assert_eq!(started(&files), "z.py script - serve");
}

#[test]
fn a_package_runs_by_its_main_module() {
    let files = [("desk/__init__.py", ""), ("desk/__main__.py", MAIN), ("desk/work.py", MAIN)];
    assert_eq!(started(&files), "desk/__main__.py module_dir -");
    let readme = ("README.md", "```\npython -m desk.work\n```\n```\npython -m desk.work\n```\n");
    assert_eq!(started(&[readme, files[0], files[2]]), "desk/work.py script -");
}

#[test]
fn tests_examples_and_what_others_load_come_last() {
    let handler = "def handler(m): ...\n";
    assert_eq!(
        started(&[("tests/agent.py", handler), ("a/b/agent.py", handler), ("src/bot.py", handler)]),
        "src/bot.py handler handler"
    );
    assert_eq!(
        started(&[("a.py", MAIN), ("b.py", "import a\nif __name__ == '__main__':\n    a.run()\n")]),
        "b.py script -"
    );
    assert_eq!(started(&[("main.py", "print('hello')\n"), ("talk.py", MAIN)]), "talk.py script -");
}

#[test]
fn a_readme_that_names_an_absent_file_is_told_and_not_believed() {
    let files = [("README.md", "```\npython gone.py\n```\n"), ("talk.py", MAIN)];
    assert_eq!(started(&files), "talk.py script -");
    assert_eq!(notes(&files), ["README.md tells to start `gone.py`, which is not among the files"]);
    assert!(notes(&[("README.md", "```\npython talk.py\n```\n"), ("talk.py", MAIN)]).is_empty());
}

#[test]
fn two_files_that_look_alike_are_told_with_what_would_settle_it() {
    let found = notes(&[("one.py", MAIN), ("two.py", MAIN)]);
    assert!(found[0].contains("`one.py` (0.") && found[0].contains("`two.py` (0."), "{found:?}");
    assert!(found[0].contains("name one in `entry_point`"), "{found:?}");
    assert!(notes(&[("one.py", MAIN), ("two.py", "x = 1\n")]).is_empty());
}

#[test]
fn the_requested_entry_point_is_certain_and_its_content_tells_how_it_runs() {
    let request = Request { entry_point: Some("./b.py".into()), ..Request::default() };
    let mut claims = Claims::default();
    let files = tree(&[("agent.py", "def handler(m): ...\n"), ("b.py", GRAPH)]);
    detect(&request, &files, &mut claims).expect("applicable");
    let entries: Vec<_> = claims.of_kind(kind::ENTRY_POINT).map(|claim| (claim.value.as_str(), claim.score)).collect();
    assert_eq!(entries, [("b.py", 1.0)]);
    assert_eq!(claims.of_kind(kind::RUN_KIND).next().expect("one").value, "handler");
}

#[test]
fn an_application_that_serves_itself_is_run_and_one_that_uvicorn_serves_is_loaded() {
    let made = "from desk import create_app\napp = create_app()\nif __name__ == '__main__':\n";
    assert_eq!(started(&[("a.py", &format!("{made}    app.run(debug=True)\n"))]), "a.py script app");
    assert_eq!(started(&[("a.py", &format!("{made}    uvicorn.run(app)\n"))]), "a.py asgi app");
}

#[test]
fn an_interface_is_launched_where_it_is_launched_and_not_where_it_is_built() {
    let built = ("ui.py", "import gradio as gr\ndef build():\n    return gr.Blocks()\n");
    assert_eq!(started(&[("main.py", "import ui\nui.build().launch()\n"), built]), "main.py gradio -");
    assert_eq!(
        started(&[("main.py", "import web\nweb.browser.launch()\n"), ("web.py", "x = 1\n")]),
        "main.py script -"
    );
}

#[test]
fn a_page_that_shares_the_agents_of_a_command_stands_above_it() {
    let crew = ("pyproject.toml", "[project.scripts]\nrun_crew = 'desk.main:run'\n[tool.crewai]\ntype = 'crew'\n");
    let files = [
        crew,
        ("page.py", "import streamlit as st\nfrom desk.crew import Desk\nst.title('x')\n"),
        ("src/desk/crew.py", "from crewai import Crew\nclass Desk:\n    def crew(self):\n        return Crew()\n"),
        ("src/desk/main.py", "from desk.crew import Desk\ndef run():\n    Desk().crew().kickoff()\n"),
    ];
    assert_eq!(started(&files), "page.py streamlit -");
}

#[test]
fn the_command_of_a_framework_runs_what_its_project_names() {
    let files = [
        ("pyproject.toml", "[project.scripts]\ndesk = 'desk.main:run'\n"),
        ("README.md", "```bash\ncrewai run\n```\n"),
        ("src/desk/main.py", "from crewai import Crew\ndef run():\n    Crew().kickoff()\n"),
    ];
    assert_eq!(started(&files), "src/desk/main.py framework_cli - crewai run");
}
