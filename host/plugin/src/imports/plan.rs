//! `plan`: the catalogue, read only, and the draft that a strategy writes.
//!
//! Invariant: a setter keeps what it is given whole, or notes why not; the first such note fails the decision.

use crate::bindings::host::plan::{Host, HostCatalogue, HostPlan, PackageVersion};
use crate::state::CallState;
use std::sync::Arc;
use wasmtime::component::Resource;
use windlass_domain::catalogue::{Catalogue, Package, RuntimeImage};
use windlass_domain::plan::{Alternative, Confidence, Plan};

/// The longest text of a setter, in bytes, unless one below says otherwise.
pub const MAX_TEXT: usize = 2 * 1024;
/// The longest requirement, in bytes: no shorter than a claim may be.
pub const MAX_REQUIREMENT: usize = 4 * 1024;
/// The longest word of a command, argument and value of the environment, in bytes.
pub const MAX_VALUE: usize = 32 * 1024;
/// The most entries of each list in a plan.
pub const MAX_ENTRIES: usize = 2_000;
/// The most bytes of text in a plan.
pub const MAX_PLAN: usize = 8 * 1024 * 1024;

/// The most names that one call asks about.
const MAX_ASKED: usize = 2_000;

/// What this host can do.
pub struct CatalogueView(pub Arc<Catalogue>);

/// Why a setter of the plan did not keep what it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A text or a list past its limit.
    OverLimit {
        /// The setter, e.g. `set-command`.
        setter: &'static str,
        /// What was given.
        given: usize,
        /// The limit.
        limit: usize,
        /// What is counted: `bytes` or `entries`.
        unit: &'static str,
    },
    /// A word outside a closed set.
    Word {
        /// The setter.
        setter: &'static str,
        /// The words that it takes.
        words: &'static str,
    },
}

/// The plan so far, and the first thing that was refused.
#[derive(Default)]
pub struct PlanDraft {
    plan: Plan,
    bytes: usize,
    refusal: Option<Refusal>,
}

impl PlanDraft {
    /// The plan, and why it is not what the guest wrote, where it is not.
    #[must_use]
    pub fn into_parts(self) -> (Plan, Option<Refusal>) {
        (self.plan, self.refusal)
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.refusal.get_or_insert(refusal);
    }

    /// Gives `write` the plan when texts of these `lengths`, each with its limit, and one more entry beside `entries` fit.
    fn keep(
        &mut self,
        setter: &'static str,
        lengths: impl IntoIterator<Item = (usize, usize)>,
        entries: impl FnOnce(&Plan) -> usize,
        write: impl FnOnce(&mut Plan),
    ) {
        let over = |given, limit, unit| Refusal::OverLimit { setter, given, limit, unit };
        let entries = entries(&self.plan);
        if entries >= MAX_ENTRIES {
            return self.refuse(over(entries + 1, MAX_ENTRIES, "entries"));
        }
        let mut bytes = self.bytes;
        for (length, limit) in lengths {
            if length > limit {
                return self.refuse(over(length, limit, "bytes"));
            }
            bytes += length;
        }
        if bytes > MAX_PLAN {
            return self.refuse(over(bytes, MAX_PLAN, "bytes"));
        }
        self.bytes = bytes;
        write(&mut self.plan);
    }

    /// Keeps one text.
    fn text(&mut self, setter: &'static str, text: String, write: impl FnOnce(&mut Plan, String)) {
        self.keep(setter, [(text.len(), MAX_TEXT)], |_| 0, |plan| write(plan, text));
    }

    /// Keeps a list of words, whole.
    fn words(&mut self, setter: &'static str, words: Vec<String>, write: impl FnOnce(&mut Plan, Vec<String>)) {
        let count = words.len().saturating_sub(1);
        let lengths: Vec<_> = words.iter().map(|word| (word.len(), MAX_VALUE)).collect();
        self.keep(setter, lengths, |_| count, |plan| write(plan, words));
    }
}

impl CallState {
    fn catalogue(&self, this: &Resource<CatalogueView>) -> wasmtime::Result<&Catalogue> {
        Ok(&self.table.get(this)?.0)
    }

    fn runtime<T>(
        &mut self,
        this: &Resource<CatalogueView>,
        name: &str,
        read: impl FnOnce(&RuntimeImage) -> T,
    ) -> wasmtime::Result<Option<T>> {
        self.take_over(name.len())?;
        Ok(self.catalogue(this)?.runtime(name).map(read))
    }

    /// The draft, for a setter that is given so many bytes.
    fn draft(&mut self, this: &Resource<PlanDraft>, given: usize) -> wasmtime::Result<&mut PlanDraft> {
        self.take_over(given)?;
        Ok(self.table.get_mut(this)?)
    }
}

/// The bytes of all texts.
fn length(texts: &[String]) -> usize {
    texts.iter().map(String::len).sum()
}

fn package_version(package: &Package) -> PackageVersion {
    PackageVersion { name: package.name.clone(), version: package.version.clone() }
}

impl Host for CallState {}

impl HostCatalogue for CallState {
    fn builders(&mut self, this: Resource<CatalogueView>) -> wasmtime::Result<Vec<String>> {
        Ok(self.catalogue(&this)?.builders.clone())
    }

    fn architectures(&mut self, this: Resource<CatalogueView>) -> wasmtime::Result<Vec<String>> {
        Ok(self.catalogue(&this)?.architectures.clone())
    }

    fn runtimes(&mut self, this: Resource<CatalogueView>) -> wasmtime::Result<Vec<String>> {
        Ok(self.catalogue(&this)?.runtimes.iter().map(|runtime| runtime.name.clone()).collect())
    }

    fn language(
        &mut self,
        this: Resource<CatalogueView>,
        runtime: String,
    ) -> wasmtime::Result<Option<(String, String)>> {
        self.runtime(&this, &runtime, |image| (image.language.clone(), image.language_version.clone()))
    }

    fn packages(&mut self, this: Resource<CatalogueView>, runtime: String) -> wasmtime::Result<Vec<PackageVersion>> {
        let packages = self.runtime(&this, &runtime, |image| image.packages.iter().map(package_version).collect())?;
        Ok(packages.unwrap_or_default())
    }

    fn find_packages(
        &mut self,
        this: Resource<CatalogueView>,
        runtime: String,
        names: Vec<String>,
    ) -> wasmtime::Result<Vec<PackageVersion>> {
        let found = self.runtime(&this, &runtime, |image| {
            names.iter().take(MAX_ASKED).filter_map(|name| image.package(name)).map(package_version).collect()
        })?;
        Ok(found.unwrap_or_default())
    }

    fn extras(&mut self, this: Resource<CatalogueView>, runtime: String) -> wasmtime::Result<Vec<(String, String)>> {
        Ok(self.runtime(&this, &runtime, |image| image.extras.clone())?.unwrap_or_default())
    }

    fn missing_modules(
        &mut self,
        this: Resource<CatalogueView>,
        runtime: String,
        modules: Vec<String>,
    ) -> wasmtime::Result<Vec<(String, PackageVersion)>> {
        self.take_over(length(&modules))?;
        let missing = self.runtime(&this, &runtime, |image| {
            let lacking = |module: String| {
                let package = image.modules.lacking(&module).map(package_version)?;
                Some((module, package))
            };
            modules.into_iter().take(MAX_ASKED).filter_map(lacking).collect()
        })?;
        Ok(missing.unwrap_or_default())
    }

    fn run_kinds(&mut self, this: Resource<CatalogueView>, runtime: String) -> wasmtime::Result<Vec<String>> {
        Ok(self.runtime(&this, &runtime, |image| image.run_kinds.clone())?.unwrap_or_default())
    }

    fn base(&mut self, this: Resource<CatalogueView>, runtime: String) -> wasmtime::Result<Option<String>> {
        Ok(self.runtime(&this, &runtime, |image| image.base.clone())?.flatten())
    }

    fn drop(&mut self, this: Resource<CatalogueView>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl HostPlan for CallState {
    fn set_mode(&mut self, this: Resource<PlanDraft>, mode: String, profile: String) -> wasmtime::Result<()> {
        let draft = self.draft(&this, mode.len() + profile.len())?;
        draft.text("set-mode", mode, |plan, mode| plan.execution_mode = mode);
        draft.text("set-mode", profile, |plan, profile| plan.build_profile = profile);
        Ok(())
    }

    fn set_reason(&mut self, this: Resource<PlanDraft>, reason: String) -> wasmtime::Result<()> {
        self.draft(&this, reason.len())?.text("set-reason", reason, |plan, reason| plan.decision_reason = reason);
        Ok(())
    }

    fn set_builder(&mut self, this: Resource<PlanDraft>, builder: String) -> wasmtime::Result<()> {
        self.draft(&this, builder.len())?.text("set-builder", builder, |plan, builder| plan.builder = Some(builder));
        Ok(())
    }

    fn set_runtime(&mut self, this: Resource<PlanDraft>, runtime: String) -> wasmtime::Result<()> {
        self.draft(&this, runtime.len())?.text("set-runtime", runtime, |plan, runtime| plan.runtime = Some(runtime));
        Ok(())
    }

    fn set_framework(&mut self, this: Resource<PlanDraft>, framework: String) -> wasmtime::Result<()> {
        self.draft(&this, framework.len())?
            .text("set-framework", framework, |plan, framework| plan.framework = Some(framework));
        Ok(())
    }

    fn set_entry_point(&mut self, this: Resource<PlanDraft>, path: String) -> wasmtime::Result<()> {
        self.draft(&this, path.len())?.text("set-entry-point", path, |plan, path| plan.entry_point = Some(path));
        Ok(())
    }

    fn set_run_kind(
        &mut self,
        this: Resource<PlanDraft>,
        run_kind: String,
        object: Option<String>,
    ) -> wasmtime::Result<()> {
        let draft = self.draft(&this, run_kind.len() + object.as_ref().map_or(0, String::len))?;
        draft.text("set-run-kind", run_kind, |plan, run_kind| plan.run_kind = Some(run_kind));
        match object {
            Some(object) => draft.text("set-run-kind", object, |plan, object| plan.run_object = Some(object)),
            None => draft.plan.run_object = None,
        }
        Ok(())
    }

    fn set_run_args(&mut self, this: Resource<PlanDraft>, arguments: Vec<String>) -> wasmtime::Result<()> {
        self.draft(&this, length(&arguments))?
            .words("set-run-args", arguments, |plan, arguments| plan.run_args = arguments);
        Ok(())
    }

    fn set_command(&mut self, this: Resource<PlanDraft>, command: Vec<String>) -> wasmtime::Result<()> {
        self.draft(&this, length(&command))?.words("set-command", command, |plan, command| plan.command = command);
        Ok(())
    }

    fn set_env(&mut self, this: Resource<PlanDraft>, name: String, value: String) -> wasmtime::Result<()> {
        let lengths = [(name.len(), MAX_TEXT), (value.len(), MAX_VALUE)];
        let draft = self.draft(&this, name.len() + value.len())?;
        let others = draft.plan.env.len() - usize::from(draft.plan.env.contains_key(&name));
        draft.keep("set-env", lengths, |_| others, |plan| _ = plan.env.insert(name, value));
        Ok(())
    }

    fn set_port(&mut self, this: Resource<PlanDraft>, port: u16) -> wasmtime::Result<()> {
        self.draft(&this, 0)?.plan.port = port;
        Ok(())
    }

    fn set_health_path(&mut self, this: Resource<PlanDraft>, path: String) -> wasmtime::Result<()> {
        self.draft(&this, path.len())?.text("set-health-path", path, |plan, path| plan.health_path = path);
        Ok(())
    }

    fn add_requirement(&mut self, this: Resource<PlanDraft>, requirement: String, held: bool) -> wasmtime::Result<()> {
        let lengths = [(requirement.len(), MAX_REQUIREMENT)];
        let entries = |plan: &Plan| plan.requirements.len();
        self.draft(&this, requirement.len())?.keep("add-requirement", lengths, entries, |plan| {
            plan.missing.extend((!held).then(|| requirement.clone()));
            plan.requirements.push(requirement);
        });
        Ok(())
    }

    fn add_alternative(&mut self, this: Resource<PlanDraft>, mode: String, reason: String) -> wasmtime::Result<()> {
        let lengths = [(mode.len(), MAX_TEXT), (reason.len(), MAX_TEXT)];
        let entries = |plan: &Plan| plan.alternatives.len();
        self.draft(&this, mode.len() + reason.len())?.keep("add-alternative", lengths, entries, |plan| {
            plan.alternatives.push(Alternative { execution_mode: mode, reason });
        });
        Ok(())
    }

    fn set_confidence(&mut self, this: Resource<PlanDraft>, confidence: String) -> wasmtime::Result<()> {
        let draft = self.draft(&this, confidence.len())?;
        match Confidence::parse(&confidence) {
            Some(confidence) => draft.plan.confidence = Some(confidence),
            None => draft.refuse(Refusal::Word { setter: "set-confidence", words: Confidence::WORDS }),
        }
        Ok(())
    }

    fn set_eta(&mut self, this: Resource<PlanDraft>, range: String) -> wasmtime::Result<()> {
        self.draft(&this, range.len())?.text("set-eta", range, |plan, range| plan.eta = Some(range));
        Ok(())
    }

    fn set_short_reason(&mut self, this: Resource<PlanDraft>, reason: String) -> wasmtime::Result<()> {
        self.draft(&this, reason.len())?
            .text("set-short-reason", reason, |plan, reason| plan.short_reason = Some(reason));
        Ok(())
    }

    fn add_warning(&mut self, this: Resource<PlanDraft>, message: String) -> wasmtime::Result<()> {
        let lengths = [(message.len(), MAX_TEXT)];
        let entries = |plan: &Plan| plan.warnings.len();
        self.draft(&this, message.len())?.keep("add-warning", lengths, entries, |plan| plan.warnings.push(message));
        Ok(())
    }

    fn drop(&mut self, this: Resource<PlanDraft>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
