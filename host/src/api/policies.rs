//! Policies: rules over the calls that agents make of tools. They are recorded and bound here; the gateway enforces them.

use super::openapi::op;
use super::resources::{self, Body, Noun, Object, Replacement, Seen, Shown, one_of, read, required};
use super::routes::Routes;
use super::{ApiError, Caller, JsonBody};
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use windlass_domain::resource::ResourceKind;
use windlass_domain::{AgentName, Invalid, WorkspaceName};

/// The permissions of the contract.
const PERMISSIONS: [&str; 3] = ["allow", "deny", "approval_required"];

/// The routes of `/policies`.
pub fn routes() -> Routes {
    const TRANSLATE: &str = "/policies/translate";
    let translation = op("translatePolicy", "Make rules of a sentence: there is no model here for it").refuses(&[501]);
    resources::routes::<Policy>("/policies")
        .merge(resources::replace_by_name::<Policy, Replacement<Spec, PolicyShown>>("/policies/{name}", ""))
        .merge(resources::one_by_name::<Policy>(TRANSLATE, "CalledTranslate"))
        .merge(resources::replace_by_name::<Policy, Replacement<Spec, PolicyShown>>(TRANSLATE, "CalledTranslate"))
        .merge(Routes::new(Policy::CALLED.1).post(TRANSLATE, translate, translation))
}

/// The contract's `Policy`.
pub(super) struct Policy;

/// A policy.
#[derive(JsonSchema)]
#[schemars(rename = "Policy")]
#[expect(dead_code, reason = "the shape alone is read")]
pub(super) struct PolicyShown(Shown<Spec, Beside>);

/// What a policy shows beside the rest.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the shape alone is read")]
struct Beside {
    status: PolicyStatus,
    /// The agents that name it.
    used_by: Vec<PolicyUse>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "the shape alone is read")]
struct PolicyStatus {
    ready: bool,
    message: String,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "the shape alone is read")]
struct PolicyUse {
    name: AgentName,
    namespace: WorkspaceName,
}

/// The body of `POST /policies/translate`.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "PolicyTranslateRequest")]
struct Wish {
    #[schemars(with = "String", regex(pattern = r"\S"))]
    text: Option<String>,
}

/// `POST /policies/translate`: from a sentence to rules. That takes a language model, and there is no gateway to one here.
async fn translate(_: Caller, JsonBody(wish): JsonBody<Wish>) -> Result<(), ApiError> {
    required("text", wish.text.filter(|text| !text.trim().is_empty()))?;
    let message = "rules cannot be made from a text here: that takes a language model, and this server has none";
    Err(ApiError::new(StatusCode::NOT_IMPLEMENTED, "not_implemented", message)
        .hint("write the rules yourself and send them with POST /api/policies"))
}

/// What is checked of the contract's `PolicySpec`.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "PolicySpec")]
#[expect(dead_code, reason = "approvals are read to check their types")]
pub(super) struct Spec {
    policies: Option<Vec<Object<Rule>>>,
    approvals: Option<Vec<Object<Approval>>>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "PolicyRule")]
#[expect(dead_code, reason = "the resource is read to check its type")]
struct Rule {
    #[schemars(with = "String", extend("enum" = PERMISSIONS))]
    permission: Option<String>,
    #[schemars(inner(regex(pattern = r"^([A-Za-z]+|\*)$")))]
    operations: Option<Vec<String>>,
    resource: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "PolicyApprovalBinding")]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "read to check the types")]
struct Approval {
    name: Option<String>,
    tool_ids: Option<Vec<String>>,
    approvers: Option<Map<String, Value>>,
    default_duration: Option<String>,
    delivery: Option<Map<String, Value>>,
}

impl Noun for Policy {
    const KIND: ResourceKind = ResourceKind::Policy;
    const CALLED: (&'static str, &'static str) = ("Policy", "Policies");
    type Asked = Body<Spec, PolicyShown>;
    type Shown = PolicyShown;
    const HELD_BY_AGENTS: bool = true;
    const AT_THE_TOP: &'static [&'static str] = &[];

    fn parse_spec(spec: Value) -> Result<Value, Invalid> {
        let checked: Spec = read("spec", &spec)?;
        for (index, Object(rule)) in checked.policies.iter().flatten().enumerate() {
            rule.check().map_err(|invalid| invalid.under(&format!("spec.policies[{index}]")))?;
        }
        Ok(spec)
    }

    fn dress(wire: &mut Map<String, Value>, seen: &Seen<'_>) -> Result<(), ApiError> {
        let agents = seen.used_by(Self::KIND)?;
        let uses: Vec<Value> = agents.iter().map(|agent| json!({"name": agent, "namespace": seen.workspace})).collect();
        wire.insert("status".to_owned(), json!({"ready": true, "message": "enforced on calls of tools"}));
        wire.insert("used_by".to_owned(), uses.into());
        Ok(())
    }
}

impl Rule {
    fn check(&self) -> Result<(), Invalid> {
        let permission = required("permission", self.permission.as_deref())?;
        one_of("permission", permission, &PERMISSIONS)?;
        for (index, operation) in self.operations.iter().flatten().enumerate() {
            if operation != "*" && !is_method(operation) {
                let message = format!("`{}` is not an HTTP method", operation.escape_debug());
                let field = format!("operations[{index}]");
                return Err(Invalid::new("invalid_value", field, message, "use for example `GET`, or `*` for all"));
            }
        }
        Ok(())
    }
}

/// Letters only: every registered method but `VERSION-CONTROL` and its like.
pub(super) fn is_method(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contracts_policy_is_kept_as_it_came() {
        let spec = json!({
            "policies": [{"permission": "allow", "operations": ["GET", "*"], "resource": "https://a.example/*"}],
            "approvals": [{"name": "a", "toolIds": ["t"], "approvers": {"groups": ["g"]}, "delivery": {"mode": "any"}}],
        });
        assert_eq!(Policy::parse_spec(spec.clone()), Ok(spec));
        assert_eq!(Policy::parse_spec(json!({})), Ok(json!({})));
    }

    #[test]
    fn a_refusal_names_the_field_within_the_spec() {
        for (spec, field) in [
            (json!([]), "spec"),
            (json!({"policies": {}}), "spec.policies"),
            (json!({"policies": [["deny"]]}), "spec.policies[0]"),
            (json!({"policies": [{"resource": "*"}]}), "spec.policies[0].permission"),
            (json!({"policies": [{"permission": "Allow"}]}), "spec.policies[0].permission"),
            (json!({"policies": [{"permission": "deny", "operations": ["GET /"]}]}), "spec.policies[0].operations[0]"),
            (json!({"policies": [{"permission": "deny", "resource": 1}]}), "spec.policies[0].resource"),
            (json!({"approvals": [{"toolIds": "t"}]}), "spec.approvals[0].toolIds"),
        ] {
            let refusal = Policy::parse_spec(spec).expect_err(field);
            assert_eq!(refusal.field, field);
        }
    }
}
