//! What can go wrong with a plugin: at install, and in a call. Data; `api` turns it into words and statuses.

use crate::bindings::host::types::PluginError;
use crate::imports::plan::Refusal;
use std::time::Duration;
use windlass_domain::plan::Plan;
use windlass_syntax::Refused;

/// Why a component was not installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// More than [`crate::limits::MAX_COMPONENT_BYTES`].
    #[error("the component has {bytes} bytes, more than the {limit} that are taken")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Precompiled code is never taken from outside.
    #[error("this is precompiled native code, not a WebAssembly component")]
    Precompiled,
    /// Not WebAssembly at all.
    #[error("this is not WebAssembly: {reason}")]
    NotWasm {
        /// What the parser said.
        reason: String,
    },
    /// A core module.
    #[error("this is a core module, not a component")]
    CoreModule,
    /// The metadata section is missing or wrong.
    #[error("the plugin's metadata cannot be read: {reason}")]
    Metadata {
        /// What is wrong with it.
        reason: String,
    },
    /// A pattern of its metadata breaks a rule, is no query, or takes too long to compile.
    #[error(transparent)]
    Pattern(Refused),
    /// Built against another version of the WIT package.
    #[error("it was built against windlass:plugin@{found}; this host serves {supported}")]
    WitVersion {
        /// Its version.
        found: String,
        /// The range of those that are served.
        supported: &'static str,
    },
    /// Uses the async component model.
    #[error("async component model is not supported")]
    AsyncUnsupported,
    /// The component is invalid or cannot be compiled.
    #[error("the component does not compile: {reason}")]
    Compile {
        /// What the compiler said.
        reason: String,
    },
    /// It is valid, but costs more to compile than [`crate::compile::MAX_COMPILE_SECONDS`] of the processor or
    /// [`crate::compile::MAX_COMPILE_MEMORY`].
    #[error(
        "the component does not compile within {} s of processor time and {} MiB",
        crate::compile::MAX_COMPILE_SECONDS, crate::compile::MAX_COMPILE_MEMORY / 1024 / 1024
    )]
    TooCostly,
    /// It imports what this host does not offer to its world.
    #[error("it imports what its world does not offer: {}", names.join(", "))]
    MissingImports {
        /// The imports.
        names: Vec<String>,
    },
    /// It does not export what its world asks.
    #[error("it does not fit the world `{world}`: {reason}")]
    WrongWorld {
        /// The world of its metadata.
        world: &'static str,
        /// What does not fit.
        reason: String,
    },
    /// It links, but cannot be instantiated within its limits.
    #[error("it cannot be instantiated: {reason}")]
    Instantiate {
        /// Why.
        reason: String,
    },
    /// It broke when it was called on a small sample.
    #[error("it broke when it was called on a small sample: {reason}")]
    SmokeCall {
        /// How.
        reason: String,
    },
    /// The host itself failed.
    #[error("the plugin host failed")]
    Host(#[source] anyhow::Error),
}

impl InstallError {
    /// A stable code in snake case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "component_too_large",
            Self::Precompiled => "precompiled_refused",
            Self::NotWasm { .. } => "not_wasm",
            Self::CoreModule => "core_module",
            Self::Metadata { .. } => "invalid_metadata",
            Self::Pattern(_) => "pattern_refused",
            Self::WitVersion { .. } => "wit_version_unsupported",
            Self::AsyncUnsupported => "async_unsupported",
            Self::Compile { .. } => "invalid_component",
            Self::TooCostly => "component_too_costly",
            Self::MissingImports { .. } => "missing_imports",
            Self::WrongWorld { .. } => "wrong_world",
            Self::Instantiate { .. } => "instantiation_failed",
            Self::SmokeCall { .. } => "smoke_call_failed",
            Self::Host(_) => "plugin_host_failed",
        }
    }
}

/// The text of a plugin's own error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// A stable code in snake case.
    pub code: String,
    /// One sentence for the agent's author.
    pub message: String,
}

/// Why a call gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The plugin has nothing to say about this request.
    #[error("the plugin does not apply to this request")]
    NotApplicable,
    /// The plugin says that the request is wrong.
    #[error("{}", .0.message)]
    InvalidInput(Detail),
    /// The plugin refuses the request.
    #[error("{}", .0.message)]
    Denied(Detail),
    /// Something that the plugin needs is not there.
    #[error("{}", .0.message)]
    Unavailable(Detail),
    /// The plugin reports a failure of its own.
    #[error("{}", .0.message)]
    Failed(Detail),
    /// It took longer than its limit.
    #[error("it took longer than its limit of {limit:?}")]
    Timeout {
        /// The limit.
        limit: Duration,
    },
    /// It asked for more than its limit of memory, of tables, or of what it may hand over.
    #[error("it asked for more {what} than its limit allows")]
    OverLimit {
        /// `memory`, `table elements`, `bytes in calls of imports`.
        what: &'static str,
    },
    /// It trapped.
    #[error("it trapped: {reason}")]
    Trap {
        /// The trap.
        reason: String,
    },
    /// It returned without setting what its world requires.
    #[error("it returned without setting {what}")]
    Incomplete {
        /// What is missing.
        what: &'static str,
    },
    /// A setter of the plan was given more than its limit.
    #[error("it gave plan.{setter} {given} {unit}, more than the {limit} that are taken")]
    PlanLimit {
        /// The setter, e.g. `set-command`.
        setter: &'static str,
        /// What was given.
        given: usize,
        /// The limit.
        limit: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// A setter of the plan was given a word outside its closed set.
    #[error("it gave plan.{setter} another word than {words}")]
    PlanValue {
        /// The setter.
        setter: &'static str,
        /// The words that it takes.
        words: &'static str,
    },
    /// Too many calls are waiting already.
    #[error("too many decisions are waiting")]
    Busy,
    /// The host itself failed.
    #[error("the plugin host failed")]
    Host(#[source] anyhow::Error),
}

impl CallError {
    /// The plugin's own words, where it gave any.
    pub(crate) fn detail_mut(&mut self) -> Option<&mut Detail> {
        match self {
            Self::InvalidInput(detail) | Self::Denied(detail) | Self::Unavailable(detail) | Self::Failed(detail) => {
                Some(detail)
            }
            Self::NotApplicable
            | Self::Timeout { .. }
            | Self::OverLimit { .. }
            | Self::Trap { .. }
            | Self::Incomplete { .. }
            | Self::PlanLimit { .. }
            | Self::PlanValue { .. }
            | Self::Busy
            | Self::Host(_) => None,
        }
    }

    /// Whether the plugin has broken: it trapped, went past a limit, or failed in its own words. What it says on purpose,
    /// and what befalls the host, is no fault of its.
    #[must_use]
    pub fn is_fault_of_plugin(&self) -> bool {
        match self {
            Self::Failed(_)
            | Self::Timeout { .. }
            | Self::OverLimit { .. }
            | Self::Trap { .. }
            | Self::Incomplete { .. }
            | Self::PlanLimit { .. }
            | Self::PlanValue { .. } => true,
            Self::NotApplicable
            | Self::InvalidInput(_)
            | Self::Denied(_)
            | Self::Unavailable(_)
            | Self::Busy
            | Self::Host(_) => false,
        }
    }
}

/// Why a strategy gave no plan, and what it had settled before.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Undecided {
    /// Why.
    #[source]
    pub error: CallError,
    /// The plan as far as it was written: with a refusal, say, of the run kind, the framework and the entry point.
    pub settled: Box<Plan>,
}

impl From<CallError> for Undecided {
    fn from(error: CallError) -> Self {
        Self { error, settled: Box::default() }
    }
}

impl From<Refusal> for CallError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::OverLimit { setter, given, limit, unit } => Self::PlanLimit { setter, given, limit, unit },
            Refusal::Word { setter, words } => Self::PlanValue { setter, words },
        }
    }
}

impl From<PluginError> for CallError {
    fn from(error: PluginError) -> Self {
        use crate::bindings::host::types::Detail as WireDetail;
        let detail = |wire: WireDetail| Detail {
            code: crate::imports::log::clip(&wire.code, 64).to_owned(),
            message: crate::imports::log::clip(&wire.message, 2 * 1024).to_owned(),
        };
        match error {
            PluginError::NotApplicable => Self::NotApplicable,
            PluginError::InvalidInput(wire) => Self::InvalidInput(detail(wire)),
            PluginError::Denied(wire) => Self::Denied(detail(wire)),
            PluginError::Unavailable(wire) => Self::Unavailable(detail(wire)),
            PluginError::Other(wire) => Self::Failed(detail(wire)),
        }
    }
}
