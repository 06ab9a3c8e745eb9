//! What the built-in strategies share: the decision itself. Each of them is this crate under a [`policy::Policy`].
//!
//! Claims are settled to a project, the catalogue's images are asked about its requirements, one of the ways to
//! start it is chosen, then the cheapest of the modes; `explain` says what the author should know beside it.
//! Pure, and no component: a component's exports in here would be exported twice by those that use it.

pub mod decide;
mod explain;
mod languages;
mod modes;
pub mod policy;
mod project;
mod requirements;
mod runtimes;
mod ways;
mod words;
