//! `http`: requests to hosts that the plugin asks for and its binding grants.

use crate::bindings::host::http::{Host, HttpError, HttpRequest, HttpResponse};
use crate::state::CallState;

impl Host for CallState {
    fn send(&mut self, _request: HttpRequest) -> wasmtime::Result<Result<HttpResponse, HttpError>> {
        Ok(Err(HttpError::NotGranted))
    }
}
