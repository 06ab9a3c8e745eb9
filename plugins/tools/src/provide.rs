//! Which tools a deploy creates, requires and reroutes to.
//!
//! The author's words are carried out as they are. A *detected* call is matched with a tool that is registered, or that
//! this request creates; where there is none the author is told. **No tool is ever created from a detected URL**: an agent
//! shall not get a door to a host because a URL stands in its code.

use crate::address::Address;
use windlass_plugin_sdk::{Claim, Registry, Request, Tool, ToolDefinition, Tools, kind};

/// The least Jaro-Winkler similarity of a name that may have been meant.
const LEAST_SIMILAR: f64 = 0.75;

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
    let mut warned = Vec::new();
    for claim in claims.iter().filter(|claim| claim.kind == kind::TOOL) {
        follow(claim, request, &mut known, &mut warned, &mut tools);
    }
    // Of two mappings that fit a URL the longer one counts.
    tools.rewrite.sort_by_key(|(url, _)| std::cmp::Reverse(url.len()));
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

    /// The tool that a variable `TOOL_URL_X` stands for: that of the name `natural`, else the first whose own variable it is.
    fn behind(&mut self, variable: &str, natural: &str, tools: &Tools) -> Option<String> {
        if self.has(natural, tools) {
            return Some(natural.to_owned());
        }
        let all = self.all.get_or_insert_with(|| self.registry.all());
        let mut names = tools.create.iter().chain(all.iter()).map(|tool| &tool.name);
        names.find(|name| variable_of(name) == variable).cloned()
    }

    /// The name nearest to `name` among those created here and registered.
    fn nearest(&mut self, name: &str, tools: &Tools) -> Option<String> {
        let all = self.all.get_or_insert_with(|| self.registry.all());
        let names = tools.create.iter().chain(all.iter()).map(|tool| tool.name.as_str());
        let similar = names.map(|known| (strsim::jaro_winkler(name, known), known));
        let near = similar.filter(|(similarity, _)| *similarity >= LEAST_SIMILAR);
        near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known.to_owned())
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

/// Requires and reroutes to the tool that a detected call means, or warns, once for each variable and URL.
///
/// A tool of the agent's own code (a decorated function, an entry of a list) has no URL and is none of ours; a name that
/// is called (`call_tool("x")`) is ours where it is registered.
fn follow(claim: &Claim, request: &Request, known: &mut Known<'_>, warned: &mut Vec<String>, tools: &mut Tools) {
    let url = claim.attribute("base_url");
    let variable = claim.attribute("env");
    let found = match (variable, url, claim.attribute("how")) {
        (Some(variable), ..) => known.behind(variable, &claim.value, tools),
        (None, Some(url), _) => {
            // The author has said already what this URL means.
            if request.tool_url_mappings.iter().any(|(mapped, _)| starts_at(mapped, url) || starts_at(url, mapped)) {
                return;
            }
            let found = known.at(url, &claim.value, tools);
            if let Some(name) = &found {
                tools.rewrite(url, name);
            }
            found
        }
        (None, None, Some("call")) => {
            if known.has(&claim.value, tools) {
                tools.require(&claim.value);
            }
            return;
        }
        (None, None, _) => return,
    };
    let subject = variable.or(url).unwrap_or_default().to_owned();
    match found {
        Some(name) => tools.require(&name),
        None if warned.contains(&subject) => {}
        None => {
            tools.warn(unregistered(claim, variable, &subject, known.nearest(&claim.value, tools)));
            warned.push(subject);
        }
    }
}

/// What the author can do about a call that no registered tool stands for.
fn unregistered(claim: &Claim, variable: Option<&str>, subject: &str, nearest: Option<String>) -> String {
    let (place, natural) = (claim.place(), &claim.value);
    let near = nearest.map(|near| format!(" (the nearest that is registered is `{near}`)")).unwrap_or_default();
    match variable {
        Some(_) => format!(
            "{place} reads {subject}, but no tool `{natural}` is registered for it{near}: register it with `POST /api/tools`, or name it in `tools_to_create`"
        ),
        None => format!(
            "{place} calls {subject}, but no tool is registered for it{near}: register one with `POST /api/tools` or `tools_to_create` (for example `{natural}`), or map the URL in `tool_url_mappings`"
        ),
    }
}

/// The variable that an agent finds a tool's URL in.
fn variable_of(name: &str) -> String {
    let part = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' });
    format!("TOOL_URL_{}", part.collect::<String>())
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

    #[test]
    fn a_variable_finds_its_tool_however_the_name_is_written() {
        let registered = vec![tool(&definition("acme.pay-ments", "https://pay.acme.com"))];
        let mut claims = Claims::default();
        claims.tool("acme-pay-ments", 0.9).attribute("env", "TOOL_URL_ACME_PAY_MENTS");
        let tools = provide(&Request::default(), claims.as_slice(), &registered);
        assert_eq!((tools.require, tools.warnings.len()), (vec!["acme.pay-ments".to_owned()], 0));
    }

    #[test]
    fn a_mapping_of_the_author_covers_what_lies_below_it_and_longer_ones_come_first() {
        let mappings = [("https://api.stripe.com", "payments"), ("https://api.stripe.com/v1/refunds", "payments")];
        let request = Request {
            tool_url_mappings: mappings.map(|(url, tool)| (url.to_owned(), tool.to_owned())).to_vec(),
            ..Request::default()
        };
        let mut claims = Claims::default();
        claims.tool("stripe-api", 0.8).attribute("base_url", "https://api.stripe.com/v1/charges");
        let tools = provide(&request, claims.as_slice(), &stripe());
        let urls: Vec<_> = tools.rewrite.iter().map(|(url, _)| url.as_str()).collect();
        assert_eq!(urls, ["https://api.stripe.com/v1/refunds", "https://api.stripe.com"]);
        assert!(tools.warnings.is_empty());
    }

    #[test]
    fn tools_of_the_agents_own_code_are_none_of_ours_and_called_ones_are_where_they_are_registered() {
        let mut claims = Claims::default();
        for how in ["decorator", "list"] {
            claims.tool("payments", 0.9).attribute("how", how);
        }
        claims.tool("unknown", 0.9).attribute("how", "call");
        assert_eq!(provide(&Request::default(), claims.as_slice(), &stripe()), Tools::default());
        claims.tool("payments", 0.9).attribute("how", "call");
        assert_eq!(provide(&Request::default(), claims.as_slice(), &stripe()).require, ["payments"]);
    }

    #[test]
    fn a_url_in_many_places_is_one_warning_that_names_what_may_be_meant() {
        let mut claims = Claims::default();
        for line in 1..5 {
            claims.tool("payment", 0.8).at("agent.py", line).attribute("base_url", "https://pay.example.com");
        }
        let tools = provide(&Request::default(), claims.as_slice(), &stripe());
        assert_eq!(tools.warnings.len(), 1);
        assert!(tools.warnings[0].contains("the nearest that is registered is `payments`"), "{tools:?}");
    }
}
