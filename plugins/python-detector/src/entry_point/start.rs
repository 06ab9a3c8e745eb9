//! How a file of some shape starts, the likeliest way first: one table, read top to bottom.

use super::shape::{Seen, Shape, Sign};

/// How a file runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunKind {
    /// `python FILE`.
    Script,
    /// `python -m PACKAGE` or `python FOLDER`.
    ModuleDir,
    /// A server of the ASGI protocol loads an application.
    Asgi,
    /// `streamlit run FILE`.
    Streamlit,
    /// A Gradio interface is launched.
    Gradio,
    /// `chainlit run FILE`.
    Chainlit,
    /// A command of the framework's own: `langgraph dev`, `adk web`, `crewai run`.
    FrameworkCli,
    /// The runtime imports the file and calls a function or object in it.
    Handler,
}

impl RunKind {
    /// Its name in claims.
    pub fn name(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::ModuleDir => "module_dir",
            Self::Asgi => "asgi",
            Self::Streamlit => "streamlit",
            Self::Gradio => "gradio",
            Self::Chainlit => "chainlit",
            Self::FrameworkCli => "framework_cli",
            Self::Handler => "handler",
        }
    }

    /// True for what people talk to: it stands above the agent that it imports.
    pub fn is_front(self) -> bool {
        matches!(self, Self::Asgi | Self::Streamlit | Self::Gradio | Self::Chainlit)
    }
}

/// One way to start a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// How.
    pub kind: RunKind,
    /// The name in it that answers.
    pub object: Option<String>,
    /// What follows the file or command on the command line.
    pub args: Vec<String>,
    /// The line that shows it; none where only the file does.
    pub line: Option<u32>,
    /// The rule that fired.
    pub rule: &'static str,
    /// How much this makes the file look like the start, 0.0 to 1.0, whatever its name and place.
    pub score: f32,
}

/// Every way in which a file of this shape starts; the last resort is to run it.
pub fn starts(shape: &Shape<'_>, name: &str) -> Vec<Start> {
    use RunKind::{Asgi, Chainlit, FrameworkCli, Gradio, Handler, ModuleDir, Script, Streamlit};
    let object = shape.get(Sign::Object).map(|seen| seen.name.to_owned());
    let mut found = Vec::new();
    let mut add = |kind, seen: Option<Seen<'_>>, object: Option<String>, rule, score| {
        if let Some(seen) = seen {
            let object = object.or_else(|| (!seen.name.is_empty()).then(|| seen.name.to_owned()));
            found.push(Start { kind, object, args: Vec::new(), line: Some(seen.line), rule, score });
        }
    };
    let main_block = shape.get(Sign::MainBlock);
    let runs = main_block.or(shape.get(Sign::Executes));
    add(Chainlit, shape.get(Sign::Chainlit), None, "chainlit-callback", 0.92);
    let asgi = shape.get(Sign::Asgi);
    add(Streamlit, shape.get(Sign::Streamlit), None, "streamlit-page", 0.9);
    let draws = shape.get(Sign::StreamlitParts).filter(|_| runs.is_some());
    add(Streamlit, draws.filter(|_| !shape.has(Sign::Streamlit)), None, "streamlit-main", 0.88);
    let interface = shape.get(Sign::Gradio).or(shape.get(Sign::GradioLaunch).filter(|_| false));
    if shape.has(Sign::GradioLaunch) {
        add(Gradio, interface, None, "gradio-launch", 0.9);
    }
    add(Handler, shape.get(Sign::Handler), None, "handler", 0.86);
    add(Asgi, asgi, None, "asgi-application", 0.84);
    let factory = shape.get(Sign::AsgiFactory).map(|seen| Seen { name: "", ..seen });
    add(Asgi, factory.filter(|_| shape.has(Sign::Serves)), None, "asgi-factory", 0.82);
    if !shape.has(Sign::GradioLaunch) {
        add(Gradio, interface, None, "gradio-interface", 0.7);
    }
    add(Asgi, shape.get(Sign::Serves).filter(|_| runs.is_some() || shape.has(Sign::MainFunction)), None, "serves", 0.8);
    add(FrameworkCli, shape.get(Sign::RootAgent), None, "root-agent", 0.84);
    let wsgi = shape.get(Sign::Wsgi);
    add(Script, main_block.and(wsgi), None, "wsgi-main", 0.82);
    let worker = shape.get(Sign::Worker);
    if let Some(seen) = worker {
        let args = vec!["start".to_owned()];
        found.push(Start { kind: Script, object: None, args, line: Some(seen.line), rule: "worker", score: 0.88 });
    }
    let mut add = |kind, seen: Option<Seen<'_>>, object: Option<String>, rule, score| {
        if let Some(seen) = seen {
            let object = object.or_else(|| (!seen.name.is_empty()).then(|| seen.name.to_owned()));
            found.push(Start { kind, object, args: Vec::new(), line: Some(seen.line), rule, score });
        }
    };
    let options = if shape.has(Sign::CommandLine) { 0.03 } else { 0.0 };
    if name == "__main__.py" {
        let seen = runs.unwrap_or(Seen { line: 1, name: "" });
        add(ModuleDir, Some(seen), object.clone(), "main-module", 0.78);
    } else if worker.is_none() {
        add(Script, main_block, object.clone(), "main-block", 0.76 + options);
    }
    add(Asgi, wsgi.filter(|_| main_block.is_none()), None, "wsgi-application", 0.74);
    add(Script, shape.get(Sign::Executes), object, "executes", 0.7);
    add(Handler, shape.get(Sign::Object), None, "module-object", 0.6);
    add(Handler, shape.get(Sign::MainFunction), None, "main-function", 0.5);
    if found.is_empty() {
        let file = Start { kind: Script, object: None, args: Vec::new(), line: None, rule: "file", score: 0.15 };
        found.push(file);
    }
    found
}
