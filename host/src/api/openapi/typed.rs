//! What the types of handlers say: each argument and each answer describes itself, and a handler is what both say.

use super::draft::Draft;
use axum::Json;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

/// An argument of a handler.
pub trait Part {
    /// Says what it takes from the request, and how it refuses one.
    fn describe(_: &mut Draft<'_>) {}
}

/// An answer of a handler.
pub trait Answer {
    /// Says what is answered; nothing where the type does not tell.
    fn describe(_: &mut Draft<'_>) {}
}

/// A handler, by the types of its arguments `D`.
pub trait Typed<D> {
    /// Says what all of them say.
    fn describe(draft: &mut Draft<'_>);
}

/// A handler of so many arguments.
macro_rules! handler {
    ($($part:ident)*) => {
        impl<H, F, $($part),*> Typed<($($part,)*)> for H
        where
            H: Fn($($part),*) -> F,
            F: Future<Output: Answer>,
            $($part: Part,)*
        {
            fn describe(draft: &mut Draft<'_>) {
                <F::Output as Answer>::describe(draft);
                $(<$part as Part>::describe(draft);)*
            }
        }
    };
}

handler!();
handler!(A);
handler!(A B);
handler!(A B C);
handler!(A B C E);
handler!(A B C E G);

/// A 201 with what was made.
#[derive(Debug)]
pub struct Created<T>(pub T);

/// A 202 with what was begun.
#[derive(Debug)]
pub struct Accepted<T>(pub T);

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, Json(self.0)).into_response()
    }
}

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, Json(self.0)).into_response()
    }
}

impl<T: JsonSchema> Answer for Json<T> {
    fn describe(draft: &mut Draft<'_>) {
        draft.answer::<T>(200);
    }
}

impl<T: JsonSchema> Answer for Created<T> {
    fn describe(draft: &mut Draft<'_>) {
        draft.answer::<T>(201);
    }
}

impl<T: JsonSchema> Answer for Accepted<T> {
    fn describe(draft: &mut Draft<'_>) {
        draft.answer::<T>(202);
    }
}

impl<T: Answer, E: Answer> Answer for Result<T, E> {
    fn describe(draft: &mut Draft<'_>) {
        T::describe(draft);
        E::describe(draft);
    }
}

impl Answer for () {}
impl Answer for Response {}
impl Answer for axum::body::Bytes {}
impl<T> Answer for (StatusCode, Json<T>) {}
impl<T, const N: usize> Answer for ([(HeaderName, &str); N], T) {}

impl<T> Part for axum::extract::State<T> {}
impl<T> Part for axum::Extension<T> {}
impl Part for axum::extract::Request {}
impl Part for axum::extract::RawQuery {}
impl Part for axum::http::Method {}
impl Part for axum::http::Uri {}
impl Part for axum::http::HeaderMap {}
impl Part for axum::body::Bytes {}
