//! Paths of the tree: relative, `/`-separated.

pub use windlass_outline::paths::{folder, name};

/// Endings of source files, the likeliest first.
pub const SOURCE_ENDINGS: [&str; 8] = ["ts", "tsx", "mts", "js", "mjs", "cjs", "jsx", "cts"];

/// The name without its ending.
pub fn stem(path: &str) -> &str {
    let name = name(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The path without its ending, where that is one of a source file.
pub fn without_ending(path: &str) -> &str {
    path.rsplit_once('.').filter(|(_, ending)| SOURCE_ENDINGS.contains(ending)).map_or(path, |(stem, _)| stem)
}

/// True when the name ends in a dot and `ending`, letters as given.
pub fn has_ending(path: &str, ending: &str) -> bool {
    name(path).rsplit_once('.').is_some_and(|(_, found)| found == ending)
}

/// True for JavaScript and TypeScript.
pub fn is_source(path: &str) -> bool {
    name(path).rsplit_once('.').is_some_and(|(_, ending)| SOURCE_ENDINGS.contains(&ending))
}

/// `folder/path` without `.` and `..`; a leading slash is the root of the tree.
pub fn join(folder: &str, path: &str) -> String {
    windlass_outline::paths::join(if path.starts_with('/') { "" } else { folder }, path)
}

/// True when `path` lies in `folder`; everything lies in the root.
pub fn is_in(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// `path` as seen from `folder`.
pub fn relative<'a>(path: &'a str, folder: &str) -> &'a str {
    if folder.is_empty() { path } else { path.strip_prefix(folder).map_or(path, |rest| rest.trim_start_matches('/')) }
}

/// True for installed packages, and for what a build or a framework writes.
pub fn is_installed_or_built(path: &str) -> bool {
    let is_built = |part| {
        matches!(
            part,
            "dist"
                | ".next"
                | ".nuxt"
                | ".output"
                | ".svelte-kit"
                | ".turbo"
                | ".vercel"
                | ".wrangler"
                | ".mastra"
                | ".motia"
                | ".open-next"
        )
    };
    is_installed(path) || path.split('/').any(is_built)
}

/// True for packages that were sent along, for what tests leave behind, and for text that no person reads.
pub fn is_installed(path: &str) -> bool {
    let is_folder = |part| {
        matches!(
            part,
            "node_modules"
                | "bower_components"
                | ".yarn"
                | "vendor"
                | "coverage"
                | "__pycache__"
                | ".venv"
                | "venv"
                | "site-packages"
        )
    };
    path.split('/').any(is_folder)
        || [".min.js", ".d.ts", ".d.mts", ".d.cts"].iter().any(|ending| path.ends_with(ending))
}

/// True for what tests, builds, configures or documents the project rather than being it. `path` is seen from its package.
pub fn is_aside(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut inner = name.split('.').skip(1);
    inner.any(|part| matches!(part, "test" | "spec" | "config" | "stories" | "bench" | "e2e"))
        || name.starts_with('.')
        || matches!(stem(name), "setupTests" | "next-env" | "gulpfile" | "Gruntfile" | "instrumentation")
        || folders.split('/').any(|part| {
            matches!(
                part,
                "test"
                    | "tests"
                    | "__tests__"
                    | "__mocks__"
                    | "mocks"
                    | "spec"
                    | "e2e"
                    | "docs"
                    | "doc"
                    | "examples"
                    | "example"
                    | "scripts"
                    | "script"
                    | "fixtures"
                    | "benchmarks"
                    | "bench"
                    | "evals"
                    | "cypress"
                    | "playwright"
                    | "stories"
                    | "migrations"
                    | "seeds"
                    | "templates"
                    | "public"
                    | "static"
                    | "assets"
                    | "types"
                    | "typings"
                    | "infra"
                    | ".storybook"
                    | ".github"
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_and_parted() {
        assert_eq!(join("a/b", "../c/./d.ts"), "a/c/d.ts");
        assert_eq!((join("", "../x"), join("a", "/x")), ("x".to_owned(), "x".to_owned()));
        assert_eq!((stem("a/b.c.ts"), without_ending("a/b.c"), without_ending("b.mjs")), ("b.c", "a/b.c", "b"));
        assert!(is_in("a/b", "a") && is_in("a", "") && !is_in("ab/c", "a"));
        assert_eq!((relative("a/b/c", "a"), relative("b", "")), ("b/c", "b"));
    }

    #[test]
    fn what_is_written_by_a_build_or_beside_the_project_is_told_apart() {
        for path in ["dist/index.js", "a/node_modules/b/c.js", "lib.min.js", "types.d.ts", ".next/x.js"] {
            assert!(is_installed_or_built(path), "{path}");
        }
        for path in ["tests/a.ts", "a.test.ts", "vite.config.ts", "scripts/seed.ts", "src/__tests__/b.js"] {
            assert!(is_aside(path) && !is_installed_or_built(path), "{path}");
        }
        for path in ["src/index.ts", "agent.config/index.ts", "lib/a.js", "testing.ts", "api/research-api.step.ts"] {
            assert!(!is_aside(path) && !is_installed_or_built(path), "{path}");
        }
    }
}
