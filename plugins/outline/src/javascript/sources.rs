//! Which files of a tree are source, and which were sent along or written by a build.

use crate::paths::{self, name};

/// Endings of source files, the likeliest first.
pub const SOURCE_ENDINGS: [&str; 8] = ["ts", "tsx", "mts", "js", "mjs", "cjs", "jsx", "cts"];

/// True for JavaScript and TypeScript.
#[must_use]
pub fn is_source(path: &str) -> bool {
    name(path).rsplit_once('.').is_some_and(|(_, ending)| SOURCE_ENDINGS.contains(&ending))
}

/// The path without its ending, where that is one of a source file.
#[must_use]
pub fn without_ending(path: &str) -> &str {
    path.rsplit_once('.').filter(|(_, ending)| SOURCE_ENDINGS.contains(ending)).map_or(path, |(stem, _)| stem)
}

/// `folder/path` without `.` and `..`; a leading slash is the root of the tree.
#[must_use]
pub fn join(folder: &str, path: &str) -> String {
    paths::join(if path.starts_with('/') { "" } else { folder }, path)
}

/// True for installed packages, and for what a build or a framework writes.
#[must_use]
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
#[must_use]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_is_told_by_its_ending() {
        assert!(is_source("a/b.mts") && is_source("x.jsx") && !is_source("ts") && !is_source("a.json"));
        assert_eq!((without_ending("a/b.c"), without_ending("b.mjs")), ("a/b.c", "b"));
    }

    #[test]
    fn a_leading_slash_is_the_root_of_the_tree() {
        assert_eq!(join("a/b", "../c/./d.ts"), "a/c/d.ts");
        assert_eq!((join("", "../x"), join("a", "/x")), ("x".to_owned(), "x".to_owned()));
    }

    #[test]
    fn what_is_installed_or_written_by_a_build_is_told_apart() {
        for path in ["dist/index.js", "a/node_modules/b/c.js", "lib.min.js", "types.d.ts", ".next/x.js"] {
            assert!(is_installed_or_built(path), "{path}");
        }
        for path in ["src/index.ts", "tests/a.ts", "agent.config/index.ts", "lib/a.js"] {
            assert!(!is_installed_or_built(path), "{path}");
        }
    }
}
