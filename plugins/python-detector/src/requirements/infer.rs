//! What imports need and nothing declares.
//!
//! Invariants: a module of the tree or of the standard library is never a requirement; what is declared, locked, or brought
//! by what is declared is not inferred again; a name that nobody knows is not sure enough to be installed beside declared ones.

use crate::local_modules::LocalModules;
use crate::modules::Module;
use crate::requirements::imported::Imported;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use windlass_outline::python::distributions::{brings, candidates, is_generic, is_known, needed_by_name, project_name};
use windlass_outline::python::imports::{Import, Scope};
use windlass_outline::python::name::normal_name;
use windlass_outline::python::standard_library;
use windlass_plugin_sdk::{Claims, kind};

/// What is known before imports are looked at.
pub struct Known<'k> {
    /// The names that are declared or locked; what is inferred is added.
    pub names: BTreeSet<String>,
    /// Something declares: what is missing there is told to the author.
    pub is_declared: bool,
    /// The lock's versions by name.
    pub versions: &'k BTreeMap<String, String>,
    /// Where something is declared, for the note.
    pub place: String,
}

impl Known<'_> {
    /// True when what is declared may hold a module of this name.
    fn holds(&self, module: &str) -> bool {
        let by_table = candidates(module);
        let mut names = by_table.iter().filter_map(|text| project_name(text)).chain([normal_name(module)]);
        names.any(|name| self.names.contains(&name) || self.names.iter().any(|declared| brings(declared, &name)))
    }
}

/// Claims what the modules import and nothing declares.
pub fn claim<'a>(
    modules: &[&Module<'a>],
    all: &[Module<'a>],
    local: &LocalModules<'a>,
    mut known: Known<'_>,
    claims: &mut Claims,
) {
    // A name of the tree at another root than ours: `sys.path` may hold it.
    let own: HashSet<&str> = all
        .iter()
        .flat_map(|module| module.path.split('/'))
        .map(|part| part.strip_suffix(".py").unwrap_or(part))
        .collect();
    let mut missing = Vec::new();
    let mut general: BTreeMap<&str, (&str, u32)> = BTreeMap::new();
    let mut imported = Imported::default();
    for module in modules {
        for import in module.imports.iter().filter(|import| import.level == 0 && import.scope != Scope::Typing) {
            if local.is_local(module, import) || standard_library::is_standard(import.module) {
                continue;
            }
            let first = import.module.split('.').next().unwrap_or_default();
            let is_known = is_known(first);
            if own.contains(first) && !is_known {
                continue;
            }
            if is_generic(first) {
                if !known.holds(first) && import.scope != Scope::Optional {
                    general.entry(first).or_insert((module.path, import.line));
                }
                continue;
            }
            if !own.contains(first) {
                imported.see(module, import);
            }
            for candidates in needs(import) {
                infer(module, import, &candidates, is_known, &mut known, &mut missing, claims);
            }
        }
    }
    if known.is_declared && !missing.is_empty() {
        let note = format!("{} does not declare what the code imports: {}", known.place, missing.join(", "));
        claims.add(kind::NOTE, note, 0.6).rule("undeclared-import");
    }
    claim_general(&general, claims);
    imported.claim(claims);
}

/// Tells the author of modules that are nowhere to be seen, and whose names tell no package.
fn claim_general(general: &BTreeMap<&str, (&str, u32)>, claims: &mut Claims) {
    let Some((path, line)) = general.values().next() else { return };
    let shown: Vec<_> = general.iter().map(|(name, (path, line))| format!("`{name}` ({path}:{line})")).collect();
    let note = format!(
        "no file of the source is called so, and the name is too general to tell a package by: {}; send the file, or declare the package that holds it",
        shown.join(", ")
    );
    claims.add(kind::NOTE, note, 0.6).at(*path, *line).rule("unknown-import");
}

/// What an import needs: for each distribution its candidates, the likeliest first.
fn needs(import: &Import<'_>) -> Vec<Vec<String>> {
    let whole = candidates(import.module);
    let own = if whole.is_empty() {
        // `from google import genai` names its module behind `import`.
        import.names.iter().map(|name| candidates(&format!("{}.{name}", import.module))).collect()
    } else {
        vec![whole]
    };
    let besides = import.names.iter().filter_map(|name| needed_by_name(name)).map(|text| vec![text.to_owned()]);
    own.into_iter().chain(besides).filter(|candidates| !candidates.is_empty()).collect()
}

fn infer(
    module: &Module<'_>,
    import: &Import<'_>,
    candidates: &[String],
    is_known: bool,
    known: &mut Known<'_>,
    missing: &mut Vec<String>,
    claims: &mut Claims,
) {
    let names: Vec<_> = candidates.iter().filter_map(|text| project_name(text)).collect();
    let Some(first) = candidates.first() else { return };
    if names.iter().any(|name| known.names.contains(name)) {
        return;
    }
    if known.is_declared && names.iter().any(|name| known.names.iter().any(|declared| brings(declared, name))) {
        return;
    }
    let score = match import.scope {
        Scope::Module => 0.8,
        Scope::Nested => 0.6,
        Scope::Optional | Scope::Typing => 0.4,
    };
    let score = if known.is_declared && !is_known { 0.4 } else { score };
    let locked = names.iter().find_map(|name| known.versions.get(name));
    let draft = claims.requirement(first, "inferred", score).at(module.path, import.line).rule("import");
    let draft = draft.attribute("ecosystem", "pypi").attribute("name", names.first().cloned().unwrap_or_default());
    let draft = draft.attribute("source", "import");
    if let Some(version) = locked {
        draft.attribute("locked", version);
    }
    // What can be missing may still be needed by a later import.
    if import.scope == Scope::Optional {
        return;
    }
    missing.push(format!("{} ({}:{})", names.first().unwrap_or(first), module.path, import.line));
    known.names.extend(names);
}
