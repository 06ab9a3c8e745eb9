//! What the claims say about the project, each kind settled to one answer.

use crate::languages;
use crate::requirements::Needed;
use windlass_plugin_sdk::{Claim, Detail, PluginError, Request, claim, kind};

/// Below this an inferred requirement is one that the code can do without.
const LEAST_SURE: f32 = 0.5;

/// The project, as far as a decision needs it.
#[derive(Debug)]
pub struct Project {
    /// The framework id; `none` for plain code.
    pub framework: String,
    /// The file that starts.
    pub entry_point: String,
    /// Its language.
    pub language: &'static str,
    /// How it runs; none when nobody can tell.
    pub run_kind: Option<String>,
    /// The object that answers.
    pub object: Option<String>,
    /// What it needs, declared first, then inferred.
    pub needed: Vec<Needed>,
}

impl Project {
    /// Settles the claims; the author's own words stand above them.
    pub fn read(request: &Request, claims: &[Claim]) -> Result<Self, PluginError> {
        let best = |kind| claim::best(claims, kind);
        let entry = best(kind::ENTRY_POINT);
        let entry_point = request.entry_point.clone().or(entry.map(|claim| claim.value.clone()));
        let entry_point = entry_point.ok_or_else(|| {
            PluginError::invalid(
                "no_entry_point",
                "no detector found a file that starts this agent: name it in `entry_point`, or deploy an image",
            )
        })?;
        let language = languages::of_file(&entry_point).ok_or_else(|| {
            PluginError::invalid(
                "unsupported_entry_point",
                format!("`{entry_point}` is in no language that this strategy knows: name another file in `entry_point`, or deploy an image"),
            )
        })?;
        let run_kind = best(kind::RUN_KIND);
        let object = run_kind.or(entry).and_then(|claim| claim.attribute("object"));
        let framework = best(kind::FRAMEWORK).map(|claim| claim.value.clone());
        Ok(Self {
            framework: request.framework.clone().or(framework).unwrap_or_else(|| "none".to_owned()),
            language,
            run_kind: run_kind.map(|claim| claim.value.clone()),
            object: object.map(str::to_owned),
            needed: needed(claims),
            entry_point,
        })
    }

    /// The error for a language that no runtime image of the host runs.
    pub fn unsupported_language(&self, known: &[String]) -> PluginError {
        let known = if known.is_empty() { "none at all".to_owned() } else { known.join(", ") };
        let mut detail = Detail::new(
            "unsupported_language",
            format!(
                "`{}` is {}, and this host has runtime images for: {known}. Deploy an image, or add a runtime image.",
                self.entry_point, self.language
            ),
        );
        detail.ext.push(("language".to_owned(), self.language.to_owned()));
        PluginError::InvalidInput(detail)
    }
}

fn needed(claims: &[Claim]) -> Vec<Needed> {
    let of_origin = |declared: bool| {
        claims
            .iter()
            .filter(|claim| claim.kind == kind::REQUIREMENT)
            .filter(move |claim| (claim.attribute("origin") != Some("inferred")) == declared)
            .filter(move |claim| declared || claim.score >= LEAST_SURE)
    };
    let mut texts: Vec<&str> = Vec::new();
    for claim in of_origin(true).chain(of_origin(false)) {
        if !texts.contains(&claim.value.as_str()) {
            texts.push(&claim.value);
        }
    }
    texts.into_iter().map(Needed::parse).collect()
}
