//! The deploy request as a plugin sees it.

pub use crate::bindings::detector::windlass::plugin::request::ToolDefinition;

/// One request, checked and hydrated by the host. Secrets and environment values are not in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// The agent's name.
    pub agent_name: String,
    /// The workspace it lands in.
    pub workspace: String,
    /// The image, when a prebuilt one is deployed; there are no files then.
    pub image: Option<String>,
    /// The file that the author names as the start.
    pub entry_point: Option<String>,
    /// The author's framework hint; wins over detection.
    pub framework: Option<String>,
    /// The author's requirements text, in the form of requirements.txt.
    pub requirements: Option<String>,
    /// The tools that the author requires, by name.
    pub required_tools: Vec<String>,
    /// The tools that the author asks to create.
    pub tools_to_create: Vec<ToolDefinition>,
    /// Detected URL to tool name, as the author maps them.
    pub tool_url_mappings: Vec<(String, String)>,
}
