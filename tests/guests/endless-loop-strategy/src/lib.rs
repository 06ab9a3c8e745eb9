//! A strategy that never answers: the host's deadline must end it.

use windlass_plugin_sdk::{Catalogue, Claim, Plan, PluginError, Request, Strategy, export_strategy};

struct EndlessLoop;

impl Strategy for EndlessLoop {
    fn decide(_: &Request, _: &[Claim], _: &dyn Catalogue, _: &mut Plan) -> Result<(), PluginError> {
        let mut count = 0_u64;
        loop {
            count = std::hint::black_box(count.wrapping_add(1));
        }
    }
}

export_strategy!(EndlessLoop);
