//! An operation in the making.

use super::schemas::Schemas;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Every status that a refusal has.
pub const REFUSALS: [StatusCode; 17] = [
    StatusCode::BAD_REQUEST,
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::NOT_FOUND,
    StatusCode::METHOD_NOT_ALLOWED,
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::CONFLICT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNPROCESSABLE_ENTITY,
    StatusCode::FAILED_DEPENDENCY,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::NOT_IMPLEMENTED,
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::GATEWAY_TIMEOUT,
    StatusCode::INSUFFICIENT_STORAGE,
];

/// The name of a status among the components: `NotFound`.
pub fn refusal_name(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or_default().replace([' ', '-'], "")
}

/// What is said so far.
pub struct Draft<'a> {
    schemas: &'a mut Schemas,
    path: &'a str,
    /// What is known of the path's parameters.
    known: BTreeMap<String, Value>,
    parameters: Vec<Value>,
    security: Vec<Value>,
    body: Option<Value>,
    answers: BTreeMap<u16, Value>,
    /// The schema that was said last.
    schema: Value,
}

impl<'a> Draft<'a> {
    /// Nothing but its path.
    pub fn new(path: &'a str, schemas: &'a mut Schemas) -> Self {
        Self {
            schemas,
            path,
            known: BTreeMap::new(),
            parameters: Vec::new(),
            security: Vec::new(),
            body: None,
            answers: BTreeMap::new(),
            schema: Value::Null,
        }
    }

    /// It wants one of these schemes of authentication.
    pub fn security(&mut self, schemes: &[&str]) {
        self.security = schemes.iter().map(|scheme| json!({*scheme: []})).collect();
    }

    /// Whether it wants a key.
    pub fn wants_a_key(&self) -> bool {
        !self.security.is_empty()
    }

    /// It takes a parameter that stands among the components.
    pub fn shared_parameter(&mut self, name: &str) {
        self.parameters.push(json!({"$ref": format!("#/components/parameters/{name}")}));
    }

    /// The path's `{name}` is a `T`, where it has one.
    pub fn path_parameter<T: JsonSchema>(&mut self, name: &str) {
        let schema = self.schemas.asked::<T>();
        self.known.insert(name.to_owned(), schema);
    }

    /// The path has the fields of `T`.
    pub fn path_has<T: JsonSchema>(&mut self) {
        self.known.extend(self.schemas.fields::<T>().into_iter().map(|(name, schema, _)| (name, schema)));
    }

    /// The query has the fields of `T`.
    pub fn query<T: JsonSchema>(&mut self) {
        for (name, mut schema, required) in self.schemas.fields::<T>() {
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let mut parameter = json!({"name": name, "in": "query", "schema": schema});
            if let Some(description) = description {
                parameter["description"] = description;
            }
            if required {
                parameter["required"] = true.into();
            }
            self.parameters.push(parameter);
        }
    }

    /// It takes a body of that media type.
    pub fn body<T: JsonSchema>(&mut self, media_type: &str, required: bool) {
        let schema = self.schemas.asked::<T>();
        self.body = Some(json!({"required": required, "content": {media_type: {"schema": schema}}}));
    }

    /// It is answered so with a `T` as JSON.
    pub fn answer<T: JsonSchema>(&mut self, status: u16) {
        self.answer_as(status, "application/json", schema_is::<T>);
    }

    /// It is answered so in that media type, beside others of the same status.
    pub fn answer_as(&mut self, status: u16, media_type: &str, schema: fn(&mut Self)) {
        schema(self);
        let description = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        let answer = self.answers.entry(status).or_insert_with(|| json!({"description": description, "content": {}}));
        answer["content"][media_type] = json!({"schema": self.schema.take()});
    }

    /// It is refused so, in the words of every refusal.
    pub fn refuses(&mut self, statuses: &[u16]) {
        for status in statuses.iter().filter_map(|status| StatusCode::from_u16(*status).ok()) {
            debug_assert!(REFUSALS.contains(&status), "{status} is no refusal");
            let refusal = json!({"$ref": format!("#/components/responses/{}", refusal_name(status))});
            self.answers.entry(status.as_u16()).or_insert(refusal);
        }
    }

    /// The operation.
    pub fn finish(mut self) -> Value {
        let mut parameters: Vec<Value> = in_braces(self.path)
            .map(|name| {
                let schema = self.known.remove(name).unwrap_or_else(|| json!({"type": "string", "minLength": 1}));
                json!({"name": name, "in": "path", "required": true, "schema": schema})
            })
            .collect();
        parameters.append(&mut self.parameters);
        let answers: Map<String, Value> =
            self.answers.into_iter().map(|(status, answer)| (status.to_string(), answer)).collect();
        let mut operation = json!({"responses": answers, "security": self.security});
        if !parameters.is_empty() {
            operation["parameters"] = parameters.into();
        }
        if let Some(body) = self.body {
            operation["requestBody"] = body;
        }
        operation
    }
}

/// The body is JSON, and a `T`; whether it may be missing was said.
pub fn body_is<T: JsonSchema>(draft: &mut Draft<'_>) {
    let required = draft.body.as_ref().is_none_or(|body| body["required"] == true);
    draft.body::<T>("application/json", required);
}

/// The body is bytes.
pub fn bytes(draft: &mut Draft<'_>) {
    let schema = json!({"type": "string", "format": "binary"});
    draft.body = Some(json!({"required": true, "content": {"application/octet-stream": {"schema": schema}}}));
}

/// The query has the fields of `T`.
pub fn query_is<T: JsonSchema>(draft: &mut Draft<'_>) {
    draft.query::<T>();
}

/// The schema of an answer is that of a `T`.
pub fn schema_is<T: JsonSchema>(draft: &mut Draft<'_>) {
    draft.schema = draft.schemas.answered::<T>();
}

/// The names of a path's parameters, in order.
fn in_braces(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
}
