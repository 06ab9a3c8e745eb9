//! The words of Windlass: names, sources, requests, claims, plans, decisions.
//!
//! Invariants: no I/O, no clock, no randomness, no engine. Every other crate knows this one; this one knows none of them.
//! A value of a type here is already valid: construction is where a limit or a grammar is checked, with an
//! [`Invalid`] that names the field and the fix.

pub mod agent;
pub mod binding;
pub mod catalogue;
pub mod claim;
pub mod decision;
pub mod exchange;
pub mod grant;
pub mod invalid;
pub mod name;
pub mod plan;
pub mod request;
pub mod resource;
pub mod source;
pub mod tool;

pub use invalid::Invalid;
pub use name::{AgentName, AgentRef, EnvName, ImageReference, ResourceName, WorkspaceName};
