//! What a source file shows of starting something, where nothing else says it.

use crate::candidates::Start;
use crate::paths;
use crate::project::Project;
use std::collections::HashSet;
use windlass_outline::javascript::definitions::DefinitionKind;

/// Calls that serve or start what stays.
const STARTING: [&str; 18] = [
    ".listen",
    "serve",
    ".serve",
    "createServer",
    "http.createServer",
    "VoltAgent",
    "StdioServerTransport",
    "startServer",
    "startFlowServer",
    ".startFlowServer",
    "cli.runApp",
    ".start",
    ".login",
    ".launch",
    "readline.createInterface",
    ".createInterface",
    "createInterface",
    "App",
];
/// Functions that a script calls last.
const MAINS: [&str; 8] = ["main", "run", "start", "bootstrap", "chat", "cli", "init", "runAgent"];

/// Candidates by content, of every source file that is not beside the project.
pub fn starts(project: &Project<'_>, strengths: &[f32]) -> Vec<Start> {
    let imported: HashSet<usize> = (0..project.modules.len()).flat_map(|module| project.loaded_by(module)).collect();
    let main = project.modules.iter().enumerate().filter(|(_, module)| !project.is_aside(module.path));
    let found: Vec<_> = main.map(|(at, _)| start(project, at, strengths[at], imported.contains(&at))).collect();
    if found.is_empty() {
        return project.modules.iter().map(|module| Start::new(module.path, "node", 0.15, "file")).collect();
    }
    if let [only] = found.as_slice() {
        return vec![only.clone().scored(only.score.max(0.7))];
    }
    found
}

fn start(project: &Project<'_>, at: usize, strength: f32, is_imported: bool) -> Start {
    let module = &project.modules[at];
    let path = paths::relative(module.path, project.package_folder(module.path));
    let line = module.call(&STARTING).or_else(|| top_call(project, at));
    let handler = module
        .definitions
        .iter()
        .find(|found| found.exported && found.name == "handler" && found.kind != DefinitionKind::Type);
    let name = match paths::stem(path).to_ascii_lowercase().as_str() {
        "index" | "main" => 0.06,
        "server" | "app" | "agent" => 0.05,
        "cli" | "bot" | "start" | "run" => 0.03,
        _ => 0.0,
    };
    let folders = paths::folder(path).split('/').filter(|part| !part.is_empty() && *part != "src").count();
    let depth = [0.0, 0.03, 0.06, 0.1][folders.min(3)];
    let shows = if line.is_some() { 0.25 } else { 0.0 };
    let is_page = paths::has_ending(path, "tsx") || paths::has_ending(path, "jsx");
    let malus = if is_imported { 0.15 } else { 0.0 } + if is_page { 0.1 } else { 0.0 };
    let score = (0.3 + shows + 0.15 * strength + name - depth - malus).clamp(0.02, 0.7);
    match (handler, line) {
        (Some(handler), None) => {
            let start = Start::new(module.path, "handler", score, "handler").shown_by(module.path, handler.line);
            Start { object: Some("handler".to_owned()), ..start }
        }
        (_, Some(line)) => Start::new(module.path, "node", score, "starts").shown_by(module.path, line),
        _ => Start::new(module.path, "node", score, "file"),
    }
}

/// A call at the top level that is a statement of its own: `main()`, `await run(…)`, `void start().catch(…)`.
fn top_call(project: &Project<'_>, at: usize) -> Option<u32> {
    let module = &project.modules[at];
    let found = module.scan.statements.iter().find(|statement| {
        let text = ["await ", "void ", "(async "]
            .iter()
            .fold(statement.text, |text, word| text.strip_prefix(word).unwrap_or(text));
        statement.text.starts_with("(async ")
            || MAINS.iter().any(|main| text.strip_prefix(main).is_some_and(|rest| rest.starts_with('(')))
            || statement.text.starts_with("await ")
    })?;
    Some(module.scan.line(found.at))
}
