//! A strategy that panics.

use windlass_plugin_sdk::{Catalogue, Claim, Plan, PluginError, Request, Strategy, export_strategy};

/// The agent of the call at install, which it must survive to do its harm later.
const CALM: &str = "smoke-call";

struct Trap;

impl Strategy for Trap {
    fn decide(request: &Request, _: &[Claim], _: &dyn Catalogue, _: &mut Plan) -> Result<(), PluginError> {
        if request.agent_name == CALM {
            return Ok(());
        }
        panic!("this strategy always panics");
    }
}

export_strategy!(Trap);
