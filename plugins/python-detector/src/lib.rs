//! The built-in detector for Python projects: glue between the host and [`detect::detect`].
//!
//! It reads text, never runs it: a careful line scanner that knows strings, comments, brackets and blocks, but no full
//! grammar. What it cannot tell it does not claim.

pub mod detect;
mod entry_point;
mod evidence;
mod frameworks;
mod graph;
mod local_modules;
mod modules;
mod names;
mod requirements;

pub use frameworks::table;

use windlass_plugin_sdk::{Claims, Detector, Files, PluginError, Request, export_detector};

/// The plugin.
#[derive(Debug)]
pub struct PythonDetector;

impl Detector for PythonDetector {
    fn detect(request: &Request, files: &dyn Files, claims: &mut Claims) -> Result<(), PluginError> {
        detect::detect(request, files, claims)
    }
}

export_detector!(PythonDetector);
