//! A detector that panics.

use windlass_plugin_sdk::{Claims, Detector, Files, PluginError, Request, export_detector};

/// The agent of the call at install, which it must survive to do its harm later.
const CALM: &str = "smoke-call";

struct Trap;

impl Detector for Trap {
    fn detect(request: &Request, _: &dyn Files, _: &mut Claims) -> Result<(), PluginError> {
        if request.agent_name == CALM {
            return Ok(());
        }
        panic!("this detector always panics");
    }
}

export_detector!(Trap);
