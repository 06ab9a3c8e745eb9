//! What wit-bindgen makes of `wit/`: one module per world, the shared interfaces generated once, for the first.
//!
//! Invariant: nothing outside `host.rs`, `export.rs` and the re-exported records names this module.
#![allow(missing_docs, reason = "the WIT documents every item; the generator adds some without")]
#![allow(unsafe_code, reason = "the canonical ABI: generated code reads and writes linear memory")]
#![allow(clippy::pedantic, reason = "generated")]

/// The world `detector`.
pub mod detector {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "detector",
        additional_derives: [PartialEq],
        pub_export_macro: true,
        default_bindings_module: "windlass_plugin_sdk::bindings::detector",
        runtime_path: "::windlass_plugin_sdk::wit_bindgen::rt",
        generate_all,
    });
}

/// The world `strategy`.
pub mod strategy {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "strategy",
        additional_derives: [PartialEq],
        pub_export_macro: true,
        default_bindings_module: "windlass_plugin_sdk::bindings::strategy",
        runtime_path: "::windlass_plugin_sdk::wit_bindgen::rt",
        with: {
            "windlass:plugin/types@1.0.0": crate::bindings::detector::windlass::plugin::types,
            "windlass:plugin/settings@1.0.0": crate::bindings::detector::windlass::plugin::settings,
            "windlass:plugin/log@1.0.0": crate::bindings::detector::windlass::plugin::log,
            "windlass:plugin/request@1.0.0": crate::bindings::detector::windlass::plugin::request,
            "windlass:plugin/claims@1.0.0": crate::bindings::detector::windlass::plugin::claims,
        },
        generate_all,
    });
}

/// The world `tool-provider`.
pub mod tool_provider {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "tool-provider",
        additional_derives: [PartialEq],
        pub_export_macro: true,
        default_bindings_module: "windlass_plugin_sdk::bindings::tool_provider",
        runtime_path: "::windlass_plugin_sdk::wit_bindgen::rt",
        with: {
            "windlass:plugin/types@1.0.0": crate::bindings::detector::windlass::plugin::types,
            "windlass:plugin/settings@1.0.0": crate::bindings::detector::windlass::plugin::settings,
            "windlass:plugin/log@1.0.0": crate::bindings::detector::windlass::plugin::log,
            "windlass:plugin/request@1.0.0": crate::bindings::detector::windlass::plugin::request,
            "windlass:plugin/claims@1.0.0": crate::bindings::detector::windlass::plugin::claims,
        },
        generate_all,
    });
}
