//! Next: the route that holds the agent, else the page.

use crate::candidates::Start;
use crate::paths::{is_in, name, relative, without_ending};
use crate::project::Project;

/// What a file is to Next.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    Route,
    Action,
    Page,
}

/// The candidates of a Next package, the best first; none where it has neither a route nor a page.
pub fn starts(project: &Project<'_>, folder: &str, strengths: &[f32]) -> Vec<Start> {
    let files = project.modules.iter().enumerate().filter(|(_, module)| is_in(module.path, folder));
    let mut routes = Vec::new();
    let mut pages = Vec::new();
    for (at, module) in files {
        let path = relative(module.path, folder);
        match role(project, at, path) {
            Some(Role::Page) => pages.push((page_rank(path), at)),
            Some(role) => routes.push((weight(project, at, path, role, strengths), at)),
            None => {}
        }
    }
    routes.retain(|(weight, _)| *weight > 0.0);
    routes.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| project.modules[a.1].path.cmp(project.modules[b.1].path)));
    let best = routes.first().map_or(1.0, |(weight, _)| *weight);
    let mut starts: Vec<_> = routes
        .iter()
        .take(4)
        .map(|(weight, at)| Start::new(project.modules[*at].path, "next", (weight / best).min(1.0), "next-route"))
        .collect();
    pages.sort_unstable();
    starts.extend(pages.first().map(|(_, at)| {
        let score = if starts.is_empty() { 1.0 } else { 0.8 };
        Start::new(project.modules[*at].path, "next", score, "next-page")
    }));
    starts
}

fn role(project: &Project<'_>, at: usize, path: &str) -> Option<Role> {
    let path = path.strip_prefix("src/").unwrap_or(path);
    let stem = without_ending(name(path));
    if let Some(inner) = path.strip_prefix("pages/") {
        return Some(if inner.starts_with("api/") { Role::Route } else { Role::Page })
            .filter(|_| !stem.starts_with('_'));
    }
    let in_app = path.starts_with("app/");
    match stem {
        "route" if in_app => Some(Role::Route),
        "page" if in_app => Some(Role::Page),
        _ if project.modules[at].has_directive("use server") => Some(Role::Action),
        _ => None,
    }
}

/// How well a route holds an agent: the strongest framework that it reaches, the nearer the better.
fn weight(project: &Project<'_>, at: usize, path: &str, role: Role, strengths: &[f32]) -> f32 {
    let far = |distance: usize| 0.97_f32.powi(i32::try_from(distance.min(12)).unwrap_or(12));
    let reached = project.reached([at]);
    let strongest = reached.iter().map(|(module, distance)| strengths[*module] * far(*distance)).fold(0.0, f32::max);
    let role = if role == Role::Action { 0.93 } else { 1.0 };
    let names: &[(&str, f32)] = &[
        ("chat", 0.04),
        ("agent", 0.04),
        ("copilotkit", 0.03),
        ("completion", 0.02),
        ("generate", 0.02),
        ("message", 0.01),
    ];
    let name = names.iter().filter(|(word, _)| path.contains(word)).map(|(_, bonus)| *bonus).fold(0.0, f32::max);
    let depth = f32::from(u8::try_from(path.matches('/').count().min(12)).unwrap_or(12)) * 0.002;
    if strongest > 0.0 { strongest * role + name - depth } else { 0.0 }
}

/// `app/page.tsx` before deeper pages; groups and locales in brackets count as no folder.
fn page_rank(path: &str) -> (bool, usize, usize) {
    let folders = path.split('/').filter(|part| !part.starts_with(['(', '['])).count();
    let is_page = matches!(without_ending(name(path)), "page" | "index");
    (!is_page, folders, path.len())
}
