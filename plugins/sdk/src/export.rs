//! The exports: one macro per world turns a type into a plugin.
//!
//! A borrowed resource lives in an argument and is dropped when the generated function returns, as the host requires.

use crate::bindings::{detector, strategy, tool_provider};
use crate::{Claim, Claims, Detector, Plan, PluginError, Request, Strategy, ToolProvider, host};
use detector::windlass::plugin::{claims, request, source};
use strategy::windlass::plugin::plan;
use tool_provider::windlass::plugin::tools;

/// The memory that a detector takes at once, in bytes: a small project needs about as much, and to grow step by step costs a
/// call of the operating system each time.
const HEAP: usize = 1 << 20;

/// What `export_detector!` calls.
pub fn detect<T: Detector>(
    request: &request::Request,
    source: &source::SourceTree,
    list: &claims::ClaimList,
) -> Result<(), PluginError> {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(HEAP)));
    let mut claims = Claims::default();
    T::detect(&Request::from_host(request), source, &mut claims)?;
    host::tell_claims(claims, list);
    Ok(())
}

/// What `export_strategy!` calls.
pub fn decide<T: Strategy>(
    request: &request::Request,
    set: &claims::ClaimSet,
    catalogue: &plan::Catalogue,
    plan: &plan::Plan,
) -> Result<(), PluginError> {
    let claims: Vec<Claim> = set.all();
    let mut draft = Plan::default();
    let outcome = T::decide(&Request::from_host(request), &claims, catalogue, &mut draft);
    host::tell_plan(&draft, plan);
    outcome
}

/// What `export_tool_provider!` calls.
pub fn provide<T: ToolProvider>(
    request: &request::Request,
    set: &claims::ClaimSet,
    registry: &tools::ToolRegistry,
    tools: &tools::ToolSet,
) -> Result<(), PluginError> {
    let claims: Vec<Claim> = set.all();
    host::tell_tools(&T::provide(&Request::from_host(request), &claims, registry)?, tools)
}

/// Exports a [`Detector`] as the world `detector`.
#[macro_export]
macro_rules! export_detector {
    ($plugin:ty) => {
        // Natively several detectors are libraries of one program, where their exports would clash.
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn(&$crate::Request, &dyn $crate::Files, &mut $crate::Claims) -> Result<(), $crate::PluginError> =
            <$plugin as $crate::Detector>::detect;
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[allow(unused_imports, reason = "the generated macro names its siblings")]
            use $crate::bindings::detector as world;
            struct Exported;
            impl world::Guest for Exported {
                fn detect(
                    request: &world::Request,
                    source: &world::SourceTree,
                    claims: &world::ClaimList,
                ) -> Result<(), $crate::PluginError> {
                    $crate::export::detect::<$plugin>(request, source, claims)
                }

                fn check_settings(settings: String) -> Result<(), Vec<$crate::SettingsProblem>> {
                    <$plugin as $crate::Detector>::check_settings(&settings)
                }
            }
    $crate::bindings::detector::export!(Exported with_types_in $crate::bindings::detector);
        };
    };
}

/// Exports a [`Strategy`] as the world `strategy`.
#[macro_export]
macro_rules! export_strategy {
    ($plugin:ty) => {
        const _: () = {
            use $crate::bindings::strategy as world;
            struct Exported;
            impl world::Guest for Exported {
                fn decide(
                    request: &world::Request,
                    claims: &world::ClaimSet,
                    catalogue: &world::Catalogue,
                    plan: &world::Plan,
                ) -> Result<(), $crate::PluginError> {
                    $crate::export::decide::<$plugin>(request, claims, catalogue, plan)
                }

                fn check_settings(settings: String) -> Result<(), Vec<$crate::SettingsProblem>> {
                    <$plugin as $crate::Strategy>::check_settings(&settings)
                }
            }
    $crate::bindings::strategy::export!(Exported with_types_in $crate::bindings::strategy);
        };
    };
}

/// Exports a [`ToolProvider`] as the world `tool-provider`.
#[macro_export]
macro_rules! export_tool_provider {
    ($plugin:ty) => {
        const _: () = {
            use $crate::bindings::tool_provider as world;
            struct Exported;
            impl world::Guest for Exported {
                fn provide(
                    request: &world::Request,
                    claims: &world::ClaimSet,
                    registry: &world::ToolRegistry,
                    tools: &world::ToolSet,
                ) -> Result<(), $crate::PluginError> {
                    $crate::export::provide::<$plugin>(request, claims, registry, tools)
                }

                fn check_settings(settings: String) -> Result<(), Vec<$crate::SettingsProblem>> {
                    <$plugin as $crate::ToolProvider>::check_settings(&settings)
                }
            }
    $crate::bindings::tool_provider::export!(Exported with_types_in $crate::bindings::tool_provider);
        };
    };
}
