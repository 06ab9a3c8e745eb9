//! One operation: what its route says, and what the types of its handler say.

use super::draft::{Draft, body_is, query_is, schema_is};
use super::schemas::Schemas;
use super::typed::Typed;
use schemars::JsonSchema;
use serde_json::Value;

/// Something that is written into the draft of an operation.
type Says = fn(&mut Draft<'_>);

/// An operation of the document.
#[derive(Clone)]
pub struct Operation {
    id: String,
    summary: String,
    description: Option<&'static str>,
    group: &'static str,
    method: &'static str,
    path: String,
    is_older: bool,
    /// What the types of the handler say.
    types: Option<Says>,
    /// What is said beside them: what a type cannot tell.
    beside: Vec<Says>,
    refuses: Vec<u16>,
    answers: Vec<(u16, &'static str, Says)>,
}

/// An operation of that id, with a summary of one line. Its path, method and types come from its route.
pub fn op(id: impl Into<String>, summary: impl Into<String>) -> Operation {
    Operation {
        id: id.into(),
        summary: summary.into(),
        description: None,
        group: "",
        method: "",
        path: String::new(),
        is_older: false,
        types: None,
        beside: Vec::new(),
        refuses: Vec::new(),
        answers: Vec::new(),
    }
}

impl Operation {
    /// More than the summary.
    pub fn about(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// It may be refused so, beside what its handler's arguments refuse.
    pub fn refuses(mut self, statuses: &[u16]) -> Self {
        self.refuses.extend(statuses);
        self
    }

    /// Its body is a `T`, where the handler's own type says less.
    pub fn body<T: JsonSchema>(mut self) -> Self {
        self.beside.push(body_is::<T>);
        self
    }

    /// Its query is a `T`, which the handler reads by itself.
    pub fn query<T: JsonSchema>(mut self) -> Self {
        self.beside.push(query_is::<T>);
        self
    }

    /// It is answered with a `T` as JSON, where the handler's own type says less.
    pub fn answers<T: JsonSchema>(self, status: u16) -> Self {
        self.answers_as::<T>(status, "application/json")
    }

    /// It is answered with a `T` of that media type.
    pub fn answers_as<T: JsonSchema>(mut self, status: u16, media_type: &'static str) -> Self {
        self.answers.push((status, media_type, schema_is::<T>));
        self
    }

    /// It takes this scheme of authentication alone.
    pub fn by(mut self, who: Says) -> Self {
        self.beside.push(who);
        self
    }

    /// It is at a place of the older contract too, and this is that place.
    pub fn older(mut self) -> Self {
        self.id.push_str("Older");
        self.is_older = true;
        self
    }

    pub(in crate::api) fn suffixed(mut self, method: &str) -> Self {
        let (first, rest) = method.split_at(1);
        self.id = format!("{}By{}{rest}", self.id, first.to_ascii_uppercase());
        self
    }

    pub(in crate::api) fn of<H: Typed<D>, D>(mut self, method: &'static str, path: &str) -> Self {
        (self.method, self.path) = (method, path.replace("{*", "{"));
        self.types = Some(H::describe);
        self
    }

    pub(in crate::api) fn in_group(mut self, group: &'static str) -> Self {
        self.group = group;
        self
    }

    pub(in crate::api) fn under(mut self, prefix: &str) -> Self {
        self.path.insert_str(0, prefix);
        self
    }

    /// Its id.
    pub fn id(&self) -> String {
        self.id.clone()
    }

    /// Its group: the document's tag.
    pub fn group(&self) -> &'static str {
        self.group
    }

    /// Its method, in lower case.
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// Its path, from the root.
    pub fn path(&self) -> String {
        self.path.clone()
    }

    /// The operation, as the document has it.
    pub fn write(self, schemas: &mut Schemas) -> Value {
        let mut draft = Draft::new(&self.path, schemas);
        if let Some(types) = self.types {
            types(&mut draft);
        }
        for say in self.beside {
            say(&mut draft);
        }
        for (status, media_type, schema) in self.answers {
            draft.answer_as(status, media_type, schema);
        }
        draft.refuses(&self.refuses);
        if self.method != "get" && draft.wants_a_key() {
            // The disk may be full.
            draft.refuses(&[507]);
        }
        let mut written = draft.finish();
        written["operationId"] = self.id.into();
        written["summary"] = self.summary.into();
        written["tags"] = [self.group].as_slice().into();
        if let Some(description) = self.description {
            written["description"] = description.into();
        }
        if self.is_older {
            written["deprecated"] = true.into();
        }
        written
    }
}
