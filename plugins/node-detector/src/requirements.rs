//! What the project needs from npm: declared by package.json, else inferred from imports.
//!
//! Invariants: a declared dependency is never dropped; ranges stay in the project's own words; what only builds or tests
//! is needed where the start itself names it or what runs imports it.

use crate::candidates::Start;
use crate::imports::Target;
use crate::lockfiles;
use crate::project::Project;
use std::collections::{BTreeMap, HashSet};
use windlass_outline::javascript::imports::ImportKind;
use windlass_outline::javascript::manifest::Manifest;
use windlass_plugin_sdk::Claims;

/// One dependency on its way to a claim.
struct Needed<'a> {
    name: &'a str,
    range: &'a str,
    manifest: &'a Manifest,
}

/// Claims what is declared where the agent lives, then what its imports need and nothing declares.
pub fn claim(project: &Project<'_>, start: Option<&Start>, reached: &HashSet<usize>, share: f32, claims: &mut Claims) {
    let imported = imported(project, reached);
    let needed = declared(project, start, reached, &imported);
    let names: HashSet<&str> = needed.iter().map(|needed| needed.name).collect();
    let locked = lockfiles::read(project, &names);
    for needed in &needed {
        let value = format!("{}@{}", needed.name, needed.range);
        let draft =
            claims.requirement(value, "declared", share).at(&needed.manifest.path, needed.manifest.line(needed.name));
        let draft = draft.rule("package.json").attribute("ecosystem", "npm").attribute("name", needed.name);
        let draft = draft.attribute("source", &needed.manifest.path);
        if let Some(version) = locked.get(needed.name) {
            draft.attribute("locked", version);
        }
    }
    let all: HashSet<&str> = project.manifests.iter().flat_map(Manifest::dependencies).map(|(name, ..)| name).collect();
    let own: HashSet<&str> = project.manifests.iter().map(Manifest::name).collect();
    for (name, (module, line, score)) in &imported {
        if !all.contains(name) && !own.contains(name) {
            let draft = claims.requirement(format!("{name}@*"), "inferred", score * share);
            let draft = draft.at(project.modules[*module].path, *line).rule("import").attribute("ecosystem", "npm");
            draft.attribute("name", *name).attribute("source", "import");
        }
    }
}

/// The packages that what runs imports: where, and how surely they are needed.
fn imported<'p>(project: &'p Project<'_>, reached: &HashSet<usize>) -> BTreeMap<&'p str, (usize, u32, f32)> {
    let mut found: BTreeMap<&str, (usize, u32, f32)> = BTreeMap::new();
    let mut modules: Vec<_> = reached.iter().copied().collect();
    modules.sort_unstable();
    for module in modules {
        for (import, target) in project.modules[module].imports.iter().zip(&project.targets[module]) {
            let Target::Package(name) = target else { continue };
            let score = match import.kind {
                ImportKind::Type => continue,
                ImportKind::Dynamic => 0.6,
                _ => 0.8,
            };
            let known = found.entry(name).or_insert((module, import.line, score));
            if known.2 < score {
                *known = (module, import.line, score);
            }
        }
    }
    found
}

/// The declared dependencies of the packages that run, each name once.
fn declared<'a>(
    project: &Project<'a>,
    start: Option<&Start>,
    reached: &HashSet<usize>,
    imported: &BTreeMap<&str, (usize, u32, f32)>,
) -> Vec<Needed<'a>> {
    let mut folders: Vec<&str> = start.map(|start| project.package_folder(&start.path)).into_iter().collect();
    for module in reached {
        folders.push(project.package_folder(project.modules[*module].path));
    }
    let commands = start.and_then(|start| started_by(project, start)).unwrap_or_default();
    let mut needed: Vec<Needed<'a>> = Vec::new();
    let mut seen: HashSet<&str> = HashSet::new();
    let running = project
        .manifests
        .iter()
        .filter(|manifest| folders.contains(&manifest.folder()) || project.manifests.len() == 1);
    for manifest in running {
        for (name, range, runs) in manifest.dependencies() {
            let is_needed = runs || imported.contains_key(name) || commands.iter().any(|word| word == name);
            if is_needed && seen.insert(name) {
                needed.push(Needed { name, range, manifest });
            }
        }
    }
    needed
}

/// The words of the script that starts it.
fn started_by(project: &Project<'_>, start: &Start) -> Option<Vec<String>> {
    let (file, line) = start.shown.as_ref()?;
    let manifest = project.manifests.iter().find(|manifest| manifest.path == *file)?;
    let (_, script) = manifest.scripts().find(|(name, _)| manifest.line(name) == *line)?;
    Some(crate::shell::commands(script).into_iter().flatten().collect())
}
