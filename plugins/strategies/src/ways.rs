//! The ways to start an entry point: the command of each run kind, and the package that a run kind comes from.
//!
//! `{host}` and `{port}` are the host's to fill in. A run kind without a line here is one that a runtime image starts by
//! itself, or one that this strategy does not know how to start.

use crate::languages;
use windlass_plugin_sdk::{Claim, claim};

/// The run kind of a project that a Dockerfile describes.
pub const DOCKERFILE: &str = "dockerfile";

/// One way to start a file, as claimed.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// `handler`, `asgi`, ….
    pub run_kind: String,
    /// What answers in the file.
    pub object: Option<String>,
    /// The arguments, in order.
    pub args: Vec<String>,
    /// How sure the detector is.
    pub score: f32,
}

/// How a process of a way is started and asked whether it is ready.
#[derive(Debug, Default, PartialEq)]
pub struct Start {
    /// The command; empty: the runtime image's own.
    pub command: Vec<String>,
    /// The path that answers below 500 once it is ready.
    pub health_path: Option<&'static str>,
    /// Folders to import from beside the root.
    pub import_from: Option<String>,
}

impl Way {
    /// What a claim of the kind `run_kind` says.
    pub fn of(claim: &Claim) -> Self {
        let args = claim.attributes.iter().filter(|(name, _)| name == "arg").map(|(_, value)| value.clone());
        // An older word for a module-level object that something else must call.
        let run_kind = if claim.value == "object" { "handler" } else { &claim.value };
        Self {
            run_kind: run_kind.to_owned(),
            object: claim.attribute("object").map(str::to_owned),
            args: args.collect(),
            score: claim.score,
        }
    }

    /// The package of an index that starts this run kind, for those that one package starts.
    pub fn package(&self) -> Option<&'static str> {
        match self.run_kind.as_str() {
            "asgi" => Some("uvicorn"),
            "streamlit" => Some("streamlit"),
            "gradio" => Some("gradio"),
            "chainlit" => Some("chainlit"),
            _ => None,
        }
    }

    /// In words: `a handler`, `an asgi app`.
    pub fn name(&self) -> String {
        match self.run_kind.as_str() {
            "handler" => match &self.object {
                Some(object) if object != "handler" => format!("the object `{object}` (run kind handler)"),
                _ => "a handler".to_owned(),
            },
            "script" => "a script".to_owned(),
            "module_dir" => "a package run with `python -m`".to_owned(),
            "asgi" => "an ASGI app".to_owned(),
            "streamlit" => "a Streamlit app".to_owned(),
            "gradio" => "a Gradio app".to_owned(),
            "chainlit" => "a Chainlit app".to_owned(),
            "framework_cli" if self.args.is_empty() => {
                "made for its framework's own command (run kind framework_cli)".to_owned()
            }
            "framework_cli" => format!("made for `{}` (run kind framework_cli)", self.args.join(" ")),
            DOCKERFILE => "a Dockerfile".to_owned(),
            other => format!("the run kind `{other}`"),
        }
    }

    /// How `path` is started in this way.
    pub fn start(&self, path: &str) -> Start {
        let own = |words: &[&str], health_path| Start {
            command: words.iter().map(|word| (*word).to_owned()).chain(self.args.iter().cloned()).collect(),
            health_path: Some(health_path),
            import_from: None,
        };
        match self.run_kind.as_str() {
            "asgi" => {
                let object = self.object.as_deref().unwrap_or("app");
                let (object, factory) =
                    object.strip_suffix("()").map_or((object, None), |name| (name, Some("--factory")));
                let app = format!("{}:{object}", module(path));
                let words = ["python", "-m", "uvicorn", &app, "--host", "{host}", "--port", "{port}"];
                let words: Vec<&str> = words.into_iter().chain(factory).collect();
                let import_from = path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
                Start { import_from, ..own(&words, "/") }
            }
            "streamlit" => own(
                &[
                    "python",
                    "-m",
                    "streamlit",
                    "run",
                    path,
                    "--server.headless",
                    "true",
                    "--server.address",
                    "{host}",
                    "--server.port",
                    "{port}",
                ],
                "/_stcore/health",
            ),
            // Gradio is told by its environment only, and that is not filled in.
            "gradio" => own(&["env", "GRADIO_SERVER_NAME={host}", "GRADIO_SERVER_PORT={port}", "python", path], "/"),
            "chainlit" => own(
                &["python", "-m", "chainlit", "run", path, "--headless", "--host", "{host}", "--port", "{port}"],
                "/",
            ),
            "framework_cli" if !self.args.is_empty() => own(&[], "/"),
            "script" if !self.args.is_empty() && languages::of_file(path) == Some("python") => {
                own(&["python", path], "/")
            }
            "module_dir" if !self.args.is_empty() => match path.rsplit_once('/') {
                Some((folder, _)) => own(&["python", "-m", &folder.replace('/', ".")], "/"),
                None => own(&["python", "."], "/"),
            },
            _ => Start::default(),
        }
    }
}

/// `pkg/app.py` as Python imports it: `pkg.app`.
fn module(path: &str) -> String {
    path.strip_suffix(".py").unwrap_or(path).replace('/', ".")
}

/// The claimed ways to start `path`, strongest first; a claim that names no file speaks of every one.
pub fn of_file(path: &str, claims: &[Claim]) -> Vec<Way> {
    let kinds = claims.iter().filter(|claim| claim.kind == claim::kind::RUN_KIND);
    let about = kinds.filter(|claim| claim.file.as_deref().is_none_or(|file| file == path));
    let mut ways: Vec<Way> = about.map(Way::of).collect();
    ways.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut seen: Vec<String> = Vec::new();
    ways.retain(|way| {
        let key = format!("{} {:?}", way.run_kind, way.object);
        let is_new = !seen.contains(&key);
        seen.push(key);
        is_new
    });
    ways
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_plugin_sdk::Claims;

    fn way(run_kind: &str, object: Option<&str>, args: &[&str]) -> Way {
        Way {
            run_kind: run_kind.into(),
            object: object.map(str::to_owned),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            score: 0.9,
        }
    }

    fn command(way: &Way, path: &str) -> String {
        way.start(path).command.join(" ")
    }

    #[test]
    fn web_layers_are_told_where_to_listen() {
        let asgi = "python -m uvicorn src.web.main:api --host {host} --port {port}";
        assert_eq!(command(&way("asgi", Some("api"), &[]), "src/web/main.py"), asgi);
        assert_eq!(way("asgi", None, &[]).start("src/web/main.py").import_from.as_deref(), Some("src/web"));
        let factory = "python -m uvicorn main:create --host {host} --port {port} --factory";
        assert_eq!(command(&way("asgi", Some("create()"), &[]), "main.py"), factory);
        assert!(command(&way("streamlit", None, &[]), "ui.py").starts_with("python -m streamlit run ui.py "));
        assert!(command(&way("gradio", None, &[]), "ui.py").ends_with(" GRADIO_SERVER_PORT={port} python ui.py"));
        assert!(command(&way("chainlit", None, &[]), "ui.py").ends_with("--host {host} --port {port}"));
    }

    #[test]
    fn arguments_make_a_command_and_what_a_runtime_starts_has_none() {
        assert_eq!(command(&way("script", None, &["start"]), "worker.py"), "python worker.py start");
        assert_eq!(command(&way("module_dir", None, &["serve"]), "pkg/sub/__main__.py"), "python -m pkg.sub serve");
        assert_eq!(command(&way("module_dir", None, &["serve"]), "__main__.py"), "python . serve");
        assert_eq!(command(&way("framework_cli", None, &["langgraph", "dev"]), "agent.py"), "langgraph dev");
        for run_kind in ["handler", "script", "module_dir", "node", "of-somebody"] {
            assert_eq!(way(run_kind, None, &[]).start("agent.py"), Start::default(), "{run_kind}");
        }
    }

    #[test]
    fn the_ways_of_a_file_are_its_own_strongest_first() {
        let mut claims = Claims::default();
        claims.run_kind("handler", 0.6).file("a.py").attribute("object", "graph");
        claims.run_kind("framework_cli", 0.9).file("a.py").attribute("arg", "langgraph").attribute("arg", "dev");
        claims.run_kind("script", 0.8).file("b.py");
        claims.run_kind("object", 0.5).file("a.py").attribute("object", "graph");
        let ways = of_file("a.py", claims.as_slice());
        let found: Vec<_> =
            ways.iter().map(|way| (way.run_kind.as_str(), way.object.as_deref(), way.args.len())).collect();
        assert_eq!(found, [("framework_cli", None, 2), ("handler", Some("graph"), 0)]);
    }
}
