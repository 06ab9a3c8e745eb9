//! Which mode, and why: the reason is a sentence that the author can act on.

use crate::languages;
use crate::policy::Policy;
use crate::project::Project;
use crate::requirements::{Needed, Verdict};
use crate::runtimes::{FULL, RuntimeImage, Runtimes};
use crate::ways::{DOCKERFILE, Way};
use crate::words;
use windlass_plugin_sdk::{Catalogue, Package, Plan};

/// The builder that lays source over a runtime image.
const OVERLAY: &str = "overlay";
/// The builder that adds packages of an index to a runtime image.
const DEPENDENCIES: &str = "dependencies";

const INSTANT_RUNTIME: &str = "INSTANT_RUNTIME";
const FAST_OVERLAY: &str = "FAST_OVERLAY";
const OVERLAY_DEPS: &str = "OVERLAY_DEPS";
const FULL_BUILD: &str = "FULL_BUILD";

/// A runtime image that can start the agent, and its word on each requirement and import.
#[derive(Debug)]
pub struct Fit<'a> {
    /// The image.
    pub image: &'a RuntimeImage,
    /// One for each requirement, in order.
    pub verdicts: Vec<Verdict>,
    /// The imported modules that it lacks though it holds their packages, each with the package inside.
    pub missing_modules: Vec<(String, Package)>,
}

impl<'a> Fit<'a> {
    /// Asks images in turn, until one holds everything: those after it are larger.
    pub fn of_each(
        images: impl Iterator<Item = &'a RuntimeImage>,
        project: &Project,
        catalogue: &dyn Catalogue,
    ) -> Vec<Self> {
        let mut fits = Vec::new();
        for image in images {
            let fit = Self::new(image, project, catalogue);
            let is_whole = !fit.verdicts.contains(&Verdict::Missing) && fit.missing_modules.is_empty();
            fits.push(fit);
            if is_whole {
                break;
            }
        }
        fits
    }

    /// Asks the image about every requirement and import.
    fn new(image: &'a RuntimeImage, project: &Project, catalogue: &dyn Catalogue) -> Self {
        let missing_modules = if project.imports.is_empty() {
            Vec::new()
        } else {
            catalogue.missing_modules(&image.name, &project.imports)
        };
        let installed = image.installed(project, catalogue);
        let verdicts = project.needed.iter().map(|needed| installed.verdict(needed)).collect();
        Self { image, verdicts, missing_modules }
    }

    fn of<'p>(&self, project: &'p Project, wanted: Verdict) -> Vec<&'p Needed> {
        let pairs = project.needed.iter().zip(&self.verdicts);
        pairs.filter(|(_, verdict)| **verdict == wanted).map(|(needed, _)| needed).collect()
    }

    /// What is required or imported and is not inside, in a sentence.
    fn lacking(&self, project: &Project) -> String {
        let missing = self.of(project, Verdict::Missing);
        let modules = self.missing_modules.iter().map(|(module, package)| format!("{module} of {}", package.name));
        let all: Vec<String> = missing.iter().map(|needed| needed.shown()).chain(modules).collect();
        words::list(all.iter().map(String::as_str))
    }
}

fn texts(needed: &[&Needed]) -> String {
    let shown: Vec<String> = needed.iter().map(|needed| needed.shown()).collect();
    words::list(shown.iter().map(String::as_str))
}

/// An image is complete.
pub fn prebuilt(image: &str, plan: &mut Plan) {
    plan.set_mode(
        "PREBUILT_IMAGE",
        format!("The image `{image}` is complete, so it is deployed as it is and nothing is built"),
    );
    plan.short_reason = Some("The image is complete".to_owned());
    plan.eta = Some("0-60 seconds".to_owned());
    plan.confidence = Some("high");
}

/// Writes mode, reason, builder, runtime image and alternatives; gives the image that was chosen.
pub fn choose<'a, 'b>(
    project: &Project,
    way: Option<&Way>,
    fits: &'a [Fit<'b>],
    runtimes: &Runtimes,
    catalogue: &dyn Catalogue,
    policy: Policy,
    plan: &mut Plan,
) -> Option<&'a Fit<'b>> {
    // The first of the least: images come small ones first.
    let nearest = fits.iter().min_by_key(|fit| {
        let missing = fit.of(project, Verdict::Missing);
        let declared = missing.iter().filter(|needed| needed.is_declared).count();
        let missing = if policy == Policy::Fastest { (declared, missing.len()) } else { (missing.len(), 0) };
        (missing, fit.missing_modules.len())
    });
    if way.is_some_and(|way| way.run_kind == DOCKERFILE) {
        let reason =
            format!("`{}` describes the whole image, so a full build makes it as it says", project.entry_point);
        full(reason, "A Dockerfile is built", plan);
        return None;
    }
    let Some(nearest) = nearest else {
        no_runtime(project, runtimes, plan);
        return None;
    };
    if policy == Policy::AlwaysFullBuild {
        let agent = words::agent(&project.framework);
        let reason = format!("In this workspace no runtime image is reused, so {agent} is built whole and alone");
        full(reason, "Every agent is built whole here", plan);
        let name = &nearest.image.name;
        plan.alternatives
            .push((FAST_OVERLAY.to_owned(), format!("it would share the runtime image `{name}` with others")));
        return Some(nearest);
    }
    let held = nearest.of(project, Verdict::Held);
    let missing = nearest.of(project, Verdict::Missing);
    let is_tolerable = policy == Policy::Fastest && missing.iter().all(|needed| !needed.is_declared);
    match (held.is_empty(), missing.is_empty()) {
        (true, true) => instant(project, nearest, plan),
        _ if is_tolerable => mounted(project, nearest, &missing, plan),
        (false, true) => overlay(project, nearest, fits, &held, plan),
        (_, false) => lacking(project, nearest, &missing, catalogue, plan),
    }
    Some(nearest)
}

/// True where what the image holds is all that there will be beside the source.
pub fn uses_the_image_as_it_is(plan: &Plan) -> bool {
    matches!(plan.execution_mode.as_str(), INSTANT_RUNTIME | FAST_OVERLAY)
}

fn because(plan: &mut Plan, short: String, eta: &str) {
    plan.short_reason = Some(short);
    plan.eta = Some(eta.to_owned());
}

fn reject(plan: &mut Plan, mode: &str, reason: impl Into<String>) {
    plan.alternatives.push((mode.to_owned(), reason.into()));
}

fn instant(project: &Project, nearest: &Fit<'_>, plan: &mut Plan) {
    let RuntimeImage { name, language, .. } = nearest.image;
    let agent = words::agent(&project.framework);
    let reason =
        format!("Nothing beyond {language} itself is required, so {agent} runs in the runtime image `{name}` as it is");
    plan.set_mode(INSTANT_RUNTIME, reason);
    plan.runtime = Some(name.clone());
    because(plan, format!("Nothing beyond {language} is required"), "0-5 seconds");
    reject(plan, FAST_OVERLAY, "there is no requirement that would need an image of its own");
}

/// The fastest way: the source is mounted though something is required.
fn mounted(project: &Project, nearest: &Fit<'_>, missing: &[&Needed], plan: &mut Plan) {
    let name = &nearest.image.name;
    let agent = words::agent(&project.framework);
    let reason = format!(
        "The runtime image `{name}` holds what is declared, so {agent} is mounted into it and nothing is built"
    );
    plan.set_mode(INSTANT_RUNTIME, reason);
    plan.runtime = Some(name.clone());
    because(plan, format!("`{name}` holds what is declared"), "0-5 seconds");
    reject(plan, FAST_OVERLAY, "the fastest way is preferred here, and an image of its own takes longer");
    if !missing.is_empty() {
        plan.warn(format!(
            "the code seems to need {}, which the runtime image `{name}` lacks: where the agent fails with an import error, declare it in requirements.txt",
            texts(missing)
        ));
    }
}

fn overlay(project: &Project, nearest: &Fit<'_>, fits: &[Fit<'_>], held: &[&Needed], plan: &mut Plan) {
    let name = &nearest.image.name;
    let (agent, held) = (words::agent(&project.framework), texts(held));
    let reason = format!(
        "Every requirement ({held}) is in the runtime image `{name}`, so the source of {agent} is one layer on top of it"
    );
    plan.set_mode(FAST_OVERLAY, reason);
    (plan.builder, plan.runtime) = (Some(OVERLAY.to_owned()), Some(name.clone()));
    because(plan, format!("`{name}` holds every requirement"), "1-30 seconds");
    reject(plan, INSTANT_RUNTIME, format!("the project requires {held}"));
    for smaller in fits.iter().take_while(|fit| fit.image.name != *name) {
        let lacking = smaller.lacking(project);
        reject(plan, FAST_OVERLAY, format!("the smaller runtime image `{}` lacks {lacking}", smaller.image.name));
    }
    reject(plan, OVERLAY_DEPS, format!("nothing has to be added to `{name}`"));
}

fn lacking(project: &Project, nearest: &Fit<'_>, missing: &[&Needed], catalogue: &dyn Catalogue, plan: &mut Plan) {
    let name = &nearest.image.name;
    let agent = words::agent(&project.framework);
    let lacks = format!("no runtime image holds {}", texts(missing));
    let builders = catalogue.builders();
    let has = |wanted: &str| builders.iter().any(|builder| builder == wanted);
    let from_source: Vec<&Needed> = missing.iter().copied().filter(|needed| !needed.is_from_index()).collect();
    if from_source.is_empty() && (has(DEPENDENCIES) || !has(FULL)) {
        let missing = texts(missing);
        let reason = format!(
            "The runtime image `{name}` comes nearest to what {agent} requires and lacks {missing}, so these are added as a layer"
        );
        plan.set_mode(OVERLAY_DEPS, reason);
        plan.builder = Some(DEPENDENCIES.to_owned());
        because(plan, format!("`{name}` lacks {missing}"), "1-5 minutes");
        reject(plan, FAST_OVERLAY, lacks);
        reject(plan, FULL_BUILD, "every missing requirement is a package of an index");
    } else {
        let index = match from_source.first() {
            Some(first) => format!("`{}` is {}", words::clip(&first.text), first.needs_a_build()),
            None => format!("this host has no builder `{DEPENDENCIES}`"),
        };
        let wanted = texts(if from_source.is_empty() { missing } else { &from_source });
        let reason =
            format!("The requirements of {agent} ({wanted}) must be built ({index}), so a full build is needed");
        full(reason, "Something must be built from source", plan);
        reject(plan, FAST_OVERLAY, lacks);
        reject(plan, OVERLAY_DEPS, index);
    }
    reject(plan, INSTANT_RUNTIME, format!("the project requires {}", texts(missing)));
    plan.runtime = Some(name.clone());
}

fn full(reason: String, short: &str, plan: &mut Plan) {
    plan.set_mode(FULL_BUILD, reason);
    plan.builder = Some(FULL.to_owned());
    because(plan, short.to_owned(), "2-15 minutes");
}

/// No runtime image of this host runs the language: what is missing is named, and how to get it.
fn no_runtime(project: &Project, runtimes: &Runtimes, plan: &mut Plan) {
    let language = project.language.map_or("this language", languages::name);
    let others = words::list(runtimes.others.iter().map(String::as_str));
    let here = if others.is_empty() {
        "no runtime image at all".to_owned()
    } else {
        format!("runtime images for {others} only")
    };
    let reason = format!(
        "`{}` is {language} and this host has {here}, so a full build must bring the language: build an image elsewhere and deploy it with `image`, or ask the operator for a {language} runtime image or the builder `{FULL}`",
        project.entry_point
    );
    full(reason, &format!("No runtime image has {language}"), plan);
    for mode in [INSTANT_RUNTIME, FAST_OVERLAY, OVERLAY_DEPS] {
        reject(plan, mode, format!("no runtime image of this host runs {language}"));
    }
}
