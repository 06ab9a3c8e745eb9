//! What is checked of the contract's `ToolSpec`. Fields of a refusal are relative to what refuses.

use crate::api::policies::is_method;
use crate::api::resources::{Object, one_of, optional_url, read, required};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use windlass_domain::Invalid;
use windlass_domain::tool::{AUTH_TYPES, SCHEMES, TOPOLOGIES, parse_http_url};

/// The access modes of the contract; the first is the default.
pub(super) const ACCESS_MODES: [&str; 3] = ["Open", "Restricted", "Critical"];
/// Where an API key may be sent.
const KEY_PLACES: [&str; 2] = ["Header", "Query"];

/// Checks a whole spec; fields are named from `spec` on.
pub(super) fn check(spec: &Value) -> Result<(), Invalid> {
    let checked: Spec = read("spec", spec)?;
    let connection = required("spec.connection", checked.connection)?;
    connection.check().map_err(|invalid| invalid.under("spec.connection"))?;
    if let Some(mode) = checked.governance.and_then(|Object(governance)| governance.access_control?.0.mode) {
        one_of("spec.governance.accessControl.mode", &mode, &ACCESS_MODES)?;
    }
    for (index, capability) in checked.capabilities.iter().flatten().enumerate() {
        capability.check().map_err(|invalid| invalid.under(&format!("spec.capabilities[{index}]")))?;
    }
    Ok(())
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ToolSpec")]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "some fields are read to check their types")]
pub(in crate::api) struct Spec {
    description: Option<String>,
    #[schemars(with = "Connection")]
    connection: Option<Connection>,
    governance: Option<Object<Governance>>,
    capabilities: Option<Vec<Capability>>,
    risk_tags: Option<Vec<String>>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ToolConnection")]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the TLS settings are read to check their type")]
struct Connection {
    #[schemars(extend("enum" = TOPOLOGIES))]
    topology: Option<String>,
    #[schemars(with = "String", url)]
    base_url: Option<String>,
    #[schemars(range(min = 1))]
    port: Option<u16>,
    #[schemars(extend("enum" = SCHEMES))]
    scheme: Option<String>,
    authentication: Option<Authentication>,
    tls: Option<Map<String, Value>>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ToolAuthentication")]
#[serde(rename_all = "camelCase")]
struct Authentication {
    #[serde(rename = "type")]
    #[schemars(extend("enum" = AUTH_TYPES))]
    kind: Option<String>,
    api_key_config: Option<Object<ApiKeyConfig>>,
    oauth2_config: Option<Object<OAuth2Config>>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ToolApiKeyConfig")]
struct ApiKeyConfig {
    #[serde(rename = "in")]
    #[schemars(extend("enum" = KEY_PLACES))]
    place: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ToolOAuth2Config")]
#[serde(rename_all = "camelCase")]
struct OAuth2Config {
    #[schemars(url)]
    auth_url: Option<String>,
    #[schemars(url)]
    token_url: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ToolGovernance")]
#[serde(rename_all = "camelCase")]
struct Governance {
    access_control: Option<Object<AccessControl>>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ToolAccessControl")]
struct AccessControl {
    #[schemars(extend("enum" = ACCESS_MODES))]
    mode: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ToolCapability")]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "some fields are read to check their types")]
struct Capability {
    #[schemars(with = "String", length(min = 1))]
    name: Option<String>,
    #[schemars(with = "String", regex(pattern = r"^([A-Za-z]+|\*)$"))]
    method: Option<String>,
    #[schemars(with = "String", regex(pattern = "^[/*]"))]
    path: Option<String>,
    description: Option<String>,
    risk_tags: Option<Vec<String>>,
}

impl Connection {
    fn check(&self) -> Result<(), Invalid> {
        parse_http_url("baseUrl", required("baseUrl", self.base_url.as_deref())?)?;
        if let Some(topology) = &self.topology {
            one_of("topology", topology, &TOPOLOGIES)?;
        }
        if let Some(scheme) = &self.scheme {
            one_of("scheme", scheme, &SCHEMES)?;
        }
        if self.port == Some(0) {
            let hint = "use a number from 1 to 65535, or leave it out";
            return Err(Invalid::new("invalid_port", "port", "0 is not a TCP port", hint));
        }
        match &self.authentication {
            Some(authentication) => authentication.check().map_err(|invalid| invalid.under("authentication")),
            None => Ok(()),
        }
    }
}

impl Authentication {
    fn check(&self) -> Result<(), Invalid> {
        if let Some(kind) = &self.kind {
            one_of("type", kind, &AUTH_TYPES)?;
        }
        if let Some(place) = self.api_key_config.as_ref().and_then(|Object(config)| config.place.as_deref()) {
            one_of("apiKeyConfig.in", place, &KEY_PLACES)?;
        }
        if let Some(Object(config)) = &self.oauth2_config {
            optional_url("oauth2Config.authUrl", config.auth_url.as_deref())?;
            optional_url("oauth2Config.tokenUrl", config.token_url.as_deref())?;
        }
        Ok(())
    }
}

impl Capability {
    /// A capability allows a method and a path, so it must name both; `*` is any.
    fn check(&self) -> Result<(), Invalid> {
        required("name", self.name.as_deref().filter(|name| !name.is_empty()))?;
        let method = required("method", self.method.as_deref())?;
        if method != "*" && !is_method(method) {
            let message = format!("`{}` is not an HTTP method", method.escape_debug());
            return Err(Invalid::new("invalid_value", "method", message, "use for example `GET`, or `*` for all"));
        }
        let path = required("path", self.path.as_deref())?;
        if !path.starts_with(['/', '*']) {
            let message = format!("`{}` does not start with `/`", path.escape_debug());
            return Err(Invalid::new(
                "invalid_value",
                "path",
                message,
                "use for example `/v1/charges`, or `*` for all",
            ));
        }
        Ok(())
    }
}
