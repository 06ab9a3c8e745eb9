//! A strategy that never answers: the host's deadline must end it.

use windlass_plugin_sdk::{Catalogue, Claim, Plan, PluginError, Request, Strategy, export_strategy};

/// The agent of the call at install, which it must survive to do its harm later.
const CALM: &str = "smoke-call";

struct EndlessLoop;

impl Strategy for EndlessLoop {
    fn decide(request: &Request, _: &[Claim], _: &dyn Catalogue, _: &mut Plan) -> Result<(), PluginError> {
        if request.agent_name == CALM {
            return Ok(());
        }
        let mut count = 0_u64;
        loop {
            count = std::hint::black_box(count.wrapping_add(1));
        }
    }
}

export_strategy!(EndlessLoop);
