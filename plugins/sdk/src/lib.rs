//! Write Windlass plugins in Rust.
//!
//! A plugin implements one trait over plain data and exports it with one macro; the crate is a `cdylib` for
//! `wasm32-unknown-unknown`. Plain data means that `cargo test` runs the same code natively, without a host:
//! a `BTreeMap<String, String>` is a source tree, a [`Menu`] is a catalogue, a list of [`Tool`]s is a registry.
//!
//! ```
//! use windlass_plugin_sdk::{Claims, Detector, Files, PluginError, Request, export_detector};
//!
//! /// Knows the framework of our house.
//! struct AcmeAgents;
//!
//! impl Detector for AcmeAgents {
//!     fn detect(_: &Request, files: &dyn Files, claims: &mut Claims) -> Result<(), PluginError> {
//!         for (path, import) in files.all_imports().iter().filter(|(_, import)| import.is_of("acme_agents")) {
//!             claims.framework("acme-agents", 0.95).at(path, import.line).rule("import");
//!         }
//!         Ok(())
//!     }
//! }
//!
//! export_detector!(AcmeAgents);
//! # fn main() {
//! #     let files = windlass_plugin_sdk::files::tree(&[("a.py", "import acme_agents"), ("b.py", "# import acme_agents")]);
//! #     let mut claims = Claims::default();
//! #     AcmeAgents::detect(&Request::default(), &files, &mut claims).expect("an answer");
//! #     assert_eq!(claims.as_slice().len(), 1);
//! # }
//! ```
//!
//! [`Files::syntax`] has more: string constants, definitions, and tree-sitter patterns that plugin.json declares.
//!
//! [`settings::get`] gives what the operator has set; a tool provider has [`http`] and [`secrets`] where they are granted.
//!
//! Invariants: a plugin is pure (no clock, no randomness, no network but that, no files but the source tree), a borrowed host
//! resource is dropped before the call returns, and an error is a value, not a trap.

// The generated export macros name this crate by its full path, also from inside.
extern crate self as windlass_plugin_sdk;

#[doc(hidden)]
pub mod bindings;
pub mod catalogue;
pub mod claim;
pub mod error;
#[doc(hidden)]
pub mod export;
pub mod files;
mod host;
pub mod http;
pub mod log;
pub mod plan;
pub mod request;
pub mod secrets;
pub mod settings;
pub mod syntax;
pub mod tool;

pub use bindings::detector::windlass::plugin::types::{Detail, PluginError};
pub use catalogue::{Catalogue, Menu, Package, Runtime};
pub use claim::{Claim, Claims, kind};
pub use files::{Files, ReadError};
pub use http::{Http, HttpError, HttpRequest, HttpResponse};
pub use plan::Plan;
pub use request::{Request, ToolDefinition};
pub use settings::SettingsProblem;
pub use syntax::{Capture, Definition, ModuleImport, Origin, StringConstant, Syntax, SyntaxError};
pub use tool::{Capability, Registry, Tool, Tools};
#[doc(hidden)]
pub use wit_bindgen;

/// The world `detector`: reads source, makes claims.
pub trait Detector {
    /// Looks at `files` and adds what it sees to `claims`.
    fn detect(request: &Request, files: &dyn Files, claims: &mut Claims) -> Result<(), PluginError>;

    /// Looks at settings, the text of a JSON object that fits the schema in plugin.json, before they are bound; says all that is
    /// wrong. Unless a plugin says more, what fits its schema is good.
    fn check_settings(settings: &str) -> Result<(), Vec<SettingsProblem>> {
        let _ = settings;
        Ok(())
    }
}

/// The world `strategy`: turns request and claims into a plan.
pub trait Strategy {
    /// Chooses from the `catalogue` and writes `plan`; `claims` come in the order of the detectors' names, then as made.
    /// What is written before an error is kept beside it.
    fn decide(
        request: &Request,
        claims: &[Claim],
        catalogue: &dyn Catalogue,
        plan: &mut Plan,
    ) -> Result<(), PluginError>;

    /// Looks at settings, the text of a JSON object that fits the schema in plugin.json, before they are bound; says all that is
    /// wrong. Unless a plugin says more, what fits its schema is good.
    fn check_settings(settings: &str) -> Result<(), Vec<SettingsProblem>> {
        let _ = settings;
        Ok(())
    }
}

/// The world `tool-provider`: turns request and claims into tools and URL rewrites.
pub trait ToolProvider {
    /// Names the tools of this deploy; `registry` holds the workspace's tools before it.
    fn provide(request: &Request, claims: &[Claim], registry: &dyn Registry) -> Result<Tools, PluginError>;

    /// Looks at settings, the text of a JSON object that fits the schema in plugin.json, before they are bound; says all that is
    /// wrong. Unless a plugin says more, what fits its schema is good.
    fn check_settings(settings: &str) -> Result<(), Vec<SettingsProblem>> {
        let _ = settings;
        Ok(())
    }
}
