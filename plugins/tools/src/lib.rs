//! What the built-in tool providers share: which tools a deploy creates, requires and reroutes to.
//!
//! Pure, and no component: a component's exports in here would be exported twice by those that use it.

pub mod address;
mod provide;

pub use provide::provide;
