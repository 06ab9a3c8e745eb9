//! A detector that never answers: the host's deadline must end it.

use windlass_plugin_sdk::{Claims, Detector, Files, PluginError, Request, export_detector};

struct EndlessLoop;

impl Detector for EndlessLoop {
    fn detect(_: &Request, _: &dyn Files, _: &mut Claims) -> Result<(), PluginError> {
        let mut count = 0_u64;
        loop {
            count = std::hint::black_box(count.wrapping_add(1));
        }
    }
}

export_detector!(EndlessLoop);
