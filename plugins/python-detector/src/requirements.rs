//! What the project needs: declared by the request and by files, else inferred from imports.
//!
//! Invariants: no declared line is lost (what is no requirement is claimed as an option, what another place overrules as
//! shadowed, what only a group asks for as optional); of one project declared in two places the first place stands; a lock
//! only adds versions.

mod declared;
mod imported;
mod infer;
mod locks;
mod others;
mod places;
mod poetry;
mod pyproject;
mod text;

#[cfg(test)]
mod tests;

use crate::local_modules::LocalModules;
use crate::modules::Module;
use declared::{Declared, Found, Source};
use locks::Lock;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use windlass_outline::paths;
use windlass_outline::urls;
use windlass_plugin_sdk::claim::Draft;
use windlass_plugin_sdk::{Claims, Files, Request};

/// Claims of this kind carry what declares but is no requirement, e.g. `--index-url …`.
const OPTION: &str = "requirement_option";
/// Claims of this kind are needed only by an extra or a group, which the attribute `group` names.
const OPTIONAL: &str = "requirement_optional";
/// Claims of this kind are declared again elsewhere, in a place that counts more.
const SHADOWED: &str = "requirement_shadowed";
/// Claims of this kind are code of the tree itself.
const LOCAL: &str = "requirement_local";

/// Claims every requirement; `start` is the file that starts, `reached` the files that it loads.
pub fn claim<'a>(
    request: &Request,
    (files, paths): (&dyn Files, &[String]),
    (modules, local, reached): (&[Module<'a>], &LocalModules<'a>, &HashSet<&'a str>),
    start: Option<&str>,
    claims: &mut Claims,
) {
    let mut places = Vec::new();
    if let Some(text) = &request.requirements {
        let mut found = Found::default();
        text::read(text, None, None, files, &mut found);
        places.push(found);
    }
    let (folder, declaring) = places::read((files, paths), modules, start);
    places.extend(declaring);
    let lock = places::lock(files, &folder);
    if let Some((path, lock)) = lock.as_ref().filter(|_| !places.iter().any(needs_something)) {
        places.push(of_lock(path, lock));
    }
    let versions = lock.map(|(_, lock)| lock.versions).unwrap_or_default();
    let loaded: Vec<&Module<'a>> = modules.iter().filter(|module| reached.contains(module.path)).collect();
    promote(&mut places, &loaded);
    let place = places.iter().flat_map(|found| &found.declared).find_map(|declared| declared.source.file.clone());
    let mut names = claim_places(places, &versions, claims);
    let is_declared = !names.is_empty();
    // A lock holds what the declared ones bring.
    if is_declared {
        names.extend(versions.keys().cloned());
    }
    let place = place.unwrap_or_else(|| "the request".to_owned());
    infer::claim(&loaded, modules, local, infer::Known { names, is_declared, versions: &versions, place }, claims);
}

fn needs_something(found: &Found) -> bool {
    found.declared.iter().any(|declared| declared.group.is_none())
}

/// A lock that nothing else declares beside.
fn of_lock(path: &str, lock: &Lock) -> Found {
    let source = Source { file: Some(path.to_owned()), line: None, rule: "lock" };
    let declared = lock.roots().into_iter().map(|(name, version)| {
        let text = if version.is_empty() { name.to_owned() } else { format!("{name}=={version}") };
        Declared::new(&text, source.clone())
    });
    Found { declared: declared.collect(), ..Found::default() }
}

/// What an extra or a group declares is needed when the code imports it, or the extra is asked for.
fn promote(places: &mut [Found], loaded: &[&Module<'_>]) {
    let is_grouped = |found: &Found| found.declared.iter().any(|declared| declared.group.is_some());
    if !places.iter().any(is_grouped) {
        return;
    }
    let asked: HashSet<String> = places.iter().flat_map(|found| found.extras.iter().cloned()).collect();
    let mut imported = HashSet::new();
    for import in loaded.iter().flat_map(|module| &module.imports).filter(|import| import.level == 0) {
        use windlass_outline::python::distributions::{candidates, project_name};
        let modules = std::iter::once(import.module.to_owned());
        let behind = import.names.iter().map(|name| format!("{}.{name}", import.module));
        imported.extend(
            modules.chain(behind).flat_map(|module| candidates(&module)).filter_map(|text| project_name(&text)),
        );
    }
    for declared in places.iter_mut().flat_map(|found| &mut found.declared) {
        let is_imported = declared.name.as_ref().is_some_and(|name| imported.contains(name));
        if declared.group.as_ref().is_some_and(|group| is_imported || asked.contains(group)) {
            declared.group = None;
        }
    }
}

/// Claims the declared lines, the strongest place first; answers the names that are needed.
fn claim_places(places: Vec<Found>, versions: &BTreeMap<String, String>, claims: &mut Claims) -> BTreeSet<String> {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let constraints: Vec<Declared> = places.iter().flat_map(|found| found.constraints.iter().cloned()).collect();
    let mut optional = Vec::new();
    let mut shadowed = Vec::new();
    for found in places {
        let mut here: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for declared in found.declared {
            if declared.is_local {
                describe(claims.add(LOCAL, shown(&declared.text), 1.0), &declared, versions, &constraints);
            } else if declared.group.is_some() {
                optional.push(declared);
            } else if let Some(others) = declared.name.as_ref().and_then(|name| known.get(name)) {
                if !others.contains(&squeezed(&declared.text)) {
                    shadowed.push(declared);
                }
            } else {
                let is_new = declared
                    .name
                    .as_ref()
                    .is_none_or(|name| here.entry(name.clone()).or_default().insert(squeezed(&declared.text)));
                if is_new {
                    describe(
                        claims.requirement(shown(&declared.text), "declared", 1.0),
                        &declared,
                        versions,
                        &constraints,
                    );
                }
            }
        }
        for (text, source) in found.options {
            let draft = claims.add(OPTION, shown(&text), 1.0);
            place(draft, &source);
        }
        known.append(&mut here);
    }
    for (kind, list) in [(OPTIONAL, optional), (SHADOWED, shadowed)] {
        for declared in list {
            describe(claims.add(kind, shown(&declared.text), 1.0), &declared, versions, &constraints);
        }
    }
    known.into_keys().collect()
}

/// Claims are kept and shown: no password may be in one.
fn shown(text: &str) -> String {
    urls::without_passwords(text)
}

/// A line without the white space that means nothing, to tell lines that say the same.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect()
}

fn describe(draft: Draft<'_>, declared: &Declared, versions: &BTreeMap<String, String>, constraints: &[Declared]) {
    let draft = place(draft, &declared.source).attribute("ecosystem", "pypi");
    let Some(name) = &declared.name else {
        draft.attribute("unparsed", "true");
        return;
    };
    let mut draft = draft.attribute("name", name);
    if let Some(group) = &declared.group {
        draft = draft.attribute("group", group);
    }
    if let Some(version) = versions.get(name) {
        draft = draft.attribute("locked", version);
    }
    if let Some(constraint) = constraints.iter().find(|constraint| constraint.name.as_ref() == Some(name)) {
        draft = draft.attribute("constraint", &constraint.text);
    }
    if !declared.is_local && !declared.is_pep_508() {
        draft.attribute("unparsed", "true");
    }
}

/// Where a line stands, and the attribute `source`: the file's name, or `request`.
fn place<'c>(draft: Draft<'c>, source: &Source) -> Draft<'c> {
    let draft = match (&source.file, source.line) {
        (Some(file), Some(line)) => draft.at(file, line),
        (Some(file), None) => draft.file(file),
        (None, _) => draft,
    };
    let name = source.file.as_deref().map_or("request", paths::name);
    draft.rule(source.rule).attribute("source", name)
}
