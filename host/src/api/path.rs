//! What a handler reads from path and query. Refuses impossible names before any other work, as JSON.
//!
//! Fields are read by name, never by position: the same handler is mounted with and without `{ws}` in front.

use super::error::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use windlass_domain::ResourceName;

/// The longest id in a path that is looked up, in bytes; ours have some 20.
const MAX_ID: usize = 128;

/// Path parameters as a struct, like `axum::extract::Path`, but refused as JSON.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        let axum::extract::Path(value) = path.map_err(|rejection| {
            ApiError::bad_request("invalid_path", rejection.body_text()).status(rejection.status())
        })?;
        Ok(Self(value))
    }
}

/// The query as a struct, like `axum::extract::Query`, but refused as JSON.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        let axum::extract::Query(value) =
            query.map_err(|rejection| ApiError::bad_request("invalid_query", rejection.body_text()))?;
        Ok(Self(value))
    }
}

/// The path's `{name}` as the name of a resource; where the route has none, its fixed last part is the name.
#[derive(Debug)]
pub struct Named(pub ResourceName);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(OptionalName { name }) = Path::from_request_parts(parts, state).await?;
        let name = name.unwrap_or_else(|| parts.uri.path().rsplit('/').next().unwrap_or_default().to_owned());
        Ok(Self(ResourceName::parse("name", &name)?))
    }
}

/// The path's `{name}`, unchecked, where it has one.
#[derive(Debug, Deserialize)]
struct OptionalName {
    name: Option<String>,
}

/// What [`Id`] takes, as a schema.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "the shape alone is read")]
pub(super) struct IdText(#[schemars(length(min = 1, max = MAX_ID))] String);

/// The path's `{id}`.
#[derive(Debug)]
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        #[derive(Deserialize)]
        struct Raw {
            id: String,
        }
        let Path(Raw { id }) = Path::from_request_parts(parts, state).await?;
        if id.len() > MAX_ID || id.contains(char::is_control) {
            return Err(ApiError::bad_request("invalid_id", "that is not an id").field("id"));
        }
        Ok(Self(id))
    }
}

/// The path's `{name}`, unchecked.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Name {
    pub(super) name: String,
}
