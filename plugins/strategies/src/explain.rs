//! What the author should know beside the plan, and how sure the decision is.

use crate::modes::Fit;
use crate::project::{CLOSE, Project, entry_points};
use crate::runtimes::Chosen;
use crate::words;
use windlass_plugin_sdk::{Claim, Plan, Request, claim, kind};

/// The most secrets, and the most notes, that are told one by one.
const MOST_TOLD: usize = 10;
/// What runs beside the framework and serves HTTP by itself.
const SERVERS: [&str; 5] = ["fastapi", "flask", "starlette", "django", "quart"];

/// Tells the author what the plan cannot.
pub fn warn(request: &Request, claims: &[Claim], project: &Project, chosen: Chosen<'_>, plan: &mut Plan) {
    secrets(claims, plan);
    entry_point(request, claims, plan);
    frameworks(request, claims, plan);
    run_kind(claims, project, chosen, plan);
    requirements(project, plan);
    options(claims, plan);
    let notes = claims.iter().filter(|claim| claim.kind == "note");
    notes.take(MOST_TOLD).for_each(|note| plan.warn(words::clip_to(&note.value, words::SENTENCE)));
}

/// High where everything is declared and nothing is close; low where it may as well be otherwise.
pub fn confidence(claims: &[Claim], project: &Project, chosen: Chosen<'_>) -> &'static str {
    let inferred = project.needed.iter().filter(|needed| !needed.is_declared).count();
    let is_inferred_only = inferred > 0 && inferred == project.needed.len();
    if is_inferred_only || !project.is_entry_sure && !rivals(claims).is_empty() {
        return "low";
    }
    let is_plain = inferred == 0 && chosen.way.is_some() && chosen.instead_of.is_none() && chosen.adds.is_none();
    if is_plain && project.is_entry_sure && conflict(claims).is_none() { "high" } else { "medium" }
}

fn secrets(claims: &[Claim], plan: &mut Plan) {
    let mut found: Vec<&Claim> = Vec::new();
    for secret in claims.iter().filter(|claim| claim.kind == "secret") {
        // Detectors of two languages read the same settings.
        if !found.iter().any(|known| is_same_secret(known, secret)) {
            found.push(secret);
        }
    }
    for secret in found.iter().take(MOST_TOLD) {
        let severity =
            secret.attribute("severity").map(|severity| format!(" (severity {severity})")).unwrap_or_default();
        plan.warn(format!(
            "{} holds what looks like a secret, {}{severity}: take it out of the source, replace it where it came from, and give it in `env`",
            secret.place(),
            words::clip(&secret.value.replace('_', " "))
        ));
    }
    if let Some(more) = found.len().checked_sub(MOST_TOLD).filter(|more| *more > 0) {
        plan.warn(format!("{more} more places hold what looks like a secret: the decision's claims name them"));
    }
}

fn is_same_secret(a: &Claim, b: &Claim) -> bool {
    a.line == b.line && a.file == b.file && a.value == b.value && a.attribute("severity") == b.attribute("severity")
}

/// The candidates that come close to the best one, with the best at the front; empty where none does.
fn rivals(claims: &[Claim]) -> Vec<(&str, f32)> {
    let mut candidates = entry_points(claims);
    let best = candidates.first().map_or(0.0, |(_, score)| *score);
    candidates.retain(|(_, score)| best - score <= CLOSE);
    if candidates.len() < 2 { Vec::new() } else { candidates }
}

fn entry_point(request: &Request, claims: &[Claim], plan: &mut Plan) {
    if request.entry_point.is_some() {
        return;
    }
    let rivals = rivals(claims);
    if let Some((taken, _)) = rivals.first() {
        let scored: Vec<String> = rivals.iter().map(|(path, score)| format!("`{path}` ({score:.2})")).collect();
        plan.warn(format!(
            "it is not certain which file starts the agent: {}; `{taken}` is taken. Name one in `entry_point` to settle it",
            words::list(scored.iter().map(String::as_str))
        ));
    }
}

/// Two plugins that see different frameworks and are nearly as sure: the two best claims of theirs.
fn conflict(claims: &[Claim]) -> Option<(&Claim, &Claim)> {
    let best = claim::best(claims, kind::FRAMEWORK)?;
    let plugin = |claim: &Claim| claim.ext.iter().find(|(name, _)| name == "plugin").map(|(_, plugin)| plugin.clone());
    let differs = |claim: &&Claim| claim.value != best.value && claim.value != "none";
    let other = claims.iter().filter(|claim| claim.kind == kind::FRAMEWORK).filter(differs);
    let other = other.filter(|claim| best.score - claim.score <= CLOSE && plugin(claim) != plugin(best));
    other.max_by(|a, b| a.score.total_cmp(&b.score)).map(|other| (best, other))
}

fn frameworks(request: &Request, claims: &[Claim], plan: &mut Plan) {
    if let Some(hint) = &request.framework {
        let is_seen =
            hint == "none" || claims.iter().any(|claim| claim.kind == kind::FRAMEWORK && claim.value == *hint);
        if !is_seen {
            plan.warn(format!(
                "no detector sees `{hint}` in this source: your word in `framework` stands; leave it out to have what is detected"
            ));
        }
    } else if let Some((best, other)) = conflict(claims) {
        plan.warn(format!(
            "two detectors see different frameworks: {} ({:.2}, {}) and {} ({:.2}, {}); {} is taken. Name one in `framework` to settle it",
            words::clip(&best.value),
            best.score,
            best.place(),
            words::clip(&other.value),
            other.score,
            other.place(),
            words::clip(&best.value)
        ));
    }
}

fn run_kind(claims: &[Claim], project: &Project, chosen: Chosen<'_>, plan: &mut Plan) {
    let Some(way) = chosen.way else { return };
    let path = &project.entry_point;
    if let Some(stronger) = chosen.instead_of {
        plan.warn(format!(
            "`{path}` is first of all {}, which no runtime image of this host starts: it is started as {} instead",
            stronger.name(),
            way.name()
        ));
    }
    if let Some(package) = chosen.adds {
        plan.warn(format!(
            "`{path}` is {}, and `{package}` starts it: it is added, since it is not among the requirements",
            way.name()
        ));
    }
    let also =
        |id: &&str| claims.iter().any(|claim| claim.kind == kind::ALSO && claim.value == **id && claim.score >= 0.5);
    match way.run_kind.as_str() {
        "asgi" => plan.warn(format!(
            "`{path}` answers by itself: `POST /invoke` reaches a route of its own, or is a 404 of its own"
        )),
        "streamlit" | "gradio" | "chainlit" => {
            plan.warn(format!(
                "`{path}` is a user interface, which people open in a browser: it has no answer to `POST /invoke`"
            ));
        }
        "script" | "module_dir" if way.args.is_empty() => {
            if let Some(server) = SERVERS.iter().find(|id| also(id)) {
                plan.warn(format!(
                    "`{path}` is imported and not run as a program, so a {server} server that it starts under `__main__` does not run: give it a `handler` function, or name the file with the app in `entry_point`"
                ));
            }
        }
        _ => {}
    }
}

fn requirements(project: &Project, plan: &mut Plan) {
    let named = |is: &dyn Fn(&&crate::requirements::Needed) -> bool| {
        let texts: Vec<&str> = project.needed.iter().filter(is).map(|needed| needed.text.as_str()).collect();
        (!texts.is_empty()).then(|| words::list(texts))
    };
    if let Some(loose) = named(&|needed| needed.is_declared && needed.is_unpinned()) {
        plan.warn(format!(
            "any version satisfies {loose}: pin what the agent was tried with, so that the next deploy means the same"
        ));
    }
    if let Some(inferred) = named(&|needed| !needed.is_declared) {
        plan.warn(format!("inferred from imports and declared nowhere: {inferred}; declare it in the project's manifest (for Python, requirements.txt or pyproject.toml)"));
    }
    if let Some(sdists) = named(&|needed| needed.is_sdist) {
        plan.warn(format!("{sdists} has no wheel, so it runs code of its own when it is built"));
    }
}

/// Imports that fail in the runtime image; true where there are any. It is used all the same: no package of an index is known
/// to do better, and the code may never come there.
pub fn missing_modules(claims: &[Claim], fit: &Fit<'_>, plan: &mut Plan) -> bool {
    let told = fit.missing_modules.iter().map(|(module, package)| {
        let import = claims.iter().find(|claim| claim.kind == kind::IMPORT && claim.value == *module);
        let place = import.map(Claim::place).unwrap_or_default();
        format!("{module} ({place}; not in {} {})", package.name, package.version)
    });
    let told: Vec<String> = told.collect();
    if !told.is_empty() {
        plan.warn(format!(
            "the agent fails where it imports what the runtime image `{}` does not have: {}; change the imports, or declare the versions that have these modules",
            fit.image.name,
            words::list(told.iter().map(String::as_str))
        ));
    }
    !told.is_empty()
}

/// Lines of a manifest that ask for more than a package of the index: no runtime image does what they say.
fn options(claims: &[Claim], plan: &mut Plan) {
    let options = claims.iter().filter(|claim| claim.kind == "requirement_option").map(|claim| claim.value.as_str());
    let options = words::list(options);
    if !options.is_empty() {
        plan.warn(format!("not taken into account, since it is no requirement of a package: {options}"));
    }
}
