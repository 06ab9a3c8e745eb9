//! What an import means: a file of the tree first, then a module of the runtime, then a package.

use super::aliases::{self, Config};
use super::manifest::Manifest;
use super::sources::{SOURCE_ENDINGS, is_installed_or_built, join, without_ending};
use crate::paths::{folder, is_in, name};

/// The most packages of one tree that are known.
const MOST_MANIFESTS: usize = 500;
/// The most configurations that hold for one file, and the most places that they are asked for one import: each import of a
/// file costs so much.
const MOST_HOLDING: usize = 8;
const MOST_PLACES: usize = 16;
/// The longest configuration that is read, in bytes.
pub(super) const LONGEST_CONFIG: usize = 256 * 1024;

/// What an import means; `F` is what the caller knows a source file by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'s, F> {
    /// A source file.
    File(F),
    /// Something of the tree that is no source file, or is not there.
    Local,
    /// A module of Node, Bun or Workers.
    Runtime,
    /// A package, by its name.
    Package(&'s str),
}

/// Node's own modules; with `node:` there are more, which need no list.
const RUNTIME_MODULES: [&str; 41] = [
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "stream",
    "string_decoder",
    "sys",
    "timers",
    "tls",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
];

/// What decides where imports lead: the packages of a tree, and the compiler's configurations.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// The packages, those of the upper folders first.
    pub manifests: Vec<Manifest>,
    /// The configurations, the deepest folders first.
    configs: Vec<Config>,
}

impl Layout {
    /// Reads package.json, deno.json and tsconfig.json wherever they lie; `read` gives the text of a path.
    pub fn read(paths: &[&str], read: &dyn Fn(&str) -> Option<String>) -> Self {
        let read = |path: &str| read(path).filter(|text| text.len() <= LONGEST_CONFIG);
        Self { manifests: manifests(paths, &read), configs: aliases::read(paths, &read) }
    }

    /// The configurations that hold for a folder, the nearest first.
    pub fn configs(&self, folder: &str) -> impl Iterator<Item = &Config> {
        let holds = move |config: &&Config| folder == config.folder || is_in(folder, &config.folder);
        self.configs.iter().filter(holds).take(MOST_HOLDING)
    }

    /// The package that a file belongs to: the one of the nearest folder.
    #[must_use]
    pub fn package_of(&self, path: &str) -> Option<&Manifest> {
        let around = self.manifests.iter().filter(|manifest| is_in(path, manifest.folder()));
        around.max_by_key(|manifest| manifest.folder().len())
    }

    /// What `specifier` means in the file `importer`; `known` gives the source file of a path.
    pub fn resolve<'s, F>(
        &self,
        importer: &str,
        specifier: &'s str,
        known: &dyn Fn(&str) -> Option<F>,
    ) -> Target<'s, F> {
        let specifier = specifier.split(['?', '#']).next().filter(|path| !path.is_empty()).unwrap_or(specifier);
        let local = |place: &str| source(place, known).map(Target::File);
        if specifier.starts_with('.') {
            return local(&join(folder(importer), specifier)).unwrap_or(Target::Local);
        }
        if specifier.starts_with('/') {
            return Target::Local;
        }
        if specifier.starts_with('#') {
            let manifest = self.package_of(importer);
            let target = manifest.and_then(|own| Some(join(own.folder(), &own.private_import(specifier)?)));
            return target.and_then(|place| local(&place)).unwrap_or(Target::Local);
        }
        let mut places = self.configs(folder(importer)).flat_map(|config| config.places(specifier)).take(MOST_PLACES);
        if let Some(found) = places.find_map(|place| local(&place)) {
            return found;
        }
        // No package can be called so: an alias that a bundler knows and we do not.
        if specifier.starts_with("@/") || specifier.starts_with(['~', '$']) {
            let rest = specifier.trim_start_matches(['@', '~', '$']).trim_start_matches('/');
            let own = self.package_of(importer).map_or("", Manifest::folder);
            let places = [join(own, &format!("src/{rest}")), join(own, rest)];
            return places.iter().find_map(|place| local(place)).unwrap_or(Target::Local);
        }
        if is_runtime(specifier) {
            return Target::Runtime;
        }
        let Some(name) = package_name(specifier) else {
            return Target::Local;
        };
        self.workspace(name, specifier, known).map_or(Target::Package(name), Target::File)
    }

    /// The file that a package of the tree itself gives, by its name.
    fn workspace<F>(&self, name: &str, specifier: &str, known: &dyn Fn(&str) -> Option<F>) -> Option<F> {
        let manifest = self.manifests.iter().find(|manifest| !name.is_empty() && manifest.name() == name)?;
        let subpath = specifier.get(name.len()..)?.trim_start_matches('/');
        let key = if subpath.is_empty() { ".".to_owned() } else { format!("./{subpath}") };
        let exported = manifest.export(&key).map(|path| join(manifest.folder(), path));
        let inner = if subpath.is_empty() { "index" } else { subpath };
        let guesses = [join(manifest.folder(), &format!("src/{inner}")), join(manifest.folder(), inner)];
        // A package whose name is that of its own framework is local only with a file to show for it.
        exported.iter().chain(&guesses).find_map(|place| source(place, known))
    }
}

/// The packages of the tree, those of the upper folders first.
fn manifests(paths: &[&str], read: &dyn Fn(&str) -> Option<String>) -> Vec<Manifest> {
    let is_manifest = |path: &&str| {
        let is_one = match name(path) {
            "package.json" => true,
            // Deno's own, where no package.json stands beside it.
            "deno.json" | "deno.jsonc" => {
                let beside = join(folder(path), "package.json");
                !paths.contains(&beside.as_str())
            }
            _ => false,
        };
        is_one && !is_installed_or_built(path)
    };
    let mut found: Vec<&str> = paths.iter().copied().filter(is_manifest).collect();
    found.sort_by_key(|path| path.matches('/').count());
    found.truncate(MOST_MANIFESTS);
    found.into_iter().filter_map(|path| Some(Manifest::read(path, read(path)?))).collect()
}

/// The source file at a place: as written, as its TypeScript, with an ending, or the index of a folder.
pub fn source<F>(place: &str, known: &dyn Fn(&str) -> Option<F>) -> Option<F> {
    if let Some(found) = known(place) {
        return Some(found);
    }
    let find = |stem: &str| SOURCE_ENDINGS.iter().find_map(|ending| known(&format!("{stem}.{ending}")));
    let stem = without_ending(place);
    let written = if stem == place { None } else { find(stem) };
    written.or_else(|| find(place)).or_else(|| find(join(place, "index").as_str()))
}

fn is_runtime(specifier: &str) -> bool {
    let scheme =
        ["node:", "bun:", "cloudflare:", "workerd:", "virtual:"].iter().any(|scheme| specifier.starts_with(scheme));
    let first = specifier.split('/').next().unwrap_or_default();
    scheme || specifier == "bun" || RUNTIME_MODULES.contains(&first)
}

/// The package's name in a specifier; none for what can be no package.
#[must_use]
pub fn package_name(specifier: &str) -> Option<&str> {
    let specifier = ["npm:", "jsr:"].iter().find_map(|scheme| specifier.strip_prefix(scheme)).unwrap_or(specifier);
    let specifier = match specifier.strip_prefix("https://") {
        Some(url) => {
            let cdn = ["esm.sh/", "cdn.skypack.dev/", "unpkg.com/", "cdn.jsdelivr.net/npm/", "jspm.dev/npm:"];
            cdn.iter().find_map(|host| url.strip_prefix(host))?
        }
        None => specifier,
    };
    let specifier = specifier.trim_start_matches('/');
    let scope = if specifier.starts_with('@') { specifier.find('/')? + 1 } else { 0 };
    let end = specifier[scope..].find(['/', '@']).map_or(specifier.len(), |end| scope + end);
    let name = &specifier[..end];
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '/');
    (end > scope && name.chars().all(is_name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::sources::is_source;
    use super::*;

    #[test]
    fn names_of_packages_end_at_their_path_and_version() {
        for (specifier, name) in [
            ("openai", Some("openai")),
            ("openai/resources/chat", Some("openai")),
            ("@ai-sdk/openai/x", Some("@ai-sdk/openai")),
            ("npm:@langchain/core@1/messages", Some("@langchain/core")),
            ("https://esm.sh/ai@4.0.0", Some("ai")),
            ("https://deno.land/std/x.ts", None),
            ("@scope", None),
            ("a b", None),
        ] {
            assert_eq!(package_name(specifier), name, "{specifier}");
        }
    }

    #[test]
    fn files_come_first_then_the_runtime_then_packages() {
        let files = [
            ("src/index.ts", ""),
            ("src/agents.ts", ""),
            ("src/lib/index.tsx", ""),
            ("openai/client.ts", ""),
            ("src/data.json", ""),
            ("tsconfig.json", "{\"compilerOptions\": {\"baseUrl\": \".\", \"paths\": {\"@/*\": [\"./src/*\"]}}}"),
            ("packages/a/package.json", "{\"name\": \"@me/a\", \"main\": \"dist/x.js\"}"),
            ("packages/a/src/index.ts", ""),
        ];
        let text = |path: &str| files.iter().find(|(known, _)| *known == path).map(|(_, text)| (*text).to_owned());
        let layout = Layout::read(&files.map(|(path, _)| path), &text);
        let known = |path: &str| files.iter().map(|(known, _)| *known).find(|known| *known == path && is_source(path));
        for (specifier, target) in [
            ("./agents.js", Target::File("src/agents.ts")),
            ("@/lib", Target::File("src/lib/index.tsx")),
            ("openai/client", Target::File("openai/client.ts")),
            ("@me/a", Target::File("packages/a/src/index.ts")),
            ("./data.json", Target::Local),
            ("./gone", Target::Local),
            ("@/gone", Target::Local),
            ("fs/promises", Target::Runtime),
            ("node:test", Target::Runtime),
            ("openai", Target::Package("openai")),
            ("agents", Target::Package("agents")),
        ] {
            assert_eq!(layout.resolve("src/index.ts", specifier, &known), target, "{specifier}");
        }
    }
}
