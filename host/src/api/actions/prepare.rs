//! From a plan as it came to one whose every action is judged, without looking at what only its earlier actions will make.

use super::wire::{ActionBody, PlanBody};
use crate::actions::{self, Action};
use crate::api::drafts::parse_change;
use crate::api::model_providers::ModelProvider;
use crate::api::policies::Policy;
use crate::api::resources::{Noun, Object, Upsert, read, required};
use crate::api::tools::Tool;
use crate::api::wire::DeployBody;
use crate::api::{ApiError, Caller};
use crate::app::App;
use crate::deploy::drafts::DraftChange;
use crate::deploy::{DeployAsk, validate};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::HashSet;
use windlass_domain::Invalid;

/// The most actions of one plan.
pub(super) const MAX_ACTIONS: usize = 256;
/// The longest idempotency key, and the longest id of a draft that a plan chooses, in bytes.
pub(super) const MAX_KEY: usize = 256;

/// The types of the contract.
const TOOL: &str = "tool.upsert";
const MODEL_PROVIDER: &str = "model_provider.upsert";
const POLICY: &str = "policy.upsert";
const DRAFT: &str = "deploy_draft.create_or_patch";
const DEPLOY: &str = "deploy.execute";
const STARTER_KIT: &str = "starter_kit.seed";
pub(super) const TYPES: [&str; 6] = [TOOL, MODEL_PROVIDER, POLICY, DRAFT, DEPLOY, STARTER_KIT];

/// A judged plan.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) id: Option<String>,
    continue_on_error: bool,
    pub(super) actions: Vec<Prepared>,
}

/// What every result says of its action.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Head {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    idempotency_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resource_ref: Option<String>,
}

/// A judged action.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) head: Head,
    digest: String,
    ask: Result<Ask, Vec<String>>,
    pub(super) warnings: Vec<String>,
}

/// What an action asks for.
#[derive(Debug)]
pub(super) enum Ask {
    Tool(Upsert),
    ModelProvider(Upsert),
    Policy(Upsert),
    /// A draft of that id, to be made or changed.
    Draft(String, DraftChange),
    Deploy(Box<DeployAsk>),
    StarterKit,
}

/// An ask, the path of what it is about, and what its author should know.
type Asked = (Ask, String, Vec<String>);

impl Plan {
    pub(super) fn is_valid(&self) -> bool {
        self.actions.iter().all(Prepared::is_valid)
    }

    /// Its id, whether it goes on after a failure, and its actions with their heads. Those that are not valid are left out.
    pub(super) fn into_actions(self) -> (Option<String>, bool, Vec<Head>, Vec<Action<Ask>>) {
        let ready = self.actions.into_iter().filter_map(|action| {
            let Prepared { head, digest, ask, .. } = action;
            let action = Action { key: head.idempotency_key.clone(), digest, ask: ask.ok()? };
            Some((head, action))
        });
        let (heads, actions) = ready.unzip();
        (self.id, self.continue_on_error, heads, actions)
    }
}

impl Prepared {
    pub(super) fn is_valid(&self) -> bool {
        self.ask.is_ok()
    }

    pub(super) fn errors(&self) -> &[String] {
        self.ask.as_ref().err().map_or(&[], Vec::as_slice)
    }
}

/// Judges a plan; an error is for what is no plan.
pub(super) fn plan(app: &App, caller: &Caller, body: PlanBody) -> Result<Plan, ApiError> {
    let bodies = required("actions", body.actions.filter(|actions| !actions.is_empty()))?;
    if bodies.len() > MAX_ACTIONS {
        let message = format!("{} actions are more than the {MAX_ACTIONS} of one plan", bodies.len());
        return Err(Invalid::new("too_many", "actions", message, "split it into several plans").into());
    }
    let mut keys = HashSet::new();
    let judged =
        bodies.into_iter().enumerate().map(|(index, Object(body))| action(app, caller, index, body, &mut keys));
    let actions = judged.collect::<Result<_, _>>()?;
    Ok(Plan { id: body.plan_id, continue_on_error: body.continue_on_error.unwrap_or_default(), actions })
}

fn action(
    app: &App,
    caller: &Caller,
    index: usize,
    body: ActionBody,
    keys: &mut HashSet<String>,
) -> Result<Prepared, ApiError> {
    let ActionBody { id, kind, idempotency_key, params } = body;
    let (kind, key) = (kind.unwrap_or_default(), idempotency_key.unwrap_or_default());
    let params = params.unwrap_or_default();
    let digest = actions::digest(&kind, &params);
    let mut errors: Vec<String> = key_error(&key, keys).into_iter().collect();
    if errors.is_empty() {
        errors.extend(actions::refused_key(app, &caller.workspace, &key, &digest)?);
    }
    let mut head = Head {
        id: id.filter(|id| !id.is_empty()).unwrap_or_else(|| format!("action-{}", index + 1)),
        kind,
        idempotency_key: key,
        resource_ref: None,
    };
    let mut warnings = Vec::new();
    let ask = match ask(caller, &head, params) {
        Ok((ask, resource_ref, found)) => {
            (head.resource_ref, warnings) = (Some(resource_ref), found);
            Some(ask)
        }
        Err(invalid) => {
            errors.push(ApiError::from(invalid).message);
            None
        }
    };
    let ask = ask.filter(|_| errors.is_empty()).ok_or(errors);
    Ok(Prepared { head, digest, ask, warnings })
}

fn key_error(key: &str, keys: &mut HashSet<String>) -> Option<String> {
    if key.trim().is_empty() {
        return Some("idempotency_key is required".to_owned());
    }
    if key.len() > MAX_KEY || key.contains(char::is_control) {
        return Some(format!("idempotency_key is longer than {MAX_KEY} bytes, or has a control character"));
    }
    let is_new = keys.insert(key.to_owned());
    (!is_new).then(|| format!("idempotency_key `{}` is given to an earlier action too", key.escape_debug()))
}

fn ask(caller: &Caller, head: &Head, params: Map<String, Value>) -> Result<Asked, Invalid> {
    match head.kind.as_str() {
        TOOL => upsert::<Tool>(params, "/tools", Ask::Tool),
        MODEL_PROVIDER => upsert::<ModelProvider>(params, "/model-providers", Ask::ModelProvider),
        POLICY => upsert::<Policy>(params, "/policies", Ask::Policy),
        DRAFT => draft(caller, &head.idempotency_key, params),
        DEPLOY => deploy(caller, params),
        STARTER_KIT => Ok((Ask::StarterKit, "/starter-kit".to_owned(), Vec::new())),
        "" => Err(Invalid::new("missing_field", "type", "type is required", TYPES.join(", "))),
        other => {
            let message = format!("`{}` is not one of {}", other.escape_debug(), TYPES.join(", "));
            Err(Invalid::new("unknown_value", "type", message, "use one of them"))
        }
    }
}

fn upsert<N: Noun>(params: Map<String, Value>, path: &str, ask: fn(Upsert) -> Ask) -> Result<Asked, Invalid> {
    let upsert = Upsert::parse::<N>(params)?;
    let (resource_ref, warnings) = (format!("{path}/{}", upsert.name()), upsert.warnings().to_vec());
    Ok((ask(upsert), resource_ref, warnings))
}

/// Without an id, the draft gets one that is made of the action's key.
fn draft(caller: &Caller, key: &str, mut params: Map<String, Value>) -> Result<Asked, Invalid> {
    let id: Option<String> = read("id", params.get("id").unwrap_or(&Value::Null))?;
    let id = id.filter(|id| !id.is_empty());
    if id.as_deref().is_some_and(|id| !is_draft_id(id)) {
        let message =
            format!("it is longer than {MAX_KEY} bytes, or has other characters than A-Z, a-z, 0-9, `_`, `.` and `-`");
        return Err(Invalid::new("invalid_id", "id", message, "leave it out, or choose a plain one"));
    }
    let user: Option<String> = read("user_id", params.get("user_id").unwrap_or(&Value::Null))?;
    let warnings = foreign_user(caller, user);
    if id.is_none() && params.remove("expected_version").is_some_and(|version| !version.is_null()) {
        let hint = "leave it out, or name the draft by its id";
        return Err(Invalid::new("missing_field", "id", "a draft without an id has no version to expect", hint));
    }
    let id = id.unwrap_or_else(|| actions::draft_id(&caller.workspace, key));
    let resource_ref = format!("/deploy-drafts/{id}");
    Ok((Ask::Draft(id, parse_change(params)?), resource_ref, warnings))
}

fn is_draft_id(id: &str) -> bool {
    id.len() <= MAX_KEY && id.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b'-'))
}

/// Whoever has the key acts: another user can only be told of.
fn foreign_user(caller: &Caller, user: Option<String>) -> Vec<String> {
    let user = user.filter(|user| !user.is_empty() && *user != caller.key_id);
    let told =
        user.map(|_| format!("user_id is ignored: what is made belongs to the key that asks, {}", caller.key_id));
    told.into_iter().collect()
}

fn deploy(caller: &Caller, mut params: Map<String, Value>) -> Result<Asked, Invalid> {
    let user: Option<String> = read("user_id", &params.remove("user_id").unwrap_or_default())?;
    let body: DeployBody = read("", &Value::Object(params))?;
    let (ask, mut warnings) = body.into_ask(&caller.workspace)?;
    warnings.extend(foreign_user(caller, user));
    let agent = validate::form(&ask)?;
    Ok((Ask::Deploy(Box::new(ask)), format!("/agents/{agent}"), warnings))
}
