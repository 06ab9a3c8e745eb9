//! Why a plugin was not installed, with the facts of the refusal as fields, so that a tool can act on them.

use crate::api::ApiError;
use crate::plugins::PluginsError;
use crate::plugins::jobs::Finished;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde_json::{Value, json};
use windlass_plugin::InstallError;
use windlass_store::StoreError;

/// Why a component was not installed.
#[derive(JsonSchema)]
#[schemars(rename = "PluginRefusal")]
#[expect(dead_code, reason = "the shape alone is read")]
pub(super) struct Refusal {
    error: String,
    code: String,
    hint: String,
    /// The version of the WIT package that it was built against.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<String>,
    /// The range of versions that are served.
    #[serde(skip_serializing_if = "Option::is_none")]
    supported: Option<String>,
    /// What it imports and nothing here serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_imports: Option<Vec<String>>,
    /// The pattern that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<Pattern>,
}

#[derive(JsonSchema)]
#[schemars(rename = "RefusedPattern")]
#[expect(dead_code, reason = "the shape alone is read")]
struct Pattern {
    index: u32,
    query: String,
}

/// A 422 (413 where it is too large) of `error`, `code`, `hint` and the facts; another failure is its usual answer.
pub(super) fn finished(error: PluginsError) -> Finished {
    let error = match error {
        PluginsError::Install(InstallError::Host(_)) => ApiError::from(error),
        PluginsError::Install(error) => return Finished { status: status(&error).as_u16(), body: body(&error) },
        PluginsError::Store(StoreError::Exists { .. }) => {
            ApiError::from(error).hint("a version never changes its bytes: give this component another version")
        }
        PluginsError::Store(_)
        | PluginsError::Invalid(_)
        | PluginsError::SettingsUnchecked { .. }
        | PluginsError::NotLoaded { .. }
        | PluginsError::UnknownSlot { .. }
        | PluginsError::WrongWorld { .. }
        | PluginsError::UnknownPlugin { .. } => ApiError::from(error),
    };
    Finished { status: error.status.as_u16(), body: json!(error.body()) }
}

fn status(error: &InstallError) -> StatusCode {
    match error {
        InstallError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn body(error: &InstallError) -> Value {
    let mut body = json!({"error": error.to_string(), "code": error.code(), "hint": hint(error)});
    match error {
        InstallError::WitVersion { found, supported } => {
            body["found"] = found.as_str().into();
            body["supported"] = (*supported).into();
        }
        InstallError::Pattern(refused) => body["pattern"] = json!({"index": refused.index, "query": refused.query}),
        InstallError::MissingImports { names } => body["missing_imports"] = names.clone().into(),
        _ => {}
    }
    body
}

/// What to do next.
fn hint(error: &InstallError) -> &'static str {
    match error {
        InstallError::TooLarge { .. } => "build it for size and strip its debug information",
        InstallError::Precompiled => "send the component itself; the server compiles it",
        InstallError::NotWasm { .. } => "send the bytes of the .wasm file as the body, not as a form",
        InstallError::CoreModule => "turn the module into a component, as the plugin SDK's build does",
        InstallError::Metadata { .. } => "build it with the plugin SDK, which writes the section `windlass:plugin`",
        InstallError::Pattern(_) => "simplify the pattern in `patterns` of plugin.json; docs/plugins.md has the rules",
        InstallError::WitVersion { .. } => "build it against the supported version",
        InstallError::AsyncUnsupported => "build it without async functions, streams and futures",
        InstallError::Compile { .. } => "check it with `wasm-tools validate`",
        InstallError::TooCostly => "build it for size, and split functions of many thousand instructions",
        InstallError::MissingImports { .. } => "build it without WASI and against its world alone",
        InstallError::WrongWorld { .. } => "name the world in its metadata that it was built for",
        InstallError::Instantiate { .. } => "it must start within 64 MiB of memory and without trapping",
        InstallError::SmokeCall { .. } => {
            "it must answer, or refuse in its own words, about an agent of one small file within the default limits"
        }
        InstallError::Host(_) => "the server's log has the cause",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_of_a_refusal_are_fields() {
        let error = InstallError::WitVersion { found: "9.0.0".to_owned(), supported: ">=1.0.0, <1.1.0" };
        let expected = json!({
            "error": "it was built against windlass:plugin@9.0.0; this host serves >=1.0.0, <1.1.0",
            "code": "wit_version_unsupported", "hint": "build it against the supported version",
            "found": "9.0.0", "supported": ">=1.0.0, <1.1.0",
        });
        assert_eq!(body(&error), expected);
        let missing = InstallError::MissingImports { names: vec!["wasi:io/poll@0.2.0".to_owned()] };
        assert_eq!(body(&missing)["missing_imports"], json!(["wasi:io/poll@0.2.0"]));
    }

    #[test]
    fn a_component_that_is_too_large_is_a_413_and_any_other_fault_a_422() {
        let statuses = [InstallError::TooLarge { bytes: 2, limit: 1 }, InstallError::CoreModule]
            .map(|error| finished(PluginsError::Install(error)).status);
        assert_eq!(statuses, [413, 422]);
    }

    #[test]
    fn other_bytes_under_a_known_version_are_a_conflict() {
        let exists = StoreError::Exists { what: "plugin", name: "mine@1.0.0".to_owned() };
        assert_eq!(finished(PluginsError::Store(exists)).status, 409);
    }
}
