//! What two answers to the same question differ in, field by field.

use crate::claim::Claim;
use crate::plan::Plan;
use crate::tool::ToolPlan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The longest value that is kept of either side, in bytes of JSON; of a longer one only its length is told.
pub const MAX_VALUE: usize = 4 * 1024;
/// The most fields that are kept of one comparison.
pub const MAX_FIELDS: usize = 64;

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// `claims.KIND`, `plan.FIELD`, `plan.env.NAME`, `tools.create.NAME`, `tools.required` or `tools.rewrites.URL`; `plan` or
    /// `tools` alone where one side has none, since a plugin after it failed.
    pub field: String,
    /// What the bound plugin said; absent where it said nothing.
    #[serde(skip_serializing_if = "Value::is_null", default)]
    pub live: Value,
    /// What the candidate said; absent where it said nothing.
    #[serde(skip_serializing_if = "Value::is_null", default)]
    pub candidate: Value,
}

/// What two detectors claim otherwise, kind by kind. Who claims it is no difference.
#[must_use]
pub fn of_claims(live: &[Claim], candidate: &[Claim]) -> Vec<Difference> {
    differences("claims", &by_kind(live), &by_kind(candidate))
}

/// What two plans say otherwise.
#[must_use]
pub fn of_plans(live: &Plan, candidate: &Plan) -> Vec<Difference> {
    differences("plan", &object(live), &object(candidate))
}

/// What two tool providers decide otherwise.
#[must_use]
pub fn of_tools(live: &ToolPlan, candidate: &ToolPlan) -> Vec<Difference> {
    let fields = |ToolPlan { create, required, rewrites }: &ToolPlan| {
        let create: BTreeMap<&str, Value> = create.iter().map(|tool| (tool.name.as_str(), json!(tool.spec))).collect();
        object(json!({"create": create, "required": required, "rewrites": rewrites}))
    };
    differences("tools", &fields(live), &fields(candidate))
}

fn by_kind(claims: &[Claim]) -> Map<String, Value> {
    let mut kinds: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for claim in claims {
        let Claim { kind, value, score, attributes, evidence } = claim;
        let (file, line, rule) = (&evidence.file, evidence.line, &evidence.rule);
        let mut shown = object(json!({"value": value, "score": score, "file": file, "line": line, "rule": rule}));
        shown.retain(|_, value| !value.is_null());
        if !attributes.is_empty() {
            shown.insert("attributes".into(), json!(attributes));
        }
        kinds.entry(kind).or_default().push(Value::Object(shown));
    }
    kinds.into_iter().map(|(kind, claims)| (kind.to_owned(), Value::Array(claims))).collect()
}

fn object(value: impl Serialize) -> Map<String, Value> {
    // Structs of strings, numbers, lists and string-keyed maps always serialise, as objects.
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// The fields of both sides, in order; those of an object one by one.
fn differences(name: &str, live: &Map<String, Value>, candidate: &Map<String, Value>) -> Vec<Difference> {
    let mut names: Vec<&String> = live.keys().chain(candidate.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let mut found = Vec::new();
    for field in names {
        let (live, candidate) = (live.get(field).unwrap_or(&Value::Null), candidate.get(field).unwrap_or(&Value::Null));
        let path = format!("{name}.{field}");
        match (live, candidate) {
            (live, candidate) if live == candidate => {}
            (Value::Object(live), Value::Object(candidate)) if name != "tools.create" => {
                found.extend(differences(&path, live, candidate));
            }
            (live, candidate) => {
                found.push(Difference { field: path, live: clip(live.clone()), candidate: clip(candidate.clone()) });
            }
        }
    }
    found.truncate(MAX_FIELDS);
    found
}

fn clip(value: Value) -> Value {
    let bytes = if value.is_null() { 0 } else { value.to_string().len() };
    if bytes <= MAX_VALUE { value } else { json!({"bytes": bytes, "omitted": true}) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ResourceName;
    use crate::claim::{Attributes, Evidence};
    use crate::tool::{Tool, ToolSpec};

    fn claim(plugin: &str, kind: &str, value: &str, score: f32) -> Claim {
        let evidence =
            Evidence { plugin: plugin.into(), file: Some("a.py".into()), line: Some(1), rule: "import".into() };
        Claim { kind: kind.into(), value: value.into(), score, attributes: Attributes::default(), evidence }
    }

    fn fields(found: &[Difference]) -> Vec<&str> {
        found.iter().map(|difference| difference.field.as_str()).collect()
    }

    #[test]
    fn claims_differ_by_kind_and_not_by_who_makes_them() {
        let live = [claim("old@1.0.0", "framework", "langgraph", 0.9), claim("old@1.0.0", "also", "fastapi", 0.5)];
        let same = [claim("new@2.0.0", "framework", "langgraph", 0.9), claim("new@2.0.0", "also", "fastapi", 0.5)];
        assert_eq!(of_claims(&live, &same), []);
        let other = [claim("new@2.0.0", "framework", "langgraph", 0.8), claim("new@2.0.0", "model", "gpt", 0.5)];
        let found = of_claims(&live, &other);
        assert_eq!(fields(&found), ["claims.also", "claims.framework", "claims.model"]);
        assert!(found[0].candidate.is_null() && found[2].live.is_null());
    }

    #[test]
    fn plans_differ_by_field_and_environments_by_name() {
        let mut live = Plan { execution_mode: "FAST_OVERLAY".into(), ..Plan::default() };
        live.env.insert("A".into(), "1".into());
        live.env.insert("B".into(), "1".into());
        assert_eq!(of_plans(&live, &live.clone()), []);
        let mut candidate = Plan { execution_mode: "FULL_BUILD".into(), ..live.clone() };
        candidate.env.insert("A".into(), "2".into());
        candidate.env.remove("B");
        let found = of_plans(&live, &candidate);
        assert_eq!(fields(&found), ["plan.env.A", "plan.env.B", "plan.execution_mode"]);
        let expected = Difference { field: "plan.env.A".into(), live: json!("1"), candidate: json!("2") };
        assert_eq!(found[0], expected);
    }

    #[test]
    fn tools_differ_by_name() {
        let tool = |name: &str, description: &str| Tool {
            name: ResourceName::parse("name", name).expect("a name"),
            spec: ToolSpec { description: description.into(), ..ToolSpec::default() },
        };
        let live = ToolPlan { create: vec![tool("crm", "old"), tool("b", "")], ..ToolPlan::default() };
        let candidate = ToolPlan { create: vec![tool("crm", "new")], ..ToolPlan::default() };
        assert_eq!(fields(&of_tools(&live, &candidate)), ["tools.create.b", "tools.create.crm"]);
        assert_eq!(of_tools(&live, &live), []);
    }

    #[test]
    fn what_is_too_long_is_told_by_its_length_and_fields_are_bounded() {
        let long = |n: usize| Plan { decision_reason: "x".repeat(n), ..Plan::default() };
        // Two quotes belong to the JSON.
        assert_eq!(of_plans(&Plan::default(), &long(MAX_VALUE - 2))[0].candidate, json!("x".repeat(MAX_VALUE - 2)));
        let found = of_plans(&Plan::default(), &long(MAX_VALUE - 1));
        assert_eq!(found[0].candidate, json!({"bytes": MAX_VALUE + 1, "omitted": true}));
        let mut many = Plan::default();
        many.env.extend((0..=MAX_FIELDS).map(|n| (format!("V{n}"), String::new())));
        assert_eq!(of_plans(&Plan::default(), &many).len(), MAX_FIELDS);
    }
}
