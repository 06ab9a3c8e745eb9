//! Where an agent starts: every candidate with what speaks for it, and how it runs.
//!
//! Evidence adds up: what the file shows by itself, what other files say of it, and how the project's files load each other.

mod command;
mod config;
mod deployment;
pub mod hints;
mod likelihood;
mod readme;
pub mod shape;
pub mod start;

use crate::graph::Graph;
use crate::local_modules::LocalModules;
use crate::modules::Module;
use hints::Hints;
use likelihood::Candidate;
use start::Start;
use windlass_plugin_sdk::{Claims, Files, Request};

/// The most candidates that are claimed.
const MOST_CANDIDATES: usize = 5;
/// Two candidates whose scores differ by less are told to the author.
const CLOSE: f32 = 0.04;
/// A claim's score for the way a file runs, and for the next way.
const RUNS: [f32; 2] = [0.9, 0.6];

/// The project as the entry point is sought in it.
#[derive(Debug, Clone, Copy)]
pub struct Project<'m> {
    /// Its paths, of any kind.
    pub paths: &'m [String],
    /// Its Python files.
    pub modules: &'m [Module<'m>],
    /// The folders with a manifest: each is a project of its own.
    pub parts: &'m [&'m str],
    /// Which imports are its own.
    pub local: &'m LocalModules<'m>,
    /// Which files load which.
    pub graph: &'m Graph,
}

/// Claims the entry point and the run kind; answers which module starts, when it is a Python file.
pub fn claim(request: &Request, files: &dyn Files, project: Project<'_>, claims: &mut Claims) -> Option<usize> {
    let hints = Hints::read(project.paths, files, project.modules, project.local);
    let candidates = likelihood::candidates(project, &hints.found);
    if let Some(named) = &request.entry_point {
        return claim_requested(named, project, &candidates, claims);
    }
    for candidate in candidates.iter().take(MOST_CANDIDATES) {
        claim_candidate(project.modules, candidate, candidate.score, claims);
    }
    note_doubt(project.modules, &candidates, claims);
    for (readme, line, file) in hints.absent.iter().take(3) {
        let text = format!("{readme} tells to start `{file}`, which is not among the files");
        claims.add("note", text, 0.6).at(readme, *line).rule("absent-file");
    }
    candidates.first().map(|candidate| candidate.module)
}

/// The author's own word is certain: the host has looked that the file is there.
fn claim_requested(named: &str, project: Project<'_>, candidates: &[Candidate], claims: &mut Claims) -> Option<usize> {
    let path = hints::join("", named);
    if let Some(candidate) = candidates.iter().find(|candidate| project.modules[candidate.module].path == path) {
        claim_candidate(project.modules, &Candidate { rule: "request", ..candidate.clone() }, 1.0, claims);
        return Some(candidate.module);
    }
    claims.entry_point(&path, 1.0).file(&path).rule("request");
    None
}

fn claim_candidate(modules: &[Module<'_>], candidate: &Candidate, score: f32, claims: &mut Claims) {
    let path = modules[candidate.module].path;
    let best = candidate.starts.first();
    let draft = claims.entry_point(path, score).rule(candidate.rule);
    let draft = match (&candidate.shown_by, best.and_then(|start| start.line)) {
        (Some((file, Some(line))), _) => draft.at(file, *line),
        (Some((file, None)), _) => draft.file(file),
        (None, Some(line)) => draft.at(path, line),
        (None, None) => draft.file(path),
    };
    if let Some(object) = best.and_then(|start| start.object.as_ref()) {
        draft.attribute("object", object);
    }
    for (start, weight) in candidate.starts.iter().zip(RUNS) {
        claim_run_kind(path, start, weight * score.max(0.1), claims);
    }
}

fn claim_run_kind(path: &str, start: &Start, score: f32, claims: &mut Claims) {
    let draft = claims.run_kind(start.kind.name(), score).rule(start.rule);
    let mut draft = match start.line {
        Some(line) => draft.at(path, line),
        None => draft.file(path),
    };
    if let Some(object) = &start.object {
        draft = draft.attribute("object", object);
    }
    for arg in &start.args {
        draft = draft.attribute("arg", arg);
    }
}

/// Says so when two files look alike, and what would settle it.
fn note_doubt(modules: &[Module<'_>], candidates: &[Candidate], claims: &mut Claims) {
    let Some(first) = candidates.first() else { return };
    let close: Vec<_> = candidates
        .iter()
        .take(MOST_CANDIDATES)
        .filter(|candidate| first.score - candidate.score < CLOSE)
        .map(|candidate| format!("`{}` ({:.2})", modules[candidate.module].path, candidate.score))
        .collect();
    if close.len() > 1 {
        let text = format!(
            "the start is unsure: {} are about as likely; name one in `entry_point` to settle it",
            close.join(", ")
        );
        claims.add("note", text, 0.8).file(modules[first.module].path).rule("entry-point-unsure");
    }
}

#[cfg(test)]
mod tests;
