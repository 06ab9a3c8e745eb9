//! A detector that never answers: the host's deadline must end it.

use windlass_plugin_sdk::{Claims, Detector, Files, PluginError, Request, export_detector};

/// The agent of the call at install, which it must survive to do its harm later.
const CALM: &str = "smoke-call";

struct EndlessLoop;

impl Detector for EndlessLoop {
    fn detect(request: &Request, _: &dyn Files, _: &mut Claims) -> Result<(), PluginError> {
        if request.agent_name == CALM {
            return Ok(());
        }
        let mut count = 0_u64;
        loop {
            count = std::hint::black_box(count.wrapping_add(1));
        }
    }
}

export_detector!(EndlessLoop);
