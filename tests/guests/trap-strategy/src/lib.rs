//! A strategy that panics.

use windlass_plugin_sdk::{Catalogue, Claim, Plan, PluginError, Request, Strategy, export_strategy};

struct Trap;

impl Strategy for Trap {
    fn decide(_: &Request, _: &[Claim], _: &dyn Catalogue, _: &mut Plan) -> Result<(), PluginError> {
        panic!("this strategy always panics");
    }
}

export_strategy!(Trap);
