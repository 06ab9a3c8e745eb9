//! Windlass: a control plane for AI agents. Every decision is made by a WebAssembly component; the host acts.
//!
//! The rooms, from the top: [`cli`] and [`serve`] start and stop; [`api`] speaks HTTP; [`deploy`] is the use case;
//! [`plugins`] says who decides for whom; [`app`] holds what they share. docs/architecture.md has the map.

pub mod actions;
pub mod api;
pub mod app;
pub mod backup;
pub mod bootstrap;
pub mod builtin;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod deploy;
pub mod edge;
pub mod egress;
pub mod gateway;
pub mod identity;
pub mod logging;
mod metrics;
pub mod outbound;
pub mod pace;
pub mod plugins;
pub mod probe;
pub mod serve;
pub mod shadow;
pub mod spend;
pub mod sweep;
mod token;
