//! What guests may call. Each file serves one WIT interface over plain domain values.
//!
//! Inputs are views: shared, read-only, never copied whole into the guest. Outputs are drafts: checked at each call,
//! bounded, and taken out of the store's table when the call has ended.

pub mod claims;
pub mod http;
pub mod log;
pub mod plan;
pub mod request;
pub mod secrets;
pub mod settings;
pub mod source;
pub mod syntax;
pub mod tools;

impl crate::bindings::host::types::Host for crate::state::CallState {}
