//! `plan`: the catalogue, read only, and the draft that a strategy writes.

use crate::bindings::host::plan::{Host, HostCatalogue, HostPlan, PackageVersion};
use crate::imports::log::clip;
use crate::state::CallState;
use std::sync::Arc;
use wasmtime::component::Resource;
use windlass_domain::catalogue::{Catalogue, RuntimeImage};
use windlass_domain::plan::{Alternative, Plan};

/// The longest text a setter keeps, in bytes; the rest is cut at a character.
pub const MAX_TEXT: usize = 2 * 1024;
/// The most entries of each list in a plan.
pub const MAX_ENTRIES: usize = 2_000;

/// What this host can do.
pub struct CatalogueView(pub Arc<Catalogue>);

/// The plan so far.
#[derive(Default)]
pub struct PlanDraft(pub Plan);

fn text(value: &str) -> String {
    clip(value, MAX_TEXT).to_owned()
}

impl CallState {
    fn catalogue(&self, this: &Resource<CatalogueView>) -> wasmtime::Result<&Catalogue> {
        Ok(&self.table.get(this)?.0)
    }

    fn runtime<T>(
        &self,
        this: &Resource<CatalogueView>,
        name: &str,
        read: impl FnOnce(&RuntimeImage) -> T,
    ) -> wasmtime::Result<Option<T>> {
        Ok(self.catalogue(this)?.runtime(name).map(read))
    }

    fn draft(&mut self, this: &Resource<PlanDraft>) -> wasmtime::Result<&mut Plan> {
        Ok(&mut self.table.get_mut(this)?.0)
    }
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
        let packages = self.runtime(&this, &runtime, |image| {
            let package = |package: &windlass_domain::catalogue::Package| PackageVersion {
                name: package.name.clone(),
                version: package.version.clone(),
            };
            image.packages.iter().map(package).collect()
        })?;
        Ok(packages.unwrap_or_default())
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
        let plan = self.draft(&this)?;
        (plan.execution_mode, plan.build_profile) = (text(&mode), text(&profile));
        Ok(())
    }

    fn set_reason(&mut self, this: Resource<PlanDraft>, reason: String) -> wasmtime::Result<()> {
        self.draft(&this)?.decision_reason = text(&reason);
        Ok(())
    }

    fn set_builder(&mut self, this: Resource<PlanDraft>, builder: String) -> wasmtime::Result<()> {
        self.draft(&this)?.builder = Some(text(&builder));
        Ok(())
    }

    fn set_runtime(&mut self, this: Resource<PlanDraft>, runtime: String) -> wasmtime::Result<()> {
        self.draft(&this)?.runtime = Some(text(&runtime));
        Ok(())
    }

    fn set_framework(&mut self, this: Resource<PlanDraft>, framework: String) -> wasmtime::Result<()> {
        self.draft(&this)?.framework = Some(text(&framework));
        Ok(())
    }

    fn set_entry_point(&mut self, this: Resource<PlanDraft>, path: String) -> wasmtime::Result<()> {
        self.draft(&this)?.entry_point = Some(text(&path));
        Ok(())
    }

    fn set_run_kind(
        &mut self,
        this: Resource<PlanDraft>,
        run_kind: String,
        object: Option<String>,
    ) -> wasmtime::Result<()> {
        let plan = self.draft(&this)?;
        (plan.run_kind, plan.run_object) = (Some(text(&run_kind)), object.as_deref().map(text));
        Ok(())
    }

    fn set_command(&mut self, this: Resource<PlanDraft>, command: Vec<String>) -> wasmtime::Result<()> {
        self.draft(&this)?.command = command.iter().take(MAX_ENTRIES).map(|word| text(word)).collect();
        Ok(())
    }

    fn set_env(&mut self, this: Resource<PlanDraft>, name: String, value: String) -> wasmtime::Result<()> {
        let plan = self.draft(&this)?;
        if plan.env.len() < MAX_ENTRIES {
            plan.env.insert(text(&name), text(&value));
        }
        Ok(())
    }

    fn set_port(&mut self, this: Resource<PlanDraft>, port: u16) -> wasmtime::Result<()> {
        self.draft(&this)?.port = port;
        Ok(())
    }

    fn set_health_path(&mut self, this: Resource<PlanDraft>, path: String) -> wasmtime::Result<()> {
        self.draft(&this)?.health_path = text(&path);
        Ok(())
    }

    fn add_requirement(&mut self, this: Resource<PlanDraft>, requirement: String, held: bool) -> wasmtime::Result<()> {
        let plan = self.draft(&this)?;
        if plan.requirements.len() < MAX_ENTRIES {
            plan.requirements.push(text(&requirement));
            plan.missing.extend((!held).then(|| text(&requirement)));
        }
        Ok(())
    }

    fn add_alternative(&mut self, this: Resource<PlanDraft>, mode: String, reason: String) -> wasmtime::Result<()> {
        let plan = self.draft(&this)?;
        if plan.alternatives.len() < MAX_ENTRIES {
            plan.alternatives.push(Alternative { execution_mode: text(&mode), reason: text(&reason) });
        }
        Ok(())
    }

    fn drop(&mut self, this: Resource<PlanDraft>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}
