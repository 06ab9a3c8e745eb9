//! What an import means: a file of the tree first, then a module of the runtime, then a package.

use crate::aliases::{self, Config};
use crate::manifest::Manifest;
use crate::paths::{SOURCE_ENDINGS, folder, is_in, join, without_ending};
use std::collections::{HashMap, HashSet};
use windlass_plugin_sdk::Files;

/// What an import means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// A source file: its index.
    File(usize),
    /// Something of the tree that is no source file, or is not there.
    Local,
    /// A module of Node, Bun or Workers.
    Runtime,
    /// A package, by its name.
    Package(&'a str),
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

/// Resolves imports of one tree.
#[derive(Debug)]
pub struct Resolver<'a> {
    /// Source files by path.
    sources: HashMap<&'a str, usize>,
    /// Every file.
    paths: HashSet<&'a str>,
    manifests: &'a [Manifest],
    configs: Vec<Config>,
}

impl<'a> Resolver<'a> {
    /// Reads the compiler's configurations; `sources` are the paths of the source files in order.
    pub fn new(
        sources: impl Iterator<Item = &'a str>,
        paths: &'a [String],
        manifests: &'a [Manifest],
        files: &dyn Files,
    ) -> Self {
        Self {
            sources: sources.enumerate().map(|(at, path)| (path, at)).collect(),
            paths: paths.iter().map(String::as_str).collect(),
            manifests,
            configs: aliases::read(paths, files),
        }
    }

    /// The configurations that hold for a folder, the nearest first.
    pub fn configs(&self, folder: &str) -> impl Iterator<Item = &Config> {
        self.configs.iter().filter(move |config| folder == config.folder || is_in(folder, &config.folder))
    }

    /// True when the tree has this file.
    pub fn has_file(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// The source file at a place: as written, as its TypeScript, with an ending, or the index of a folder.
    pub fn source(&self, place: &str) -> Option<usize> {
        if let Some(found) = self.sources.get(place) {
            return Some(*found);
        }
        let find = |stem: &str| {
            SOURCE_ENDINGS.iter().find_map(|ending| self.sources.get(format!("{stem}.{ending}").as_str()).copied())
        };
        let stem = without_ending(place);
        let written = if stem == place { None } else { find(stem) };
        written.or_else(|| find(place)).or_else(|| find(join(place, "index").as_str()))
    }

    /// What `specifier` means in the file `importer`.
    pub fn resolve<'s>(&self, importer: &str, specifier: &'s str) -> Target<'s> {
        let specifier = specifier.split(['?', '#']).next().filter(|path| !path.is_empty()).unwrap_or(specifier);
        let local = |place: &str| self.source(place).map(Target::File);
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
        for config in self.configs(folder(importer)) {
            if let Some(found) = config.places(specifier).iter().find_map(|place| local(place)) {
                return found;
            }
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
        let Some(name) = package_name(specifier) else { return Target::Local };
        self.workspace(name, specifier).unwrap_or(Target::Package(name))
    }

    /// A package of the tree itself, by its name.
    fn workspace(&self, name: &str, specifier: &str) -> Option<Target<'static>> {
        let manifest = self.manifests.iter().find(|manifest| !name.is_empty() && manifest.name() == name)?;
        let subpath = specifier.get(name.len()..)?.trim_start_matches('/');
        let key = if subpath.is_empty() { ".".to_owned() } else { format!("./{subpath}") };
        let exported = manifest.export(&key).map(|path| join(manifest.folder(), path));
        let inner = if subpath.is_empty() { "index" } else { subpath };
        let guesses = [join(manifest.folder(), &format!("src/{inner}")), join(manifest.folder(), inner)];
        let found = exported.iter().chain(&guesses).find_map(|place| self.source(place));
        // A package whose name is that of its own framework is local only with a file to show for it.
        found.map(Target::File)
    }

    /// The package that a file belongs to: the one of the nearest folder.
    pub fn package_of(&self, path: &str) -> Option<&'a Manifest> {
        let around = self.manifests.iter().filter(|manifest| is_in(path, manifest.folder()));
        around.max_by_key(|manifest| manifest.folder().len())
    }
}

fn is_runtime(specifier: &str) -> bool {
    let scheme =
        ["node:", "bun:", "cloudflare:", "workerd:", "virtual:"].iter().any(|scheme| specifier.starts_with(scheme));
    let first = specifier.split('/').next().unwrap_or_default();
    scheme || specifier == "bun" || RUNTIME_MODULES.contains(&first)
}

/// The package's name in a specifier; none for what can be no package.
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
    use super::*;
    use windlass_plugin_sdk::files::tree;

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
        let files = tree(&[
            ("src/index.ts", ""),
            ("src/agents.ts", ""),
            ("src/lib/index.tsx", ""),
            ("openai/client.ts", ""),
            ("src/data.json", ""),
            ("tsconfig.json", "{\"compilerOptions\": {\"baseUrl\": \".\", \"paths\": {\"@/*\": [\"./src/*\"]}}}"),
            ("packages/a/package.json", "{\"name\": \"@me/a\", \"main\": \"dist/x.js\"}"),
            ("packages/a/src/index.ts", ""),
        ]);
        let paths = files.paths();
        let manifests =
            vec![Manifest::read("packages/a/package.json", files.read("packages/a/package.json").expect("text"))];
        let sources: Vec<&str> =
            paths.iter().map(String::as_str).filter(|path| crate::paths::is_source(path)).collect();
        let resolver = Resolver::new(sources.iter().copied(), &paths, &manifests, &files);
        let file = |path: &str| Target::File(sources.iter().position(|known| *known == path).expect("a source"));
        for (specifier, target) in [
            ("./agents.js", file("src/agents.ts")),
            ("@/lib", file("src/lib/index.tsx")),
            ("openai/client", file("openai/client.ts")),
            ("@me/a", file("packages/a/src/index.ts")),
            ("./data.json", Target::Local),
            ("./gone", Target::Local),
            ("@/gone", Target::Local),
            ("fs/promises", Target::Runtime),
            ("node:test", Target::Runtime),
            ("openai", Target::Package("openai")),
            ("agents", Target::Package("agents")),
        ] {
            assert_eq!(resolver.resolve("src/index.ts", specifier), target, "{specifier}");
        }
    }
}
