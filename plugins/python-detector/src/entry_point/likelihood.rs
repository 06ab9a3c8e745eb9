//! How likely each file is the start.

use super::hints::Hint;
use super::shape::{Sign, assignment, is_function};
use super::start::{RunKind, Start, starts};
use super::{Project, config};
use crate::frameworks::framework_strength;
use crate::graph::Marks;
use crate::modules::{Module, part_of};

/// How much of a file's own look counts, beside what others say of it.
const LOOK: f32 = 0.55;
/// What looks less like a start than this is not asked what it reaches.
const LEAST: f32 = 0.4;

/// How much a start counts in a tree whose own language is another one.
const BESIDE: f32 = 0.3;
/// A file that does so much with agents is one.
const AGENT: f32 = 0.8;

/// One file that may be the start.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The file, by its place in the tree.
    pub module: usize,
    /// How likely, 0.0 to 1.0.
    pub score: f32,
    /// The ways to start it, the likeliest first.
    pub starts: Vec<Start>,
    /// The rule that speaks loudest for it.
    pub rule: &'static str,
    /// The file and line that name it, where another file does.
    pub shown_by: Option<(String, Option<u32>)>,
}

/// An interface that another file builds and this one launches.
fn launches(project: Project<'_>, index: usize) -> Option<Start> {
    let shape = &project.modules[index].shape;
    let builds = |loaded: &usize| project.modules[*loaded].shape.has(Sign::Gradio);
    let seen = shape.get(Sign::GradioLaunch).filter(|_| !shape.has(Sign::Gradio))?;
    project.graph.loads(index).iter().any(builds).then(|| Start {
        kind: RunKind::Gradio,
        object: None,
        args: Vec::new(),
        line: Some(seen.line),
        rule: "gradio-launch",
        score: 0.9,
    })
}

/// What is known of every file before any is judged.
struct Seen {
    /// How much each does with agents.
    uses: Vec<f32>,
    /// The part that each belongs to; 0 is the project as a whole.
    parts: Vec<usize>,
    /// The most that any file of a part does with agents.
    most: Vec<f32>,
    /// True where the whole has a manifest: its parts are beside the point then.
    has_root: bool,
    marks: Marks,
}

impl Seen {
    fn read(project: Project<'_>) -> Self {
        let mut names = vec![""];
        let mut seen = Self {
            uses: project.modules.iter().map(|module| framework_strength(module, project.local)).collect(),
            parts: Vec::with_capacity(project.modules.len()),
            most: vec![0.0],
            has_root: project.parts.contains(&""),
            marks: Marks::new(project.modules.len()),
        };
        for (index, module) in project.modules.iter().enumerate() {
            let name = part_of(project.parts, module.path);
            let part = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                names.push(name);
                seen.most.push(0.0);
                names.len() - 1
            });
            seen.parts.push(part);
            seen.most[part] = seen.most[part].max(seen.uses[index]);
        }
        seen
    }
}

/// Every file, the likeliest first.
pub fn candidates(project: Project<'_>, hints: &[Hint]) -> Vec<Candidate> {
    let modules = project.modules;
    let mut seen = Seen::read(project);
    let mut found: Vec<Candidate> = Vec::with_capacity(modules.len());
    for (index, module) in modules.iter().enumerate() {
        let mut starts = starts(&module.shape, module.name());
        starts.splice(0..0, launches(project, index));
        let mine: Vec<&Hint> = hints.iter().filter(|hint| hint.module == index).collect();
        let look = look(project, index, &starts[0], !mine.is_empty(), &mut seen);
        apply(&mine, &mut starts, module);
        name_graph(&mine, &mut starts, module);
        let loudest = mine.iter().copied().max_by(|a, b| a.weight.total_cmp(&b.weight));
        found.push(Candidate {
            module: index,
            score: (look * LOOK + bonus(&mine)).clamp(0.01, 0.99),
            rule: loudest.map_or(starts[0].rule, |hint| hint.rule),
            shown_by: loudest.map(|hint| (hint.file.clone(), hint.line)),
            starts,
        });
    }
    if is_beside_another_language(project, &seen) {
        for candidate in &mut found {
            candidate.score *= BESIDE;
        }
    }
    raise_fronts(project, &mut seen, &mut found);
    // Stable: of equals the first path stays first.
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found
}

/// How much a file looks like the start by itself: what it shows, what it reaches, who loads it, its name and its place.
#[expect(clippy::cast_precision_loss, reason = "counts of files are small")]
fn look(project: Project<'_>, index: usize, start: &Start, is_hinted: bool, seen: &mut Seen) -> f32 {
    let module = &project.modules[index];
    let mut look = start.score + name_bonus(module, project.modules.len() == 1, seen.uses[index])
        - 0.02 * depth(module).min(4) as f32;
    // Only what could start at all is asked what it reaches: that walk is the dear part.
    if start.score > LEAST || is_hinted {
        let reached = project.graph.walk(index, &mut seen.marks);
        look += 0.1 * (reached.len() as f32 / seen.uses.len() as f32);
        let most = seen.most[seen.parts[index]];
        let mine = reached.iter().map(|at| seen.uses[*at]).fold(0.0, f32::max);
        look += match mine {
            _ if most == 0.0 => 0.0,
            0.0 => {
                if is_hinted {
                    -0.15
                } else {
                    -0.3
                }
            }
            mine if mine >= most * 0.6 => 0.1,
            _ => 0.0,
        };
    }
    if module.imports.is_empty() {
        // What needs nothing and nobody is what a project generator left.
        look -= 0.15;
    }
    if seen.has_root && seen.parts[index] != 0 {
        look -= 0.12;
    }
    if project.graph.loaded_by[index] > 0 {
        look -= 0.16;
    }
    if module.is_aside() { look * 0.35 } else { look }
}

/// True for a tree that is a package of Node, where Python without a manifest and without agents only helps out.
fn is_beside_another_language(project: Project<'_>, seen: &Seen) -> bool {
    let is_package = project.paths.iter().any(|path| path == "package.json");
    is_package && project.parts.is_empty() && seen.uses.iter().all(|uses| *uses == 0.0)
}

/// What other files say adds up, the loudest whole, the others in part; each rule speaks once.
fn bonus(hints: &[&Hint]) -> f32 {
    let mut by_rule: Vec<(&str, f32)> = Vec::new();
    for hint in hints {
        match by_rule.iter_mut().find(|(rule, _)| *rule == hint.rule) {
            Some((_, weight)) => *weight = weight.max(hint.weight),
            None => by_rule.push((hint.rule, hint.weight)),
        }
    }
    by_rule.sort_by(|a, b| b.1.total_cmp(&a.1));
    by_rule.iter().enumerate().map(|(place, (_, weight))| if place == 0 { *weight } else { weight * 0.35 }).sum()
}

/// Puts the way that the loudest hint tells in front.
fn apply(hints: &[&Hint], starts: &mut Vec<Start>, module: &Module<'_>) {
    let mut hints: Vec<&&Hint> = hints.iter().filter(|hint| hint.kind.is_some()).collect();
    hints.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    let Some((hint, kind)) = hints.first().and_then(|hint| Some((**hint, hint.kind?))) else { return };
    // `python app.py` of a file that serves, draws or launches says no more than the file itself.
    let is_plain = matches!(kind, RunKind::Script);
    let own = starts.iter().position(|start| start.kind == kind);
    let is_front = starts.first().is_some_and(|start| start.kind.is_front() && module.shape.has(Sign::MainBlock));
    let known = match own {
        Some(at) => starts.remove(at),
        None => Start { kind, object: None, args: Vec::new(), line: None, rule: hint.rule, score: 0.5 },
    };
    let object = hint.object.clone().or(known.object.clone());
    let args = if hint.args.is_empty() { known.args.clone() } else { hint.args.clone() };
    let place = usize::from(is_plain && is_front).min(starts.len());
    starts.insert(place, Start { object, args, rule: hint.rule, ..known });
}

/// The graph that langgraph.json names answers too where the runtime imports the file and calls an object in it. A function
/// there makes the graph; nobody calls it then.
fn name_graph(hints: &[&Hint], starts: &mut Vec<Start>, module: &Module<'_>) {
    let named = hints.iter().filter(|hint| hint.rule == config::LANGGRAPH);
    let Some(hint) = named.max_by(|a, b| a.weight.total_cmp(&b.weight)) else { return };
    let Some(object) = hint.object.clone().filter(|object| !is_function(&module.lines, object)) else { return };
    let line = assignment(&module.lines, &object);
    let own = starts.iter().position(|start| start.kind == RunKind::Handler);
    if let Some(at) = own {
        starts.remove(at);
    }
    let place = own.unwrap_or(1).min(1);
    let rule = hint.rule;
    starts.insert(
        place,
        Start { kind: RunKind::Handler, object: Some(object), args: Vec::new(), line, rule, score: 0.6 },
    );
}

/// What people talk to stands above the agent that it loads, also where a framework's configuration names the agent.
fn raise_fronts(project: Project<'_>, seen: &mut Seen, found: &mut [Candidate]) {
    let agents: Vec<(usize, f32)> = found
        .iter()
        .filter(|candidate| {
            candidate.starts[0].kind == RunKind::FrameworkCli || candidate.starts[0].kind == RunKind::Handler
        })
        .filter(|candidate| candidate.score > 0.4)
        .map(|candidate| (candidate.module, candidate.score))
        .collect();
    // What an agent's file stands for: itself, and the files below it that build agents.
    let agents: Vec<(Vec<usize>, f32)> = agents
        .into_iter()
        .map(|(agent, score)| {
            let mut built = project.graph.walk(agent, &mut seen.marks);
            built.retain(|at| *at == agent || seen.uses[*at] > AGENT);
            (built, score)
        })
        .collect();
    if agents.is_empty() {
        return;
    }
    for candidate in found.iter_mut().filter(|candidate| candidate.starts[0].kind.is_front()) {
        if project.modules[candidate.module].is_aside() {
            continue;
        }
        let reached = project.graph.walk(candidate.module, &mut seen.marks);
        let above = agents.iter().filter(|(built, _)| built.iter().any(|at| reached[1..].contains(at)));
        let highest = above.map(|(_, score)| *score).fold(0.0, f32::max);
        if highest >= candidate.score {
            candidate.score = (highest + 0.02).min(0.99);
        }
    }
}

/// Names settle what nothing else does.
fn name_bonus(module: &Module<'_>, only: bool, uses: f32) -> f32 {
    const SIDE: [&str; 39] = [
        "ingest",
        "setup",
        "seed",
        "init",
        "migrate",
        "evaluate",
        "eval",
        "test",
        "benchmark",
        "train",
        "download",
        "client",
        "config",
        "settings",
        "utils",
        "util",
        "helpers",
        "example",
        "debug",
        "generate",
        "create",
        "populate",
        "install",
        "check",
        "build",
        "deploy",
        "undeploy",
        "login",
        "crawl",
        "crawler",
        "scrape",
        "scraper",
        "index",
        "embed",
        "upload",
        "load",
        "clear",
        "delete",
        "reset",
    ];
    let stem = module.name().trim_end_matches(".py");
    let by_name = match stem {
        "main" | "__main__" => 0.08,
        "app" | "streamlit_app" => 0.07,
        "agent" => 0.06,
        "server" | "bot" | "run" | "cli" | "api" => 0.04,
        "__init__" => -0.4,
        _ if only => 0.05,
        _ => 0.0,
    };
    // A client that is itself the agent is no client of the agent.
    let is_side = stem.split(['_', '-']).any(|word| SIDE.contains(&word) && !(word == "client" && uses > AGENT));
    by_name - if is_side { 0.15 } else { 0.0 }
}

fn depth(module: &Module<'_>) -> usize {
    module.folder().split('/').filter(|part| !part.is_empty() && *part != "src").count()
}
