//! The built-in detector for JavaScript and TypeScript projects: glue between the host and [`detect::detect`].
//!
//! It reads text, never runs it: package.json and its scripts, the configurations of frameworks, and the outline of the
//! source. What it cannot tell it does not claim.

mod built;
mod candidates;
mod command;
mod configs;
mod content;
pub mod detect;
mod entry_point;
mod evidence;
mod frameworks;
mod imports;
mod lockfiles;
mod next;
mod paths;
mod project;
mod requirements;
mod scripts;
mod shell;
mod sights;
mod sources;

pub use frameworks::table;
use windlass_plugin_sdk::{Claims, Detector, Files, PluginError, Request, export_detector};

/// The plugin.
#[derive(Debug)]
pub struct NodeDetector;

impl Detector for NodeDetector {
    fn detect(request: &Request, files: &dyn Files, claims: &mut Claims) -> Result<(), PluginError> {
        detect::detect(request, files, claims)
    }
}

export_detector!(NodeDetector);
