//! The generated bindings, and nothing else: WIT in, Rust out.
//!
//! The imports are generated once, from a world that imports every interface; the three real worlds share them, so that
//! a claim is the same Rust type in each. Resources are our own types (see [`crate::imports`]).

/// Every interface that a guest may import.
pub mod host {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package windlass:host;
            world imports {
                import windlass:plugin/log@1.0.0;
                import windlass:plugin/types@1.0.0;
                import windlass:plugin/settings@1.0.0;
                import windlass:plugin/source@1.0.0;
                import windlass:plugin/syntax@1.0.0;
                import windlass:plugin/request@1.0.0;
                import windlass:plugin/claims@1.0.0;
                import windlass:plugin/plan@1.0.0;
                import windlass:plugin/tools@1.0.0;
                import windlass:plugin/secrets@1.0.0;
                import windlass:plugin/http@1.0.0;
            }
        ",
        world: "windlass:host/imports",
        imports: { default: trappable },
        with: {
            "windlass:plugin/source.source-tree": crate::imports::source::SourceView,
            "windlass:plugin/request.request": crate::imports::request::RequestView,
            "windlass:plugin/claims.claim-list": crate::imports::claims::ClaimList,
            "windlass:plugin/claims.claim-set": crate::imports::claims::ClaimSet,
            "windlass:plugin/plan.catalogue": crate::imports::plan::CatalogueView,
            "windlass:plugin/plan.plan": crate::imports::plan::PlanDraft,
            "windlass:plugin/tools.tool-registry": crate::imports::tools::RegistryView,
            "windlass:plugin/tools.tool-set": crate::imports::tools::ToolSet,
        },
    });
    pub use self::windlass::plugin::{
        claims, http, log, plan, request, secrets, settings, source, syntax, tools, types,
    };
}

macro_rules! world {
    ($(#[$doc:meta])* $module:ident, $world:literal, $($own:literal => $interface:ident),+) => {
        $(#[$doc])*
        pub mod $module {
            wasmtime::component::bindgen!({
                path: "../../wit",
                world: $world,
                imports: { default: trappable },
                with: {
                    "windlass:plugin/log": crate::bindings::host::log,
                    "windlass:plugin/types": crate::bindings::host::types,
                    "windlass:plugin/settings": crate::bindings::host::settings,
                    "windlass:plugin/request": crate::bindings::host::request,
                    "windlass:plugin/claims": crate::bindings::host::claims,
                    $($own: crate::bindings::host::$interface,)+
                },
            });
        }
    };
}

world!(
    /// The world of detectors.
    detector, "detector", "windlass:plugin/source" => source, "windlass:plugin/syntax" => syntax
);
world!(
    /// The world of strategies.
    strategy, "strategy", "windlass:plugin/plan" => plan
);
world!(
    /// The world of tool providers.
    tool_provider, "tool-provider", "windlass:plugin/tools" => tools, "windlass:plugin/secrets" => secrets, "windlass:plugin/http" => http
);
