//! Which tools a deploy creates, requires and reroutes to.
//!
//! The author's words are carried out as they are. A *detected* call is matched with a tool that is registered, or that
//! this request creates; where there is none the author is told. **No tool is ever created from a detected URL**: an agent
//! shall not get a door to a host because a URL stands in its code.

use crate::address::Address;
use windlass_plugin_sdk::{Claim, Registry, Request, Tool, ToolDefinition, Tools, kind};

/// Writes the tools of one deploy.
pub fn provide(request: &Request, claims: &[Claim], registry: &dyn Registry) -> Tools {
    let mut tools = Tools::default();
    for definition in &request.tools_to_create {
        tools.create.push(tool(definition));
        tools.require(&definition.name);
    }
    for name in &request.required_tools {
        tools.require(name);
    }
    for (url, name) in &request.tool_url_mappings {
        tools.require(name);
        tools.rewrite(url, name);
    }
    let mut known = Known { registry, all: None };
    for claim in claims.iter().filter(|claim| claim.kind == kind::TOOL) {
        follow(claim, &mut known, &mut tools);
    }
    tools
}

fn tool(definition: &ToolDefinition) -> Tool {
    let address = Address::parse(&definition.base_url);
    let auth_type = if definition.auth_type.is_empty() { "None" } else { &definition.auth_type };
    Tool {
        name: definition.name.clone(),
        base_url: definition.base_url.clone(),
        description: definition.description.clone(),
        auth_type: auth_type.to_owned(),
        port: definition.port.unwrap_or(address.port),
        scheme: definition.scheme.clone().unwrap_or_else(|| address.scheme.to_owned()),
        topology: address.topology().to_owned(),
        ext: Vec::new(),
    }
}

/// The registered tools, all read only when a URL must be looked for among them.
struct Known<'a> {
    registry: &'a dyn Registry,
    all: Option<Vec<Tool>>,
}

impl Known<'_> {
    /// The tool of that name, created here or registered.
    fn has(&self, name: &str, tools: &Tools) -> bool {
        tools.create.iter().any(|tool| tool.name == name) || self.registry.get(name).is_some()
    }

    /// The tool at the URL's scheme, host and port, created here or registered; one of the name `natural` before others.
    fn at(&mut self, url: &str, natural: &str, tools: &Tools) -> Option<String> {
        let wanted = Address::parse(url);
        let all = self.all.get_or_insert_with(|| self.registry.all());
        let mut found = tools.create.iter().chain(all.iter()).filter(|tool| Address::parse(&tool.base_url) == wanted);
        let first = found.next()?;
        let same_name = std::iter::once(first).chain(found).find(|tool| tool.name == natural);
        Some(same_name.unwrap_or(first).name.clone())
    }
}

/// Requires and reroutes to the tool that a detected call means, or warns.
fn follow(claim: &Claim, known: &mut Known<'_>, tools: &mut Tools) {
    let url = claim.attribute("base_url");
    if let Some(variable) = claim.attribute("env") {
        if known.has(&claim.value, tools) {
            tools.require(&claim.value);
        } else {
            tools.warn(format!(
                "{} reads {variable}, but no tool `{}` is registered for it: register it with `POST /api/tools`, or name it in `tools_to_create`",
                claim.place(),
                claim.value
            ));
        }
        return;
    }
    let Some(url) = url else { return };
    // The author has said already what this URL means.
    if tools.rewrite.iter().any(|(mapped, _)| starts_at(mapped, url)) {
        return;
    }
    match known.at(url, &claim.value, tools) {
        Some(name) => {
            tools.require(&name);
            tools.rewrite(url, &name);
        }
        None => tools.warn(format!(
            "{} calls {url}, but no tool is registered for it: register one with `POST /api/tools` or `tools_to_create` (for example `{}`), or map the URL in `tool_url_mappings`",
            claim.place(),
            claim.value
        )),
    }
}

/// True when `url` is `base`, or lies below it.
fn starts_at(url: &str, base: &str) -> bool {
    url.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_plugin_sdk::Claims;

    fn definition(name: &str, url: &str) -> ToolDefinition {
        ToolDefinition {
            name: name.into(),
            base_url: url.into(),
            description: String::new(),
            auth_type: String::new(),
            port: None,
            scheme: None,
            ext: Vec::new(),
        }
    }

    fn stripe() -> Vec<Tool> {
        vec![tool(&definition("payments", "https://api.stripe.com/v1"))]
    }

    fn url_claim() -> Claims {
        let mut claims = Claims::default();
        claims.tool("stripe-api", 0.8).at("agent.py", 12).attribute("base_url", "https://api.stripe.com");
        claims
    }

    #[test]
    fn tools_to_create_are_created_with_defaults_and_required() {
        let request = Request { tools_to_create: vec![definition("echo", "http://echo:8081/x")], ..Request::default() };
        let tools = provide(&request, &[], &Vec::new());
        let tool = &tools.create[0];
        assert_eq!(
            (tool.auth_type.as_str(), tool.port, tool.scheme.as_str(), tool.topology.as_str()),
            ("None", 8081, "HTTP", "Internal")
        );
        assert_eq!(tools.require, ["echo"]);
    }

    #[test]
    fn what_the_author_gives_stands() {
        let mut given = definition("a", "https://api.a.com");
        (given.port, given.scheme, given.auth_type) = (Some(8443), Some("HTTP".into()), "OAuth2".into());
        let made = tool(&given);
        assert_eq!(
            (made.port, made.scheme.as_str(), made.auth_type.as_str(), made.topology.as_str()),
            (8443, "HTTP", "OAuth2", "External")
        );
    }

    #[test]
    fn mappings_require_and_reroute() {
        let request = Request {
            required_tools: vec!["payments".into()],
            tool_url_mappings: vec![("https://api.stripe.com".into(), "payments".into())],
            ..Request::default()
        };
        let tools = provide(&request, url_claim().as_slice(), &stripe());
        assert_eq!(tools.require, ["payments"]);
        assert_eq!(tools.rewrite, [("https://api.stripe.com".to_owned(), "payments".to_owned())]);
        assert!(tools.warnings.is_empty());
    }

    #[test]
    fn a_detected_url_goes_to_the_tool_at_that_address() {
        let tools = provide(&Request::default(), url_claim().as_slice(), &stripe());
        assert_eq!(tools.require, ["payments"]);
        assert_eq!(tools.rewrite, [("https://api.stripe.com".to_owned(), "payments".to_owned())]);
    }

    #[test]
    fn a_detected_url_without_a_tool_is_a_warning_and_never_a_new_tool() {
        let elsewhere = vec![tool(&definition("stripe-api", "https://stripe.example.com"))];
        let tools = provide(&Request::default(), url_claim().as_slice(), &elsewhere);
        assert!(tools.create.is_empty() && tools.require.is_empty() && tools.rewrite.is_empty());
        assert!(
            tools.warnings[0].starts_with("agent.py:12 calls https://api.stripe.com, but no tool is registered"),
            "{tools:?}"
        );
    }

    #[test]
    fn a_tool_variable_means_the_tool_of_that_name() {
        let mut claims = Claims::default();
        claims
            .tool("payments", 0.9)
            .at("a.py", 1)
            .attribute("env", "TOOL_URL_PAYMENTS")
            .attribute("base_url", "http://x");
        claims.tool("gone", 0.9).at("a.py", 2).attribute("env", "TOOL_URL_GONE");
        let tools = provide(&Request::default(), claims.as_slice(), &stripe());
        assert_eq!((tools.require, tools.rewrite.len()), (vec!["payments".to_owned()], 0));
        assert_eq!(tools.warnings.len(), 1);
        assert!(tools.warnings[0].contains("a.py:2 reads TOOL_URL_GONE"));
    }
}
