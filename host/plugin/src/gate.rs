//! The way from bytes to a plugin that may be called: validate, read, compile, link, instantiate once, call once.

use crate::cache::{self, Cache};
use crate::call::new_store;
use crate::compile;
use crate::error::InstallError;
use crate::host::{Room, Rooms};
use crate::limits::{Limits, MAX_COMPONENT_BYTES};
use crate::link::{self, Linked, Linkers};
use crate::metadata::{self, Metadata, World};
use crate::phase::Phase;
use crate::settings::schema::SettingsSchema;
use crate::smoke;
use crate::state::CallState;
use crate::terms::Terms;
use crate::weight::{self, Weight};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use wasmparser::{Validator, WasmFeatures};
use wasmtime::Engine;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre};
use windlass_domain::source::sha256;
use windlass_syntax::Pattern;
use windlass_syntax::check::{self, CheckError};

/// A plugin that has passed the gate.
pub struct Plugin {
    /// What it says of itself.
    pub metadata: Metadata,
    /// The component's digest, `sha256:` + hex.
    pub digest: String,
    /// `name@version`.
    pub(crate) id: Arc<str>,
    /// What it matches source files with, compiled.
    pub(crate) patterns: Arc<[Pattern]>,
    /// What its settings must fit.
    pub(crate) settings_schema: Option<SettingsSchema>,
    pub(crate) linked: Linked,
    /// Which engine and places it takes.
    pub(crate) weight: Weight,
    /// Microseconds of the last call as a detector.
    pub(crate) last_took: AtomicU64,
}

impl Plugin {
    /// `name@version`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Which engine and places it takes.
    #[must_use]
    pub fn weight(&self) -> Weight {
        self.weight
    }

    /// How long its last call as a detector took: no more than a hint in which order to ask.
    #[must_use]
    pub fn last_took(&self) -> Duration {
        Duration::from_micros(self.last_took.load(Ordering::Relaxed))
    }
}

/// Takes bytes through the whole gate. Compiling takes about 100 ms for a Rust guest and seconds for a Python one.
/// `helper` is the program that tries in a child what cannot be interrupted, patterns and compilation; none where the
/// plugin is trusted, or was tried before: then it is not called either. `seen` is told of each phase as it begins.
pub(crate) fn pass(
    rooms: &Rooms,
    cache: Option<&Cache>,
    helper: Option<&Path>,
    bytes: &[u8],
    seen: &dyn Fn(Phase),
) -> Result<Plugin, InstallError> {
    seen(Phase::Metadata);
    if bytes.len() > MAX_COMPONENT_BYTES {
        return Err(InstallError::TooLarge { bytes: bytes.len(), limit: MAX_COMPONENT_BYTES });
    }
    let metadata = metadata::read(bytes)?;
    let settings_schema = metadata.settings_schema.as_ref().map(SettingsSchema::compile).transpose();
    let settings_schema =
        settings_schema.map_err(|reason| InstallError::Metadata { reason: format!("settings_schema: {reason}") })?;
    seen(Phase::Patterns);
    let patterns = compile_patterns(&metadata, helper)?;
    let digest = sha256(bytes);
    let weight = weight::weigh(bytes);
    let Room { engine, linkers, .. } = rooms.of(weight);
    let cached = cache.and_then(|cache| cache.load(engine, &digest));
    let is_cached = cached.is_some();
    let component = cached.map_or_else(|| compile(engine, helper, bytes, seen), Ok)?;
    seen(Phase::Link);
    let linked = link_component(engine, linkers, metadata.world, &component)?;
    let id: Arc<str> = metadata.id().into();
    seen(Phase::Instantiate);
    instantiate_once(weight, &id, &linked)?;
    let last_took = AtomicU64::new(0);
    let plugin = Plugin { metadata, digest, id, patterns, settings_schema, linked, weight, last_took };
    if helper.is_some() {
        seen(Phase::Smoke);
        smoke::call(&plugin)?;
    }
    // What is refused leaves nothing behind.
    if let Some(cache) = cache.filter(|_| !is_cached) {
        cache.save(engine, &plugin.digest, &component);
    }
    Ok(plugin)
}

fn compile_patterns(metadata: &Metadata, helper: Option<&Path>) -> Result<Arc<[Pattern]>, InstallError> {
    if let Some(program) = helper {
        check::in_child(program, &metadata.patterns).map_err(|error| match error {
            CheckError::Refused(refused) => InstallError::Pattern(refused),
            CheckError::Child(_) => InstallError::Host(anyhow::Error::new(error)),
        })?;
    }
    Pattern::compile_all(&metadata.patterns).map(Arc::from).map_err(InstallError::Pattern)
}

fn compile(
    engine: &Engine,
    helper: Option<&Path>,
    bytes: &[u8],
    seen: &dyn Fn(Phase),
) -> Result<Component, InstallError> {
    seen(Phase::Validate);
    validate(bytes)?;
    seen(Phase::Compile);
    match helper {
        Some(program) => {
            let code = compile::in_child(program, bytes)?;
            // What the compiler took and the engine does not is larger than a slot of its pool.
            let larger = |error| InstallError::Instantiate { reason: format!("{error:#}") };
            cache::deserialize(engine, &code).map_err(larger)
        }
        None => Component::new(engine, bytes).map_err(|error| InstallError::Compile { reason: format!("{error:#}") }),
    }
}

/// Validates before the compiler sees a byte. What is valid only with async is named for it.
fn validate(bytes: &[u8]) -> Result<(), InstallError> {
    let features = WasmFeatures::WASM2
        | WasmFeatures::COMPONENT_MODEL
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::MULTI_MEMORY;
    let Err(error) = Validator::new_with_features(features).validate_all(bytes) else { return Ok(()) };
    let with_async = features | WasmFeatures::CM_ASYNC;
    if Validator::new_with_features(with_async).validate_all(bytes).is_ok() {
        return Err(InstallError::AsyncUnsupported);
    }
    Err(InstallError::Compile { reason: error.to_string() })
}

fn link_component(
    engine: &Engine,
    linkers: &Linkers,
    world: World,
    component: &Component,
) -> Result<Linked, InstallError> {
    let linker = linkers.of(world);
    let pre = linker.instantiate_pre(component).map_err(|error| {
        let names = missing_imports(engine, world, component);
        if names.is_empty() { wrong_world(world, &error) } else { InstallError::MissingImports { names } }
    })?;
    fit(world, pre).map_err(|error| wrong_world(world, &error))
}

fn fit(world: World, pre: InstancePre<CallState>) -> wasmtime::Result<Linked> {
    use crate::bindings::{detector::DetectorPre, strategy::StrategyPre, tool_provider::ToolProviderPre};
    Ok(match world {
        World::Detector => Linked::Detector(DetectorPre::new(pre)?),
        World::Strategy => Linked::Strategy(StrategyPre::new(pre)?),
        World::ToolProvider => Linked::ToolProvider(ToolProviderPre::new(pre)?),
    })
}

fn wrong_world(world: World, error: &wasmtime::Error) -> InstallError {
    InstallError::WrongWorld { world: world.as_str(), reason: format!("{error:#}") }
}

/// The imports that the world's linker does not offer, by name. The types that a world uses are listed as imports too;
/// they come with their interface.
fn missing_imports(engine: &Engine, world: World, component: &Component) -> Vec<String> {
    let types = component.component_type();
    let is_type = |item: &ComponentItem| matches!(item, ComponentItem::Type(_) | ComponentItem::Resource(_));
    let names = types.imports(engine).filter(|(_, import)| !is_type(&import.ty)).map(|(name, _)| name);
    names.filter(|name| !link::offers(world, name)).map(str::to_owned).collect()
}

fn instantiate_once(weight: Weight, id: &Arc<str>, linked: &Linked) -> Result<(), InstallError> {
    let limits = Limits::of(weight, false);
    let mut store = new_store(linked.engine(), id.clone(), &Terms::of(limits), limits.time);
    let instantiated = match linked {
        Linked::Detector(pre) => pre.instantiate(&mut store).map(drop),
        Linked::Strategy(pre) => pre.instantiate(&mut store).map(drop),
        Linked::ToolProvider(pre) => pre.instantiate(&mut store).map(drop),
    };
    instantiated.map_err(|error| InstallError::Instantiate { reason: format!("{error:#}") })
}
