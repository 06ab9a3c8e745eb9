//! A detector that is built from the frozen WIT package, without the SDK: it must run in every host of the same major version.

mod bindings {
    #![allow(missing_docs, unsafe_code, clippy::pedantic, reason = "generated")]
    wit_bindgen::generate!({ path: "../../wit-1.0.0", world: "windlass:plugin/detector", generate_all });
}

use bindings::windlass::plugin::{claims::Claim, log, settings};
use bindings::{ClaimList, Guest, PluginError, Request, SettingsProblem, SourceTree};

struct FrozenDetector;

impl Guest for FrozenDetector {
    fn detect(request: &Request, _: &SourceTree, claims: &ClaimList) -> Result<(), PluginError> {
        log::write(log::Level::Info, &format!("settings: {}", settings::get()));
        claims.add(&Claim {
            kind: "note".to_owned(),
            value: format!("built against 1.0.0 for {}", request.agent_name()),
            score: 1.0,
            file: None,
            line: None,
            rule: "frozen".to_owned(),
            attributes: Vec::new(),
            ext: Vec::new(),
        });
        Ok(())
    }

    fn check_settings(_: String) -> Result<(), Vec<SettingsProblem>> {
        Ok(())
    }
}

#[allow(unsafe_code, reason = "generated")]
mod exported {
    super::bindings::export!(FrozenDetector with_types_in super::bindings);
    use super::FrozenDetector;
}
