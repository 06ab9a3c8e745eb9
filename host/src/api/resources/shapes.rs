//! The shapes that the kinds share, for the document: bodies are read field by field, and answers are stored documents.

use crate::api::openapi::as_asked;
use schemars::JsonSchema;
use std::marker::PhantomData;
use windlass_domain::{ResourceName, WorkspaceName};

/// A resource to make or replace, which is shown as a `W`.
#[derive(JsonSchema)]
#[schemars(rename = "{W}UpsertRequest")]
#[expect(dead_code, reason = "the shape alone is read")]
pub(in crate::api) struct Body<S, W> {
    name: ResourceName,
    spec: S,
    /// Kept apart and sealed, and never shown; those of before stay where none are given.
    credentials: Option<Credentials>,
    #[serde(skip)]
    shown: PhantomData<W>,
}

/// The same, of one whose name is in the path.
#[derive(JsonSchema)]
#[schemars(rename = "{W}ReplaceRequest")]
#[expect(dead_code, reason = "the shape alone is read")]
pub(in crate::api) struct Replacement<S, W> {
    name: Option<ResourceName>,
    spec: S,
    credentials: Option<Credentials>,
    #[serde(skip)]
    shown: PhantomData<W>,
}

/// What is sent where it authenticates.
#[derive(JsonSchema)]
#[schemars(rename = "Credentials")]
#[expect(dead_code, reason = "the shape alone is read")]
pub(in crate::api) struct Credentials {
    client_id: Option<String>,
    client_secret: Option<String>,
    api_key: Option<String>,
}

/// What every kind shows; `M` is what it shows beside it.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "the shape alone is read")]
pub(in crate::api) struct Shown<S: JsonSchema, M> {
    name: ResourceName,
    namespace: WorkspaceName,
    #[schemars(schema_with = "as_asked::<S>")]
    spec: S,
    /// Whether credentials are kept with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    has_credentials: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(flatten)]
    more: M,
}
