//! `request`: the deploy request, read only. Environment values and secrets are not reachable from here.

use crate::bindings::host::request::{Host, HostRequest, ToolDefinition};
use crate::state::CallState;
use std::sync::Arc;
use wasmtime::component::Resource;
use windlass_domain::request::DeployRequest;

/// One call's view of the request.
pub struct RequestView(pub Arc<DeployRequest>);

impl CallState {
    fn request(&self, this: &Resource<RequestView>) -> wasmtime::Result<&DeployRequest> {
        Ok(&self.table.get(this)?.0)
    }
}

impl Host for CallState {}

impl HostRequest for CallState {
    fn agent_name(&mut self, this: Resource<RequestView>) -> wasmtime::Result<String> {
        Ok(self.request(&this)?.agent.to_string())
    }

    fn workspace(&mut self, this: Resource<RequestView>) -> wasmtime::Result<String> {
        Ok(self.request(&this)?.workspace.to_string())
    }

    fn image(&mut self, this: Resource<RequestView>) -> wasmtime::Result<Option<String>> {
        Ok(self.request(&this)?.image().map(ToString::to_string))
    }

    fn entry_point(&mut self, this: Resource<RequestView>) -> wasmtime::Result<Option<String>> {
        Ok(self.request(&this)?.entry_point.as_ref().map(ToString::to_string))
    }

    fn framework(&mut self, this: Resource<RequestView>) -> wasmtime::Result<Option<String>> {
        Ok(self.request(&this)?.framework.clone())
    }

    fn requirements(&mut self, this: Resource<RequestView>) -> wasmtime::Result<Option<String>> {
        Ok(self.request(&this)?.requirements.clone())
    }

    fn required_tools(&mut self, this: Resource<RequestView>) -> wasmtime::Result<Vec<String>> {
        Ok(self.request(&this)?.settings.required_tools.iter().map(ToString::to_string).collect())
    }

    fn tools_to_create(&mut self, this: Resource<RequestView>) -> wasmtime::Result<Vec<ToolDefinition>> {
        let tools = &self.request(&this)?.tools_to_create;
        Ok(tools
            .iter()
            .map(|tool| ToolDefinition {
                name: tool.name.to_string(),
                base_url: tool.base_url.clone(),
                description: tool.description.clone(),
                auth_type: tool.auth_type.clone(),
                port: tool.port,
                scheme: tool.scheme.clone(),
                ext: Vec::new(),
            })
            .collect())
    }

    fn tool_url_mappings(&mut self, this: Resource<RequestView>) -> wasmtime::Result<Vec<(String, String)>> {
        let mappings = &self.request(&this)?.tool_url_mappings;
        Ok(mappings.iter().map(|(url, tool)| (url.clone(), tool.to_string())).collect())
    }

    fn drop(&mut self, this: Resource<RequestView>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}
