//! A tool provider that is built from the frozen WIT package, without the SDK: it must run in every host of the same major
//! version. It asks for HTTP and a secret too, which nobody grants.

mod bindings {
    #![allow(missing_docs, unsafe_code, clippy::pedantic, reason = "generated")]
    wit_bindgen::generate!({ path: "../../wit-1.0.0", world: "windlass:plugin/tool-provider", generate_all });
}

use bindings::windlass::plugin::http::{self, HttpError, HttpRequest};
use bindings::windlass::plugin::secrets;
use bindings::windlass::plugin::tools::{Capability, Tool};
use bindings::windlass::plugin::types::Detail;
use bindings::{ClaimSet, Guest, PluginError, Request, SettingsProblem, ToolRegistry, ToolSet};

const NAME: &str = "frozen-tool";

struct FrozenToolProvider;

impl Guest for FrozenToolProvider {
    fn provide(_: &Request, _: &ClaimSet, _: &ToolRegistry, tools: &ToolSet) -> Result<(), PluginError> {
        let asked = http::send(&HttpRequest {
            method: "GET".to_owned(),
            url: "https://frozen.example.com".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            ext: Vec::new(),
        });
        let is_given_nothing = matches!(asked, Err(HttpError::NotGranted)) && secrets::get("frozen").is_none();
        let is_made = tools.create(&tool()) && tools.set_capabilities(NAME, &[capability()]) && tools.require(NAME);
        if is_given_nothing && is_made { Ok(()) } else { Err(failed()) }
    }

    fn check_settings(_: String) -> Result<(), Vec<SettingsProblem>> {
        Ok(())
    }
}

fn tool() -> Tool {
    Tool {
        name: NAME.to_owned(),
        base_url: "https://frozen.example.com".to_owned(),
        description: String::new(),
        auth_type: "None".to_owned(),
        port: 443,
        scheme: "HTTPS".to_owned(),
        topology: "External".to_owned(),
        ext: Vec::new(),
    }
}

fn capability() -> Capability {
    Capability {
        name: "thaw".to_owned(),
        method: "GET".to_owned(),
        path: "/frozen".to_owned(),
        description: String::new(),
        ext: Vec::new(),
    }
}

fn failed() -> PluginError {
    PluginError::Other(Detail {
        code: "frozen".to_owned(),
        message: "the host gave what nobody granted, or took no tool".to_owned(),
        retryable: false,
        ext: Vec::new(),
    })
}

#[allow(unsafe_code, reason = "generated")]
mod exported {
    super::bindings::export!(FrozenToolProvider with_types_in super::bindings);
    use super::FrozenToolProvider;
}
