//! The border to the host: its resources read as the SDK's plain data, and the answers written back.

use crate::bindings::{detector, strategy, tool_provider};
use crate::catalogue::{Catalogue, Package};
use crate::files::{Files, ReadError};
use crate::syntax::{Capture, Definition, ModuleImport, StringConstant, Syntax, SyntaxError};
use crate::tool::{Capability, Registry, Tool, Tools};
use crate::{Claims, Detail, Plan, PluginError, Request, log};
use detector::windlass::plugin::{claims as wit_claims, request as wit_request, source, syntax as wit_syntax};
use strategy::windlass::plugin::plan as wit_plan;
use tool_provider::windlass::plugin::tools as wit_tools;

/// The most files the host gives a page.
const PAGE: u32 = 1_000;

impl Request {
    pub(crate) fn from_host(request: &wit_request::Request) -> Self {
        Self {
            agent_name: request.agent_name(),
            workspace: request.workspace(),
            image: request.image(),
            entry_point: request.entry_point(),
            framework: request.framework(),
            requirements: request.requirements(),
            required_tools: request.required_tools(),
            tools_to_create: request.tools_to_create(),
            tool_url_mappings: request.tool_url_mappings(),
        }
    }
}

impl Files for source::SourceTree {
    fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.list("", cursor.as_deref(), PAGE);
            paths.extend(page.files.into_iter().map(|file| file.path));
            cursor = page.cursor;
            if cursor.is_none() {
                return paths;
            }
        }
    }

    fn read(&self, path: &str) -> Result<String, ReadError> {
        self.read_text(path)
    }

    fn syntax(&self) -> &dyn Syntax {
        self
    }
}

impl Syntax for source::SourceTree {
    fn imports(&self, path: &str) -> Result<Vec<ModuleImport>, SyntaxError> {
        wit_syntax::imports(self, path)
    }

    fn strings(&self, path: &str) -> Result<Vec<StringConstant>, SyntaxError> {
        wit_syntax::strings(self, path)
    }

    fn definitions(&self, path: &str) -> Result<Vec<Definition>, SyntaxError> {
        wit_syntax::definitions(self, path)
    }

    fn query(&self, path: &str, pattern: u32) -> Result<Vec<Capture>, SyntaxError> {
        wit_syntax::query(self, path, pattern)
    }
}

impl Catalogue for wit_plan::Catalogue {
    fn builders(&self) -> Vec<String> {
        self.builders()
    }

    fn architectures(&self) -> Vec<String> {
        self.architectures()
    }

    fn runtimes(&self) -> Vec<String> {
        self.runtimes()
    }

    fn language(&self, runtime: &str) -> Option<(String, String)> {
        self.language(runtime)
    }

    fn packages(&self, runtime: &str) -> Vec<Package> {
        self.packages(runtime)
    }

    fn find_packages(&self, runtime: &str, names: &[String]) -> Vec<Package> {
        self.find_packages(runtime, names)
    }

    fn extras(&self, runtime: &str) -> Vec<(String, String)> {
        self.extras(runtime)
    }

    fn missing_modules(&self, runtime: &str, modules: &[String]) -> Vec<(String, Package)> {
        self.missing_modules(runtime, modules)
    }

    fn run_kinds(&self, runtime: &str) -> Vec<String> {
        self.run_kinds(runtime)
    }

    fn base(&self, runtime: &str) -> Option<String> {
        self.base(runtime)
    }
}

impl Registry for wit_tools::ToolRegistry {
    fn all(&self) -> Vec<Tool> {
        self.all()
    }

    fn get(&self, name: &str) -> Option<Tool> {
        self.get(name)
    }

    fn capabilities(&self, name: &str) -> Vec<Capability> {
        self.capabilities(name)
    }
}

/// Tells the host every claim; a refused one is logged, and once is enough to know.
pub(crate) fn tell_claims(claims: Claims, list: &wit_claims::ClaimList) {
    let refused = claims.into_iter().filter(|claim| !list.add(claim)).count();
    if refused > 0 {
        log::warn(&format!("the host refused {refused} claims"));
    }
}

/// Setters of the host's plan.
type SetText = fn(&wit_plan::Plan, &str);
type SetList = fn(&wit_plan::Plan, &[String]);

/// Tells the host the plan as far as it is written: after a refusal, what was settled before it.
pub(crate) fn tell_plan(plan: &Plan, host: &wit_plan::Plan) {
    if !plan.execution_mode.is_empty() {
        host.set_mode(&plan.execution_mode, &plan.build_profile);
    }
    if !plan.reason.is_empty() {
        host.set_reason(&plan.reason);
    }
    let texts: [(&Option<String>, SetText); 7] = [
        (&plan.builder, wit_plan::Plan::set_builder),
        (&plan.runtime, wit_plan::Plan::set_runtime),
        (&plan.framework, wit_plan::Plan::set_framework),
        (&plan.entry_point, wit_plan::Plan::set_entry_point),
        (&plan.health_path, wit_plan::Plan::set_health_path),
        (&plan.eta, wit_plan::Plan::set_eta),
        (&plan.short_reason, wit_plan::Plan::set_short_reason),
    ];
    for (text, set) in texts {
        if let Some(text) = text {
            set(host, text);
        }
    }
    if let Some((run_kind, object)) = &plan.run_kind {
        host.set_run_kind(run_kind, object.as_deref());
    }
    let lists: [(&[String], SetList); 2] =
        [(&plan.run_args, wit_plan::Plan::set_run_args), (&plan.command, wit_plan::Plan::set_command)];
    for (list, set) in lists.into_iter().filter(|(list, _)| !list.is_empty()) {
        set(host, list);
    }
    for (name, value) in &plan.env {
        host.set_env(name, value);
    }
    if let Some(port) = plan.port {
        host.set_port(port);
    }
    for (requirement, held) in &plan.requirements {
        host.add_requirement(requirement, *held);
    }
    for (mode, reason) in &plan.alternatives {
        host.add_alternative(mode, reason);
    }
    if let Some(confidence) = plan.confidence {
        host.set_confidence(confidence);
    }
    for warning in &plan.warnings {
        host.add_warning(warning);
    }
}

/// Tells the host every tool; what it refuses is an error, since the agent would run without it.
pub(crate) fn tell_tools(tools: &Tools, set: &wit_tools::ToolSet) -> Result<(), PluginError> {
    let refused = |what: String| Err(PluginError::InvalidInput(Detail::new("tool_refused", what)));
    for tool in &tools.create {
        if !set.create(tool) {
            return refused(format!("the tool `{}` with the URL `{}` cannot be created", tool.name, tool.base_url));
        }
    }
    for (name, capabilities) in &tools.capabilities {
        if !set.set_capabilities(name, capabilities) {
            return refused(format!("the tool `{name}` cannot have the {} capabilities", capabilities.len()));
        }
    }
    for name in &tools.require {
        if !set.require(name) {
            return refused(format!("the tool `{name}` is neither registered nor created by this deploy"));
        }
    }
    for (url, name) in &tools.rewrite {
        if !set.rewrite(url, name) {
            return refused(format!("the URL `{url}` cannot be sent to the tool `{name}`"));
        }
    }
    for message in &tools.warnings {
        set.warn(message);
    }
    Ok(())
}
