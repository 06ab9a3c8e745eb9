//! Whether a plan can be carried out here. The strategy chose; the host only says what it does not have.

use super::error::DeployError;
use crate::plugins::STRATEGY;
use windlass_domain::EnvName;
use windlass_domain::catalogue::Catalogue;
use windlass_domain::decision::Decision;
use windlass_domain::plan::Plan;
use windlass_domain::request::DeployRequest;

/// Refuses a plan that names what is not here: first a builder (the author can mend that), then what only a mistaken
/// strategy would write.
pub fn check(catalogue: &Catalogue, request: &DeployRequest, decision: &Decision) -> Result<(), DeployError> {
    let plan = &decision.plan;
    if let Some(builder) = plan.builder.as_ref().filter(|builder| !catalogue.builders.contains(builder)) {
        return Err(DeployError::BuilderUnavailable {
            builder: builder.clone(),
            available: catalogue.builders.clone(),
            // Without a runtime image nothing is held, and to leave requirements out would not help.
            missing: plan.runtime.iter().flat_map(|_| plan.missing.clone()).collect(),
            reason: plan.decision_reason.clone(),
        });
    }
    let Some(reason) = mistake(catalogue, request, plan) else { return Ok(()) };
    let strategy = decision.plugins.iter().find(|used| used.slot == STRATEGY);
    let plugin = strategy.map_or_else(|| STRATEGY.to_owned(), |used| used.plugin.clone());
    Err(DeployError::PlanRefused { plugin, reason })
}

/// What an author is told in time who cannot deploy a plan, since this host lacks its builder.
#[must_use]
pub fn lacking_builder(catalogue: &Catalogue, plan: &Plan) -> Option<String> {
    let builder = plan.builder.as_ref().filter(|builder| !catalogue.builders.contains(builder))?;
    let here = if catalogue.builders.is_empty() { "none".to_owned() } else { catalogue.builders.join(", ") };
    Some(format!(
        "this server lacks the builder `{builder}` (it has: {here}), so a deploy of this is refused; build an image \
         elsewhere and deploy it with `image`"
    ))
}

fn mistake(catalogue: &Catalogue, request: &DeployRequest, plan: &Plan) -> Option<String> {
    let Some(tree) = request.files() else {
        return plan.builder.as_ref().map(|builder| format!("it builds a prebuilt image with `{builder}`"));
    };
    let Some(runtime) = &plan.runtime else {
        return Some("it names no runtime image for source files".to_owned());
    };
    if catalogue.runtime(runtime).is_none() {
        return Some(format!("it names the runtime image `{runtime}`, which is not in the catalogue"));
    }
    if let Some(path) = plan.entry_point.as_ref().filter(|path| tree.get(path).is_none() && !tree.is_folder(path)) {
        return Some(format!("it starts `{path}`, which is not in the source"));
    }
    if let Some(name) = plan.env.keys().find(|name| EnvName::parse("env", name).is_err()) {
        return Some(format!("`{}` is not the name of an environment variable", name.escape_debug()));
    }
    if !plan.health_path.starts_with('/') || plan.port == 0 {
        return Some("its health path does not start with `/`, or its port is 0".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use windlass_domain::catalogue::{Modules, RuntimeImage};
    use windlass_domain::request::{AgentSettings, Source};
    use windlass_domain::source::SourceTree;
    use windlass_domain::{AgentName, ImageReference, WorkspaceName};

    fn request(source: Source) -> DeployRequest {
        DeployRequest {
            workspace: WorkspaceName::parse("w", "default").expect("a good name"),
            agent: AgentName::parse("a", "a").expect("a good name"),
            source,
            settings: AgentSettings::default(),
            requirements: None,
            entry_point: None,
            framework: None,
            tools_to_create: Vec::new(),
            tool_url_mappings: std::collections::BTreeMap::new(),
        }
    }

    fn files() -> DeployRequest {
        let tree = SourceTree::parse("f", [("agent.py".to_owned(), String::new())].into()).expect("a good tree");
        request(Source::Files(Arc::new(tree)))
    }

    fn catalogue() -> Catalogue {
        let python = RuntimeImage {
            name: "python".into(),
            language: "python".into(),
            language_version: "3.11".into(),
            packages: Vec::new(),
            extras: Vec::new(),
            modules: Modules::default(),
            base: None,
            run_kinds: Vec::new(),
            command: Vec::new(),
            env: std::collections::BTreeMap::new(),
        };
        Catalogue { builders: vec!["overlay".into()], runtimes: vec![python], architectures: Vec::new() }
    }

    fn good() -> Plan {
        Plan { runtime: Some("python".into()), entry_point: Some("agent.py".into()), ..Plan::default() }
    }

    #[test]
    fn a_sound_plan_passes_and_each_mistake_is_named() {
        assert_eq!(mistake(&catalogue(), &files(), &good()), None);
        let bad = [
            (Plan { runtime: None, ..good() }, "no runtime"),
            (Plan { runtime: Some("ruby".into()), ..good() }, "not in the catalogue"),
            (Plan { entry_point: Some("main.py".into()), ..good() }, "not in the source"),
            (Plan { env: [("A B".to_owned(), String::new())].into(), ..good() }, "not the name"),
            (Plan { health_path: "healthz".into(), ..good() }, "health path"),
            (Plan { port: 0, ..good() }, "port is 0"),
        ];
        for (plan, what) in bad {
            let reason = mistake(&catalogue(), &files(), &plan).expect(what);
            assert!(reason.contains(what), "{reason}");
        }
    }

    #[test]
    fn an_image_needs_no_runtime_and_takes_no_builder() {
        let image = request(Source::Image(ImageReference::parse("image", "a/b:1").expect("a good reference")));
        assert_eq!(mistake(&catalogue(), &image, &Plan::default()), None);
        let built = Plan { builder: Some("overlay".into()), ..Plan::default() };
        assert!(mistake(&catalogue(), &image, &built).is_some());
    }
}
