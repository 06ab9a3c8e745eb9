//! Where an agent starts: what a file offers, and which file is the likeliest.

use crate::modules::Module;
use windlass_outline::python::scan::Line;
use windlass_plugin_sdk::{Claims, Request};

/// The module variables that the runtime looks for, in its order.
const OBJECTS: [&str; 5] = ["agent", "chain", "executor", "graph", "crew"];
/// The most candidates that are claimed.
const MOST_CANDIDATES: usize = 5;

/// What can start in a file: names with their lines.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Shape<'a> {
    /// The line of `def handler(` at module level.
    pub handler: Option<u32>,
    /// The first of [`OBJECTS`] that is assigned at module level.
    pub object: Option<(&'a str, u32)>,
    /// The line of `def main(` at module level.
    pub main: Option<u32>,
    /// The line of `if __name__ == "__main__"`.
    pub script: Option<u32>,
}

/// How a file starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Start<'a> {
    /// `handler` or `script`.
    pub run_kind: &'static str,
    /// The name that answers.
    pub object: Option<&'a str>,
    /// The line that shows it; none where only the file does.
    pub line: Option<u32>,
    /// The rule that fired.
    pub rule: &'static str,
    /// How sure that makes the file, without regard to its name.
    score: f32,
}

/// Reads the module level of a file.
pub fn shape<'a>(lines: &[Line<'a>]) -> Shape<'a> {
    let mut shape = Shape::default();
    let mut best = OBJECTS.len();
    for line in lines.iter().filter(|line| line.indent == 0) {
        let text = line.text;
        let function = text.strip_prefix("async ").map_or(text, str::trim_start);
        if let Some(rest) = function.strip_prefix("def ") {
            match rest.split('(').next().map(str::trim) {
                Some("handler") => shape.handler = shape.handler.or(Some(line.number)),
                Some("main") => shape.main = shape.main.or(Some(line.number)),
                _ => {}
            }
        } else if text.starts_with("if") && text.contains("__name__") && text.contains("__main__") {
            shape.script = Some(line.number);
        } else if let Some((rank, name)) = assigned_object(text).filter(|(rank, _)| *rank < best) {
            best = rank;
            shape.object = Some((name, line.number));
        }
    }
    shape
}

/// The rank and name of `graph = …` or `graph: Type = …`, unless a plain text or number is assigned.
fn assigned_object(text: &str) -> Option<(usize, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let (name, rest) = text.split_at(end);
    let rank = OBJECTS.iter().position(|object| *object == name)?;
    let rest = rest.trim_start();
    if !rest.starts_with(['=', ':']) {
        return None;
    }
    let value = rest.split_once('=')?.1;
    let is_plain = value.trim_start().starts_with(|c: char| matches!(c, '=' | '"' | '\'') || c.is_ascii_digit());
    (!is_plain && !value.trim_start().starts_with("None")).then_some((rank, name))
}

impl<'a> Shape<'a> {
    /// How a file of this shape starts: what the runtime would find first.
    pub fn start(&self) -> Start<'a> {
        let start = |run_kind, object, line, rule, score| Start { run_kind, object, line, rule, score };
        if self.handler.is_some() {
            start("handler", Some("handler"), self.handler, "handler", 0.9)
        } else if self.script.is_some() {
            start("script", self.object.map(|(name, _)| name), self.script, "main-block", 0.85)
        } else if let Some((name, line)) = self.object {
            start("handler", Some(name), Some(line), "module-object", 0.85)
        } else if self.main.is_some() {
            start("handler", Some("main"), self.main, "main-function", 0.7)
        } else {
            start("script", None, None, "file", 0.4)
        }
    }
}

/// Claims the entry point and the run kind; answers the file that starts, when it is a Python file.
pub fn claim<'a>(request: &Request, modules: &[Module<'a>], claims: &mut Claims) -> Option<&'a str> {
    if let Some(path) = &request.entry_point {
        let named = modules.iter().find(|module| module.path == path);
        let start = named.map(|module| module.shape.start());
        let draft = claims.entry_point(path, 1.0).file(path).rule("request");
        if let Some(object) = start.and_then(|start| start.object) {
            draft.attribute("object", object);
        }
        let (named, start) = named.zip(start)?;
        claim_run_kind(named.path, &start, claims);
        return Some(named.path);
    }
    let mut candidates: Vec<_> =
        modules.iter().map(|module| (likelihood(module, modules.len() == 1), module)).collect();
    // Stable: of equals the first path stays first.
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (score, module) in candidates.iter().take(MOST_CANDIDATES) {
        let start = module.shape.start();
        let draft = claims.entry_point(module.path, *score).rule(start.rule);
        let draft = match start.line {
            Some(line) => draft.at(module.path, line),
            None => draft.file(module.path),
        };
        if let Some(object) = start.object {
            draft.attribute("object", object);
        }
    }
    let (_, chosen) = candidates.first()?;
    claim_run_kind(chosen.path, &chosen.shape.start(), claims);
    Some(chosen.path)
}

fn claim_run_kind(path: &str, start: &Start<'_>, claims: &mut Claims) {
    let draft = claims.run_kind(start.run_kind, 0.9).rule(start.rule);
    let draft = match start.line {
        Some(line) => draft.at(path, line),
        None => draft.file(path),
    };
    if let Some(object) = start.object {
        draft.attribute("object", object);
    }
}

/// 0.0 to 1.0: what the file offers, its name, and how deep it lies.
fn likelihood(module: &Module<'_>, only: bool) -> f32 {
    let name = module.path.rsplit('/').next().unwrap_or(module.path);
    let name_bonus = match name {
        "agent.py" => 0.05,
        "main.py" | "__main__.py" => 0.04,
        "app.py" => 0.03,
        _ if only => 0.05,
        "__init__.py" => -0.35,
        _ => 0.0,
    };
    let depth = module.folder().split('/').filter(|part| !part.is_empty() && *part != "src").count();
    let depth_malus = [0.0, 0.03, 0.06, 0.09][depth.min(3)];
    let score = module.shape.start().score + name_bonus - depth_malus;
    let score = if module.is_aside() { score * 0.3 } else { score };
    score.clamp(0.01, 0.99)
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_plugin_sdk::kind;

    fn claimed(request: &Request, files: &[(&str, &str)]) -> Claims {
        let modules: Vec<_> = files.iter().map(|(path, text)| Module::read(path, text)).collect();
        let mut claims = Claims::default();
        claim(request, &modules, &mut claims);
        claims
    }

    fn best(files: &[(&str, &str)]) -> (String, String, Option<String>) {
        let claims = claimed(&Request::default(), files);
        let entry = claims.of_kind(kind::ENTRY_POINT).next().expect("an entry point");
        let run_kind = claims.of_kind(kind::RUN_KIND).next().expect("a run kind");
        (entry.value.clone(), run_kind.value.clone(), entry.attribute("object").map(str::to_owned))
    }

    #[test]
    fn a_handler_wins_over_a_script_and_a_script_over_what_nothing_runs() {
        let handler = ("z.py", "async def handler(message):\n    return message\n");
        let graph = ("m.py", "graph = build().compile()\n");
        let script = ("main.py", "if __name__ == '__main__':\n    run()\n");
        assert_eq!(best(&[graph, script, handler]), ("z.py".into(), "handler".into(), Some("handler".into())));
        assert_eq!(best(&[script, graph]), ("main.py".into(), "script".into(), None));
        assert_eq!(best(&[graph]), ("m.py".into(), "handler".into(), Some("graph".into())));
        assert_eq!(best(&[("a.py", ""), script]), ("main.py".into(), "script".into(), None));
    }

    #[test]
    fn objects_are_taken_in_the_order_of_the_runtime() {
        assert_eq!(best(&[("a.py", "graph = g()\nagent: Agent = a()\n")]).2, Some("agent".into()));
    }

    #[test]
    fn nested_or_plain_names_start_nothing() {
        let text = "class A:\n    def handler(self): ...\nagent = 'text'\ngraph == 1\nagents = f()\nchain = None\n";
        assert_eq!(shape(&windlass_outline::python::scan::scan(text).lines), Shape::default());
    }

    #[test]
    fn tests_and_deep_files_come_last() {
        let text = "def handler(m): ...\n";
        assert_eq!(best(&[("tests/agent.py", text), ("a/b/agent.py", text), ("src/bot.py", text)]).0, "src/bot.py");
    }

    #[test]
    fn the_requested_entry_point_is_certain_and_its_content_tells_how_it_runs() {
        let request = Request { entry_point: Some("b.py".into()), ..Request::default() };
        let claims = claimed(&request, &[("agent.py", "def handler(m): ...\n"), ("b.py", "crew = Crew()\n")]);
        let entries: Vec<_> = claims.of_kind(kind::ENTRY_POINT).map(|c| (c.value.as_str(), c.score)).collect();
        assert_eq!(entries, [("b.py", 1.0)]);
        assert_eq!(claims.of_kind(kind::RUN_KIND).next().expect("one").value, "handler");
    }
}
