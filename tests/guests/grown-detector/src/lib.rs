//! A detector that is built from a later WIT package and uses what is new there: an older host must refuse it by its version.

mod bindings {
    #![allow(missing_docs, unsafe_code, clippy::pedantic, reason = "generated")]
    wit_bindgen::generate!({ path: "../../wit-1.1.0", world: "windlass:plugin/detector", generate_all });
}

use bindings::windlass::plugin::{claims::Claim, hints};
use bindings::{ClaimList, Guest, PluginError, Request, SettingsProblem, SourceTree};

struct GrownDetector;

impl Guest for GrownDetector {
    fn detect(_: &Request, _: &SourceTree, claims: &ClaimList) -> Result<(), PluginError> {
        claims.add_all(&[note("built against 1.1.0".to_owned()), note(hints::get("hints").unwrap_or_default())]);
        Ok(())
    }

    fn check_settings(_: String) -> Result<(), Vec<SettingsProblem>> {
        Ok(())
    }
}

fn note(value: String) -> Claim {
    Claim {
        kind: "note".to_owned(),
        value,
        score: 1.0,
        file: None,
        line: None,
        rule: "grown".to_owned(),
        attributes: Vec::new(),
        ext: Vec::new(),
    }
}

#[allow(unsafe_code, reason = "generated")]
mod exported {
    super::bindings::export!(GrownDetector with_types_in super::bindings);
    use super::GrownDetector;
}
