//! Why a deploy was not done. Data: `api` turns it into words and statuses.

use super::entry_point::PossibleStart;
use std::time::Duration;
use windlass_domain::Invalid;
use windlass_image::ImageError;
use windlass_plugin::CallError;
use windlass_store::StoreError;

/// The step of the pipeline that a plugin answers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A detector's.
    Detect,
    /// The strategy's.
    Decide,
    /// The tool provider's.
    ProvideTools,
}

/// Why a decision is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// It was there.
    #[error("it has expired; a preview's decision is kept for an hour, and less where room is needed for newer ones")]
    Expired,
    /// It never was, in this workspace and since the start of the server.
    #[error("there is none of that id in this workspace")]
    Unknown,
}

/// Why a deploy was not done. Nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// A field of the request is wrong.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Something that the request names by id is not there.
    #[error("{what} not found")]
    NotFound {
        /// The noun, e.g. `deploy draft`.
        what: &'static str,
        /// The field that named it.
        field: &'static str,
    },
    /// The entry point that the request names is not among its files.
    #[error("`{path}` is not among the files")]
    UnknownEntryPoint {
        /// The path as it was named.
        path: String,
        /// The file whose path is nearest to it.
        nearest: Option<String>,
        /// What the detectors would start, the surest first.
        starts: Vec<PossibleStart>,
    },
    /// No decision of that id can be applied.
    #[error("decision {id} not found: {missing}")]
    DecisionNotFound {
        /// The id.
        id: String,
        /// Why.
        missing: Missing,
    },
    /// The decision was made of something else than what is here now.
    #[error("decision {id} is stale: {what}")]
    DecisionStale {
        /// The id.
        id: String,
        /// What differs.
        what: String,
    },
    /// The draft belongs to another key.
    #[error("the deploy draft belongs to another key")]
    NotOwner,
    /// The strategy chose a builder that this host does not have.
    #[error("this deploy needs the builder `{builder}`, which this host does not have")]
    BuilderUnavailable {
        /// The builder.
        builder: String,
        /// The builders that are here.
        available: Vec<String>,
        /// The requirements that no runtime image satisfies.
        missing: Vec<String>,
        /// The strategy's reason.
        reason: String,
    },
    /// The base image of the chosen runtime is not here yet, or cannot be had.
    #[error("the base image of the runtime `{runtime}` is not here: {reason}")]
    BaseUnavailable {
        /// The runtime.
        runtime: String,
        /// Why.
        reason: String,
    },
    /// A plugin gave no answer, or refused.
    #[error("{plugin} in the slot `{slot}`: {error}")]
    Plugin {
        /// The slot.
        slot: String,
        /// `name@version`.
        plugin: String,
        /// What it was asked for.
        step: Step,
        /// What happened.
        #[source]
        error: CallError,
    },
    /// A plugin that kept breaking is not called for a while.
    #[error("{plugin} in the slot `{slot}` is stopped, since it kept breaking: {why}")]
    Stopped {
        /// The slot.
        slot: String,
        /// `name@version`.
        plugin: String,
        /// How it broke the last time.
        why: String,
        /// When it will be tried again.
        wait: Duration,
    },
    /// What is bound in a slot is not loaded.
    #[error("{plugin} in the slot `{slot}` {}", if *is_scheduled { "is being loaded" } else { "could not be loaded" })]
    NotLoaded {
        /// The slot.
        slot: String,
        /// `name@version`.
        plugin: String,
        /// Whether it will be.
        is_scheduled: bool,
    },
    /// No plugin is bound in a slot that a deploy needs.
    #[error("no plugin answers in the slot `{slot}`")]
    NothingBound {
        /// The slot.
        slot: &'static str,
        /// The step that has nobody.
        step: Step,
    },
    /// The strategy's plan cannot be carried out here.
    #[error("the plan of {plugin} cannot be carried out: {reason}")]
    PlanRefused {
        /// `name@version` of the strategy.
        plugin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The decision could not be made at all.
    #[error("the decision could not be made: {0}")]
    Decision(#[source] CallError),
    /// The image could not be built.
    #[error("the image could not be built: {0}")]
    Build(#[from] ImageError),
    /// The store could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}
