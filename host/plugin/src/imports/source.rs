//! `source`: the source tree, read through a view that counts bytes and remembers which files were read.

use crate::bindings::host::source::{FileStat, Host, HostSourceTree, Page, ReadError};
use crate::state::CallState;
use std::collections::BTreeSet;
use std::sync::Arc;
use wasmtime::component::Resource;
use windlass_domain::source::SourceTree;

/// The most bytes one call may read: four times the largest tree.
pub const READ_BUDGET: usize = 64 * 1024 * 1024;
/// The most files in one page of a listing, and in one answer of `glob`.
pub const MAX_PAGE: usize = 1_000;

/// One call's view of the tree.
pub struct SourceView {
    tree: Arc<SourceTree>,
    budget: usize,
    read: BTreeSet<String>,
}

impl SourceView {
    /// A fresh view with a whole budget.
    #[must_use]
    pub fn new(tree: Arc<SourceTree>) -> Self {
        Self { tree, budget: READ_BUDGET, read: BTreeSet::new() }
    }

    /// The files that the guest read: evidence, and what a memo of the answer depends on.
    #[must_use]
    pub fn files_read(self) -> BTreeSet<String> {
        self.read
    }

    fn spend(&mut self, path: &str, offset: usize, max: usize) -> Result<&str, ReadError> {
        let content = self.tree.get(path).ok_or(ReadError::NotFound)?;
        let start = offset.min(content.len());
        let end = start.saturating_add(max).min(content.len());
        self.budget = self.budget.checked_sub(end - start).ok_or(ReadError::BudgetSpent)?;
        if !self.read.contains(path) {
            self.read.insert(path.to_owned());
        }
        Ok(content)
    }
}

fn stat(path: &str, content: &str) -> FileStat {
    FileStat { path: path.to_owned(), size: content.len() as u64, ext: Vec::new() }
}

/// `*` and `?` match within one part of a path, `**` any number of parts.
fn matches(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**", rest @ ..], _) => (0..=path.len()).any(|skip| matches(rest, &path[skip..])),
        ([first, pattern @ ..], [part, path @ ..]) => matches_part(first, part) && matches(pattern, path),
        _ => false,
    }
}

/// Greedy with one step back, so linear in practice and quadratic at worst.
fn matches_part(pattern: &str, part: &str) -> bool {
    let (pattern, part) = (pattern.as_bytes(), part.as_bytes());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < part.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == b'?' || pattern[p] == part[t]) {
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
    pattern[p..].iter().all(|&c| c == b'*')
}

/// The longest glob pattern, in bytes, and the most `**` in it: together they bound the work of one match.
const MAX_PATTERN: usize = 512;
const MAX_DOUBLE_STARS: usize = 3;

impl Host for CallState {}

impl HostSourceTree for CallState {
    fn stat(&mut self, this: Resource<SourceView>, path: String) -> wasmtime::Result<Option<FileStat>> {
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
        let tree = &self.table.get(&this)?.tree;
        let pattern: Vec<&str> = pattern.split('/').collect();
        let length: usize = pattern.iter().map(|part| part.len() + 1).sum();
        if length > MAX_PATTERN || pattern.iter().filter(|part| **part == "**").count() > MAX_DOUBLE_STARS {
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
        let view = self.table.get_mut(&this)?;
        Ok(view.spend(&path, offset, max).map(|content| {
            let rest = &content.as_bytes()[offset.min(content.len())..];
            rest[..max.min(rest.len())].to_vec()
        }))
    }

    fn read_text(&mut self, this: Resource<SourceView>, path: String) -> wasmtime::Result<Result<String, ReadError>> {
        let view = self.table.get_mut(&this)?;
        Ok(view.spend(&path, 0, usize::MAX).map(str::to_owned))
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
        for (pattern, path) in
            [("*.py", "a.py"), ("**/*.py", "a.py"), ("**/*.py", "x/y/a.py"), ("x/?.py", "x/a.py"), ("**", "a/b")]
        {
            assert!(check(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [("*.py", "x/a.py"), ("x/?.py", "x/ab.py"), ("**/*.py", "a.pyc"), ("x/**/z", "x/y")] {
            assert!(!check(pattern, path), "{pattern} {path}");
        }
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
