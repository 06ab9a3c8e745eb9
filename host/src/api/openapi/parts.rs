//! What the house's own arguments of handlers say: who may ask, what is read, and how each refuses.

use super::draft::Draft;
use super::typed::{Answer, Part};
use crate::api::auth::Visit;
use crate::api::metrics::Reader;
use crate::api::path::{Id, IdText, Named, Path, Query};
use crate::api::slots::{OperatorAt, Slot, SlotText};
use crate::api::workspaces::OperatorIn;
use crate::api::{AgentOf, ApiError, Caller, JsonBody, Operator, OptionalJsonBody, RawBody};
use schemars::JsonSchema;
use windlass_domain::{AgentName, ResourceName, WorkspaceName};

/// What any key may be refused with; an unknown workspace is a 404 for an operator.
const BY_KEY: [u16; 6] = [400, 401, 403, 404, 429, 500];
/// What a body may be refused with.
const BY_BODY: [u16; 4] = [400, 408, 413, 503];

impl Part for Caller {
    fn describe(draft: &mut Draft<'_>) {
        draft.security(&["bearer", "apiKey"]);
        draft.shared_parameter("Workspace");
        draft.refuses(&BY_KEY);
    }
}

impl Part for Operator {
    fn describe(draft: &mut Draft<'_>) {
        draft.security(&["operator"]);
        draft.refuses(&BY_KEY);
    }
}

impl Part for Reader {
    fn describe(draft: &mut Draft<'_>) {
        Operator::describe(draft);
    }
}

impl Part for OperatorIn {
    fn describe(draft: &mut Draft<'_>) {
        Operator::describe(draft);
        draft.path_parameter::<WorkspaceName>("ws");
    }
}

impl Part for AgentOf {
    fn describe(draft: &mut Draft<'_>) {
        Caller::describe(draft);
        draft.path_parameter::<AgentName>("name");
    }
}

impl Part for Visit {
    fn describe(draft: &mut Draft<'_>) {
        AgentOf::describe(draft);
    }
}

impl Part for Named {
    fn describe(draft: &mut Draft<'_>) {
        draft.path_parameter::<ResourceName>("name");
        draft.refuses(&[400]);
    }
}

impl Part for Slot {
    fn describe(draft: &mut Draft<'_>) {
        draft.path_parameter::<SlotText>("slot");
        draft.path_parameter::<ResourceName>("name");
        draft.refuses(&[400]);
    }
}

impl Part for OperatorAt {
    fn describe(draft: &mut Draft<'_>) {
        OperatorIn::describe(draft);
        Slot::describe(draft);
    }
}

impl Part for Id {
    fn describe(draft: &mut Draft<'_>) {
        draft.path_parameter::<IdText>("id");
        draft.refuses(&[400, 404]);
    }
}

impl<T: JsonSchema> Part for Path<T> {
    fn describe(draft: &mut Draft<'_>) {
        draft.path_has::<T>();
        draft.refuses(&[400]);
    }
}

impl<T: JsonSchema> Part for Query<T> {
    fn describe(draft: &mut Draft<'_>) {
        draft.query::<T>();
        draft.refuses(&[400]);
    }
}

impl<T: JsonSchema> Part for JsonBody<T> {
    fn describe(draft: &mut Draft<'_>) {
        draft.body::<T>("application/json", true);
        draft.refuses(&BY_BODY);
    }
}

impl<T: JsonSchema> Part for OptionalJsonBody<T> {
    fn describe(draft: &mut Draft<'_>) {
        draft.body::<Option<T>>("application/json", false);
        draft.refuses(&BY_BODY);
    }
}

impl Part for RawBody {
    fn describe(draft: &mut Draft<'_>) {
        draft.refuses(&BY_BODY);
    }
}

/// How it is refused is said with its route, and by its arguments.
impl Answer for ApiError {}
