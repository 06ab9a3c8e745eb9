//! The whole detection, read top to bottom: read, entry point, frameworks, requirements.

use crate::candidates::Start;
use crate::frameworks::{self, Shown, shown_by};
use crate::project::Project;
use crate::sights::{Sight, sights, strengths};
use crate::{entry_point, evidence, paths, requirements, sources};
use std::collections::HashSet;
use windlass_outline::javascript::resolve::Layout;
use windlass_plugin_sdk::claim::Draft;
use windlass_plugin_sdk::{Claims, Files, PluginError, Request, claim, kind};

/// How much a file counts that the entry point never loads, and one that is not part of what runs.
const UNREACHED: f32 = 0.6;
const ASIDE: f32 = 0.3;
/// How much a package counts that is declared and never imported.
const DECLARED: f32 = 0.5;
/// How sure it is that code without any known framework uses none; a model SDK that is only declared is less.
const PLAIN: f32 = 0.31;
/// The most candidates that are claimed.
const MOST_CANDIDATES: usize = 5;

/// Claims what a JavaScript or TypeScript project shows; not applicable where there is neither source nor package.json.
pub fn detect(request: &Request, files: &dyn Files, claims: &mut Claims) -> Result<(), PluginError> {
    let paths = files.paths();
    let texts = sources::read(&paths, files);
    let layout = Layout::read(&paths.iter().map(String::as_str).collect::<Vec<_>>(), &|path| files.read(path).ok());
    if texts.is_empty() && layout.manifests.is_empty() {
        return dockerfile_alone(request, &paths, claims);
    }
    let project = Project::new(&paths, files, &layout, &texts);
    let sights = sights(&project);
    let strengths = strengths(&project, &sights);
    let ranked = entry_point::ranked(&project, &strengths);
    let share = share_of_node(&project, &strengths);
    let start = claim_entry_point(request, &project, &ranked, share, claims);
    let reached = reached(&project, start.as_ref());
    claim_frameworks(request, &project, &sights, &reached, share, claims);
    claim_layer_of_runner(start.as_ref(), claims);
    requirements::claim(&project, start.as_ref(), &reached, share, claims);
    evidence::claim(&project, &reached, claims);
    // As sure as the file that starts, so that beside another language's detector the winner names its own.
    let sure = claims.of_kind(kind::ENTRY_POINT).map(|claim| claim.score).fold(0.0, f32::max);
    claims.add(kind::LANGUAGE, "node", sure).rule("files");
    Ok(())
}

/// A Dockerfile that nothing readable stands beside says how it is built, and that is all there is to say.
fn dockerfile_alone(request: &Request, paths: &[String], claims: &mut Claims) -> Result<(), PluginError> {
    const READ: [&str; 2] = ["py", "ipynb"];
    let is_alone = !paths.iter().any(|path| READ.iter().any(|ending| paths::has_ending(path, ending)));
    let is_there = |path: &&String| *path == "Dockerfile";
    if !is_alone || request.entry_point.is_some() || !paths.iter().any(|path| is_there(&path)) {
        return Err(PluginError::NotApplicable);
    }
    claim_start(&Start::new("Dockerfile", "dockerfile", 0.5, "dockerfile"), 1.0, claims);
    claims.framework("none", PLAIN * 0.5).file("Dockerfile").rule("no-framework");
    Ok(())
}

/// How much of the agent is ours: all of it, unless Python stands beside it and this side shows less than a framework.
fn share_of_node(project: &Project<'_>, strengths: &[f32]) -> f32 {
    let is_python =
        |path: &&String| paths::has_ending(path, "py") && !paths::is_installed_or_built(path) && !paths::is_aside(path);
    if !project.paths.iter().any(|path| is_python(&path)) {
        return 1.0;
    }
    let own = project.modules.iter().zip(strengths).filter(|(module, _)| !project.is_aside(module.path));
    match own.map(|(_, strength)| *strength).fold(0.0, f32::max) {
        strength if strength >= 0.8 => 0.95,
        strength if strength > 0.0 => 0.6,
        _ => 0.4,
    }
}

/// Claims the candidates with their run kinds; answers the one that starts, when it is ours.
fn claim_entry_point(
    request: &Request,
    project: &Project<'_>,
    ranked: &[Start],
    share: f32,
    claims: &mut Claims,
) -> Option<Start> {
    if let Some(named) = &request.entry_point {
        let path = paths::join("", named);
        if !paths::is_source(&path) {
            return None;
        }
        let known = ranked.iter().find(|start| start.path == path).cloned();
        let start = known.unwrap_or_else(|| Start::new(path, "node", 1.0, "request"));
        let start = Start { score: 1.0, rule: "request", shown: None, ..start };
        claim_start(&start, 1.0, claims);
        return Some(start);
    }
    for start in ranked.iter().take(MOST_CANDIDATES) {
        claim_start(start, share, claims);
    }
    if ranked.is_empty() && project.resolver.has_file("Dockerfile") {
        claim_start(&Start::new("Dockerfile", "dockerfile", 0.5, "dockerfile"), share, claims);
    }
    if let [first, second, ..] = ranked
        && first.score * share < 0.6
        && first.score - second.score < 0.05
    {
        let note = format!(
            "It is not certain that `{}` starts this agent (`{}` may as well): a `start` script in package.json, or `entry_point`, settles it",
            first.path, second.path
        );
        claims.add("note", note, first.score).file(&first.path).rule("unsure");
    }
    ranked.first().cloned()
}

fn claim_start(start: &Start, share: f32, claims: &mut Claims) {
    let score = (start.score * share).clamp(0.01, 1.0);
    complete(claims.entry_point(&start.path, score), start);
    let mut draft = complete(claims.run_kind(start.run_kind, (score * 0.98).clamp(0.01, 1.0)), start);
    // The file of a run kind is the entry point that it belongs to.
    draft = draft.file(&start.path);
    for arg in &start.args {
        draft = draft.attribute("arg", arg);
    }
}

fn complete<'d>(draft: Draft<'d>, start: &Start) -> Draft<'d> {
    let draft = match &start.shown {
        Some((file, line)) => draft.at(file, *line),
        None => draft.file(&start.path),
    };
    let draft = draft.rule(start.rule);
    match &start.object {
        Some(object) => draft.attribute("object", object),
        None => draft,
    }
}

/// The modules that run: what the start loads, and with frameworks that load folders by themselves all of its package.
fn reached(project: &Project<'_>, start: Option<&Start>) -> HashSet<usize> {
    let all = || (0..project.modules.len()).filter(|at| !project.is_aside(project.modules[*at].path));
    let Some((start, at)) = start.and_then(|start| Some((start, project.module(&start.path)?))) else {
        return all().collect();
    };
    let mut starts = vec![at];
    if matches!(start.run_kind, "next" | "framework_cli" | "nest") {
        let folder = project.package_folder(&start.path);
        starts.extend(all().filter(|at| project.package_folder(project.modules[*at].path) == folder));
    }
    project.reached(starts).into_iter().map(|(module, _)| module).collect()
}

/// The layer that the way of starting shows, where no import does: a worker may import nothing.
fn claim_layer_of_runner(start: Option<&Start>, claims: &mut Claims) {
    let Some(start) = start.filter(|start| matches!(start.run_kind, "workers" | "next" | "nest")) else { return };
    let is_known = claims.of_kind(kind::ALSO).any(|claim| claim.value == start.run_kind && claim.score >= 0.8);
    if !is_known {
        let draft = claims.also(start.run_kind, 0.9).rule(start.rule);
        match &start.shown {
            Some((file, line)) => draft.at(file, *line),
            None => draft.file(&start.path),
        };
    }
}

/// What shows one fact best.
struct Best {
    shown: Shown,
    score: f32,
    file: String,
    line: u32,
    rule: &'static str,
}

/// Claims each framework once, at its strongest sight; the author's hint is certain, and `none` is what is left.
fn claim_frameworks(
    request: &Request,
    project: &Project<'_>,
    sights: &[Sight],
    reached: &HashSet<usize>,
    share: f32,
    claims: &mut Claims,
) {
    if let Some(hint) = request.framework.as_deref().map(frameworks::normalise).filter(|hint| !hint.is_empty()) {
        claims.framework(hint, 1.0).rule("request");
    }
    let mut best: Vec<Best> = Vec::new();
    let mut keep = |found: Best| match best.iter_mut().find(|known| known.shown.is_same(&found.shown)) {
        Some(known) if known.score >= found.score => {}
        Some(known) => *known = found,
        None => best.push(found),
    };
    for sight in sights {
        let path = project.modules[sight.module].path;
        let weight = match (reached.contains(&sight.module), project.is_aside(path)) {
            (true, _) => 1.0,
            (false, false) => UNREACHED,
            (false, true) => ASIDE,
        };
        let score = sight.shown.score * sight.strength * weight;
        keep(Best { shown: sight.shown, score, file: path.to_owned(), line: sight.line, rule: "import" });
    }
    for manifest in project.manifests {
        for (name, ..) in manifest.dependencies() {
            for shown in shown_by(name) {
                let (score, line) = (shown.score * DECLARED, manifest.line(name));
                keep(Best { shown, score, file: manifest.path.clone(), line, rule: "declared" });
            }
        }
    }
    best.sort_by(|a, b| b.score.total_cmp(&a.score));
    for found in &best {
        let id = found.shown.row.id;
        let draft =
            if found.shown.is_layer() { claims.also(id, found.score) } else { claims.framework(id, found.score) };
        draft.at(&found.file, found.line).rule(found.rule);
    }
    // Where Python stands beside it, what this side does not use says nothing about the agent.
    let plain = if share < 1.0 { PLAIN * 0.5 } else { PLAIN };
    if claim::best(claims.as_slice(), kind::FRAMEWORK).is_none_or(|best| best.score < plain) {
        claims.framework("none", plain).rule("no-framework");
    }
}

#[cfg(test)]
mod tests;
