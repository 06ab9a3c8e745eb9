//! A detector that panics even on the sample of the install gate.

use windlass_plugin_sdk::{Claims, Detector, Files, PluginError, Request, export_detector};

struct Trap;

impl Detector for Trap {
    fn detect(_: &Request, _: &dyn Files, _: &mut Claims) -> Result<(), PluginError> {
        panic!("this detector always panics");
    }
}

export_detector!(Trap);
