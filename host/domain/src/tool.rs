//! Tools: the HTTP services that agents call. The shape is the wire contract's `Tool`.

use crate::{Invalid, ResourceName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use url::Url;

/// How the host reaches a tool and what it may do there.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "camelCase", default)]
pub struct ToolSpec {
    /// What the tool is for, shown to models.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where it is.
    pub connection: ToolConnection,
    /// The allow-list of operations; empty means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<ToolCapability>,
    /// Fields of the contract that nothing here reads yet (`governance`, `riskTags`), kept as they came.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Where a tool is and how one authenticates there.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "camelCase", default)]
pub struct ToolConnection {
    /// `External` or `Internal`.
    pub topology: String,
    /// The absolute http(s) URL that calls start from.
    pub base_url: String,
    /// The port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `HTTPS` or `HTTP`.
    pub scheme: String,
    /// How one authenticates.
    pub authentication: ToolAuthentication,
    /// Fields that nothing here reads yet (`tls`), kept as they came.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// How one authenticates at a tool. Secrets are never in here: they are stored apart, encrypted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "camelCase", default)]
pub struct ToolAuthentication {
    /// `None`, `APIKey` or `OAuth2`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `apiKeyConfig` and `oauth2Config`, kept as they came.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Default for ToolAuthentication {
    fn default() -> Self {
        Self { kind: "None".to_owned(), other: Map::new() }
    }
}

/// One operation of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "camelCase", default)]
pub struct ToolCapability {
    /// Its name; models see it as `{tool}__{capability}`.
    pub name: String,
    /// The HTTP method.
    pub method: String,
    /// The path below the tool's base URL.
    pub path: String,
    /// What it does.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Tags for governance.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub risk_tags: Vec<String>,
}

/// A registered tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Tool {
    /// Its name in the workspace.
    pub name: ResourceName,
    /// Where it is and what it may do.
    pub spec: ToolSpec,
}

/// A tool as `tools_to_create` of a deploy, and the SDK's flat `POST /tools`, write it. Every field is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolDefinition {
    /// Its name.
    pub name: ResourceName,
    /// The absolute http(s) URL.
    pub base_url: String,
    /// What it is for.
    pub description: String,
    /// `None`, `APIKey` or `OAuth2`.
    pub auth_type: String,
    /// The port; `None`: the URL's own.
    pub port: Option<u16>,
    /// `HTTP` or `HTTPS`; `None`: the URL's own.
    pub scheme: Option<String>,
}

impl Tool {
    /// The tool that a checked definition stands for; port and scheme that are not given are the URL's own.
    #[must_use]
    pub fn from_definition(definition: &ToolDefinition) -> Self {
        let url = Url::parse(&definition.base_url).ok();
        let scheme = url.as_ref().map_or("https", Url::scheme).to_ascii_uppercase();
        let connection = ToolConnection {
            topology: "External".to_owned(),
            base_url: definition.base_url.clone(),
            port: definition.port.or_else(|| url.and_then(|url| url.port_or_known_default())),
            scheme: definition.scheme.clone().unwrap_or(scheme),
            authentication: ToolAuthentication { kind: definition.auth_type.clone(), ..ToolAuthentication::default() },
            other: Map::new(),
        };
        let spec = ToolSpec { description: definition.description.clone(), connection, ..ToolSpec::default() };
        Self { name: definition.name.clone(), spec }
    }
}

/// What the tool provider decided for one deploy.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ToolPlan {
    /// Tools to create or change, in order.
    pub create: Vec<Tool>,
    /// Names of the tools that the agent gets.
    pub required: Vec<ResourceName>,
    /// Detected URL to the name of the tool that stands for it.
    pub rewrites: BTreeMap<String, ResourceName>,
}

/// The authentication types of the brief.
pub const AUTH_TYPES: [&str; 3] = ["None", "APIKey", "OAuth2"];
/// The schemes of the brief.
pub const SCHEMES: [&str; 2] = ["HTTP", "HTTPS"];
/// The topologies of the contract; the first is the default.
pub const TOPOLOGIES: [&str; 2] = ["External", "Internal"];

/// Whether these name an operation: a name, a method or `*`, and a path or a pattern of paths.
#[must_use]
pub fn is_capability(name: &str, method: &str, path: &str) -> bool {
    let is_method = !method.is_empty() && method.len() <= 20 && method.bytes().all(|c| c.is_ascii_alphabetic());
    !name.is_empty() && (method == "*" || is_method) && path.starts_with(['/', '*'])
}

/// Checks an absolute http(s) URL with a host and without credentials; `field` is named in the refusal.
pub fn parse_http_url(field: &str, text: &str) -> Result<Url, Invalid> {
    // What stands before an `@` may be a password.
    let shown = if text.contains('@') { "the URL".to_owned() } else { format!("`{}`", text.escape_debug()) };
    let refuse = |what: &str| {
        Invalid::new(
            "invalid_url",
            field,
            format!("{shown} {what}"),
            "give an absolute URL, for example `https://api.example.com`",
        )
    };
    let url = Url::parse(text).map_err(|error| refuse(&format!("is not an absolute URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("is neither http nor https"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(refuse("has no host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Invalid::new(
            "invalid_url",
            field,
            "the URL carries a user name or password",
            "leave them out of the URL; store credentials with `POST /api/tools`",
        ));
    }
    Ok(url)
}
