//! `source`: the source tree, read through a view that counts bytes and remembers which files were read.

use crate::bindings::host::source::{FileStat, Host, HostSourceTree, Page, ReadError};
use crate::state::CallState;
use std::sync::{Arc, OnceLock};
use wasmtime::component::Resource;
use windlass_domain::source::SourceTree;
use windlass_syntax::facts::{self, Layout};

/// The most bytes one call may read: four times the largest tree.
pub const READ_BUDGET: usize = 64 * 1024 * 1024;
/// The most files in one page of a listing, and in one answer of `glob`.
pub const MAX_PAGE: usize = 1_000;

/// One call's view of the tree.
pub struct SourceView {
    tree: Arc<SourceTree>,
    budget: usize,
    around: Arc<Around>,
}

/// The tree as imports ask for it.
struct Around {
    tree: Arc<SourceTree>,
    /// Read when it is first asked for, once a call.
    layout: OnceLock<Arc<Layout>>,
}

impl facts::Tree for Around {
    fn has_file(&self, path: &str) -> bool {
        self.tree.get(path).is_some()
    }

    fn layout(&self) -> Arc<Layout> {
        let read = || {
            let paths: Vec<&str> = self.tree.iter().map(|(path, _)| path).collect();
            Arc::new(Layout::read(&paths, &|path| self.tree.get(path).map(str::to_owned)))
        };
        self.layout.get_or_init(read).clone()
    }
}

impl SourceView {
    /// A fresh view with a whole budget.
    #[must_use]
    pub fn new(tree: Arc<SourceTree>) -> Self {
        let around = Arc::new(Around { tree: tree.clone(), layout: OnceLock::new() });
        Self { tree, budget: READ_BUDGET, around }
    }

    /// The tree, for what the host reads on a guest's behalf.
    pub(super) fn around(&self) -> Arc<dyn facts::Tree> {
        self.around.clone()
    }

    /// A file that the host looks at for the guest: it costs the guest's budget nothing.
    pub(super) fn look(&self, path: &str) -> Result<&str, ReadError> {
        self.tree.get(path).ok_or(ReadError::NotFound)
    }

    /// A whole file, at the cost of the budget.
    pub(super) fn whole(&mut self, path: &str) -> Result<&str, ReadError> {
        self.spend(path, 0, usize::MAX)
    }

    fn spend(&mut self, path: &str, offset: usize, max: usize) -> Result<&str, ReadError> {
        let content = self.tree.get(path).ok_or(ReadError::NotFound)?;
        let start = offset.min(content.len());
        let end = start.saturating_add(max).min(content.len());
        self.budget = self.budget.checked_sub(end - start).ok_or(ReadError::BudgetSpent)?;
        Ok(content)
    }
}

fn stat(path: &str, content: &str) -> FileStat {
    FileStat { path: path.to_owned(), size: content.len() as u64, ext: Vec::new() }
}

/// `*` and `?` match within one part of a path, `**` any number of parts.
fn matches(pattern: &[&str], path: &[&str]) -> bool {
    wildcard(pattern, path, |part| *part == "**", |pattern, part| matches_part(pattern, part))
}

fn matches_part(pattern: &str, part: &str) -> bool {
    wildcard(pattern.as_bytes(), part.as_bytes(), |c| *c == b'*', |pattern, c| *pattern == b'?' || pattern == c)
}

/// Greedy: only the last star is ever tried again, so linear in practice and quadratic at worst.
fn wildcard<P, T>(pattern: &[P], text: &[T], is_star: impl Fn(&P) -> bool, is_match: impl Fn(&P, &T) -> bool) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        if p < pattern.len() && is_star(&pattern[p]) {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && is_match(&pattern[p], &text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            p = at + 1;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(is_star)
}

/// The longest glob pattern, in bytes: it bounds the work of one match.
const MAX_PATTERN: usize = 512;

impl Host for CallState {}

impl HostSourceTree for CallState {
    fn stat(&mut self, this: Resource<SourceView>, path: String) -> wasmtime::Result<Option<FileStat>> {
        self.take_over(path.len())?;
        let view = self.table.get(&this)?;
        Ok(view.tree.get(&path).map(|content| stat(&path, content)))
    }

    fn list(
        &mut self,
        this: Resource<SourceView>,
        prefix: String,
        cursor: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Page> {
        self.take_over(prefix.len() + cursor.as_ref().map_or(0, String::len))?;
        let tree = &self.table.get(&this)?.tree;
        let limit = usize::try_from(limit)?.clamp(1, MAX_PAGE);
        let after = |path: &str| cursor.as_deref().is_none_or(|cursor| path > cursor);
        let mut files: Vec<FileStat> = tree
            .iter()
            .filter(|(path, _)| path.starts_with(&prefix) && after(path))
            .take(limit + 1)
            .map(|(path, content)| stat(path, content))
            .collect();
        let more = files.len() > limit;
        files.truncate(limit);
        let cursor = files.last().filter(|_| more).map(|file| file.path.clone());
        Ok(Page { files, cursor })
    }

    fn glob(&mut self, this: Resource<SourceView>, pattern: String) -> wasmtime::Result<Vec<String>> {
        self.take_over(pattern.len())?;
        let tree = &self.table.get(&this)?.tree;
        let pattern: Vec<&str> = pattern.split('/').collect();
        let length: usize = pattern.iter().map(|part| part.len() + 1).sum();
        if length > MAX_PATTERN {
            return Ok(Vec::new());
        }
        Ok(tree
            .iter()
            .map(|(path, _)| path)
            .filter(|path| matches(&pattern, &path.split('/').collect::<Vec<_>>()))
            .take(MAX_PAGE)
            .map(str::to_owned)
            .collect())
    }

    fn read(
        &mut self,
        this: Resource<SourceView>,
        path: String,
        offset: u64,
        max: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, ReadError>> {
        let (offset, max) = (usize::try_from(offset).unwrap_or(usize::MAX), usize::try_from(max)?);
        self.take_over(path.len())?;
        let view = self.table.get_mut(&this)?;
        Ok(view.spend(&path, offset, max).map(|content| {
            let rest = &content.as_bytes()[offset.min(content.len())..];
            rest[..max.min(rest.len())].to_vec()
        }))
    }

    fn read_text(&mut self, this: Resource<SourceView>, path: String) -> wasmtime::Result<Result<String, ReadError>> {
        self.take_over(path.len())?;
        let view = self.table.get_mut(&this)?;
        Ok(view.whole(&path).map(str::to_owned))
    }

    fn digest(&mut self, this: Resource<SourceView>) -> wasmtime::Result<String> {
        Ok(self.table.get(&this)?.tree.digest())
    }

    fn drop(&mut self, this: Resource<SourceView>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_within_and_across_parts() {
        let check = |pattern: &str, path: &str| {
            matches(&pattern.split('/').collect::<Vec<_>>(), &path.split('/').collect::<Vec<_>>())
        };
        for (pattern, path) in [
            ("*.py", "a.py"),
            ("**/*.py", "a.py"),
            ("**/*.py", "x/y/a.py"),
            ("x/?.py", "x/a.py"),
            ("**", "a/b"),
            ("**/x/**/a.*", "b/x/c/x/a.py"),
        ] {
            assert!(check(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [("*.py", "x/a.py"), ("x/?.py", "x/ab.py"), ("**/*.py", "a.pyc"), ("x/**/z", "x/y")] {
            assert!(!check(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn a_hostile_glob_costs_no_more_than_its_square() {
        let (pattern, path) = (["**", "a"].repeat(64), ["a"].repeat(127));
        let started = std::time::Instant::now();
        assert!(!matches(&[pattern, vec!["b"]].concat(), &path));
        assert!(started.elapsed() < std::time::Duration::from_secs(1), "{:?}", started.elapsed());
    }

    #[test]
    fn the_read_budget_holds_at_its_edge() {
        let tree = SourceTree::parse("f", [("a".to_owned(), "x".repeat(1024))].into()).expect("a good tree");
        let mut view = SourceView::new(Arc::new(tree));
        for _ in 0..READ_BUDGET / 1024 {
            view.spend("a", 0, usize::MAX).expect("within the budget");
        }
        assert!(matches!(view.spend("a", 0, 1), Err(ReadError::BudgetSpent)));
        assert!(matches!(view.spend("b", 0, 1), Err(ReadError::NotFound)));
    }
}
