//! Fills the capabilities of the tools that a deploy creates from the documents at their base URLs. A document that is not
//! there, or cannot be used, is a warning at most.

use crate::document::operations;
use crate::find::{Missing, find, places};
use crate::settings::Settings;
use windlass_plugin_sdk::{Http, Registry, Tools};
use windlass_tools::address::Address;

/// Looks for the document of each tool that has no capabilities yet; what somebody registered stays. Returns lines for the
/// operator.
pub fn fill(tools: &mut Tools, registry: &dyn Registry, settings: &Settings, http: &dyn Http) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, base_url) in
        tools.create.iter().map(|tool| (tool.name.clone(), tool.base_url.clone())).collect::<Vec<_>>()
    {
        if !registry.capabilities(&name).is_empty() {
            continue;
        }
        let found = find(http, &places_of(&base_url, settings));
        let read = found.and_then(|(url, document)| {
            operations(&document, &url, &base_url).map_err(|why| Missing::Failed { url, why })
        });
        match read {
            Ok(capabilities) => {
                lines.push(format!("{name}: {} operations", capabilities.len()));
                tools.capabilities.push((name, capabilities));
            }
            Err(Missing::NotGranted) => {}
            Err(Missing::Nowhere) => lines.push(format!("{name}: there is no OpenAPI document at {base_url}")),
            Err(Missing::Failed { url, why }) => {
                let text = format!("the capabilities of the tool `{name}` are not known: of {url}, {why}");
                lines.push(text.clone());
                tools.warn(text);
            }
        }
    }
    lines
}

/// The URL of the settings, where it is at the tool's address; else the usual places.
fn places_of(base_url: &str, settings: &Settings) -> Vec<String> {
    let is_there = |url: &&String| Address::parse(url) == Address::parse(base_url);
    settings.url.as_ref().filter(is_there).map_or_else(|| places(base_url), |url| vec![url.clone()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use windlass_plugin_sdk::{Capability, HttpResponse, Tool};

    const DOCUMENT: &str = r#"{"openapi":"3.1.0","paths":{"/pets":{"get":{"operationId":"listPets"}}}}"#;

    /// Where every tool has these capabilities.
    struct Registered(Vec<Capability>);

    impl Registry for Registered {
        fn all(&self) -> Vec<Tool> {
            Vec::new()
        }

        fn get(&self, _: &str) -> Option<Tool> {
            None
        }

        fn capabilities(&self, _: &str) -> Vec<Capability> {
            self.0.clone()
        }
    }

    fn created() -> Tools {
        let tool = Tool {
            name: "pets".into(),
            base_url: "https://pets.example".into(),
            description: String::new(),
            auth_type: "None".into(),
            port: 443,
            scheme: "HTTPS".into(),
            topology: "External".into(),
            ext: Vec::new(),
        };
        Tools { create: vec![tool], ..Tools::default() }
    }

    fn filled(settings: &Settings, pages: &[(&str, HttpResponse)]) -> (Tools, Vec<String>) {
        let web: BTreeMap<_, _> = pages.iter().map(|(url, page)| ((*url).to_owned(), page.clone())).collect();
        let mut tools = created();
        let lines = fill(&mut tools, &Registered(Vec::new()), settings, &web);
        (tools, lines)
    }

    #[test]
    fn a_created_tool_gets_the_operations_of_its_document() {
        let (tools, lines) =
            filled(&Settings::default(), &[("https://pets.example/openapi.json", HttpResponse::of(200, DOCUMENT))]);
        let (name, capabilities) = &tools.capabilities[0];
        assert_eq!((name.as_str(), capabilities[0].path.as_str()), ("pets", "/pets"));
        assert_eq!((lines, tools.warnings), (vec!["pets: 1 operations".to_owned()], Vec::new()));
    }

    #[test]
    fn the_url_of_the_settings_comes_first_at_its_own_address() {
        let pages = [("https://pets.example/spec", HttpResponse::of(200, DOCUMENT))];
        let at = |url: &str| Settings { url: Some(url.to_owned()) };
        assert_eq!(filled(&at("https://pets.example/spec"), &pages).0.capabilities.len(), 1);
        assert!(filled(&at("https://other.example/spec"), &pages).0.capabilities.is_empty());
    }

    #[test]
    fn without_a_grant_nothing_is_different() {
        assert_eq!(filled(&Settings::default(), &[]), (created(), Vec::new()));
    }

    #[test]
    fn what_is_registered_stays_and_is_not_asked_for() {
        let capability = |path: &str| Capability {
            name: "own".into(),
            method: "GET".into(),
            path: path.into(),
            description: String::new(),
            ext: Vec::new(),
        };
        let web = BTreeMap::from([("https://pets.example/openapi.json".to_owned(), HttpResponse::of(200, DOCUMENT))]);
        let mut tools = created();
        fill(&mut tools, &Registered(vec![capability("/own")]), &Settings::default(), &web);
        assert_eq!(tools, created());
    }

    #[test]
    fn a_document_that_cannot_be_used_is_a_warning() {
        let (tools, lines) =
            filled(&Settings::default(), &[("https://pets.example/openapi.json", HttpResponse::of(200, "<html>"))]);
        let warning =
            "the capabilities of the tool `pets` are not known: of https://pets.example/openapi.json, it is no JSON";
        assert_eq!((tools.warnings, lines), (vec![warning.to_owned()], vec![warning.to_owned()]));
        assert!(tools.capabilities.is_empty());
    }
}
