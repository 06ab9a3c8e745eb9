//! `draft_id` and `artifact_id` become the request that they stand for; the request's own fields win.

use super::ask::{Caller, DeployAsk};
use super::error::DeployError;
use serde::Deserialize;
use std::collections::BTreeMap;
use windlass_domain::Invalid;
use windlass_domain::request::LlmConfig;
use windlass_store::{DraftSeen, Store};

/// What a deploy reads of a draft's body (the contract's `DeployDraftInput`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DraftBody {
    artifact_id: Option<String>,
    policies: Option<Vec<String>>,
    required_tool_names: Option<Vec<String>>,
    tool_mappings: Option<BTreeMap<String, String>>,
    model_mappings: Option<BTreeMap<String, LlmConfig>>,
    agent_config: Option<DraftAgent>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DraftAgent {
    agent_name: Option<String>,
    system_prompt: Option<String>,
    use_custom_image: bool,
    custom_image: Option<String>,
    /// `open` or `authenticated`
    access_mode: Option<String>,
    identity_provider: Option<String>,
}

/// What a deploy reads of a workflow artifact.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ArtifactBody {
    source_files: Option<BTreeMap<String, String>>,
}

/// Fills what `ask` leaves open from its draft, then from its artifact, which is then no source of its own any more.
/// Returns the draft that it took.
pub fn hydrate(store: &Store, caller: &Caller, ask: &mut DeployAsk) -> Result<Option<DraftSeen>, DeployError> {
    let mut seen = None;
    if let Some(id) = given(ask.draft_id.as_deref()) {
        let draft = store.draft(&caller.workspace, id)?;
        let draft = draft.ok_or(DeployError::NotFound { what: "deploy draft", field: "draft_id" })?;
        if draft.owner != caller.key_id {
            return Err(DeployError::NotOwner);
        }
        seen = Some(DraftSeen { id: draft.id, version: draft.version });
        fill_from_draft(ask, read("draft_id", draft.body)?)?;
    }
    let source_given = given(ask.image.as_deref()).is_some() || has_files(ask);
    if let Some(id) = given(ask.artifact_id.as_deref()).filter(|_| !source_given) {
        let artifact = store.artifact(&caller.workspace, id)?;
        let artifact = artifact.ok_or(DeployError::NotFound { what: "workflow artifact", field: "artifact_id" })?;
        ask.source_files = read::<ArtifactBody>("artifact_id", artifact.body)?.source_files;
        ask.artifact_id = None;
    }
    Ok(seen)
}

fn read<T: for<'a> Deserialize<'a>>(field: &str, body: serde_json::Value) -> Result<T, Invalid> {
    serde_json::from_value(body).map_err(|error| {
        let message = format!("what is stored under it cannot be deployed: {error}");
        Invalid::new("invalid_stored_body", field, message, "correct it and deploy again")
    })
}

/// The text, unless it is absent or blank.
pub(super) fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

pub(super) fn has_files(ask: &DeployAsk) -> bool {
    ask.source_files.as_ref().is_some_and(|files| !files.is_empty())
}

fn fill_from_draft(ask: &mut DeployAsk, draft: DraftBody) -> Result<(), Invalid> {
    let config = draft.agent_config.unwrap_or_default();
    let custom_image = config.custom_image.filter(|_| config.use_custom_image);
    // A source of the request's own wins over the draft's as a whole: never files of one and an image of the other.
    let own_source = has_files(ask) || given(ask.image.as_deref()).or(given(ask.artifact_id.as_deref())).is_some();
    if !own_source {
        (ask.image, ask.artifact_id) = (custom_image, draft.artifact_id);
    }
    fill_text(&mut ask.agent_name, config.agent_name);
    fill_text(&mut ask.system_prompt, config.system_prompt);
    fill_text(&mut ask.identity_provider, config.identity_provider);
    if config.access_mode.as_deref() == Some("authenticated") && given(ask.identity_provider.as_deref()).is_none() {
        let message = "the draft's access_mode is `authenticated`, and nothing says who may come in";
        let hint = "name an identity provider, in the draft's agent_config or in the request";
        return Err(Invalid::new("missing_field", "identity_provider", message, hint));
    }
    fill(&mut ask.policies, draft.policies);
    fill(&mut ask.required_tools, draft.required_tool_names);
    fill(&mut ask.tool_url_mappings, draft.tool_mappings);
    let with_role = |(role, config): (String, LlmConfig)| LlmConfig { role, ..config };
    fill(&mut ask.llm_configs, draft.model_mappings.map(|models| models.into_iter().map(with_role).collect()));
    Ok(())
}

fn fill<T>(field: &mut Option<T>, from: Option<T>) {
    if field.is_none() {
        *field = from;
    }
}

fn fill_text(field: &mut Option<String>, from: Option<String>) {
    if given(field.as_deref()).is_none() {
        *field = from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> DraftBody {
        let model = LlmConfig { model: "m".into(), ..LlmConfig::default() };
        DraftBody {
            artifact_id: Some("artifact-1".into()),
            policies: Some(vec!["p".into()]),
            model_mappings: Some(BTreeMap::from([("chat".into(), model)])),
            agent_config: Some(DraftAgent { system_prompt: Some("draft".into()), ..DraftAgent::default() }),
            ..DraftBody::default()
        }
    }

    #[test]
    fn a_draft_fills_what_the_request_leaves_open() {
        let mut ask = DeployAsk::default();
        fill_from_draft(&mut ask, draft()).expect("it can be filled");
        assert_eq!(ask.artifact_id.as_deref(), Some("artifact-1"));
        assert_eq!(ask.system_prompt.as_deref(), Some("draft"));
        assert_eq!(ask.policies, Some(vec!["p".to_owned()]));
        assert_eq!(ask.llm_configs.map(|configs| configs[0].role.clone()).as_deref(), Some("chat"));
    }

    #[test]
    fn the_requests_own_fields_win() {
        let own = DeployAsk {
            image: Some("a:1".into()),
            system_prompt: Some("own".into()),
            policies: Some(Vec::new()),
            ..DeployAsk::default()
        };
        let mut ask = own.clone();
        fill_from_draft(&mut ask, draft()).expect("it can be filled");
        assert_eq!((ask.image, ask.system_prompt, ask.policies), (own.image, own.system_prompt, own.policies));
        assert_eq!(ask.artifact_id, None, "the draft's source is not mixed in");
    }

    #[test]
    fn authenticated_access_wants_an_identity_provider() {
        let authenticated = || DraftBody {
            agent_config: Some(DraftAgent { access_mode: Some("authenticated".into()), ..DraftAgent::default() }),
            ..DraftBody::default()
        };
        let refused = fill_from_draft(&mut DeployAsk::default(), authenticated()).expect_err("nobody is named");
        assert_eq!((refused.code, refused.field.as_str()), ("missing_field", "identity_provider"));
        let mut own = DeployAsk { identity_provider: Some("idp".into()), ..DeployAsk::default() };
        assert_eq!(fill_from_draft(&mut own, authenticated()), Ok(()));
    }
}
