//! Paths of the tree: relative, `/`-separated.

pub use windlass_outline::javascript::sources::{is_installed, is_installed_or_built, is_source, join, without_ending};
pub use windlass_outline::paths::{folder, has_ending, is_in, name};

/// The name without its ending.
pub fn stem(path: &str) -> &str {
    let name = name(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// `path` as seen from `folder`.
pub fn relative<'a>(path: &'a str, folder: &str) -> &'a str {
    if folder.is_empty() { path } else { path.strip_prefix(folder).map_or(path, |rest| rest.trim_start_matches('/')) }
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
    fn paths_are_parted() {
        assert_eq!(stem("a/b.c.ts"), "b.c");
        assert_eq!((relative("a/b/c", "a"), relative("b", "")), ("b/c", "b"));
    }

    #[test]
    fn what_stands_beside_the_project_is_told_apart() {
        for path in ["tests/a.ts", "a.test.ts", "vite.config.ts", "scripts/seed.ts", "src/__tests__/b.js"] {
            assert!(is_aside(path), "{path}");
        }
        for path in ["src/index.ts", "agent.config/index.ts", "lib/a.js", "testing.ts", "api/research-api.step.ts"] {
            assert!(!is_aside(path), "{path}");
        }
    }
}
