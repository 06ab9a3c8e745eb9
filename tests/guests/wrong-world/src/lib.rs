//! A detector that also imports an interface that no host offers: the install gate must refuse it by name.

mod bindings {
    #![allow(missing_docs, unsafe_code, clippy::pedantic, reason = "generated")]
    wit_bindgen::generate!({
        inline: "
            package acme:unknown@9.9.9;
            interface secrets { read-all: func() -> string; }
            world wrong {
                import secrets;
                include windlass:plugin/detector@1.0.0;
            }
        ",
        path: "../../../wit",
        world: "acme:unknown/wrong@9.9.9",
        generate_all,
    });
}

use bindings::{ClaimList, Guest, PluginError, Request, SettingsProblem, SourceTree};

struct WrongWorld;

impl Guest for WrongWorld {
    fn detect(_: &Request, _: &SourceTree, _: &ClaimList) -> Result<(), PluginError> {
        std::hint::black_box(bindings::acme::unknown::secrets::read_all());
        Ok(())
    }

    fn check_settings(_: String) -> Result<(), Vec<SettingsProblem>> {
        Ok(())
    }
}

#[allow(unsafe_code, reason = "generated")]
mod exported {
    super::bindings::export!(WrongWorld with_types_in super::bindings);
    use super::WrongWorld;
}
