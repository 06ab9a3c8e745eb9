//! What the imports show: frameworks and what stands beside them, and how strongly each file shows an agent.

use crate::frameworks::{Shown, shown_by};
use crate::imports::Target;
use crate::project::Project;
use windlass_outline::javascript::imports::ImportKind;
use windlass_outline::javascript::scan::LiteralKind;

/// What one file's import shows.
#[derive(Debug, Clone, Copy)]
pub struct Sight {
    /// The fact.
    pub shown: Shown,
    /// The file, by its index.
    pub module: usize,
    /// The line of the import.
    pub line: u32,
    /// How strongly the import itself counts, 0.0 to 1.0.
    pub strength: f32,
}

/// Everything that the imports of a project show.
pub fn sights(project: &Project<'_>) -> Vec<Sight> {
    let mut found = Vec::new();
    for (module, targets) in project.targets.iter().enumerate() {
        for (import, target) in project.modules[module].imports.iter().zip(targets) {
            let Target::Package(name) = target else { continue };
            let strength = match import.kind {
                ImportKind::Static | ImportKind::Export | ImportKind::Require => 1.0,
                ImportKind::Dynamic => 0.9,
                ImportKind::Type => 0.5,
            };
            // `ai/react` is what pages use of `ai`.
            let pages = import.module.ends_with("/react") || import.module.ends_with("/rsc");
            let strength = if pages { strength * 0.85 } else { strength };
            found.extend(shown_by(name).map(|shown| Sight { shown, module, line: import.line, strength }));
        }
    }
    found
}

/// Per module, how strongly it shows an agent: the best framework that it imports itself, or a model's endpoint.
pub fn strengths(project: &Project<'_>, sights: &[Sight]) -> Vec<f32> {
    let mut strengths: Vec<f32> =
        project.modules.iter().map(|module| if calls_model(module) { 0.5 } else { 0.0 }).collect();
    for sight in sights.iter().filter(|sight| !sight.shown.is_layer() && !sight.shown.is_part) {
        let strength = &mut strengths[sight.module];
        *strength = strength.max(sight.shown.score * sight.strength);
    }
    strengths
}

/// True for a file that names the endpoint of a model: an agent that needs no package.
fn calls_model(module: &crate::sources::Module<'_>) -> bool {
    const ENDPOINTS: [&str; 4] =
        ["/chat/completions", "api.anthropic.com/", "generativelanguage.googleapis.com/", "api.openai.com/"];
    let literals = module
        .scan
        .literals
        .iter()
        .filter(|literal| matches!(literal.kind, LiteralKind::Quoted | LiteralKind::Template));
    literals
        .filter(|literal| literal.text.starts_with("http") || literal.text.starts_with("${"))
        .any(|literal| ENDPOINTS.iter().any(|endpoint| literal.text.contains(endpoint)))
}
