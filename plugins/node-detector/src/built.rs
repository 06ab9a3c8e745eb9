//! From what a build writes back to its source: `dist/index.js` is `src/index.ts`.

use crate::paths::{is_in, join, relative, without_ending};
use crate::project::Project;

/// Folders that builds write into.
const OUTPUT: [&str; 12] =
    ["dist", "build", "lib", "out", "output", "bundle", "compiled", "release", ".build", "bin", "esm", "cjs"];
/// Where source lies in a package, the likeliest first.
const SOURCE: [&str; 5] = ["src", "", "server", "app", "lib"];

/// The source of the file that `path`, seen from `folder`, names; the file itself where nothing else is there.
pub fn source_of(project: &Project<'_>, folder: &str, path: &str) -> Option<String> {
    let place = join(folder, path);
    let found = |module: usize| project.modules[module].path.to_owned();
    let module = |place: &str| project.resolver.source(place).map(found);
    module(&place)
        .or_else(|| by_compiler(project, folder, &place))
        .or_else(|| by_folders(&module, folder, relative(&place, folder)))
        .or_else(|| by_name(project, folder, relative(&place, folder)))
        .or_else(|| project.resolver.has_file(&place).then(|| place.clone()))
}

/// By the compiler's `outDir` and `rootDir`.
fn by_compiler(project: &Project<'_>, folder: &str, place: &str) -> Option<String> {
    for config in project.resolver.configs(folder) {
        let Some(out) = config.out_dir.as_deref().filter(|out| !out.is_empty() && is_in(place, out)) else { continue };
        let rest = relative(place, out);
        let roots = config.root_dir.iter().cloned().chain(SOURCE.iter().map(|source| join(&config.folder, source)));
        for root in roots {
            if let Some(module) = project.resolver.source(&join(&root, rest)) {
                return Some(project.modules[module].path.to_owned());
            }
        }
    }
    None
}

/// By the names of folders: the output's are taken off, the source's put on.
fn by_folders(module: &dyn Fn(&str) -> Option<String>, folder: &str, path: &str) -> Option<String> {
    let mut rest = path;
    for _ in 0..3 {
        for source in SOURCE {
            if let Some(found) = module(&join(folder, &format!("{source}/{rest}"))) {
                return Some(found);
            }
        }
        let (first, behind) = rest.split_once('/')?;
        if !OUTPUT.contains(&first) {
            return None;
        }
        rest = behind;
    }
    None
}

/// By the name alone, where one file of the package has it: the one that lies highest.
fn by_name(project: &Project<'_>, folder: &str, path: &str) -> Option<String> {
    let (first, rest) = path.split_once('/')?;
    if !OUTPUT.contains(&first) {
        return None;
    }
    let name = without_ending(rest.rsplit('/').next().unwrap_or(rest));
    let named = project.modules.iter().map(|module| module.path).filter(|module| {
        is_in(module, folder) && !project.is_aside(module) && without_ending(crate::paths::name(module)) == name
    });
    named.min_by_key(|module| module.matches('/').count()).map(str::to_owned)
}
