//! Doing the actions of a plan: in order, each at most once, and none after one that failed.
//!
//! Invariants: an action that was done is recorded under its idempotency key before the next one begins, and answered from
//! that record whenever the plan comes again, after a restart too. An action that failed is not recorded, so that it can be
//! tried again. The plans of one workspace are done one after the other.
//!
//! Between an action and its record the process may die; then it is done again. So each action must come to the same when it
//! is done twice: upserts and deploys do, and a draft's id is made from the key ([`draft_id`]).

use crate::app::App;
use crate::edge;
use serde_json::{Map, Value};
use windlass_domain::WorkspaceName;
use windlass_domain::source::sha256;
use windlass_store::{ActionRecord, StoreError};

/// One action that may be done.
#[derive(Debug)]
pub struct Action<A> {
    /// Names it in a workspace, for ever.
    pub key: String,
    /// The digest of what is asked; see [`digest`].
    pub digest: String,
    /// What is asked.
    pub ask: A,
}

/// What an action has done.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The path of what it made or changed.
    pub resource_ref: String,
    /// What is there now.
    pub output: Map<String, Value>,
}

/// What became of an action.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It was done, now or before.
    Applied(Done),
    /// It could not be done; why, for the author.
    Failed(String),
    /// One before it failed.
    Skipped,
}

/// What stands in a record.
const REF: &str = "resource_ref";
const OUTPUT: &str = "output";

/// Does `actions` in order. After one that failed the others are skipped, unless `continue_on_error`. `act` does one of them,
/// and says for the author why it could not.
pub async fn apply<A, F>(
    app: &App,
    workspace: &WorkspaceName,
    actions: Vec<Action<A>>,
    continue_on_error: bool,
    act: impl Fn(A) -> F,
) -> Result<Vec<Outcome>, StoreError>
where
    F: Future<Output = Result<Done, String>>,
{
    let _turn = app.plans.turn_of(workspace).await;
    let mut outcomes = Vec::with_capacity(actions.len());
    let mut stopped = false;
    for action in actions {
        let outcome = if stopped { Outcome::Skipped } else { one(app, workspace, action, &act).await? };
        stopped |= matches!(outcome, Outcome::Failed(_)) && !continue_on_error;
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

async fn one<A, F>(
    app: &App,
    workspace: &WorkspaceName,
    action: Action<A>,
    act: impl Fn(A) -> F,
) -> Result<Outcome, StoreError>
where
    F: Future<Output = Result<Done, String>>,
{
    let Action { key, digest, ask } = action;
    if let Some(record) = app.store.action(workspace, &key)? {
        return Ok(if record.digest == digest {
            Outcome::Applied(recalled(&record.result))
        } else {
            Outcome::Failed(taken(&key))
        });
    }
    let done = match act(ask).await {
        Ok(done) => done,
        Err(error) => return Ok(Outcome::Failed(error)),
    };
    let result = Map::from_iter([
        (REF.to_owned(), done.resource_ref.clone().into()),
        (OUTPUT.to_owned(), done.output.clone().into()),
    ]);
    app.store.insert_action(workspace, &key, ActionRecord { digest, result: result.into() }, edge::now()).await?;
    Ok(Outcome::Applied(done))
}

fn recalled(result: &Value) -> Done {
    let resource_ref = result.get(REF).and_then(Value::as_str).unwrap_or_default().to_owned();
    let output = result.get(OUTPUT).and_then(Value::as_object).cloned().unwrap_or_default();
    Done { resource_ref, output }
}

/// Why `key` cannot be used for an action with that digest; `None`: it can.
pub fn refused_key(
    app: &App,
    workspace: &WorkspaceName,
    key: &str,
    digest: &str,
) -> Result<Option<String>, StoreError> {
    let other = app.store.action(workspace, key)?.filter(|record| record.digest != digest);
    Ok(other.map(|_| taken(key)))
}

fn taken(key: &str) -> String {
    format!("idempotency_key `{}` was used for another action; choose a new one", key.escape_debug())
}

/// The digest of an action: of its type and parameters, in which the order of keys does not count.
#[must_use]
pub fn digest(kind: &str, params: &Map<String, Value>) -> String {
    // A map of JSON always serialises, and sorts its keys.
    let params = serde_json::to_string(params).unwrap_or_default();
    sha256(format!("{kind}\n{params}").as_bytes())
}

/// The id of the draft that the action of `key` makes.
#[must_use]
pub fn draft_id(workspace: &WorkspaceName, key: &str) -> String {
    let digest = sha256(format!("{workspace}\n{key}").as_bytes());
    format!("draft-{}", &digest["sha256:".len()..][..12])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn params(value: Value) -> Map<String, Value> {
        let Value::Object(params) = value else { panic!("an object") };
        params
    }

    #[test]
    fn a_digest_is_of_type_and_parameters_whatever_their_order() {
        let one = digest("tool.upsert", &params(json!({"name": "t", "spec": {"a": 1, "b": 2}})));
        assert_eq!(one, digest("tool.upsert", &params(json!({"spec": {"b": 2, "a": 1}, "name": "t"}))));
        assert_ne!(one, digest("policy.upsert", &params(json!({"name": "t", "spec": {"a": 1, "b": 2}}))));
        assert_ne!(one, digest("tool.upsert", &params(json!({"name": "t", "spec": {"a": 1, "b": 3}}))));
    }

    #[test]
    fn a_draft_has_the_same_id_for_the_same_key_in_the_same_workspace_alone() {
        let workspace = |name| WorkspaceName::parse("w", name).expect("a name");
        let id = draft_id(&workspace("acme"), "k1");
        assert_eq!((id.len(), &id), ("draft-".len() + 12, &draft_id(&workspace("acme"), "k1")));
        assert_ne!(id, draft_id(&workspace("acme"), "k2"));
        assert_ne!(id, draft_id(&workspace("other"), "k1"));
    }

    #[test]
    fn a_record_is_recalled_as_it_was() {
        let done = Done { resource_ref: "/tools/t".to_owned(), output: params(json!({"name": "t"})) };
        assert_eq!(recalled(&json!({"resource_ref": "/tools/t", "output": {"name": "t"}})), done);
    }
}
