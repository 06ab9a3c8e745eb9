//! Where an agent starts: every way that the project shows, ranked.

use crate::candidates::Start;
use crate::command::Runner;
use crate::project::Project;
use crate::scripts::{Ending, What, dockerfile, endings, procfile};
use crate::{built, configs, content, paths};
use windlass_outline::javascript::manifest::Manifest;

/// How sure a file is that no script names but a field of package.json does.
const FIELDS: [(&str, f32); 4] = [("bin", 0.86), ("main", 0.84), ("module", 0.83), ("source", 0.85)];
/// How sure a framework's configuration makes its file where no script starts it.
const CONFIGURED: [(Runner, f32); 6] = [
    (Runner::Wrangler, 0.92),
    (Runner::LangGraph, 0.92),
    (Runner::Next, 0.85),
    (Runner::Nest, 0.85),
    (Runner::Motia, 0.85),
    (Runner::Mastra, 0.75),
];
/// How many candidates by content alone are weighed further.
const MOST_BY_CONTENT: usize = 24;
/// Calls that answer requests.
const SERVING: [&str; 8] =
    [".listen", "serve", ".serve", "createServer", "http.createServer", "VoltAgent", "startServer", "startFlowServer"];

/// The candidates of a project, the best first; each file once.
pub fn ranked(project: &Project<'_>, strengths: &[f32]) -> Vec<Start> {
    let mut starts = Vec::new();
    for folder in folders(project) {
        starts.extend(of_package(project, folder, strengths));
    }
    let mut by_content = content::starts(project, strengths);
    by_content.sort_by(|a, b| b.score.total_cmp(&a.score));
    by_content.truncate(MOST_BY_CONTENT);
    starts.extend(by_content);
    let strongest = strongest(project, strengths, |module| !project.is_aside(module));
    for start in &mut starts {
        start.score *= held(project, start, strengths, strongest) * placed(project, &start.path, strengths);
    }
    starts.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut ranked: Vec<Start> = Vec::new();
    for start in starts {
        if !ranked.iter().any(|known| known.path == start.path) {
            ranked.push(start);
        }
    }
    ranked
}

/// The folders of packages; the root where there is none, since a Dockerfile or a configuration may stand alone.
fn folders<'a>(project: &Project<'a>) -> Vec<&'a str> {
    let mut folders: Vec<_> = project.manifests.iter().map(Manifest::folder).collect();
    if !folders.contains(&"") {
        folders.push("");
    }
    folders
}

fn of_package(project: &Project<'_>, folder: &str, strengths: &[f32]) -> Vec<Start> {
    let manifest = project.manifests.iter().find(|manifest| manifest.folder() == folder);
    let mut starts = by_files(project, folder, strengths);
    if let Some(manifest) = manifest {
        starts.extend(by_scripts(project, manifest, strengths));
        for (field, path) in manifest.files() {
            let score = FIELDS.iter().find(|(known, _)| *known == field).map_or(0.5, |(_, score)| *score);
            let path = built::source_of(project, folder, path).filter(|path| paths::is_source(path));
            starts.extend(
                path.map(|path| of_file(project, path, score, field).shown_by(&manifest.path, manifest.line(field))),
            );
        }
    }
    let without_server = configured(project, folder, manifest, strengths, &mut starts);
    if without_server {
        // A script beside langgraph.json that serves nothing only tries the graph out.
        for start in starts.iter_mut().filter(|start| start.run_kind == "node") {
            let serves = project.module(&start.path).is_some_and(|at| project.modules[at].call(&SERVING).is_some());
            start.score *= if serves { 1.0 } else { 0.95 };
        }
    }
    starts
}

/// What configurations name; true where langgraph.json is among them.
fn configured(
    project: &Project<'_>,
    folder: &str,
    manifest: Option<&Manifest>,
    strengths: &[f32],
    starts: &mut Vec<Start>,
) -> bool {
    let mut graph = false;
    for (runner, score) in CONFIGURED {
        let package = match runner {
            Runner::Next => "next",
            Runner::Nest => "@nestjs/core",
            Runner::Motia => "motia",
            Runner::Mastra => "@mastra/core",
            _ => "",
        };
        if package.is_empty() || manifest.is_some_and(|manifest| manifest.depends_on(package)) {
            let found = configs::starts(project, runner, folder, &[], strengths);
            graph |= runner == Runner::LangGraph && !found.is_empty();
            starts.extend(found.into_iter().map(|start| {
                let score = score * start.score;
                start.scored(score)
            }));
        }
    }
    graph
}

/// What Procfile and Dockerfile start.
fn by_files(project: &Project<'_>, folder: &str, strengths: &[f32]) -> Vec<Start> {
    let mut starts = Vec::new();
    let path = paths::join(folder, "Procfile");
    if let Some((line, number)) = project.text(&path).as_deref().and_then(procfile) {
        starts.extend(
            of_line(project, folder, line, 0.95, "procfile", strengths).map(|start| start.shown_by(&path, number)),
        );
    }
    let path = paths::join(folder, "Dockerfile");
    if let Some((line, number)) = project.text(&path).as_deref().and_then(dockerfile) {
        starts.extend(
            of_line(project, folder, &line, 0.94, "dockerfile", strengths).map(|start| start.shown_by(&path, number)),
        );
    }
    starts
}

fn by_scripts(project: &Project<'_>, manifest: &Manifest, strengths: &[f32]) -> Vec<Start> {
    let mut starts = Vec::new();
    for (name, line) in manifest.scripts() {
        let score = script_score(name);
        let found = of_line(project, manifest.folder(), line, score, "script", strengths);
        starts.extend(found.map(|start| start.shown_by(&manifest.path, manifest.line(name))));
    }
    starts
}

/// How sure the name of a script is that it starts the project.
fn script_score(name: &str) -> f32 {
    const ASIDE: [&str; 26] = [
        "test",
        "lint",
        "build",
        "format",
        "seed",
        "migrat",
        "generat",
        "db",
        "deploy",
        "clean",
        "setup",
        "eval",
        "bench",
        "release",
        "changelog",
        "ingest",
        "type",
        "codegen",
        "prepare",
        "install",
        "docs",
        "check",
        "script",
        "e2e",
        "inspect",
        "doctor",
    ];
    const LIKELY: [&str; 16] = [
        "agent", "chat", "bot", "run", "api", "app", "cli", "demo", "example", "main", "worker", "mcp", "genkit",
        "serve", "web", "backend",
    ];
    match name {
        "start" => 0.93,
        "dev" => 0.91,
        "serve" | "server" | "develop" | "start:dev" | "dev:server" | "start:server" | "server:dev" => 0.9,
        name if ASIDE.iter().any(|word| name.contains(word)) => 0.25,
        name if name.starts_with("start") => 0.885,
        name if name.starts_with("dev") => 0.88,
        name if LIKELY.iter().any(|word| name.contains(word)) => 0.8,
        "preview" | "debug" | "watch" => 0.5,
        _ => 0.6,
    }
}

/// What one command line starts; of several the last is the likeliest, since what prepares comes first.
fn of_line<'p>(
    project: &'p Project<'_>,
    folder: &str,
    line: &str,
    score: f32,
    rule: &'static str,
    strengths: &'p [f32],
) -> impl Iterator<Item = Start> + 'p {
    let endings = endings(project, folder, line);
    endings.into_iter().zip(0_u8..).flat_map(move |(ending, place)| {
        let score = score + 0.001 * f32::from(place.min(9));
        of_ending(project, &ending, score, rule, strengths)
    })
}

fn of_ending(project: &Project<'_>, ending: &Ending, score: f32, rule: &'static str, strengths: &[f32]) -> Vec<Start> {
    let runner = |runner, args: &[String]| {
        let found = configs::starts(project, runner, &ending.folder, args, strengths);
        found.into_iter().map(|start| {
            let score = score * start.score;
            start.scored(score)
        })
    };
    let mut starts: Vec<Start> = match &ending.what {
        What::Framework(known, args) => runner(*known, args).collect(),
        What::File(path, _) if path.contains(".mastra/") => runner(Runner::Mastra, &["start".to_owned()]).collect(),
        What::File(path, _) if path.contains(".next/") => runner(Runner::Next, &[]).collect(),
        What::File(path, _) if path.contains(".output/") => runner(Runner::Pages, &[]).collect(),
        What::File(path, args) => {
            let file = of_process_file(project, &ending.folder, path);
            file.map(|path| of_file(project, path, score, rule).with_args(args.iter().cloned())).into_iter().collect()
        }
    };
    if ending.genkit {
        for start in starts.iter_mut().filter(|start| start.run_kind == "node") {
            start.run_kind = "framework_cli";
            start.args = ["genkit", "start", "--", "npx", "tsx", &start.path].map(str::to_owned).to_vec();
        }
    }
    starts
}

/// The source of a file that is started; pm2's ecosystem file names it inside.
fn of_process_file(project: &Project<'_>, folder: &str, path: &str) -> Option<String> {
    let path = if paths::name(path).starts_with("ecosystem.") {
        let text = project.text(&paths::join(folder, path))?;
        let scan = windlass_outline::javascript::scan::scan(&text, false);
        scan.literals.iter().find(|literal| literal.key() == Some("script")).map(|literal| literal.text.to_owned())?
    } else if matches!(path, "." | "./") {
        // `node .` starts what `main` names.
        let manifest = project.manifests.iter().find(|manifest| manifest.folder() == folder);
        let files = manifest.map(Manifest::files).unwrap_or_default();
        files.iter().find(|(field, _)| *field == "main").map_or("index", |(_, path)| path).to_owned()
    } else {
        path.to_owned()
    };
    built::source_of(project, folder, &path).filter(|path| paths::is_source(path))
}

/// A file that is started as it is: Nest's own is told by what it calls.
fn of_file(project: &Project<'_>, path: String, score: f32, rule: &'static str) -> Start {
    let module = project.module(&path).map(|at| &project.modules[at]);
    let nest = ["NestFactory.create", "NestFactory.createMicroservice", "NestFactory.createApplicationContext"];
    let is_nest = module.is_some_and(|module| module.call(&nest).is_some());
    Start::new(path, if is_nest { "nest" } else { "node" }, score, rule)
}

/// The strongest agent among the modules that `of` picks by path.
fn strongest(project: &Project<'_>, strengths: &[f32], of: impl Fn(&str) -> bool) -> f32 {
    let modules = project.modules.iter().zip(strengths).filter(|(module, _)| of(module.path));
    modules.map(|(_, strength)| *strength).fold(0.0, f32::max)
}

/// What a start loads must hold the agent: of two ways the one that reaches it is the likelier.
fn held(project: &Project<'_>, start: &Start, strengths: &[f32], strongest_of_all: f32) -> f32 {
    if strongest_of_all <= 0.0 {
        return 1.0;
    }
    let reached = match project.module(&start.path) {
        Some(at) => project.reached([at]).iter().map(|(module, _)| strengths[*module]).fold(0.0, f32::max),
        None => 0.0,
    };
    // Frameworks load what lies in their folders, without an import to show for it.
    let reached = if matches!(start.run_kind, "framework_cli" | "nest") && start.rule != "script" {
        let folder = project.package_folder(&start.path);
        reached.max(strongest(project, strengths, |path| paths::is_in(path, folder)))
    } else {
        reached
    };
    0.8 + 0.2 * (reached / strongest_of_all).min(1.0)
}

/// The root's package comes first, then one that holds an agent, then any other; examples come last.
fn placed(project: &Project<'_>, path: &str, strengths: &[f32]) -> f32 {
    let folder = project.package_folder(path);
    let own = if folder.is_empty() || project.manifests.len() == 1 {
        1.0
    } else if strongest(project, strengths, |path| project.package_folder(path) == folder) > 0.0 {
        0.97
    } else {
        0.85
    };
    if !folder.is_empty() && paths::is_aside(&format!("{folder}/x.ts")) { own * 0.5 } else { own }
}
