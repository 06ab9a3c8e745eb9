//! `tools`: the workspace's registered tools, read only, and the set that a tool provider writes.

use crate::bindings::host::tools::{Capability, Host, HostToolRegistry, HostToolSet, Tool as WireTool};
use crate::imports::log::clip;
use crate::state::CallState;
use std::collections::HashSet;
use std::sync::Arc;
use wasmtime::component::Resource;
use windlass_domain::ResourceName;
use windlass_domain::tool::{
    AUTH_TYPES, SCHEMES, TOPOLOGIES, Tool, ToolAuthentication, ToolCapability, ToolConnection, ToolPlan, ToolSpec,
    is_capability, parse_http_url,
};

/// The most tools, requirements, rewrites and warnings of one deploy, each.
pub const MAX_ENTRIES: usize = 256;
/// The most capabilities of one tool.
pub const MAX_CAPABILITIES: usize = 512;
/// The longest text kept, in bytes.
pub const MAX_TEXT: usize = 4 * 1024;

/// The tools registered before this deploy.
pub struct RegistryView(pub Arc<[Tool]>);

/// What the tool provider has written so far.
pub struct ToolSet {
    registered: Arc<[Tool]>,
    plan: ToolPlan,
    warnings: Vec<String>,
}

impl ToolSet {
    /// An empty set beside the registered tools.
    #[must_use]
    pub fn new(registered: Arc<[Tool]>) -> Self {
        Self { registered, plan: ToolPlan::default(), warnings: Vec::new() }
    }

    /// The plan and the warnings.
    #[must_use]
    pub fn into_parts(self) -> (ToolPlan, Vec<String>) {
        (self.plan, self.warnings)
    }

    fn create(&mut self, wire: &WireTool) -> bool {
        let registered = self.registered.iter().find(|tool| tool.name.as_str() == wire.name);
        let known = registered.map(|tool| tool.spec.clone()).unwrap_or_default();
        let Some(tool) = accept(wire, known) else { return false };
        self.plan.create.retain(|other| other.name != tool.name);
        let fits = self.plan.create.len() < MAX_ENTRIES;
        self.plan.create.extend(fits.then_some(tool));
        fits
    }

    fn set_capabilities(&mut self, name: &str, wire: Vec<Capability>) -> bool {
        let Some(tool) = self.plan.create.iter_mut().find(|tool| tool.name.as_str() == name) else { return false };
        let mut names = HashSet::new();
        let is_sound = |capability: &Capability| {
            let Capability { name, method, path, .. } = capability;
            is_capability(name, method, path) && name.len() + path.len() <= MAX_TEXT
        };
        let fits = wire.len() <= MAX_CAPABILITIES
            && wire.iter().all(|capability| is_sound(capability) && names.insert(&capability.name));
        if fits {
            tool.spec.capabilities = wire.into_iter().map(capability).collect();
        }
        fits
    }

    /// The name, when a tool of that name is registered or created.
    fn known(&self, name: &str) -> Option<ResourceName> {
        let mut tools = self.registered.iter().chain(&self.plan.create);
        tools.find(|tool| tool.name.as_str() == name).map(|tool| tool.name.clone())
    }

    fn require(&mut self, name: &str) -> bool {
        let Some(name) = self.known(name) else { return false };
        if !self.plan.required.contains(&name) {
            if self.plan.required.len() >= MAX_ENTRIES {
                return false;
            }
            self.plan.required.push(name);
        }
        true
    }

    fn rewrite(&mut self, url: String, tool: &str) -> bool {
        let Some(tool) = self.known(tool) else { return false };
        let fits = self.plan.rewrites.len() < MAX_ENTRIES || self.plan.rewrites.contains_key(&url);
        if !fits || url.is_empty() || url.len() > MAX_TEXT {
            return false;
        }
        self.plan.rewrites.insert(url, tool);
        true
    }
}

/// The tool as the host keeps it; `None` when a part of it is not the contract's. What a guest cannot say stays as it is
/// `known`: a deploy must not take the allow-list or the governance from a tool that is registered.
fn accept(wire: &WireTool, known: ToolSpec) -> Option<Tool> {
    let name = ResourceName::parse("name", &wire.name).ok()?;
    parse_http_url("base_url", &wire.base_url).ok()?;
    let is_sound = AUTH_TYPES.contains(&&*wire.auth_type)
        && SCHEMES.contains(&&*wire.scheme)
        && TOPOLOGIES.contains(&&*wire.topology)
        && wire.port > 0;
    is_sound.then(|| Tool {
        name,
        spec: ToolSpec {
            description: clip(&wire.description, MAX_TEXT).to_owned(),
            connection: ToolConnection {
                topology: wire.topology.clone(),
                base_url: wire.base_url.clone(),
                port: Some(wire.port),
                scheme: wire.scheme.clone(),
                authentication: ToolAuthentication { kind: wire.auth_type.clone(), ..known.connection.authentication },
                ..known.connection
            },
            ..known
        },
    })
}

fn wire(tool: &Tool) -> WireTool {
    let connection = &tool.spec.connection;
    WireTool {
        name: tool.name.to_string(),
        base_url: connection.base_url.clone(),
        description: tool.spec.description.clone(),
        auth_type: connection.authentication.kind.clone(),
        port: connection.port.unwrap_or(443),
        scheme: connection.scheme.clone(),
        topology: connection.topology.clone(),
        ext: Vec::new(),
    }
}

fn capability(wire: Capability) -> ToolCapability {
    ToolCapability {
        name: wire.name,
        method: wire.method,
        path: wire.path,
        description: clip(&wire.description, MAX_TEXT).to_owned(),
        ..ToolCapability::default()
    }
}

fn wire_capability(capability: &ToolCapability) -> Capability {
    Capability {
        name: capability.name.clone(),
        method: capability.method.clone(),
        path: capability.path.clone(),
        description: capability.description.clone(),
        ext: Vec::new(),
    }
}

fn text_bytes(tool: &WireTool) -> usize {
    let texts = [&tool.name, &tool.base_url, &tool.description, &tool.auth_type, &tool.scheme, &tool.topology];
    texts.iter().map(|text| text.len()).sum()
}

impl Host for CallState {}

impl HostToolRegistry for CallState {
    fn all(&mut self, this: Resource<RegistryView>) -> wasmtime::Result<Vec<WireTool>> {
        Ok(self.table.get(&this)?.0.iter().map(wire).collect())
    }

    fn get(&mut self, this: Resource<RegistryView>, name: String) -> wasmtime::Result<Option<WireTool>> {
        self.take_over(name.len())?;
        Ok(self.table.get(&this)?.0.iter().find(|tool| tool.name.as_str() == name).map(wire))
    }

    fn capabilities(&mut self, this: Resource<RegistryView>, name: String) -> wasmtime::Result<Vec<Capability>> {
        self.take_over(name.len())?;
        let tool = self.table.get(&this)?.0.iter().find(|tool| tool.name.as_str() == name);
        Ok(tool.map(|tool| tool.spec.capabilities.iter().map(wire_capability).collect()).unwrap_or_default())
    }

    fn drop(&mut self, this: Resource<RegistryView>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl HostToolSet for CallState {
    fn create(&mut self, this: Resource<ToolSet>, tool: WireTool) -> wasmtime::Result<bool> {
        self.take_over(text_bytes(&tool))?;
        Ok(self.table.get_mut(&this)?.create(&tool))
    }

    fn set_capabilities(
        &mut self,
        this: Resource<ToolSet>,
        tool: String,
        capabilities: Vec<Capability>,
    ) -> wasmtime::Result<bool> {
        let text = |one: &Capability| one.name.len() + one.method.len() + one.path.len() + one.description.len();
        self.take_over(tool.len() + capabilities.iter().map(text).sum::<usize>())?;
        Ok(self.table.get_mut(&this)?.set_capabilities(&tool, capabilities))
    }

    fn require(&mut self, this: Resource<ToolSet>, name: String) -> wasmtime::Result<bool> {
        self.take_over(name.len())?;
        Ok(self.table.get_mut(&this)?.require(&name))
    }

    fn rewrite(&mut self, this: Resource<ToolSet>, url: String, tool: String) -> wasmtime::Result<bool> {
        self.take_over(url.len() + tool.len())?;
        Ok(self.table.get_mut(&this)?.rewrite(url, &tool))
    }

    fn warn(&mut self, this: Resource<ToolSet>, message: String) -> wasmtime::Result<()> {
        self.take_over(message.len())?;
        let warnings = &mut self.table.get_mut(&this)?.warnings;
        if warnings.len() < MAX_ENTRIES {
            warnings.push(clip(&message, MAX_TEXT).to_owned());
        }
        Ok(())
    }

    fn drop(&mut self, this: Resource<ToolSet>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str) -> WireTool {
        WireTool {
            name: name.into(),
            base_url: "https://api.example.com".into(),
            description: String::new(),
            auth_type: "None".into(),
            port: 443,
            scheme: "HTTPS".into(),
            topology: "External".into(),
            ext: Vec::new(),
        }
    }

    #[test]
    fn a_tool_of_the_contract_is_created_and_any_other_is_refused() {
        let mut set = ToolSet::new(Arc::new([]));
        assert!(set.create(&tool("a")));
        for wrong in [
            tool("A b"),
            WireTool { base_url: "ftp://a".into(), ..tool("a") },
            WireTool { auth_type: "Basic".into(), ..tool("a") },
            WireTool { scheme: "WS".into(), ..tool("a") },
            WireTool { topology: "Elsewhere".into(), ..tool("a") },
            WireTool { port: 0, ..tool("a") },
        ] {
            assert!(!set.create(&wrong), "{wrong:?}");
        }
        assert_eq!(set.into_parts().0.create.len(), 1);
    }

    #[test]
    fn a_registered_tool_keeps_what_a_guest_cannot_say() {
        let mut registered = accept(&tool("a"), ToolSpec::default()).expect("a good tool");
        let set_by_hand = || serde_json::json!({"by": "hand"});
        registered.spec.other.insert("governance".to_owned(), set_by_hand());
        registered.spec.connection.other.insert("tls".to_owned(), set_by_hand());
        let mut set = ToolSet::new(Arc::new([registered.clone()]));
        assert!(set.create(&WireTool { port: 8443, ..tool("a") }) && set.create(&tool("b")));
        registered.spec.connection.port = Some(8443);
        let (plan, _) = set.into_parts();
        assert_eq!(plan.create[0], registered);
        assert!(plan.create[1].spec.other.is_empty());
    }

    fn operation(name: &str, method: &str, path: &str) -> Capability {
        let (name, method, path) = (name.into(), method.into(), path.into());
        Capability { name, method, path, description: String::new(), ext: Vec::new() }
    }

    #[test]
    fn a_created_tool_gets_sound_capabilities_and_nobody_else_any() {
        let mut set = ToolSet::new(Arc::new([accept(&tool("registered"), ToolSpec::default()).expect("a good tool")]));
        assert!(set.create(&tool("a")));
        assert!(set.set_capabilities("a", vec![operation("list", "GET", "/pets"), operation("one", "*", "*")]));
        let many = (0..=MAX_CAPABILITIES).map(|n| operation(&n.to_string(), "GET", "/")).collect();
        for refused in [
            vec![operation("", "GET", "/")],
            vec![operation("a", "GET /", "/")],
            vec![operation("a", "GET", "pets")],
            vec![operation("a", "GET", "/"), operation("a", "PUT", "/")],
            vec![operation("a", "GET", &format!("/{}", "x".repeat(MAX_TEXT)))],
            many,
        ] {
            assert!(!set.set_capabilities("a", refused.clone()), "{:?}", &refused[..1]);
        }
        for name in ["registered", "unknown"] {
            assert!(!set.set_capabilities(name, vec![operation("list", "GET", "/pets")]));
        }
        let (plan, _) = set.into_parts();
        let names: Vec<_> = plan.create[0].spec.capabilities.iter().map(|capability| &*capability.name).collect();
        assert_eq!(names, ["list", "one"]);
    }

    #[test]
    fn a_full_set_takes_changes_and_nothing_new() {
        let mut set = ToolSet::new(Arc::new([]));
        for n in 0..MAX_ENTRIES {
            assert!(set.create(&tool(&format!("t{n}"))) && set.require(&format!("t{n}")));
            assert!(set.rewrite(format!("https://{n}.example.com"), "t0"));
        }
        assert!(!set.create(&tool("new")) && !set.rewrite("https://new.example.com".into(), "t0"));
        assert!(set.create(&tool("t0")) && set.require("t0") && set.rewrite("https://0.example.com".into(), "t1"));
    }

    #[test]
    fn only_tools_that_exist_are_required_or_rewritten_to() {
        let registered = accept(&tool("registered"), ToolSpec::default()).expect("a good tool");
        let mut set = ToolSet::new(Arc::new([registered]));
        assert!(set.require("registered") && set.rewrite("https://a.example".into(), "registered"));
        assert!(!set.require("unknown") && !set.rewrite("https://a.example".into(), "unknown"));
    }
}
