//! What the plugins were asked when a decision was made: enough to ask the same again, of them or of others.

use crate::exchange::Exchange;
use crate::name::{AgentName, ImageReference, ResourceName, WorkspaceName};
use crate::request::{AgentSettings, DeployRequest, Source};
use crate::source::{SourcePath, SourceTree};
use crate::tool::{Tool, ToolDefinition};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every field of the request that a guest can read, and what else it was shown. The source is kept by its digest, in the
/// decision; environment, prompts and model configurations are not in here, since no guest sees them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    /// The agent's name.
    pub agent: AgentName,
    /// The image, where one was deployed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub image: Option<ImageReference>,
    /// `requirements`
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub requirements: Option<String>,
    /// `entry_point`
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub entry_point: Option<SourcePath>,
    /// `framework`
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub framework: Option<String>,
    /// `required_tools`
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub required_tools: Vec<ResourceName>,
    /// `tools_to_create`
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tools_to_create: Vec<ToolDefinition>,
    /// `tool_url_mappings`
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub tool_url_mappings: BTreeMap<String, ResourceName>,
    /// The tools of the workspace at that time.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub registered: Vec<Tool>,
    /// How many of the decision's claims each slot made, in their order.
    #[serde(default)]
    pub heard: Vec<(String, usize)>,
    /// The digest of the catalogue that the strategy chose from.
    pub catalogue: String,
    /// What the tool provider asked over HTTP, and what it was answered.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exchanges: Vec<Exchange>,
}

impl Inputs {
    /// Those of a request; the rest is what the plugins were shown beside it, as it is documented.
    #[must_use]
    pub fn of(
        request: &DeployRequest,
        registered: &[Tool],
        heard: Vec<(String, usize)>,
        catalogue: &str,
        exchanges: Vec<Exchange>,
    ) -> Self {
        Self {
            agent: request.agent.clone(),
            image: request.image().cloned(),
            requirements: request.requirements.clone(),
            entry_point: request.entry_point.clone(),
            framework: request.framework.clone(),
            required_tools: request.settings.required_tools.clone(),
            tools_to_create: request.tools_to_create.clone(),
            tool_url_mappings: request.tool_url_mappings.clone(),
            registered: registered.to_vec(),
            heard,
            catalogue: catalogue.to_owned(),
            exchanges,
        }
    }

    /// The request as a guest sees it; `None` without image and source.
    #[must_use]
    pub fn request(&self, workspace: &WorkspaceName, source: Option<Arc<SourceTree>>) -> Option<DeployRequest> {
        let source = match &self.image {
            Some(image) => Source::Image(image.clone()),
            None => Source::Files(source?),
        };
        Some(DeployRequest {
            workspace: workspace.clone(),
            agent: self.agent.clone(),
            source,
            settings: AgentSettings { required_tools: self.required_tools.clone(), ..AgentSettings::default() },
            requirements: self.requirements.clone(),
            entry_point: self.entry_point.clone(),
            framework: self.framework.clone(),
            tools_to_create: self.tools_to_create.clone(),
            tool_url_mappings: self.tool_url_mappings.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_sees_the_same_request_again() {
        let files = BTreeMap::from([("agent.py".to_owned(), "import requests".to_owned())]);
        let tree = Arc::new(SourceTree::parse("source_files", files).expect("a sound tree"));
        let workspace = WorkspaceName::parse("workspace", "team-a").expect("a name");
        let resource = |name: &str| ResourceName::parse("name", name).expect("a name");
        let definition = ToolDefinition {
            name: resource("crm"),
            base_url: "https://crm.example.com".into(),
            description: String::new(),
            auth_type: "None".into(),
            port: Some(8_443),
            scheme: None,
        };
        let request = DeployRequest {
            workspace: workspace.clone(),
            agent: AgentName::parse("agent_name", "a").expect("a name"),
            source: Source::Files(tree.clone()),
            settings: AgentSettings { required_tools: vec![resource("crm")], ..AgentSettings::default() },
            requirements: Some("requests".into()),
            entry_point: Some(SourcePath::parse("entry_point", "agent.py").expect("a path")),
            framework: Some("langgraph".into()),
            tool_url_mappings: BTreeMap::from([("https://crm.example.com".into(), resource("crm"))]),
            tools_to_create: vec![definition],
        };
        let inputs = Inputs::of(&request, &[], vec![("detectors/a".to_owned(), 3)], "sha256:c", Vec::new());
        let stored = serde_json::to_string(&inputs).expect("it serialises");
        let again: Inputs = serde_json::from_str(&stored).expect("it is read");
        assert_eq!(again, inputs);
        assert_eq!(again.request(&workspace, Some(tree)), Some(request));
        assert_eq!(again.request(&workspace, None), None, "the source is gone");
    }
}
