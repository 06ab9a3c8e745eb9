//! Which of the frameworks that a project uses it is built with.
//!
//! Each framework gets one score: its rank, scaled by how sure its import is and whether the entry point reaches it, and
//! raised where what orchestrates is built, most of all in the entry point's own file. Parts weigh less than the rest.

use super::{Use, is_framework, normalise, table};
use crate::local_modules::LocalModules;
use crate::modules::{Module, part_of};
use std::collections::HashSet;
use windlass_outline::framework::{Level, Row, matches};
use windlass_outline::python::imports::Scope;
use windlass_plugin_sdk::{Claims, Request};

/// How much a file counts that the entry point never loads: it may be another process of the same project.
const UNREACHED: f32 = 0.7;
/// The same in a part that is a project of its own.
const ELSEWHERE: f32 = 0.5;
/// The same for test and example.
const ASIDE: f32 = 0.3;
/// What parts of a framework count for: less than any framework whole, more than a bare SDK.
const PARTS: f32 = 0.7;
/// How sure it is that code without any known framework uses none.
const PLAIN: f32 = 0.5;
/// A declared framework that nothing imports counts half, and never more than plain code.
const DECLARED: f32 = 0.5;

/// The names of the declared distributions, normalised.
pub type Declared = HashSet<String>;

/// Where the project starts, and what that reaches.
#[derive(Debug, Clone, Copy)]
pub struct Started<'m> {
    /// The file.
    pub path: Option<&'m str>,
    /// The files that it loads.
    pub reached: &'m HashSet<&'m str>,
    /// The folders with a manifest.
    pub parts: &'m [&'m str],
}

impl Started<'_> {
    /// How much a file counts.
    fn weight(&self, module: &Module<'_>) -> f32 {
        let is_elsewhere =
            || self.path.is_some_and(|path| part_of(self.parts, path) != part_of(self.parts, module.path));
        match () {
            () if self.reached.contains(module.path) => 1.0,
            () if module.is_aside() => ASIDE,
            () if is_elsewhere() => ELSEWHERE,
            () => UNREACHED,
        }
    }
}

/// What one file shows of one row.
#[derive(Debug, Clone, Copy)]
struct Sight<'m> {
    row: &'static Row,
    score: f32,
    file: &'m str,
    line: u32,
    rule: &'static str,
}

/// How much a file by itself does with agents, 0.0 to 1.1.
pub fn framework_strength(module: &Module<'_>, local: &LocalModules<'_>) -> f32 {
    let strengths = own_uses(module, local).filter(|used| is_framework(used.row)).map(strength);
    strengths.fold(0.0, f32::max)
}

/// Its uses of what is not the project's own.
fn own_uses<'m>(module: &'m Module<'m>, local: &'m LocalModules<'m>) -> impl Iterator<Item = &'m Use> {
    module.uses.iter().filter(move |used| !local.is_local(module, &module.imports[used.import]))
}

/// The rank of a use, raised by what is done with it.
fn strength(used: &Use) -> f32 {
    let rank = if used.is_part { PARTS } else { f32::from(used.row.rank) / 100.0 };
    let rank = if used.row.level == Level::Sdk { f32::from(used.row.rank) / 100.0 } else { rank };
    let most = if used.row.level == Level::Sdk { 0.04 } else { 0.06 };
    let built = if used.builds > 0 { most } else { 0.0 };
    #[expect(clippy::cast_precision_loss, reason = "at most ten")]
    let often = used.calls.min(10) as f32 * 0.001;
    rank + built + often
}

/// Claims each framework and each layer once, at its strongest sight; the author's hint is certain, `none` is what is left.
pub fn claim(
    request: &Request,
    modules: &[Module<'_>],
    local: &LocalModules<'_>,
    at: Started<'_>,
    declared: &Declared,
    claims: &mut Claims,
) {
    if let Some(hint) = request.framework.as_deref().map(normalise).filter(|hint| !hint.is_empty()) {
        claims.framework(hint, 1.0).rule("request");
    }
    let mut sights: Vec<Sight<'_>> = Vec::new();
    for module in modules {
        let (is_start, weight) = (at.path == Some(module.path), at.weight(module));
        for used in own_uses(module, local) {
            keep_best(&mut sights, sight(module, used, weight, is_start));
        }
    }
    let is_used = sights.iter().any(|sight| is_framework(sight.row) && sight.score >= PLAIN * 0.7);
    for row in table().iter().filter(|row| is_framework(row)) {
        let names = |name: &String| row.distributions.iter().any(|pattern| matches(pattern, name, b'['));
        if declared.iter().any(names) && !sights.iter().any(|sight| sight.row.id == row.id) {
            let score = (f32::from(row.rank) / 100.0 * DECLARED).min(PLAIN - 0.01);
            sights.push(Sight { row, score, file: "", line: 0, rule: "declared" });
        }
    }
    sights.sort_by(|a, b| b.score.total_cmp(&a.score));
    for sight in &sights {
        let draft = if is_framework(sight.row) {
            claims.framework(sight.row.id, sight.score)
        } else {
            claims.also(sight.row.id, sight.score)
        };
        let draft = draft.rule(sight.rule);
        if sight.line > 0 {
            draft.at(sight.file, sight.line);
        }
    }
    if !is_used && request.framework.is_none() {
        claims.framework("none", PLAIN).rule("no-framework");
    }
}

fn sight<'m>(module: &Module<'m>, used: &Use, weight: f32, is_start: bool) -> Sight<'m> {
    let import = &module.imports[used.import];
    let sure = match import.scope {
        Scope::Module => 1.0,
        Scope::Nested => 0.97,
        Scope::Optional => 0.9,
        Scope::Typing => 0.0,
    };
    let rule = if used.builds > 0 { "builds" } else { "import" };
    let line = used.built_at.unwrap_or(import.line);
    if used.row.level == Level::Layer {
        return Sight { row: used.row, score: (0.9 * sure * weight).min(0.99), file: module.path, line, rule };
    }
    let here = if is_start && used.builds > 0 && used.row.level == Level::Agent { 0.08 } else { 0.0 };
    // Scaled so that the highest possible sum is 1.
    let score = (strength(used) + here) * sure * weight / 1.13;
    Sight { row: used.row, score: score.clamp(0.01, 0.99), file: module.path, line, rule }
}

fn keep_best<'m>(sights: &mut Vec<Sight<'m>>, next: Sight<'m>) {
    match sights.iter_mut().find(|known| known.row.id == next.row.id) {
        Some(known) if known.score >= next.score => {}
        Some(known) => *known = next,
        None => sights.push(next),
    }
}
