//! Signs: each with what must not be taken for it.

use super::*;
use crate::modules::Module;

fn seen(text: &str, sign: Sign) -> Option<(u32, String)> {
    Module::read("a.py", text).shape.get(sign).map(|seen| (seen.line, seen.name.to_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "what is compared with is optional")]
fn at(line: u32, name: &str) -> Option<(u32, String)> {
    Some((line, name.to_owned()))
}

#[test]
fn handlers_main_blocks_and_objects_are_seen_at_module_level_only() {
    assert_eq!(seen("async def handler(m):\n    ...\n", Sign::Handler), at(1, "handler"));
    assert_eq!(seen("x = 1\nif __name__ == '__main__':\n    f()\n", Sign::MainBlock), at(2, ""));
    let text = "class A:\n    def handler(self): ...\nagent = 'text'\ngraph == 1\nagents = f()\nchain = None\n";
    assert_eq!(Module::read("a.py", text).shape, Shape::default());
}

#[test]
fn objects_are_taken_in_the_order_of_the_runtime_then_as_frameworks_build_them() {
    assert_eq!(seen("graph = g()\nagent: Agent = a()\n", Sign::Object), at(2, "agent"));
    assert_eq!(seen("from crewai import Crew\nteam = Crew(agents=[a()])\n", Sign::Object), at(2, "team"));
    let chained = "from langgraph.graph import StateGraph\nflow = StateGraph(S).compile()\n";
    assert_eq!(seen(chained, Sign::Object), at(2, "flow"));
    assert_eq!(seen("from crewai import Crew\nx = f(Crew())\n", Sign::Object), None);
    let steps =
        "from langgraph.graph import StateGraph\nsteps = StateGraph(S)\nflow = steps.compile()\nlast = StateGraph(T)\n";
    assert_eq!(seen(steps, Sign::Object), at(3, "flow"), "what is compiled answers");
    let other = "from langgraph.graph import StateGraph\nflow = StateGraph(S).compile()\nx = re.compile('a')\n";
    assert_eq!(seen(other, Sign::Object), at(2, "flow"));
}

#[test]
fn web_applications_are_seen_by_what_makes_them() {
    assert_eq!(seen("from fastapi import FastAPI\napi = FastAPI()\n", Sign::Asgi), at(2, "api"));
    assert_eq!(seen("def make():\n    app = FastAPI()\n", Sign::AsgiFactory), at(2, "app"));
    assert_eq!(seen("def make():\n    app = FastAPI()\n", Sign::Asgi), None);
    assert_eq!(seen("import flask\napp = flask.Flask(__name__)\n", Sign::Wsgi), at(2, "app"));
    assert_eq!(seen("if __name__ == '__main__':\n    uvicorn.run('a:app')\n", Sign::Serves), at(2, ""));
}

#[test]
fn user_interfaces_are_seen_where_they_draw() {
    assert_eq!(seen("import streamlit as st\nif x:\n    st.title('a')\n", Sign::Streamlit), at(3, ""));
    let parts = "import streamlit as st\n@st.cache_data\ndef f():\n    st.write('a')\n";
    assert_eq!((seen(parts, Sign::Streamlit), seen(parts, Sign::StreamlitParts)), (None, at(4, "")));
    let gradio = "import gradio as gr\nwith gr.Blocks() as demo:\n    gr.Button()\ndemo.launch()\n";
    assert_eq!((seen(gradio, Sign::Gradio), seen(gradio, Sign::GradioLaunch)), (at(2, "demo"), at(4, "demo")));
    assert_eq!(seen("import chainlit as cl\n@cl.on_message\ndef f(m): ...\n", Sign::Chainlit), at(2, ""));
    assert_eq!(seen("st.title('a')\n", Sign::Streamlit), None);
}

#[test]
fn only_the_module_level_executes() {
    assert_eq!(seen("x = crew.kickoff()\n", Sign::Executes), at(1, ""));
    assert_eq!(seen("while True:\n    pass\n", Sign::Executes), at(1, ""));
    assert_eq!(seen("def f():\n    crew.kickoff()\nclass A:\n    x = run()\n", Sign::Executes), None);
    assert_eq!(seen("if __name__ == '__main__':\n    main()\n", Sign::Executes), None);
}
