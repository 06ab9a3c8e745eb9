//! `POST /deploy`: the request, which a preview shares, and the answer.

use super::llm::{LlmBody, models};
use super::{Decision, Files, map_of};
use crate::deploy::validate::{
    MAX_DESCRIPTION, MAX_ENTRIES, MAX_ENV, MAX_ENV_VALUE, MAX_REQUIREMENTS, MAX_SYSTEM_PROMPT,
};
use crate::deploy::{DeployAsk, Deployment, EnvAsk, ToolAsk};
use schemars::JsonSchema;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use windlass_domain::agent::Phase;
use windlass_domain::name::{EnvName, MAX_IMAGE_REFERENCE};
use windlass_domain::tool::{AUTH_TYPES, SCHEMES};
use windlass_domain::{AgentName, Invalid, ResourceName, WorkspaceName};

/// The most unknown fields that are named in warnings, and the longest name of one that is shown, in bytes.
const MAX_UNKNOWN: usize = 20;
const MAX_SHOWN: usize = 100;

/// An agent to deploy, or to decide about. At least one of `image`, `source_files`, `artifact_id` and `draft_id` says what.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "DeployRequest")]
pub struct DeployBody {
    #[schemars(with = "Option<WorkspaceName>")]
    namespace: Option<String>,
    #[schemars(with = "AgentName")]
    agent_name: Option<String>,
    #[schemars(length(max = MAX_IMAGE_REFERENCE))]
    image: Option<String>,
    source_files: Option<Files>,
    artifact_id: Option<String>,
    draft_id: Option<String>,
    #[schemars(length(max = MAX_SYSTEM_PROMPT))]
    system_prompt: Option<String>,
    #[schemars(with = "Option<Vec<ResourceName>>", length(max = MAX_ENTRIES))]
    required_tools: Option<Vec<String>>,
    #[schemars(with = "Option<BTreeMap<String, ResourceName>>", extend("maxProperties" = MAX_ENTRIES))]
    tool_url_mappings: Option<BTreeMap<String, String>>,
    #[schemars(length(max = MAX_ENTRIES))]
    tools_to_create: Option<Vec<ToolBody>>,
    #[schemars(length(max = MAX_ENTRIES))]
    llm_configs: Option<Vec<LlmBody>>,
    #[schemars(length(max = MAX_ENV))]
    env: Option<Vec<EnvBody>>,
    #[schemars(length(max = MAX_REQUIREMENTS))]
    requirements: Option<String>,
    entry_point: Option<String>,
    #[schemars(length(max = 64))]
    framework: Option<String>,
    #[schemars(with = "Option<ResourceName>")]
    identity_provider: Option<String>,
    #[schemars(with = "Option<Vec<ResourceName>>", length(max = MAX_ENTRIES))]
    policies: Option<Vec<String>>,
    decision_id: Option<String>,
    #[serde(flatten, deserialize_with = "names_only")]
    #[schemars(skip)]
    unknown: Vec<String>,
}

/// A tool of `tools_to_create`; also the flat form of `POST /tools`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "DeployToolCreate")]
pub struct ToolBody {
    #[schemars(with = "ResourceName")]
    name: Option<String>,
    #[schemars(with = "String", url)]
    base_url: Option<String>,
    #[schemars(length(max = MAX_DESCRIPTION))]
    description: Option<String>,
    #[schemars(extend("enum" = AUTH_TYPES))]
    auth_type: Option<String>,
    #[schemars(range(min = 1, max = 65535))]
    port: Option<i64>,
    #[schemars(extend("enum" = SCHEMES))]
    scheme: Option<String>,
    #[serde(flatten, deserialize_with = "names_only")]
    #[schemars(skip)]
    unknown: Vec<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "EnvVar")]
struct EnvBody {
    #[schemars(with = "EnvName")]
    name: Option<String>,
    #[schemars(length(max = MAX_ENV_VALUE))]
    value: Option<String>,
    #[serde(flatten, deserialize_with = "names_only")]
    #[schemars(skip)]
    unknown: Vec<String>,
}

/// The names of the fields that nothing here knows. (A struct that asks for them takes no list in place of an object, as
/// serde otherwise does.)
fn names_only<'de, D: Deserializer<'de>>(rest: D) -> Result<Vec<String>, D::Error> {
    struct Names;

    impl<'de> Visitor<'de> for Names {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<String>, A::Error> {
            let mut names = Vec::new();
            while let Some((name, IgnoredAny)) = map.next_entry()? {
                names.push(name);
            }
            Ok(names)
        }
    }

    rest.deserialize_map(Names)
}

impl DeployBody {
    /// What is asked for in `workspace`, and a warning for each field that nothing here knows.
    pub fn into_ask(self, workspace: &WorkspaceName) -> Result<(DeployAsk, Vec<String>), Invalid> {
        check_namespace(self.namespace.as_deref(), workspace)?;
        let mut warnings = self.unknown_fields();
        let (llm_configs, left_out) = models(self.llm_configs);
        warnings.extend(left_out);
        let ask = DeployAsk {
            agent_name: self.agent_name,
            image: self.image,
            source_files: map_of(self.source_files, "source_files")?,
            artifact_id: self.artifact_id,
            draft_id: self.draft_id,
            system_prompt: self.system_prompt,
            required_tools: self.required_tools,
            tool_url_mappings: self.tool_url_mappings,
            tools_to_create: self.tools_to_create.map(|tools| tools.into_iter().map(ToolAsk::from).collect()),
            llm_configs,
            env: self.env.map(|env| env.into_iter().map(EnvAsk::from).collect()),
            requirements: self.requirements,
            entry_point: self.entry_point,
            framework: self.framework,
            identity_provider: self.identity_provider,
            policies: self.policies,
            decision_id: self.decision_id,
        };
        Ok((ask, warnings))
    }
}

impl DeployBody {
    /// A warning for each unknown field, wherever it is; of many, for the first ones.
    fn unknown_fields(&self) -> Vec<String> {
        let tools = self.tools_to_create.iter().flatten().map(|tool| &tool.unknown).enumerate();
        let env = self.env.iter().flatten().map(|variable| &variable.unknown).enumerate();
        let tools = tools.map(|(index, unknown)| (format!("tools_to_create[{index}]."), unknown));
        let env = env.map(|(index, unknown)| (format!("env[{index}]."), unknown));
        std::iter::once((String::new(), &self.unknown))
            .chain(tools)
            .chain(env)
            .flat_map(|(parent, unknown)| unknown.iter().map(move |field| format!("{parent}{field}")))
            .take(MAX_UNKNOWN)
            .map(|field| ignored(&field))
            .collect()
    }
}

/// The warning of a field that nothing here knows.
pub fn ignored(field: &str) -> String {
    let field = &field[..field.floor_char_boundary(MAX_SHOWN)];
    format!("the field `{}` is not known and was ignored", field.escape_debug())
}

/// The brief's "namespace mismatch with workspace header".
fn check_namespace(namespace: Option<&str>, workspace: &WorkspaceName) -> Result<(), Invalid> {
    match namespace {
        None | Some("") => Ok(()),
        Some(namespace) if namespace == workspace.as_str() => Ok(()),
        Some(namespace) => Err(Invalid::new(
            "namespace_mismatch",
            "namespace",
            format!("namespace `{}` does not match the workspace `{workspace}`", namespace.escape_debug()),
            "leave it out, or name the same workspace in X-Workspace-Namespace",
        )),
    }
}

impl ToolBody {
    /// The names of its fields that nothing here knows.
    #[must_use]
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }
}

impl From<ToolBody> for ToolAsk {
    fn from(tool: ToolBody) -> Self {
        let ToolBody { name, base_url, description, auth_type, port, scheme, unknown: _ } = tool;
        Self { name, base_url, description, auth_type, port, scheme }
    }
}

impl From<EnvBody> for EnvAsk {
    fn from(variable: EnvBody) -> Self {
        Self { name: variable.name, value: variable.value }
    }
}

/// The answer, 201. `agent_name` beside `agent`: the SDK reads it first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeployResponse {
    agent: String,
    agent_name: String,
    namespace: String,
    tools_created: Vec<ResourceName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    build_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_uri: Option<String>,
    execution_mode: String,
    build_required: bool,
    build_profile: String,
    decision_reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    framework: Option<String>,
    revision: u32,
    #[schemars(with = "Phase")]
    status: &'static str,
    decision_id: String,
    decision: Decision,
    warnings: Vec<String>,
}

impl DeployResponse {
    /// The answer to a deploy; `warnings` are those of the request's own form.
    #[must_use]
    pub fn new(deployment: Deployment, mut warnings: Vec<String>) -> Self {
        let Deployment { agent, revision, decision, tools_created, warnings: found, phase, image_uri } = deployment;
        warnings.extend(found);
        let build_required = revision.spec.plan.build_required();
        let plan = revision.spec.plan;
        Self {
            agent: agent.name.to_string(),
            agent_name: agent.name.to_string(),
            namespace: agent.workspace.to_string(),
            tools_created,
            build_id: revision.build_id,
            image_uri,
            execution_mode: plan.execution_mode,
            build_required,
            build_profile: plan.build_profile,
            decision_reason: plan.decision_reason,
            framework: plan.framework,
            revision: revision.number,
            status: phase.as_str(),
            decision_id: revision.decision_id,
            decision: decision.into(),
            warnings,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::body::parse;

    fn acme() -> WorkspaceName {
        WorkspaceName::parse("w", "acme").expect("a name")
    }

    fn ask(json: &str) -> (DeployAsk, Vec<String>) {
        parse::<DeployBody>(json.as_bytes()).expect("good JSON").into_ask(&acme()).expect("the same namespace")
    }

    #[test]
    fn unknown_fields_are_warned_of_by_name_and_null_is_absent() {
        let (ask, warnings) = ask(r#"{"agent_name": "a", "image": null, "replicas": 3, "Image": {"x": 1}}"#);
        assert_eq!((ask.agent_name.as_deref(), ask.image), (Some("a"), None));
        assert_eq!(warnings.len(), 2);
        assert!(warnings[0].contains("`replicas`"), "{warnings:?}");
        let (_, warnings) = self::ask(r#"{"env": [{"name": "A", "secret": true}], "tools_to_create": [{"url": "x"}]}"#);
        assert!(warnings[0].contains("`tools_to_create[0].url`"), "{warnings:?}");
        assert!(warnings[1].contains("`env[0].secret`"), "{warnings:?}");
    }

    #[test]
    fn a_wrong_type_deep_inside_is_named_by_its_path() {
        let error =
            parse::<DeployBody>(br#"{"tools_to_create": [{"name": "a"}, {"port": "443"}]}"#).expect_err("a text");
        assert_eq!(error.field.as_deref(), Some("tools_to_create[1].port"));
        let error = parse::<DeployBody>(br#"{"tools_to_create": [["a", "https://a.example"]]}"#).expect_err("a list");
        assert_eq!(error.field.as_deref(), Some("tools_to_create[0]"));
        let error = parse::<DeployBody>(br#"{"source_files": {"a.py": 1}}"#).expect_err("a number");
        assert_eq!(error.field.as_deref(), Some("source_files.a.py"));
    }

    #[test]
    fn the_bodys_namespace_must_be_the_workspace() {
        assert_eq!(ask(r#"{"namespace": "acme"}"#).0, DeployAsk::default());
        let body = parse::<DeployBody>(br#"{"namespace": "other"}"#).expect("good JSON");
        let refused = body.into_ask(&acme()).expect_err("another workspace");
        assert_eq!((refused.code, refused.field.as_str()), ("namespace_mismatch", "namespace"));
    }
}
