//! What the claims say about the project, each kind settled to one answer.
//!
//! The author's own words stand above every claim. What was close, and what only somebody else may settle, is kept.

use crate::languages;
use crate::requirements::Needed;
use crate::ways::{self, DOCKERFILE, Way};
use windlass_plugin_sdk::{Claim, Plan, PluginError, Request, claim, kind};

/// Below this an inferred requirement is one that the code can do without.
const LEAST_SURE: f32 = 0.5;
/// Two scores that are no further apart may as well be the other way round.
pub const CLOSE: f32 = 0.1;
/// From here on a detector is sure.
const SURE: f32 = 0.8;

/// The project, as far as a decision needs it.
#[derive(Debug)]
pub struct Project {
    /// The framework id; `none` for plain code.
    pub framework: String,
    /// The file that starts.
    pub entry_point: String,
    /// Its language; none for what only a Dockerfile describes.
    pub language: Option<&'static str>,
    /// How it can be started, strongest first; empty when nobody can tell.
    pub ways: Vec<Way>,
    /// What it needs, declared first, then inferred.
    pub needed: Vec<Needed>,
    /// The modules of packages that it imports, dotted.
    pub imports: Vec<String>,
    /// The author named the entry point, or a detector is sure of it and of nothing else.
    pub is_entry_sure: bool,
}

impl Project {
    /// Settles the claims and writes what it settles into `plan`, so that a refusal shows how far it came.
    pub fn read(request: &Request, claims: &[Claim], plan: &mut Plan) -> Result<Self, PluginError> {
        let framework = request.framework.clone();
        let framework = framework.or_else(|| claim::best(claims, kind::FRAMEWORK).map(|claim| claim.value.clone()));
        // Where nobody looked, that there is none is no finding.
        plan.framework.clone_from(&framework);
        let framework = framework.unwrap_or_else(|| "none".to_owned());
        let candidates = entry_points(claims);
        let named = request.entry_point.clone();
        let is_entry_sure = named.is_some() || is_sure(&candidates);
        let entry_point = named.or_else(|| candidates.first().map(|(path, _)| (*path).to_owned()));
        let entry_point = entry_point.ok_or_else(|| no_entry_point(claims))?;
        plan.entry_point = Some(entry_point.clone());
        let ways = ways::of_file(&entry_point, claims);
        if let Some(way) = ways.first() {
            plan.run_kind = Some((way.run_kind.clone(), way.object.clone()));
            plan.run_args.clone_from(&way.args);
        }
        let language = languages::of_file(&entry_point);
        if language.is_none() && !ways.iter().any(|way| way.run_kind == DOCKERFILE) {
            return Err(PluginError::invalid(
                "unsupported_entry_point",
                format!(
                    "`{entry_point}` is in no language that this strategy knows: name another file in `entry_point`, or deploy an image"
                ),
            ));
        }
        let imports = claims.iter().filter(|claim| claim.kind == kind::IMPORT).map(|claim| claim.value.clone());
        let (needed, imports) = (needed(claims, language), imports.collect());
        Ok(Self { framework, entry_point, language, ways, needed, imports, is_entry_sure })
    }
}

/// Naming a file helps only where a detector knows the language: else it would be refused the next time.
fn no_entry_point(claims: &[Claim]) -> PluginError {
    let message = if claims.is_empty() {
        "no detector recognises this source (the built-in ones read Python, JavaScript and TypeScript): deploy an image, or bind a detector that knows its language"
    } else {
        "no detector found a file that starts this agent: name it in `entry_point`, or deploy an image"
    };
    PluginError::invalid("no_entry_point", message)
}

/// The files that may start the agent, each once, with its best score, highest first.
pub fn entry_points(claims: &[Claim]) -> Vec<(&str, f32)> {
    let mut found: Vec<(&str, f32)> = Vec::new();
    for claim in claims.iter().filter(|claim| claim.kind == kind::ENTRY_POINT) {
        match found.iter_mut().find(|(path, _)| *path == claim.value) {
            Some((_, score)) => *score = score.max(claim.score),
            None => found.push((&claim.value, claim.score)),
        }
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    found
}

fn is_sure(candidates: &[(&str, f32)]) -> bool {
    match candidates {
        [] => false,
        [(_, best)] => *best >= SURE,
        [(_, best), (_, second), ..] => *best >= SURE && best - second > CLOSE,
    }
}

fn needed(claims: &[Claim], language: Option<&str>) -> Vec<Needed> {
    let of_origin = |declared: bool| {
        claims
            .iter()
            .filter(|claim| claim.kind == kind::REQUIREMENT)
            .filter(move |claim| (claim.attribute("origin") != Some("inferred")) == declared)
            .filter(move |claim| declared || claim.score >= LEAST_SURE)
    };
    let mut found: Vec<Needed> = Vec::new();
    for claim in of_origin(true).chain(of_origin(false)) {
        let Some(needed) = Needed::of(claim, language) else { continue };
        // What is declared says more about a package than that it is imported.
        let is_known = found.iter().any(|known| {
            known.text == needed.text || !needed.is_declared && known.name().is_some() && known.name() == needed.name()
        });
        if !is_known {
            found.push(needed);
        }
    }
    found
}
