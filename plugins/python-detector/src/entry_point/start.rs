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

/// The ways found so far.
struct Ways(Vec<Start>);

impl Ways {
    /// A way that a sign shows; the object is the sign's own name.
    fn add(&mut self, kind: RunKind, seen: Option<Seen<'_>>, rule: &'static str, score: f32) {
        let Some(seen) = seen else { return };
        let object = (!seen.name.is_empty()).then(|| seen.name.to_owned());
        self.0.push(Start { kind, object, args: Vec::new(), line: Some(seen.line), rule, score });
    }

    /// The same, beside an object that the file holds.
    fn add_beside(
        &mut self,
        object: Option<Seen<'_>>,
        kind: RunKind,
        seen: Option<Seen<'_>>,
        rule: &'static str,
        score: f32,
    ) {
        let seen = seen.map(|seen| Seen { name: object.map_or("", |object| object.name), ..seen });
        self.add(kind, seen, rule, score);
    }
}

/// Every way in which a file of this shape starts; the last resort is to run it.
pub fn starts(shape: &Shape<'_>, name: &str) -> Vec<Start> {
    use RunKind::{Asgi, Chainlit, FrameworkCli, Gradio, Handler, ModuleDir, Script, Streamlit};
    let (get, has) = (|sign| shape.get(sign), |sign| shape.has(sign));
    let (object, main_block) = (get(Sign::Object), get(Sign::MainBlock));
    let runs = main_block.or(get(Sign::Executes));
    let is_launched = has(Sign::GradioLaunch);
    let launched = |wanted: bool| get(Sign::Gradio).filter(|_| is_launched == wanted);
    let mut ways = Ways(Vec::new());
    ways.add(Chainlit, get(Sign::Chainlit), "chainlit-callback", 0.92);
    ways.add(Streamlit, get(Sign::Streamlit), "streamlit-page", 0.9);
    let draws = get(Sign::StreamlitParts).filter(|_| runs.is_some() && !has(Sign::Streamlit));
    ways.add(Streamlit, draws, "streamlit-main", 0.88);
    ways.add(Gradio, launched(true), "gradio-launch", 0.9);
    ways.add(Handler, get(Sign::Handler), "handler", 0.86);
    let application = get(Sign::Asgi);
    let is_served = has(Sign::RunsItself) && !has(Sign::Serves);
    ways.add(Script, main_block.and(application).filter(|_| is_served), "serves-itself", 0.82);
    ways.add(Asgi, application, "asgi-application", 0.84);
    let factory = get(Sign::AsgiFactory).map(|seen| Seen { name: "", ..seen });
    ways.add(Asgi, factory.filter(|_| has(Sign::Serves)), "asgi-factory", 0.82);
    ways.add(Gradio, launched(false), "gradio-interface", 0.7);
    let serves = get(Sign::Serves).filter(|_| runs.is_some() || has(Sign::MainFunction));
    ways.add(Asgi, serves, "serves", 0.8);
    ways.add(FrameworkCli, get(Sign::RootAgent), "root-agent", 0.84);
    ways.add(Script, main_block.and(get(Sign::Wsgi)), "wsgi-main", 0.82);
    if let Some(seen) = get(Sign::Worker) {
        let args = vec!["start".to_owned()];
        let worker = Start { kind: Script, object: None, args, line: Some(seen.line), rule: "worker", score: 0.88 };
        ways.0.push(worker);
    }
    if name == "__main__.py" {
        let seen = runs.unwrap_or(Seen { line: 1, name: "" });
        ways.add_beside(object, ModuleDir, Some(seen), "main-module", 0.78);
    } else if !has(Sign::Worker) {
        let options = if has(Sign::CommandLine) { 0.03 } else { 0.0 };
        ways.add_beside(object, Script, main_block, "main-block", 0.76 + options);
    }
    ways.add(Asgi, get(Sign::Wsgi).filter(|_| main_block.is_none()), "wsgi-application", 0.74);
    ways.add_beside(object, Script, get(Sign::Executes), "executes", 0.7);
    ways.add(Handler, object, "module-object", 0.6);
    ways.add(Script, get(Sign::MainFunction), "main-function", 0.5);
    if ways.0.is_empty() {
        ways.0.push(Start { kind: Script, object: None, args: Vec::new(), line: None, rule: "file", score: 0.15 });
    }
    ways.0
}
