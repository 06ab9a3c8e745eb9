//! `syntax`: what source files say. The facts are read anew at each call, in microseconds; parses are shared by the
//! detectors of one deploy.
//!
//! Invariant: what a guest asks here ends with its call's time. A match that runs into it ends the call, as a loop of the
//! guest's own would; an answer cut short by the clock could decide otherwise on a slower day.

use crate::bindings::host::source::ReadError;
use crate::bindings::host::syntax::{Capture, Definition, Host, ModuleImport, Origin, StringConstant, SyntaxError};
use crate::imports::source::SourceView;
use crate::meter::Meter;
use crate::state::CallState;
use std::sync::Arc;
use wasmtime::component::Resource;
use windlass_syntax::{Pattern, QueryError, Trees, facts};

/// What a call may match source files with.
#[derive(Default)]
pub struct Reading {
    patterns: Arc<[Pattern]>,
    trees: Arc<Trees>,
}

/// The time of the call was over while the host worked for it.
#[derive(Debug, thiserror::Error)]
#[error("the call's time is over")]
pub struct OutOfTime;

impl Reading {
    /// For a call of a plugin that declares `patterns`.
    #[must_use]
    pub fn new(patterns: Arc<[Pattern]>, trees: Arc<Trees>) -> Self {
        Self { patterns, trees }
    }

    fn query(
        &self,
        path: &str,
        text: &str,
        index: u32,
        meter: &Meter,
    ) -> wasmtime::Result<Result<Vec<Capture>, SyntaxError>> {
        let pattern = usize::try_from(index).ok().and_then(|index| self.patterns.get(index));
        let Some(pattern) = pattern else { return Ok(Err(SyntaxError::UnknownPattern)) };
        let error = match self.trees.query(pattern, path, text, &meter.is_over()) {
            Ok(found) => return Ok(Ok(found.into_iter().map(capture).collect())),
            Err(error) => error,
        };
        Ok(Err(match error {
            QueryError::OtherLanguage => SyntaxError::OtherLanguage,
            QueryError::TooLarge => SyntaxError::TooLarge,
            QueryError::TooNested => SyntaxError::TooNested,
            QueryError::TooManyMatches => SyntaxError::TooManyMatches,
            QueryError::OutOfTime => return Err(wasmtime::Error::new(OutOfTime)),
        }))
    }
}

impl From<ReadError> for SyntaxError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NotFound => Self::NotFound,
            ReadError::BudgetSpent => Self::BudgetSpent,
            ReadError::Other(code) => Self::Other(code),
        }
    }
}

fn capture(found: windlass_syntax::Capture) -> Capture {
    let windlass_syntax::Capture { match_number, name, text, line } = found;
    Capture { match_number, name, text, line, ext: Vec::new() }
}

fn module_import(found: facts::ModuleImport) -> ModuleImport {
    let facts::ModuleImport { module, names, level, line, scope, origin } = found;
    let origin = match origin {
        facts::Origin::Local(path) => Origin::Local(path),
        facts::Origin::StandardLibrary => Origin::StandardLibrary,
        facts::Origin::Distribution(names) => Origin::Distribution(names),
    };
    ModuleImport { module, names, level, line, scope: scope.to_owned(), origin, ext: Vec::new() }
}

fn string_constant(found: facts::StringConstant) -> StringConstant {
    let facts::StringConstant { value, line, is_docstring, assigned_to } = found;
    StringConstant { value, line, is_docstring, assigned_to, ext: Vec::new() }
}

fn definition(found: facts::Definition) -> Definition {
    let facts::Definition { kind, name, line, is_top_level, decorators, callee } = found;
    Definition { kind: kind.to_owned(), name, line, is_top_level, decorators, callee, ext: Vec::new() }
}

impl CallState {
    /// What `read` makes of a whole file; the file counts as read by the guest.
    fn facts<T, U>(
        &mut self,
        source: &Resource<SourceView>,
        path: &str,
        read: impl FnOnce(&str) -> Option<Vec<T>>,
        wire: impl Fn(T) -> U,
    ) -> wasmtime::Result<Result<Vec<U>, SyntaxError>> {
        self.take_over(path.len())?;
        let view = self.table.get_mut(source)?;
        // A file that is not read costs nothing, so that a guest may ask for each.
        if facts::Language::of(path).is_none() && view.look(path).is_ok() {
            return Ok(Err(SyntaxError::OtherLanguage));
        }
        Ok(view.whole(path).map_err(SyntaxError::from).and_then(|text| {
            let found = read(text).ok_or(SyntaxError::OtherLanguage)?;
            Ok(found.into_iter().map(wire).collect())
        }))
    }
}

impl Host for CallState {
    fn imports(
        &mut self,
        source: Resource<SourceView>,
        path: String,
    ) -> wasmtime::Result<Result<Vec<ModuleImport>, SyntaxError>> {
        let around = self.table.get(&source)?.around();
        let read = |text: &str| facts::imports(&path, text, around.as_ref());
        self.facts(&source, &path, read, module_import)
    }

    fn strings(
        &mut self,
        source: Resource<SourceView>,
        path: String,
    ) -> wasmtime::Result<Result<Vec<StringConstant>, SyntaxError>> {
        self.facts(&source, &path, |text| facts::strings(&path, text), string_constant)
    }

    fn definitions(
        &mut self,
        source: Resource<SourceView>,
        path: String,
    ) -> wasmtime::Result<Result<Vec<Definition>, SyntaxError>> {
        self.facts(&source, &path, |text| facts::definitions(&path, text), definition)
    }

    fn query(
        &mut self,
        source: Resource<SourceView>,
        path: String,
        pattern: u32,
    ) -> wasmtime::Result<Result<Vec<Capture>, SyntaxError>> {
        self.take_over(path.len())?;
        let view = self.table.get_mut(&source)?;
        match view.look(&path) {
            Ok(text) => self.reading.query(&path, text, pattern, &self.meter),
            Err(error) => Ok(Err(error.into())),
        }
    }
}
