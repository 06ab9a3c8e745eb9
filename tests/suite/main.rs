//! One test binary: every test here goes through the real program.
//!
//! [`harness`] starts `target/release/windlass` as a user would. Most tests share one server and work in a workspace of
//! their own; those that kill, restart or reconfigure a server start theirs.

mod agents;
mod analysis;
mod cli;
mod deploy_api;
mod durability;
mod fixtures;
mod frozen;
mod gateway;
mod harness;
mod identity;
mod openapi;
mod plugins;
mod registry;
mod sdk;
mod syntax;
mod tidy;
