//! The decision, from the cheapest way to the dearest:
//!
//! | mode | when |
//! |---|---|
//! | `PREBUILT_IMAGE` | an image is given |
//! | `INSTANT_RUNTIME` | nothing is required: the source runs in the smallest runtime image as it is |
//! | `FAST_OVERLAY` | a runtime image holds every requirement: the source is one layer on the smallest such image |
//! | `OVERLAY_DEPS` | packages of an index are missing: a dependency layer and the source on the nearest image |
//! | `FULL_BUILD` | something else is missing (VCS, URL, path, system package), or no image has the language |
//!
//! It chooses a builder by its name also where the host lacks it: the host then says so to the author, and how to get it.

use crate::explain;
use crate::modes::{self, Fit};
use crate::policy::Policy;
use crate::project::Project;
use crate::requirements::{Needed, Verdict};
use crate::runtimes::{Runtimes, choose};
use windlass_plugin_sdk::{Catalogue, Claim, Plan, PluginError, Request};

/// Decides how a request is built and run. What is written before an error tells how far it came.
pub fn decide(
    request: &Request,
    claims: &[Claim],
    catalogue: &dyn Catalogue,
    policy: Policy,
    plan: &mut Plan,
) -> Result<(), PluginError> {
    if let Some(image) = &request.image {
        plan.framework.clone_from(&request.framework);
        modes::prebuilt(image, plan);
        return Ok(());
    }
    let mut project = Project::read(request, claims, plan)?;
    let runtimes = Runtimes::read(&project, catalogue);
    let chosen = choose(&project, &runtimes, catalogue)?;
    explain::warn(request, claims, &project, chosen, plan);
    let confidence = explain::confidence(claims, &project, chosen);
    let way = chosen.way.cloned();
    if let Some(package) = chosen.adds {
        project.needed.push(Needed::parse(package));
    }
    let requires = |package| project.needed.iter().any(|needed| needed.name() == Some(package));
    let fits = runtimes.own.iter().filter(|image| {
        let Some(way) = &way else { return true };
        image.run_kinds.contains(&way.run_kind) || way.package().is_some_and(requires)
    });
    let fits = Fit::of_each(fits, &project, catalogue);
    let nearest = modes::choose(&project, way.as_ref(), &fits, &runtimes, catalogue, policy, plan);
    if let Some(way) = &way {
        start(&project, way, plan);
    }
    let is_held = |index: usize| nearest.is_some_and(|fit| fit.verdicts[index] != Verdict::Missing);
    plan.requirements =
        project.needed.iter().enumerate().map(|(index, needed)| (needed.text.clone(), is_held(index))).collect();
    let used = nearest.filter(|_| modes::uses_the_image_as_it_is(plan));
    let lacks_modules = used.is_some_and(|fit| explain::missing_modules(claims, fit, plan));
    plan.confidence = Some(if lacks_modules { "low" } else { confidence });
    Ok(())
}

/// Writes how the entry point is started.
fn start(project: &Project, way: &crate::ways::Way, plan: &mut Plan) {
    plan.run_kind = Some((way.run_kind.clone(), way.object.clone()));
    plan.run_args.clone_from(&way.args);
    let start = way.start(&project.entry_point);
    plan.command = start.command;
    plan.health_path = start.health_path.map(str::to_owned);
    // Code in a folder imports its neighbours by their own names as often as by the folder's.
    plan.env.extend(start.import_from.map(|folder| ("PYTHONPATH".to_owned(), folder)));
}

#[cfg(test)]
mod tests;
